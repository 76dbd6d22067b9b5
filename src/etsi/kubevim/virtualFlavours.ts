import type {
  Cloud,
  Flavour,
  FlavourDraft,
  Ids,
  JsonObject,
  Listing,
  Store,
  StoredDocument,
} from "../../cloud/index.ts";

/**
 * Flavours that the gateway holds for tenants who may not make any in the cloud (the cloud's own ones are the
 * administrator's). Each is a promise that is kept by a flavour of the cloud, found anew at every allocation.
 */

/** `exact`: the same figures. `at-least`: the smallest flavour that has no less of anything. */
export type FlavourPolicy = "exact" | "at-least";

/** What keeps the promise; with a boot volume where only a flavour without a disk has the rest. */
export interface Resolved {
  readonly flavourId: string;
  readonly bootVolumeGiB: number | undefined;
}

export type VirtualDraft = Omit<FlavourDraft, "marker">;

export interface VirtualFlavours {
  /** Nothing when no flavour of the cloud keeps the promise. */
  create(cloud: Cloud, draft: VirtualDraft): Promise<string | undefined>;
  list(cloud: Cloud): Listing<Flavour>;
  /** Nothing when the id is not of a virtual flavour. */
  resolve(cloud: Cloud, id: string): Promise<Resolved | "nothing fits" | undefined>;
  delete(cloud: Cloud, id: string): Promise<boolean>;
}

const KIND = "flavour";

export function virtualFlavours(store: Store, ids: Ids, policy: FlavourPolicy): VirtualFlavours {
  const home = ({ name, tenant }: Cloud) => ({ kind: KIND, cloud: name, project: tenant.projectId });
  const resolveDraft = async (cloud: Cloud, draft: VirtualDraft): Promise<Resolved | undefined> => {
    const real: Flavour[] = [];
    for await (const flavour of cloud.flavours.list()) real.push(flavour);
    return findFlavour(draft, real, policy);
  };
  return {
    async create(cloud, draft) {
      if ((await resolveDraft(cloud, draft)) === undefined) return undefined;
      const id = ids.uuid();
      await store.put({ ...home(cloud), id, body: encode(draft), expected: "absent" });
      return id;
    },
    async *list(cloud) {
      for await (const document of store.list(home(cloud))) yield present(document);
    },
    async resolve(cloud, id) {
      const document = await store.get({ ...home(cloud), id });
      return document === undefined ? undefined : ((await resolveDraft(cloud, decode(document))) ?? "nothing fits");
    },
    delete: (cloud, id) => store.delete({ ...home(cloud), id }),
  };
}

/** The flavour that keeps the promise; of several the smallest, and one with a disk before one that boots from a volume. */
export function findFlavour(
  wanted: VirtualDraft,
  real: readonly Flavour[],
  policy: FlavourPolicy,
): Resolved | undefined {
  const isEnough = (have: number, want: number): boolean => (policy === "exact" ? have === want : have >= want);
  const fits = (one: Flavour): boolean =>
    isEnough(one.vcpus, wanted.vcpus) &&
    isEnough(one.ramMiB, wanted.ramMiB) &&
    isEnough(one.ephemeralGiB, wanted.ephemeralGiB ?? 0) &&
    (one.diskGiB === 0 || isEnough(one.diskGiB, wanted.diskGiB)) &&
    // Extra specs are demands on the host: more or others than asked for would be another promise.
    sameSpecs(one.extraSpecs, wanted.extraSpecs ?? {});
  const [best] = real
    .filter(fits)
    .sort(
      (a, b) =>
        Number(a.diskGiB === 0) - Number(b.diskGiB === 0) ||
        a.vcpus - b.vcpus ||
        a.ramMiB - b.ramMiB ||
        a.diskGiB - b.diskGiB ||
        a.name.localeCompare(b.name),
    );
  if (best === undefined) return undefined;
  const needsVolume = best.diskGiB === 0 && wanted.diskGiB > 0;
  return { flavourId: best.id, bootVolumeGiB: needsVolume ? wanted.diskGiB : undefined };
}

function sameSpecs(have: Readonly<Record<string, string>>, want: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(want);
  return Object.keys(have).length === keys.length && keys.every((key) => have[key] === want[key]);
}

function encode(draft: VirtualDraft): JsonObject {
  const { name, vcpus, ramMiB, diskGiB, ephemeralGiB = 0, extraSpecs = {} } = draft;
  return { name, vcpus, ramMiB, diskGiB, ephemeralGiB, extraSpecs };
}

function decode({
  body,
}: StoredDocument): Required<
  Pick<VirtualDraft, "name" | "vcpus" | "ramMiB" | "diskGiB" | "ephemeralGiB" | "extraSpecs">
> {
  const { extraSpecs } = body;
  const specs = typeof extraSpecs === "object" && extraSpecs !== null && !Array.isArray(extraSpecs) ? extraSpecs : {};
  return {
    name: String(body.name),
    vcpus: Number(body.vcpus),
    ramMiB: Number(body.ramMiB),
    diskGiB: Number(body.diskGiB),
    ephemeralGiB: Number(body.ephemeralGiB),
    extraSpecs: Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, String(value)])),
  };
}

function present(document: StoredDocument): Flavour {
  return { ...decode(document), id: document.id, description: undefined, swapMiB: 0, isPublic: false };
}
