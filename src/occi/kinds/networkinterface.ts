import {
  attachInterface,
  CloudError,
  collect,
  detachInterface,
  type InterfaceOrder,
  type Port,
  type Server,
  type ServerInterface,
  type Subnet,
} from "../../cloud/index.ts";
import { parseAddress } from "../address.ts";
import { INFRASTRUCTURE } from "../category.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import type { Context, Mixin, Row } from "../table.ts";
import { LINK, SOURCE, TARGET, TITLE } from "./core.ts";
import { COMPUTES, mustExist, NETWORKS, sourceServer } from "./ends.ts";

/** A network interface links a server to a network: it is the port (GFD.224 §3.4.1; house: id = port id). */
export interface InterfaceModel extends Pick<ServerInterface, "portId" | "networkId" | "macAddress" | "fixedIps"> {
  readonly serverId: string;
  readonly name: string;
  readonly status: ServerInterface["status"];
  /** Of the first address, where it was looked up. */
  readonly subnet: Subnet | undefined;
}

interface Draft {
  readonly title: string;
  readonly source: string;
  readonly target: string;
  readonly mac: string;
  readonly address: string;
  readonly allocation: string;
  readonly device: string;
}

type InterfaceRow = Row<InterfaceModel, Draft, never>;

const ROWS: readonly InterfaceRow[] = [
  // A port has a name, but nothing here can set it.
  { ...TITLE, type: "string", read: ({ name }) => name || undefined },
  { ...SOURCE, type: "string", read: ({ serverId }) => COMPUTES + serverId, write: (source) => ({ source }) },
  { ...TARGET, type: "string", read: ({ networkId }) => NETWORKS + networkId, write: (target) => ({ target }) },
  {
    // The guest decides it; the specification's own example gives it at creation (GFD.223 §11.3.1).
    name: "occi.networkinterface.interface",
    type: "string",
    immutable: true,
    description: "Device name in the compute",
    write: (device) => ({ device }),
  },
  {
    name: "occi.networkinterface.mac",
    type: "string",
    description: "MAC address",
    pattern: "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
    read: ({ macAddress }) => macAddress,
    write: (mac) => ({ mac: mac.toLowerCase() }),
  },
  {
    name: "occi.networkinterface.state",
    type: "string",
    immutable: true,
    description: "State of the interface",
    values: ["active", "inactive", "error"],
    read: ({ status }) => (status === "active" || status === "error" ? status : "inactive"),
    outcome: "active",
  },
  {
    name: "occi.networkinterface.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ status }) => status,
  },
];

const IP_INTERFACE: Mixin<InterfaceModel, Draft, never> = {
  scheme: "http://schemas.ogf.org/occi/infrastructure/networkinterface#",
  term: "ipnetworkinterface",
  title: "IP network interface",
  location: "/mixin/ipnetworkinterface/",
  later: "UNSUPPORTED",
  isAssigned: ({ fixedIps }) => fixedIps.length > 0,
  rows: [
    {
      name: "occi.networkinterface.address",
      type: "string",
      description: "Address",
      read: ({ fixedIps }) => fixedIps[0]?.ipAddress,
      write: (address) => ({ address }),
    },
    {
      // The subnet's; a port cannot have another one.
      name: "occi.networkinterface.gateway",
      type: "string",
      description: "Gateway address",
      read: ({ subnet }) => subnet?.gatewayIp,
    },
    {
      name: "occi.networkinterface.allocation",
      type: "string",
      description: "How the address is obtained",
      values: ["dynamic", "static"],
      read: ({ subnet }) => (subnet === undefined ? undefined : subnet.isDhcpEnabled ? "dynamic" : "static"),
      write: (allocation) => ({ allocation }),
    },
  ],
};

/** The interfaces of a server, from what the server itself tells: no request per server. */
export function interfacesOf(server: Server): readonly InterfaceModel[] {
  return server.interfaces.map((card) => ({ ...card, serverId: server.id, name: "", subnet: undefined }));
}

