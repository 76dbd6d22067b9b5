/** Where floating addresses lead, and how that ends: what ports and servers need to know of them. */
import { isIPv4 } from "node:net";
import type { Task } from "../machine.ts";
import type { World } from "../world.ts";
import { badRequest, conflict, missing } from "./errors.ts";
import { touch } from "./parts.ts";
import { gatewayOf, interfacesOf } from "./router-ports.ts";
import {
  type FloatingIp,
  floatingIps,
  type Port,
  type PortForwarding,
  portForwardings,
  routers,
  subnets,
} from "./tables.ts";

/** The floating addresses that lead to a port. */
export function floatingIpsOf(world: World, portId: string): FloatingIp[] {
  return world.of(floatingIps).by("port_id", portId);
}

export type Target = Pick<FloatingIp, "port_id" | "fixed_ip_address" | "router_id">;

export const nowhere: Target = { port_id: null, fixed_ip_address: null, router_id: null };

/** The address of the port that is meant: the one named, or the only one. */
function fixedAddress(port: Port, named: string): string {
  if (named !== "" && !isIPv4(named))
    throw badRequest(
      "floatingip",
      `Cannot process floating IP association with ${named}, since that is not an IPv4 address`,
    );
  const own = port.fixed_ips.map(({ ip_address }) => ip_address);
  if (named !== "" && !own.includes(named))
    throw badRequest("floatingip", `Port ${port.id} does not have fixed ip ${named}`);
  const candidates = named === "" ? own.filter(isIPv4) : [named];
  const [only] = candidates;
  if (only === undefined)
    throw badRequest("floatingip", `Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`);
  if (candidates.length > 1)
    throw badRequest(
      "floatingip",
      `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    );
  return only;
}

/** A router between the subnet and the external network; the one that is the subnet's gateway comes first. */
export function routerBetween(world: World, subnetId: string, externalId: string): string | undefined {
  const gateway = world.of(subnets).get(subnetId)?.gateway_ip;
  let found: string | undefined;
  for (const router of world.of(routers).all()) {
    if (gatewayOf(world, router)?.network_id !== externalId) continue;
    const addresses = interfacesOf(world, router).flatMap(({ fixed_ips }) => fixed_ips);
    const there = addresses.find(({ subnet_id }) => subnet_id === subnetId);
    if (there?.ip_address === gateway) return router.id;
    if (there !== undefined) found ??= router.id;
  }
  return found;
}

/** What leading the address to the port means; refuses as Neutron does (neutron stable/zed: db/l3_db.py). */
export function target(
  world: World,
  floating: Pick<FloatingIp, "id" | "floating_ip_address" | "floating_network_id">,
  port: Port,
  named: string,
): Target {
  const address = fixedAddress(port, named);
  const subnetId = port.fixed_ips.find(({ ip_address }) => ip_address === address)?.subnet_id ?? "";
  const external = floating.floating_network_id;
  const router = routerBetween(world, subnetId, external);
  if (router === undefined)
    throw missing(
      "ExternalGatewayForFloatingIPNotFound",
      `External network ${external} is not reachable from subnet ${subnetId}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`,
    );
  const rival = floatingIpsOf(world, port.id).find(
    (one) => one.id !== floating.id && one.fixed_ip_address === address && one.floating_network_id === external,
  );
  if (rival !== undefined)
    throw conflict(
      "FloatingIPPortAlreadyAssociated",
      `Cannot associate floating IP ${floating.floating_ip_address} (${floating.id}) with port ${port.id} using fixed IP ${address}, as that fixed IP already has a floating IP on external network ${external}.`,
    );
  return { port_id: port.id, fixed_ip_address: address, router_id: router };
}

interface Moment {
  readonly world: World;
  readonly now: number;
}

function leadNowhere({ world, now }: Moment, row: FloatingIp): void {
  world.of(floatingIps).put({ ...row, ...nowhere, status: "DOWN", ...touch(row, now) });
}

/** A port goes: its floating addresses lead nowhere from now on, nor do their ports that led to it. */
export function leavePort(moment: Moment, portId: string): void {
  const { world } = moment;
  for (const row of floatingIpsOf(world, portId)) leadNowhere(moment, row);
  for (const { id, floatingip_id } of world.of(portForwardings).by("internal_port_id", portId)) {
    world.of(portForwardings).delete(id);
    release(moment, floatingip_id);
  }
}

/** An address of which no port leads anywhere belongs to no router. */
export function release(moment: Moment, floatingId: string): void {
  const row = moment.world.of(floatingIps).get(floatingId);
  if (row !== undefined && forwardingsOf(moment.world, floatingId).length === 0) leadNowhere(moment, row);
}

/** What the ports of a floating address lead to. */
export function forwardingsOf(world: World, floatingId: string): PortForwarding[] {
  return world.of(portForwardings).by("floatingip_id", floatingId);
}

export const statusTask = "neutron.floating_ip_status";
/** What the network node was seen to take. */
export const statusTime = [100, 900] as const;

/** The network node has done what the row says. */
export const settleStatus: Task = (id, _args, { world, at }) => {
  const row = world.of(floatingIps).get(id);
  const status = row?.router_id === null ? "DOWN" : "ACTIVE";
  if (row !== undefined && row.status !== status) world.of(floatingIps).put({ ...row, status, ...touch(row, at) });
};
