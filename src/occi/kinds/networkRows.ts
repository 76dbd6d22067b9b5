import { CloudError, type Network, type NetworkChange, type Subnet } from "../../cloud/index.ts";
import type { Mixin, Row } from "../table.ts";
import type { Sort } from "./connectivity.ts";
import { SUMMARY, TITLE } from "./core.ts";

/** A network, and as the mixin ipnetwork its first subnet (GFD.224 §3.2). */
export interface NetworkModel {
  readonly network: Network;
  readonly subnet: Subnet | undefined;
  /** In EGI's words; absent where it was not looked up. */
  readonly sort: Sort | undefined;
}

export interface NetworkWish {
  readonly title: string;
  readonly summary: string;
  readonly vlan: number;
  readonly address: string;
  readonly gateway: string;
  readonly allocation: string;
  readonly sort: Sort;
}

/** A subnet can be added to a network that has none; what it is then stays. */
export type NetworkRevision = NetworkChange & Partial<Pick<NetworkWish, "address" | "gateway" | "allocation">>;

function stateOf({ network }: NetworkModel): "active" | "inactive" | "error" {
  if (network.status === "error") return "error";
  return network.status === "active" && network.isAdminUp ? "active" : "inactive";
}

export const NETWORK_ROWS: readonly Row<NetworkModel, NetworkWish, NetworkRevision>[] = [
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

export const IP_NETWORK: Mixin<NetworkModel, NetworkWish, NetworkRevision> = {
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

const SORT_TITLES = { public: "Public network", nat: "NAT network", private: "Private network" } as const;

/** EGI's sorts: what a network is, and what a new one shall be. */
export const SORT_MIXINS = (["public", "nat", "private"] as const).map(
  (sort): Mixin<NetworkModel, NetworkWish, NetworkRevision> => ({
    scheme: "http://schemas.fedcloud.egi.eu/occi/infrastructure/network#",
    term: `${sort}_net`,
    title: SORT_TITLES[sort],
    location: `/mixin/${sort}_net/`,
    later: "IMMUTABLE",
    isAssigned: (model) => model.sort === sort,
    rows: [],
    write: () => {
      if (sort !== "public") return { sort };
      throw new CloudError("FORBIDDEN", "a network of the outside is the operator's to make", { field: "public_net" });
    },
  }),
);
