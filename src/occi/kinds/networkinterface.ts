import {
  attachInterface,
  CloudError,
  collect,
  detachInterface,
  type FloatingIp,
  type InterfaceOrder,
  type Network,
  type Port,
  type Server,
  type Subnet,
  Undo,
} from "../../cloud/index.ts";
import { isIn, parseAddress } from "../address.ts";
import { INFRASTRUCTURE } from "../category.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import { unsupported } from "../draft.ts";
import type { Context } from "../table.ts";
import { LINK, TARGET } from "./core.ts";
import { COMPUTES, mustExist, NETWORKS, RESERVATIONS, sourceServer } from "./ends.ts";
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
import { INTERFACE_ROWS, type InterfaceDraft, type InterfaceModel, IP_INTERFACE, targetOf } from "./interfaceRows.ts";
import { poolsOf } from "./pools.ts";
import { giveRanges, lacksRange } from "./range.ts";

/** What a draft of a link wants: a card in a network, or an address of an external one. */
export type InterfaceWish =
  | {
      readonly card: InterfaceOrder;
      /** The network, when it has no range yet for the card's address. */
      readonly bare: Network | undefined;
    }
  | { readonly floating: FloatingOrder };

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
export async function interfaceWish(context: Context, draft: Partial<InterfaceDraft>): Promise<InterfaceWish> {
  const { target = "", mac, address, gateway, allocation, device, pool } = draft;
  const reserved = await reservationAt(context, target);
  const networkId = reserved?.networkId ?? context.idAt(target, NETWORKS);
  if (networkId === undefined) throw invalid(TARGET.name, `"${target}" is no network of this server`);
  if (pool !== undefined && pool !== networkId) throw invalid(TARGET.name, `"${target}" is not of the pool ${pool}`);
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
  if (reserved !== undefined) {
    const given = mac ?? gateway ?? (address === reserved.ipAddress ? undefined : address);
    if (given !== undefined) throw invalid(TARGET.name, `${given} is not what the reservation has`);
    return { floating: { networkId, reserved } };
  }
  const network = await mustExist(TARGET.name, context.call.cloud.networks.get(networkId));
  const isFloating = givesAddresses(network);
  if (!isFloating && (address ?? gateway) !== undefined) await requireRange(context, network, address, gateway);
  const order = { networkId, ...(address === undefined ? {} : { ipAddress: address }) };
  if (!isFloating) {
    const card = { ...order, ...(mac === undefined ? {} : { macAddress: mac }) };
    return { card, bare: lacksRange(context, network) ? network : undefined };
  }
  if (mac !== undefined) throw unsupported("occi.networkinterface.mac", "a floating address has no card of its own");
  if (gateway !== undefined)
    throw unsupported("occi.networkinterface.gateway", "a floating address has none of its own");
  return { floating: order };
}

/** An address of the network, as Nova does not check itself; its gateway is the network's own to decide. */
async function requireRange(
  { call }: Context,
  { id }: Network,
  address: string | undefined,
  gateway: string | undefined,
): Promise<void> {
  const subnets = await collect(call.cloud.subnets.list({ networkIds: [id] }));
  const fitting = subnets.filter(({ cidr }) => address === undefined || isIn(cidr, address));
  if (fitting.length === 0) {
    const ranges = subnets.map(({ cidr }) => cidr).join(", ") || "none";
    const field = `occi.networkinterface.${address === undefined ? "gateway" : "address"}`;
    throw invalid(field, `${address ?? gateway} is in no range of the network, which has ${ranges}`);
  }
  if (gateway === undefined || fitting.some(({ gatewayIp }) => gatewayIp === gateway)) return;
  const known = fitting.flatMap(({ gatewayIp }) => gatewayIp ?? []).join(", ") || "none";
  throw invalid("occi.networkinterface.gateway", `the network decides on its gateway, and has ${known}`);
}

/** The reservation that a target names; nothing when it names a network, or may. */
async function reservationAt(context: Context, target: string): Promise<FloatingIp | undefined> {
  const id = target.startsWith("urn:") ? undefined : context.idAt(target, RESERVATIONS);
  if (id === undefined) return undefined;
  const address = await mustExist(TARGET.name, context.call.cloud.floatingIps.get(id));
  if (address.portId === undefined) return address;
  throw new CloudError("IN_USE", `reservation ${id} leads to ${address.portId} already`, { field: TARGET.name });
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

async function planOf(context: Context, draft: Partial<InterfaceDraft>) {
  const serverId = await sourceServer(context, draft.source ?? "");
  return { serverId, wish: await interfaceWish(context, draft) };
}

const store: Store<InterfaceModel, InterfaceDraft, never> = {
  ids: (context) => list(context, []),
  async *list(context) {
    yield* list(context, await collect(context.call.cloud.subnets.list()));
  },
  get,
  async rehearse(context, draft) {
    await planOf(context, draft);
    return [];
  },
  async create(context, draft) {
    const { call, flow } = context;
    const { serverId, wish } = await planOf(context, draft);
    const undo = new Undo(call.log);
    try {
      if ("card" in wish) {
        await giveRanges(context, wish.bare === undefined ? [] : [wish.bare], undo);
        return readPort(context, await attachInterface(call.cloud, serverId, wish.card, flow));
      }
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

export const NETWORK_INTERFACE: Definition<InterfaceModel, InterfaceDraft, never> = {
  term: "networkinterface",
  title: "NetworkInterface Link",
  parent: LINK,
  location: "/networkinterface/",
  needs: ["port.read"],
  rows: INTERFACE_ROWS,
  actions: [],
  mixins: [IP_INTERFACE],
  templates: [poolsOf<InterfaceModel>(({ floating }) => floating?.networkId)],
  idOf: ({ id }) => id,
  endKinds: {
    source: [`${INFRASTRUCTURE}compute`],
    target: [`${INFRASTRUCTURE}network`, `${INFRASTRUCTURE}ipreservation`],
  },
  ends: (model) => ({
    source: { path: COMPUTES + model.serverId, kind: `${INFRASTRUCTURE}compute` },
    target: targetOf(model),
  }),
  store,
};
