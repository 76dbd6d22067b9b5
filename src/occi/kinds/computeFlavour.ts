import {
  type Cloud,
  CloudError,
  collect,
  type Flavour,
  type FlavourDraft,
  type Image,
  newMarker,
  type Undo,
  verdictOn,
} from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import { unsupported } from "../draft.ts";
import type { Context } from "../table.ts";
import { PROFILES } from "./crtp.ts";
import { isExact, type Needs, type Sizes, smallestFit } from "./templates.ts";

/** Which flavour a compute gets, and by which rule: said before anything is made, so that a dry run tells the same. */

export interface FlavourWish extends Pick<Sizes, "cores" | "memoryGib"> {
  /** Of a resource template that was named. */
  readonly flavour?: Flavour;
  /** Of a compute profile that was named (GFD.222). */
  readonly profile?: string;
}

export type FlavourChoice =
  | { readonly by: "template" | "profile" | "default" | "exact" | "smallest-fit"; readonly flavour: Flavour }
  /** There is none of these sizes, and one is to be made. */
  | { readonly by: "make"; readonly make: Pick<FlavourDraft, "vcpus" | "ramMiB" | "diskGiB"> };

/** Chooses by the policy; makes nothing. `needs` are the image's, where there is one to be booted. */
export async function chooseFlavour(
  context: Context,
  wish: FlavourWish,
  needs: Needs | undefined,
): Promise<FlavourChoice> {
  const { flavour: named, profile: name } = wish;
  const sizes: Sizes = { cores: wish.cores, memoryGib: wish.memoryGib };
  if (named !== undefined) {
    // The template decides the sizes (GFD.224 §3.5.2); other ones are refused rather than dropped, as rOCCI-server does.
    if (isExact(named, sizes)) return { by: "template", flavour: named };
    throw differs();
  }
  const { flavourPolicy, call } = context;
  const profile = name === undefined ? undefined : PROFILES[name];
  if (profile === undefined && flavourPolicy === "refuse") {
    if (isSized(sizes)) throw unsupported("occi.compute.cores", "sizes come with a resource template only");
    throw new CloudError("MISSING_VALUE", "a resource template must be named");
  }
  const flavours = await collect(call.cloud.flavours.list());
  if (profile !== undefined) {
    const flavour = smallestFit(flavours, profile, needs);
    if (flavour === undefined) throw tooLarge("is large enough for this");
    const { cores = profile.cores, memoryGib = profile.memoryGib } = wish;
    if (isExact(flavour, sizes) || (cores === profile.cores && memoryGib === profile.memoryGib))
      return { by: "profile", flavour };
    throw differs();
  }
  if (!isSized(sizes)) return { by: "default", flavour: required(smallestFit(flavours, {}, needs)) };
  const exact = smallestFit(flavours, sizes, needs, (flavour) => isExact(flavour, sizes));
  if (exact !== undefined) return { by: "exact", flavour: exact };
  if (flavourPolicy === "smallest-fit")
    return { by: "smallest-fit", flavour: required(smallestFit(flavours, sizes, needs)) };
  if (flavourPolicy === "exact") throw tooLarge("has exactly this");
  return { by: "make", make: draftOf(sizes, needs, smallestFit(flavours, {}, needs)) };
}

function isSized({ cores, memoryGib }: Sizes): boolean {
  return cores !== undefined || memoryGib !== undefined;
}

function differs(): CloudError {
  return invalid("occi.compute.memory", "cores or memory differ from the resource template's");
}

function tooLarge(what: string): CloudError {
  return invalid("occi.compute.memory", `no flavour ${what}`);
}

function required(flavour: Flavour | undefined): Flavour {
  if (flavour === undefined) throw tooLarge("is large enough for this");
  return flavour;
}

/** What is not said is as in the flavour that would be chosen if nothing were said. */
function draftOf({ cores, memoryGib }: Sizes, needs: Needs | undefined, usual: Flavour | undefined) {
  const ramMiB = memoryGib === undefined ? usual?.ramMiB : Math.max(Math.round(memoryGib * 1024), 1);
  if (ramMiB !== undefined && ramMiB < (needs?.minRamMiB ?? 0)) {
    throw invalid("occi.compute.memory", `the image needs ${needs?.minRamMiB} MiB`);
  }
  return {
    vcpus: cores ?? usual?.vcpus ?? 1,
    ramMiB: ramMiB ?? 1024,
    diskGiB: Math.max(usual?.diskGiB ?? 0, needs?.minDiskGiB ?? 0, 1),
  };
}

/** Names of flavours that were made for free sizes begin so. */
const MADE = "occi-made-";

export function isMade({ flavourName }: { readonly flavourName: string }): boolean {
  return flavourName.startsWith(MADE);
}

/** The flavour that was chosen; one that must be made belongs to the caller's tenant alone, and `undo` unmakes it. */
export async function provideFlavour(context: Context, choice: FlavourChoice, undo: Undo): Promise<Flavour> {
  if (choice.by !== "make") return choice.flavour;
  const { call, flow } = context;
  const maker = await makerOf(context);
  if (maker === undefined) {
    throw invalid("occi.compute.memory", "no flavour has exactly this, and the caller may make none");
  }
  const { vcpus, ramMiB, diskGiB } = choice.make;
  const marker = newMarker(flow);
  undo.enter(
    () => ({ kind: "flavour", id: marker.value }),
    () => maker.detached().flavours.delete(marker.value),
  );
  const name = `${MADE}${vcpus}c-${ramMiB}m-${diskGiB}g-${marker.value.slice(0, 8)}`;
  const own = { isPublic: false, projectIds: [call.cloud.tenant.projectId] };
  return maker.flavours.create({ ...choice.make, ...own, name, marker });
}

async function makerOf(context: Context): Promise<Cloud | undefined> {
  const { cloud } = context.call;
  if (verdictOn(await cloud.capabilities(), ["flavour.create"]).support !== "no") return cloud;
  return context.flavourMaker?.(context);
}

/** A made flavour goes with the last server of its size. That it stays behind is no failure of what was asked for. */
export async function dropFlavour(context: Context, flavourName: string): Promise<void> {
  if (!isMade({ flavourName })) return;
  const { call } = context;
  try {
    for await (const other of call.cloud.servers.list()) if (other.flavourName === flavourName) return;
    const flavour = (await collect(call.cloud.flavours.list())).find(({ name }) => name === flavourName);
    const maker = flavour === undefined ? undefined : await makerOf(context);
    if (flavour !== undefined) await maker?.flavours.delete(flavour.id);
  } catch (thrown) {
    call.log.error({ kind: "flavour", id: flavourName, error: CloudError.from(thrown).message }, "could not be unmade");
    call.warn(`the flavour ${flavourName}, which was made for the compute, could not be removed`);
  }
}

const GIB = 1024 ** 3;

/** The root volume of a flavour without a disk: as large as the image or the profile wants; it goes with the server. */
export function bootVolumeOf(flavour: Pick<Flavour, "diskGiB">, image: Image, profile: string | undefined) {
  if (flavour.diskGiB > 0) return undefined;
  const bytes = image.virtualSizeBytes ?? image.sizeBytes ?? 0;
  const wanted = profile === undefined ? 0 : (PROFILES[profile]?.diskGiB ?? 0);
  const sizeGiB = Math.max(image.minDiskGiB, Math.ceil(bytes / GIB), wanted, 1);
  return { imageId: image.id, sizeGiB, deleteWithServer: true };
}
