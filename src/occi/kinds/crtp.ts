import { CloudError, collect, type Flavour } from "../../cloud/index.ts";
import { CRTP } from "../category.ts";
import type { Template, Templates } from "../table.ts";
import type { ComputeChange, ComputeDraft, ComputeServer } from "./computeRows.ts";
import { bySize, fixed, RESOURCE_TPL, smallestFit } from "./templates.ts";

/** The compute resource templates that every provider is to call the same (GFD.222): each is the smallest flavour that fits. */

export interface Profile {
  readonly cores: number;
  readonly memoryGib: number;
  /** Root disk. */
  readonly diskGiB: number;
}

export const PROFILES: Readonly<Record<string, Profile>> = {
  small: { cores: 1, memoryGib: 1, diskGiB: 10 },
  medium: { cores: 2, memoryGib: 2, diskGiB: 20 },
  large: { cores: 4, memoryGib: 4, diskGiB: 40 },
  mem_small: { cores: 1, memoryGib: 4, diskGiB: 10 },
  mem_medium: { cores: 2, memoryGib: 8, diskGiB: 20 },
  mem_large: { cores: 4, memoryGib: 16, diskGiB: 40 },
};

/** Where the name of the profile lives that a compute was made by: in the server's own metadata. */
export const PROFILE_KEY = "occi.compute.template";

const DISK = {
  name: "occi.compute.ephemeral_storage.size",
  type: "float",
  immutable: true,
  description: "Ephemeral disk in GiB",
} as const;

function isProfile(term: string): boolean {
  return Object.hasOwn(PROFILES, term);
}

/** The profile that a server was made by and still is. */
export function profileOf({ metadata, vcpus, ramMiB }: ComputeServer): string | undefined {
  const name = metadata[PROFILE_KEY];
  const profile = name === undefined || !isProfile(name) ? undefined : PROFILES[name];
  if (profile === undefined) return undefined;
  return vcpus >= profile.cores && ramMiB >= profile.memoryGib * 1024 ? name : undefined;
}

function templateOf(name: string, { cores, memoryGib, diskGiB }: Profile): Template {
  const attributes = [
    fixed("occi.compute.cores", cores),
    fixed("occi.compute.memory", memoryGib),
    { ...DISK, default: diskGiB },
  ];
  return { id: name, title: `Compute profile ${name}`, attributes };
}

function flavourFor(flavours: readonly Flavour[], profile: Profile): Flavour | undefined {
  return smallestFit(flavours, profile, undefined);
}

async function named(flavours: AsyncIterable<Flavour>, id: string): Promise<{ readonly profile: string }> {
  const profile = PROFILES[id];
  if (profile !== undefined && flavourFor(await collect(flavours), profile) !== undefined) return { profile: id };
  throw new CloudError("NOT_FOUND", `no flavour fits the profile ${id}`);
}

export const CRTP_FAMILY: Templates<ComputeServer, ComputeDraft, ComputeChange> = {
  scheme: CRTP,
  base: RESOURCE_TPL,
  terms: { termOf: (id) => id, idOf: (term) => (isProfile(term) ? term : undefined) },
  needs: ["flavour.read"],
  rows: [{ ...DISK, read: ({ diskGiB }) => (diskGiB > 0 ? diskGiB : undefined) }],
  assigned: (server) => {
    const term = profileOf(server);
    return term === undefined ? undefined : { scheme: CRTP, term, title: `Compute profile ${term}` };
  },
  async *list({ call }) {
    const flavours = (await collect(call.cloud.flavours.list())).sort(bySize);
    for (const [name, profile] of Object.entries(PROFILES)) {
      if (flavourFor(flavours, profile) !== undefined) yield templateOf(name, profile);
    }
  },
  write: ({ call }, id) => named(call.cloud.flavours.list(), id),
  change: ({ call }, id) => named(call.cloud.flavours.list(), id),
};