function modelOf(port: Port, subnets: readonly Subnet[]): InterfaceModel | undefined {
  const { id, deviceId, deviceOwner } = port;
  // Only servers are computes here; ports of routers and the like are no links of ours.
  if (deviceId === undefined || deviceId === "" || !(deviceOwner ?? "").startsWith("compute:")) return undefined;
  const subnet = subnets.find((candidate) => candidate.id === port.fixedIps[0]?.subnetId);
  return { ...port, portId: id, serverId: deviceId, subnet };
}

/** The network card that a draft of a link wants; its target must be a network that the caller can see. */
export async function interfaceOrder(context: Context, draft: Partial<Draft>): Promise<InterfaceOrder> {
  const { target = "", mac, address, allocation, device } = draft;
  const networkId = context.idAt(target, NETWORKS);
  if (networkId === undefined) throw invalid(TARGET.name, `"${target}" is no network of this server`);
  await mustExist(TARGET.name, context.call.cloud.networks.get(networkId));
  if (address !== undefined && parseAddress(address) === undefined) {
    throw invalid("occi.networkinterface.address", `"${address}" is no address`);
  }
  if (allocation === "static" && address === undefined) {
    throw new CloudError("MISSING_VALUE", "a static allocation needs an address", {
      field: "occi.networkinterface.address",
    });
  }
  if (device !== undefined) {
    context.call.warn("occi.networkinterface.interface was accepted and has no effect: the guest names its devices");
  }
  return {
    networkId,
    ...(address === undefined ? {} : { ipAddress: address }),
    ...(mac === undefined ? {} : { macAddress: mac }),
  };
}

async function readPort({ call }: Context, port: Port): Promise<InterfaceModel> {
  const ids = port.fixedIps.slice(0, 1).map(({ subnetId }) => subnetId);
  const subnets = ids.length === 0 ? [] : await collect(call.cloud.subnets.list({ ids }));
  const model = modelOf(port, subnets);
  if (model === undefined) throw gone(port.id);
  return model;
}

function gone(portId: string): CloudError {
  return new CloudError("NOT_FOUND", `there is no network interface ${portId}`);
}

const store: Store<InterfaceModel, Draft, never> = {
  async *ids({ call }) {
    for await (const port of call.cloud.ports.list({ ofServers: true })) {
      if (modelOf(port, []) !== undefined) yield port.id;
    }
  },
  async *list({ call }) {
    const subnets = await collect(call.cloud.subnets.list());
    for await (const port of call.cloud.ports.list({ ofServers: true })) {
      const model = modelOf(port, subnets);
      if (model !== undefined) yield model;
    }
  },
  get: async (context, id) => readPort(context, await context.call.cloud.ports.get(id)),
  async create(context, draft, links) {
    if (links.length > 0) throw invalid("link", "a link carries no links");
    const { call, flow } = context;
    const serverId = await sourceServer(context, draft.source ?? "");
    const order = await interfaceOrder(context, draft);
    return readPort(context, await attachInterface(call.cloud, serverId, order, flow));
  },
  update: () => {
    throw new CloudError("INTERNAL", "no row of a network interface can be changed");
  },
  remove: ({ call, flow }, { serverId, portId }) => detachInterface(call.cloud, serverId, portId, flow),
  act: () => {
    throw new CloudError("INTERNAL", "a network interface has no actions");
  },
};

export const NETWORK_INTERFACE: Definition<InterfaceModel, Draft, never> = {
  term: "networkinterface",
  title: "NetworkInterface Link",
  parent: LINK,
  location: "/networkinterface/",
  needs: ["port.read"],
  rows: ROWS,
  actions: [],
  mixins: [IP_INTERFACE],
  templates: [],
  idOf: ({ portId }) => portId,
  ends: ({ serverId, networkId }) => ({
    source: { path: COMPUTES + serverId, kind: `${INFRASTRUCTURE}compute` },
    target: { path: NETWORKS + networkId, kind: `${INFRASTRUCTURE}network` },
  }),
  store,
};
