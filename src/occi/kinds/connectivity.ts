import { collect, type Cloud, CloudError, type Network } from "../../cloud/index.ts";
import type { Mixin } from "../table.ts";
import type { ComputeChange, ComputeDraft, ComputeServer } from "./computeRows.ts";

/**
 * What EGI called networks (fedcloud.egi.eu): `public`, which gives out addresses of the outside; `nat`, from which a
 * router leads there; `private`, from which nothing does. A compute that links to none names the sort it wants.
 */
export const SORTS = ["public", "private", "nat"] as const;
export type Sort = (typeof SORTS)[number];

/** Where the wish of a compute lives: in the server's own metadata. */
export const CONNECTIVITY = "eu.egi.fedcloud.compute.default_connectivity";

export const DEFAULT_CONNECTIVITY: Mixin<ComputeServer, ComputeDraft, ComputeChange> = {
  scheme: "http://schemas.fedcloud.egi.eu/occi/infrastructure/compute#",
  term: "default_connectivity",
  title: "Default connectivity",
  location: "/mixin/default_connectivity/",
  later: "IMMUTABLE",
  isAssigned: ({ metadata }) => metadata[CONNECTIVITY] !== undefined,
  rows: [
    {
      name: CONNECTIVITY,
      type: "string",
      description: "Sort of the network that a compute without links is put into",
      values: SORTS,
      read: ({ metadata }) => metadata[CONNECTIVITY],
      write: (sort) => ({ [`metadata.${CONNECTIVITY}`]: sort }),
      later: "IMMUTABLE",
    },
  ],
};

export function sortOf(network: Network, routed: ReadonlySet<string>): Sort {
  if (network.isExternal) return "public";
  return routed.has(network.id) ? "nat" : "private";
}

/** The networks from which a router of the tenant's leads outside; of one network when it is named. */
export async function routedNetworks(cloud: Cloud, networkId?: string): Promise<ReadonlySet<string>> {
  try {
    const ways = new Set<string>();
    for (const { id, gateway } of await collect(cloud.routers.list())) if (gateway !== undefined) ways.add(id);
    if (ways.size === 0) return ways;
    const cards = cloud.ports.list({
      deviceIds: [...ways],
      ...(networkId === undefined ? {} : { networkIds: [networkId] }),
    });
    const routed = new Set<string>();
    for await (const port of cards) if (isInterface(port)) routed.add(port.networkId);
    return routed;
  } catch (thrown) {
    // A cloud without routers routes nothing.
    if (CloudError.is(thrown, "NOT_FOUND", "UNSUPPORTED", "MISSING_SERVICE")) return new Set();
    throw thrown;
  }
}

/** `router_interface`, and the words that distributed and redundant ones have (neutron-lib: constants.py). */
function isInterface({ deviceOwner }: { readonly deviceOwner: string | undefined }): boolean {
  return /^network:(?:ha_)?router_(?:interface|replicated_interface)|^network:router_interface_distributed/.test(
    deviceOwner ?? "",
  );
}
