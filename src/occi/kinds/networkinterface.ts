import {
  attachInterface,
  CloudError,
  collect,
  detachInterface,
  type FloatingIp,
  type InterfaceOrder,
  type Port,
  type Server,
  type ServerInterface,
  type Subnet,
  Undo,
} from "../../cloud/index.ts";
import { parseAddress } from "../address.ts";
import { INFRASTRUCTURE } from "../category.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import { unsupported } from "../draft.ts";
import type { Context, Mixin, Row } from "../table.ts";
import { LINK, SOURCE, TARGET, TITLE } from "./core.ts";
import { COMPUTES, mustExist, NETWORKS, sourceServer } from "./ends.ts";
import {
  addFloating,
  type FloatingLink,
  type FloatingOrder,
  floatingLink,
  givesAddresses,
  intendRelease,
  ledAddresses,
  releaseFloating,
  removeFloating,
} from "./floating.ts";

/** A network interface links a server to a network: it is the port, or a floating address (GFD.224 §3.4.1). */
export interface InterfaceModel {
  /** The port's, or the floating address's (house, "Ids"). */
  readonly id: string;
  readonly serverId: string;
  readonly networkId: string;
  readonly name: string;
  /** Of a port only. */
  readonly macAddress: string | undefined;
  readonly address: string | undefined;
  readonly status: ServerInterface["status"];
  /** Of the port's first address, where it was looked up. */
  readonly subnet: Subnet | undefined;
  /** Present when it is no port. */
  readonly floating: FloatingIp | undefined;
}

/** What a draft of a link wants: a card in a network, or an address of an external one. */
export type InterfaceWish = { readonly card: InterfaceOrder } | { readonly floating: FloatingOrder };

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
  isAssigned: ({ address }) => address !== undefined,
  rows: [
    {
      name: "occi.networkinterface.address",
      type: "string",
      description: "Address",
      read: ({ address }) => address,
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
  return server.interfaces.map(({ portId, networkId, macAddress, fixedIps, status }) => {
    const card = { id: portId, serverId: server.id, networkId, name: "", macAddress, status };
    return { ...card, address: fixedIps[0]?.ipAddress, subnet: undefined, floating: undefined };
  });
}

export function floatingModel({ address, serverId }: FloatingLink): InterfaceModel {
  const { id, networkId, ipAddress, status } = address;
  const none = { name: "", macAddress: undefined, subnet: undefined };
  return { ...none, id, serverId, networkId, address: ipAddress, status, floating: address };
}

function modelOf(port: Port, subnets: readonly Subnet[]): InterfaceModel | undefined {
  const { id, deviceId, deviceOwner, networkId, name, macAddress, fixedIps, status } = port;
  // Only servers are computes here; ports of routers and the like are no links of ours.
  if (deviceId === undefined || deviceId === "" || !(deviceOwner ?? "").startsWith("compute:")) return undefined;
  const subnet = subnets.find((candidate) => candidate.id === fixedIps[0]?.subnetId);
  const card = { id, serverId: deviceId, networkId, name, macAddress, status };
  return { ...card, address: fixedIps[0]?.ipAddress, subnet, floating: undefined };
}

/** What a draft of a link wants; its target must be a network that the caller can see. */
export async function interfaceWish(context: Context, draft: Partial<Draft>): Promise<InterfaceWish> {
  const { target = "", mac, address, allocation, device } = draft;
  const networkId = context.idAt(target, NETWORKS);
  if (networkId === undefined) throw invalid(TARGET.name, `"${target}" is no network of this server`);
  const network = await mustExist(TARGET.name, context.call.cloud.networks.get(networkId));
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
  const order = { networkId, ...(address === undefined ? {} : { ipAddress: address }) };
  if (!givesAddresses(network)) return { card: { ...order, ...(mac === undefined ? {} : { macAddress: mac }) } };
  if (mac !== undefined) throw unsupported("occi.networkinterface.mac", "a floating address has no card of its own");
  return { floating: order };
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

/** Ports, and then the floating addresses that lead to them. */
async function* list({ call }: Context, subnets: readonly Subnet[]): AsyncIterable<InterfaceModel> {
  const serverOf = new Map<string, string>();
  for await (const port of call.cloud.ports.list({ ofServers: true })) {
    const model = modelOf(port, subnets);
    if (model === undefined) continue;
    serverOf.set(model.id, model.serverId);
    yield model;
  }
  for await (const address of ledAddresses(call.cloud)) {
    const serverId = serverOf.get(address.portId);
    if (serverId !== undefined) yield floatingModel({ address, serverId });
  }
}

async function get(context: Context, id: string): Promise<InterfaceModel> {
  const { cloud } = context.call;
  let port: Port;
  try {
    port = await cloud.ports.get(id);
  } catch (thrown) {
    if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
    const link = await floatingLink(cloud, await cloud.floatingIps.get(id));
    if (link === undefined) throw gone(id);
    return floatingModel(link);
  }
  return readPort(context, port);
}

const store: Store<InterfaceModel, Draft, never> = {
  async *ids(context) {
    for await (const { id } of list(context, [])) yield id;
  },
  async *list(context) {
    yield* list(context, await collect(context.call.cloud.subnets.list()));
  },
  get,
  async create(context, draft, links) {
    if (links.length > 0) throw invalid("link", "a link carries no links");
    const { call, flow } = context;
    const serverId = await sourceServer(context, draft.source ?? "");
    const wish = await interfaceWish(context, draft);
    if ("card" in wish) return readPort(context, await attachInterface(call.cloud, serverId, wish.card, flow));
    const undo = new Undo(call.log);
    try {
      return floatingModel(await addFloating(context, serverId, wish.floating, undo));
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  update: () => {
    throw new CloudError("INTERNAL", "no row of a network interface can be changed");
  },
  async remove(context, { id, serverId, floating }) {
    const { call, flow } = context;
    if (floating !== undefined) return removeFloating(call.cloud, floating);
    // A card takes the links of its addresses with it.
    const addresses = await collect(ledAddresses(call.cloud, [id]));
    intendRelease(context, addresses);
    await detachInterface(call.cloud, serverId, id, flow);
    await releaseFloating(context, addresses);
  },
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
  idOf: ({ id }) => id,
  ends: ({ serverId, networkId }) => ({
    source: { path: COMPUTES + serverId, kind: `${INFRASTRUCTURE}compute` },
    target: { path: NETWORKS + networkId, kind: `${INFRASTRUCTURE}network` },
  }),
  store,
};
