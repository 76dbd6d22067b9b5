import {
  type Cloud,
  CloudError,
  collect,
  type Listing,
  type Network,
  type NetworkDraft,
  paged,
  pagesOf,
  provisionNetwork,
  provisionSubnet,
  removeNetwork,
  type Subnet,
  type SubnetOrder,
  Undo,
} from "../../cloud/index.ts";
import { parseAddress, parseRange } from "../address.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import { unsupported } from "../draft.ts";
import type { Action, Context } from "../table.ts";
import { makeRouter, removeRouters, routedNetworks, sortOf } from "./connectivity.ts";
import { RESOURCE } from "./core.ts";
import { givesAddresses } from "./floating.ts";
import {
  IP_NETWORK,
  NETWORK_ROWS,
  type NetworkModel,
  type NetworkRevision,
  type NetworkWish,
  SORT_MIXINS,
} from "./networkRows.ts";
import { onlyPool } from "./pools.ts";

/** The subnets that a draft wants: none without the mixin's range. */
function subnetsOf(name: string, { address, gateway, allocation }: Partial<NetworkWish>): readonly SubnetOrder[] {
  if (address === undefined) {
    if (gateway === undefined && allocation === undefined) return [];
    throw new CloudError("MISSING_VALUE", "the cloud chooses no range: occi.network.address is needed", {
      field: "occi.network.address",
    });
  }
  const range = parseRange(address);
  if (range === undefined) throw invalid("occi.network.address", `"${address}" is no CIDR range`);
  if (gateway !== undefined && parseAddress(gateway)?.version !== range.version) {
    throw invalid("occi.network.gateway", `"${gateway}" is no IPv${range.version} address`);
  }
  return [
    {
      name,
      ipVersion: range.version,
      cidr: address,
      ...(gateway === undefined ? {} : { gatewayIp: gateway }),
      isDhcpEnabled: allocation !== "static",
    },
  ];
}

function firstSubnet(network: Network, subnets: readonly Subnet[]): Subnet | undefined {
  const [id] = network.subnetIds;
  return subnets.find((subnet) => subnet.id === id) ?? subnets.find((subnet) => subnet.networkId === network.id);
}

/** What a draft means, decided and not made. */
async function planOf({ call, flow }: Context, draft: Partial<NetworkWish>) {
  if (draft.sort === "nat" && draft.address === undefined) {
    throw new CloudError("MISSING_VALUE", "a nat network is routed: occi.network.address is needed", {
      field: "occi.network.address",
    });
  }
  const name = draft.title ?? `network-${flow.ids.uuid().slice(0, 8)}`;
  const subnets = subnetsOf(name, draft);
  return { name, subnets, gateway: draft.sort === "nat" ? await onlyPool(call.cloud, "category") : undefined };
}

/** Page by page those that take cards before those that only give addresses: clients that link to the first one mean such (pOCCI). */
function networksOf(cloud: Cloud): Listing<Network> {
  return paged(async function* () {
    for await (const page of pagesOf(cloud.networks.list())) {
      const isPool = Map.groupBy(page, givesAddresses);
      yield [...(isPool.get(false) ?? []), ...(isPool.get(true) ?? [])];
    }
  });
}

