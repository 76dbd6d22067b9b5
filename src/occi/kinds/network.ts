import {
  CloudError,
  collect,
  type Network,
  type NetworkChange,
  type NetworkDraft,
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
import type { Action, Mixin, Row } from "../table.ts";
import { RESOURCE, SUMMARY, TITLE } from "./core.ts";

/** A network, and as the mixin ipnetwork its first subnet (GFD.224 §3.2). */
export interface NetworkModel {
  readonly network: Network;
  readonly subnet: Subnet | undefined;
}

interface Draft {
  readonly title: string;
  readonly summary: string;
  readonly vlan: number;
  readonly address: string;
  readonly gateway: string;
  readonly allocation: string;
}

/** A subnet can be added to a network that has none; what it is then stays. */
type Change = NetworkChange & Partial<Pick<Draft, "address" | "gateway" | "allocation">>;

function stateOf({ network }: NetworkModel): "active" | "inactive" | "error" {
  if (network.status === "error") return "error";
  return network.status === "active" && network.isAdminUp ? "active" : "inactive";
}

const ROWS: readonly Row<NetworkModel, Draft, Change>[] = [
  {
    ...TITLE,
    type: "string",
    read: ({ network }) => network.name || undefined,
    write: (title) => ({ title }),
    change: (title) => ({ name: title ?? "" }),
  },
  {
    ...SUMMARY,
    type: "string",
    read: ({ network }) => network.description || undefined,
    write: (summary) => ({ summary }),
    change: (summary) => ({ description: summary ?? "" }),
  },
  {
    name: "occi.network.vlan",
    type: "integer",
    description: "802.1Q identifier",
    minimum: 0,
    maximum: 4095,
    read: ({ network }) => (network.provider?.type === "vlan" ? network.provider.segmentationId : undefined),
    write: (vlan) => ({ vlan }),
  },
  { name: "occi.network.label", type: "string", description: "Tag" },
  {
    name: "occi.network.state",
    type: "string",
    immutable: true,
    description: "State of the network",
    values: ["active", "inactive", "error"],
    read: stateOf,
    outcome: "active",
  },
  {
    name: "occi.network.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ network }) => `${network.status}, administratively ${network.isAdminUp ? "up" : "down"}`,
  },
];

const IP_NETWORK: Mixin<NetworkModel, Draft, Change> = {
  scheme: "http://schemas.ogf.org/occi/infrastructure/network#",
  term: "ipnetwork",
  title: "IP network",
  location: "/mixin/ipnetwork/",
  isAssigned: ({ subnet }) => subnet !== undefined,
  rows: [
    {
      name: "occi.network.address",
      type: "string",
      description: "Address range, CIDR",
      read: ({ subnet }) => subnet?.cidr,
      write: (address) => ({ address }),
      change: (address) => (address === undefined ? {} : { address }),
    },
    {
      name: "occi.network.gateway",
      type: "string",
      description: "Gateway address",
      read: ({ subnet }) => subnet?.gatewayIp,
      write: (gateway) => ({ gateway }),
      change: (gateway) => (gateway === undefined ? {} : { gateway }),
    },
    {
      name: "occi.network.allocation",
      type: "string",
      description: "How the address is obtained",
      values: ["dynamic", "static"],
      read: ({ subnet }) => (subnet === undefined ? undefined : subnet.isDhcpEnabled ? "dynamic" : "static"),
      write: (allocation) => ({ allocation }),
      change: (allocation) => (allocation === undefined ? {} : { allocation }),
    },
  ],
};

/** The subnets that a draft wants: none without the mixin's range. */
function subnetsOf(name: string, { address, gateway, allocation }: Partial<Draft>): readonly SubnetOrder[] {
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

const store: Store<NetworkModel, Draft, Change> = {
  async *ids({ call }) {
    for await (const { id } of call.cloud.networks.list()) yield id;
  },
  async *list({ call }) {
    const subnets = new Map<string, Subnet[]>();
    for await (const subnet of call.cloud.subnets.list()) {
      const known = subnets.get(subnet.networkId);
      if (known === undefined) subnets.set(subnet.networkId, [subnet]);
      else known.push(subnet);
    }
    for await (const network of call.cloud.networks.list()) {
      yield { network, subnet: firstSubnet(network, subnets.get(network.id) ?? []) };
    }
  },
  async get({ call }, id) {
    const network = await call.cloud.networks.get(id);
    if (network.subnetIds.length === 0) return { network, subnet: undefined };
    const subnets = await collect(call.cloud.subnets.list({ networkIds: [id] }));
    return { network, subnet: firstSubnet(network, subnets) };
  },
  async create({ call, flow }, draft, links) {
    if (links.length > 0) throw invalid("link", "a network has no outgoing links");
    const name = draft.title ?? `network-${flow.ids.uuid().slice(0, 8)}`;
    const order: Omit<NetworkDraft, "marker"> = {
      name,
      ...(draft.summary === undefined ? {} : { description: draft.summary }),
      ...(draft.vlan === undefined
        ? {}
        : { provider: { type: "vlan", physicalNetwork: undefined, segmentationId: draft.vlan } }),
    };
    const made = await provisionNetwork(call.cloud, { ...order, subnets: subnetsOf(name, draft) }, flow);
    return { network: made.network, subnet: made.subnets[0] };
  },
  async update({ call, flow }, { network, subnet }, { address, gateway, allocation, ...change }, links) {
    if (links.length > 0) throw invalid("link", "a network has no outgoing links");
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
      if (order === undefined) return { network: changed, subnet };
      const made = await provisionSubnet(call.cloud, { ...order, networkId: network.id }, flow);
      return { network: { ...changed, subnetIds: [made.id] }, subnet: made };
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  remove: ({ call }, { network }) => removeNetwork(call.cloud, network.id),
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
    needs: ["network.update"],
  },
  {
    term: "down",
    title: "Deactivate the network",
    attributes: [],
    isPossible: ({ network }) => network.isAdminUp,
    needs: ["network.update"],
  },
];

export const NETWORK: Definition<NetworkModel, Draft, Change> = {
  term: "network",
  title: "Network Resource",
  parent: RESOURCE,
  location: "/network/",
  needs: ["network.read"],
  rows: ROWS,
  actions: ACTIONS,
  mixins: [IP_NETWORK],
  templates: [],
  idOf: ({ network }) => network.id,
  linksOf: () => [],
  store,
};
