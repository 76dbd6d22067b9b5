/** The ports that make a router: one per network it joins, one on the external network. */
import { repr } from "../core/json.ts";
import type { Task } from "../machine.ts";
import type { World } from "../world.ts";
import { contains, formatCidr, overlap, parseAddress } from "./addresses.ts";
import { badRequest, conflict, refused } from "./errors.ts";
import { cidrOf } from "./ipam.ts";
import { touch } from "./parts.ts";
import { isRouterOwned, routerInterface } from "./port-owners.ts";
import {
  floatingIps,
  type HostRoute,
  type Port,
  portForwardings,
  ports,
  type Router,
  routers,
  type Subnet,
  subnets,
} from "./tables.ts";

const maximumRoutes = 30;

/** Its ports on the networks it joins. */
export function interfacesOf(world: World, router: Pick<Router, "id">): Port[] {
  const own = world.of(ports).by("device_id", router.id);
  return own.filter(({ device_owner }) => device_owner === routerInterface);
}

export function gatewayOf(world: World, { gateway_port_id }: Router): Port | undefined {
  return gateway_port_id === null ? undefined : world.of(ports).get(gateway_port_id);
}

export function subnetsOf(world: World, { fixed_ips }: Port): Subnet[] {
  return fixed_ips.flatMap(({ subnet_id }) => world.of(subnets).get(subnet_id) ?? []);
}

/** No two subnets of a router may overlap (neutron: l3_db _check_for_dup_router_subnets). */
export function checkDistinct(world: World, attached: readonly Port[], joining: readonly Subnet[]): void {
  for (const known of attached.flatMap((port) => subnetsOf(world, port)))
    for (const subnet of joining) {
      if (known.id === subnet.id) throw badRequest("router", `Router already has a port on subnet ${subnet.id}`);
      const [one, other] = [cidrOf(subnet), cidrOf(known)];
      if (overlap(one, other))
        throw badRequest(
          "router",
          `Cidr ${formatCidr(one)} of subnet ${subnet.id} overlaps with cidr ${formatCidr(other)} of subnet ${known.id}`,
        );
    }
}

/** Each next hop is a neighbour on one of the router's subnets (neutron: extraroute_db). */
export function checkRoutes(
  world: World,
  router: Pick<Router, "id">,
  attached: readonly Port[],
  routes: readonly HostRoute[],
): void {
  if (routes.length > maximumRoutes)
    throw refused(
      "RoutesExhausted",
      `Unable to complete operation for ${router.id}. The number of routes exceeds the maximum ${maximumRoutes}.`,
    );
  const near = attached.flatMap((port) => subnetsOf(world, port)).map(cidrOf);
  const own = new Set(attached.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => ip_address)));
  const invalid = (reason: string) =>
    refused("InvalidRoutes", `Invalid format for routes: ${repr(routes)}, the nexthop is ${reason}`);
  for (const { nexthop } of routes) {
    const address = parseAddress(nexthop);
    if (address === undefined || !near.some((cidr) => contains(cidr, address)))
      throw invalid("not connected with router");
    if (own.has(nexthop)) throw invalid("used by router");
  }
}

/** Floating addresses and routes keep the interface they go through (neutron: l3_db, extraroute_db). */
export function checkUnused(world: World, router: Router, subnet: Subnet): void {
  const cidr = cidrOf(subnet);
  const inside = (text: string | null) => {
    const address = text === null ? undefined : parseAddress(text);
    return address !== undefined && contains(cidr, address);
  };
  const needed = (kind: string, what: string) =>
    conflict(
      kind,
      `Router interface for subnet ${subnet.id} on router ${router.id} cannot be deleted, as it is required by one or more ${what}.`,
    );
  const served = world.of(floatingIps).by("router_id", router.id);
  const led = served.flatMap(({ id, fixed_ip_address }) => [
    fixed_ip_address,
    ...world
      .of(portForwardings)
      .by("floatingip_id", id)
      .map(({ internal_ip_address }) => internal_ip_address),
  ]);
  if (led.some(inside)) throw needed("RouterInterfaceInUseByFloatingIP", "floating IPs");
  if (router.routes.some(({ nexthop }) => inside(nexthop))) throw needed("RouterInterfaceInUseByRoute", "routes");
}

/** An interface came, changed or went: the router counts as changed. */
export function bumpRouter(context: { readonly world: World; readonly now: number }, id: string): void {
  const router = context.world.of(routers).get(id);
  if (router !== undefined) context.world.of(routers).put({ ...router, ...touch(router, context.now) });
}

export const plugTask = "neutron.plug_router_port";
/** What the network node was seen to take. */
export const plugTime = [500, 4000] as const;

/** The network node has plugged a router's port in. */
export const plug: Task = (id, _args, { world, at }) => {
  const port = world.of(ports).get(id);
  if (port !== undefined && isRouterOwned(port.device_owner) && port.status !== "ACTIVE")
    world.of(ports).put({ ...port, status: "ACTIVE", ...touch(port, at) });
};
