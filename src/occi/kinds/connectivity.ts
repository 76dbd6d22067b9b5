import { type Cloud, CloudError, collect, type Network, newMarker, type Undo } from "../../cloud/index.ts";
import type { Context, Mixin } from "../table.ts";
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

/** Says of a router that it was made for a network, and lives as long as that. */
const MADE = "made for an OCCI nat_net";

/** The way out of a new network. */
export async function makeRouter(
  { call, flow }: Context,
  name: string,
  gatewayNetworkId: string,
  subnetId: string,
  undo: Undo,
): Promise<void> {
  const { cloud } = call;
  const marker = newMarker(flow);
  let routerId: string | undefined;
  undo.enter(
    () => ({ kind: "router", id: routerId ?? `marked ${marker.value}` }),
    async () => {
      const { routers } = cloud.detached();
      const id = routerId ?? (await routers.findByMarker(marker, name))?.id;
      if (id !== undefined) await routers.delete(id);
    },
  );
  ({ id: routerId } = await cloud.routers.create({ name, description: MADE, gatewayNetworkId, marker }));
  const id = routerId;
  undo.enter(
    () => ({ kind: "router interface", id: `${id} ${subnetId}` }),
    () => cloud.detached().routers.removeInterface(id, { subnetId }),
  );
  await cloud.routers.addInterface(id, { subnetId });
}

/** Takes away the routers that were made for a network, but not while others are plugged into it. */
export async function removeRouters(cloud: Cloud, networkId: string): Promise<void> {
  const cards = await collect(cloud.ports.list({ networkIds: [networkId] }));
  const isBusy = cards.some((port) => port.deviceId !== undefined && !isInterface(port) && !isDhcp(port));
  if (isBusy) return;
  const made = (await collect(cloud.routers.list())).filter(({ description }) => description === MADE);
  for (const { id } of made) {
    const own = cards.filter((port) => port.deviceId === id);
    if (own.length === 0) continue;
    for (const port of own) await cloud.routers.removeInterface(id, { portId: port.id });
    await cloud.routers.delete(id);
  }
}

function isDhcp({ deviceOwner }: { readonly deviceOwner: string | undefined }): boolean {
  return (deviceOwner ?? "").startsWith("network:dhcp");
}

/** `router_interface`, and the words that distributed and redundant ones have (neutron-lib: constants.py). */
function isInterface({ deviceOwner }: { readonly deviceOwner: string | undefined }): boolean {
  return /^network:(?:ha_)?router_(?:interface|replicated_interface)|^network:router_interface_distributed/.test(
    deviceOwner ?? "",
  );
}