const store: Store<NetworkModel, NetworkWish, NetworkRevision> = {
  ids: ({ call }) => networksOf(call.cloud),
  async *list({ call }) {
    const routed = await routedNetworks(call.cloud);
    const subnets = new Map<string, Subnet[]>();
    for await (const subnet of call.cloud.subnets.list()) {
      const known = subnets.get(subnet.networkId);
      if (known === undefined) subnets.set(subnet.networkId, [subnet]);
      else known.push(subnet);
    }
    for await (const network of networksOf(call.cloud)) {
      const subnet = firstSubnet(network, subnets.get(network.id) ?? []);
      yield { network, subnet, sort: sortOf(network, routed) };
    }
  },
  async get({ call }, id) {
    const network = await call.cloud.networks.get(id);
    const [subnets, routed] = await Promise.all([
      network.subnetIds.length === 0 ? [] : collect(call.cloud.subnets.list({ networkIds: [id] })),
      network.isExternal ? new Set<string>() : routedNetworks(call.cloud, id),
    ]);
    return { network, subnet: firstSubnet(network, subnets), sort: sortOf(network, routed) };
  },
  async rehearse(context, draft) {
    await planOf(context, draft);
    return [];
  },
  async create(context, draft) {
    const { call, flow } = context;
    const { gateway, name, subnets } = await planOf(context, draft);
    const order: Omit<NetworkDraft, "marker"> = {
      name,
      ...(draft.summary === undefined ? {} : { description: draft.summary }),
      ...(draft.vlan === undefined
        ? {}
        : { provider: { type: "vlan", physicalNetwork: undefined, segmentationId: draft.vlan } }),
    };
    const made = await provisionNetwork(call.cloud, { ...order, subnets }, flow);
    const [subnet] = made.subnets;
    const sort = draft.sort ?? (made.network.isExternal ? "public" : "private");
    if (gateway === undefined || subnet === undefined) return { network: made.network, subnet, sort };
    const undo = new Undo(call.log);
    undo.enter(
      () => ({ kind: "network", id: made.network.id }),
      () => removeNetwork(call.cloud.detached(), made.network.id),
    );
    try {
      await makeRouter(context, name, gateway, subnet.id, undo);
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
    return { network: made.network, subnet, sort };
  },
  async update({ call, flow }, { network, subnet, sort }, { address, gateway, allocation, ...change }) {
    const given = Object.entries({ address, gateway, allocation }).find(([, value]) => value !== undefined);
    if (given !== undefined && subnet !== undefined) {
      throw unsupported(`occi.network.${given[0]}`, "a range stays as it was made");
    }
    const wanted = {
      ...(address === undefined ? {} : { address }),
      ...(gateway === undefined ? {} : { gateway }),
      ...(allocation === undefined ? {} : { allocation }),
    };
    const [order] = subnetsOf(change.name ?? network.name, wanted);
    const undo = new Undo(call.log);
    try {
      let changed = network;
      if (Object.keys(change).length > 0) {
        const { id, name, description } = network;
        undo.enter(
          () => ({ kind: "network", id }),
          async () => {
            await call.cloud.detached().networks.update(id, { name, description });
          },
        );
        changed = await call.cloud.networks.update(id, change);
      }
      if (order === undefined) return { network: changed, subnet, sort };
      const made = await provisionSubnet(call.cloud, { ...order, networkId: network.id }, flow);
      return { network: { ...changed, subnetIds: [made.id] }, subnet: made, sort };
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  async remove(context, { network, sort }) {
    const { cloud } = context.call;
    if (sort === "nat") await removeRouters(cloud, network.id);
    await removeNetwork(cloud, network.id);
  },
  async act({ call }, { network }, term) {
    await call.cloud.networks.update(network.id, { isAdminUp: term === "up" });
  },
};

const ACTIONS: readonly Action<NetworkModel>[] = [
  {
    term: "up",
    title: "Activate the network",
    attributes: [],
    isPossible: ({ network }) => !network.isAdminUp,
    isSo: ({ network }) => network.isAdminUp,
    needs: ["network.update"],
  },
  {
    term: "down",
    title: "Deactivate the network",
    attributes: [],
    isPossible: ({ network }) => network.isAdminUp,
    isSo: ({ network }) => !network.isAdminUp,
    needs: ["network.update"],
  },
];

export const NETWORK: Definition<NetworkModel, NetworkWish, NetworkRevision> = {
  term: "network",
  title: "Network Resource",
  parent: RESOURCE,
  location: "/network/",
  needs: ["network.read"],
  rows: NETWORK_ROWS,
  actions: ACTIONS,
  mixins: [IP_NETWORK, ...SORT_MIXINS],
  templates: [],
  idOf: ({ network }) => network.id,
  linksOf: () => [],
  store,
};
