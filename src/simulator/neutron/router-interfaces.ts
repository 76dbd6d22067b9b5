/** `/add_router_interface`, `/remove_router_interface`: a router joins and leaves subnets (neutron stable/zed: db/l3_db.py). */
import { isVisible } from "../core/crud.ts";
import { isObject, type JsonObject, text } from "../core/json.ts";
import type { Answer, Call, MemberRoute } from "../core/types.ts";
import { badRequest, conflict, missing, notFound, refused } from "./errors.ts";
import { allocate } from "./ipam.ts";
import * as parts from "./parts.ts";
import { newPort } from "./port-making.ts";
import { routerInterface } from "./port-owners.ts";
import { portResource } from "./port-resource.ts";
import {
  bumpRouter,
  checkDistinct,
  checkUnused,
  gatewayOf,
  interfacesOf,
  plugTask,
  plugTime,
  subnetsOf,
} from "./router-ports.ts";
import { subnetResource } from "./subnets.ts";
import { networks, type Port, ports, type Router, type Subnet, subnets } from "./tables.ts";

/** What the body names; ids of the wrong form are refused before anything is looked up. */
function named(call: Call): { readonly portId: string; readonly subnetId: string } {
  const body: JsonObject = isObject(call.body) ? call.body : {};
  for (const value of [body.port_id, body.subnet_id]) {
    const wrong = value === undefined || value === null ? undefined : parts.uuid(value);
    if (wrong !== undefined) throw badRequest("router", wrong);
  }
  const found = { portId: text(body.port_id), subnetId: text(body.subnet_id) };
  if (found.portId === "" && found.subnetId === "")
    throw badRequest("router", "Either subnet_id or port_id must be specified");
  return found;
}

function subnetOf(id: string, call: Call): Subnet {
  const subnet = call.world.of(subnets).get(id);
  if (subnet === undefined || !isVisible(subnetResource, subnet, call)) throw notFound("Subnet", id);
  return subnet;
}

/** All ports of the router, its gateway included. */
function attachedTo(router: Router, { world }: Call): Port[] {
  const gateway = gatewayOf(world, router);
  return [...interfacesOf(world, router), ...(gateway === undefined ? [] : [gateway])];
}

function answer(router: Router, port: Port, subnetId: string, subnetIds: readonly string[]): Answer {
  const { id, project_id: tenant_id } = router;
  const body = { id, tenant_id, port_id: port.id, network_id: port.network_id, subnet_id: subnetId };
  return { status: 200, body: { ...body, subnet_ids: subnetIds } };
}

function plugged(router: Router, port: Port, call: Call): void {
  call.world.of(ports).put(port);
  call.machine.after(plugTime, plugTask, port.id);
  bumpRouter(call, router.id);
}

/** One port of a router serves all IPv6 subnets of a network. */
function ipv6Port(router: Router, networkId: string, { world }: Call): Port | undefined {
  return interfacesOf(world, router).find(
    (port) => port.network_id === networkId && port.fixed_ips.some(({ ip_address }) => ip_address.includes(":")),
  );
}

function addBySubnet(router: Router, subnet: Subnet, call: Call): Answer {
  const { world } = call;
  if (subnet.gateway_ip === null) throw badRequest("router", "Subnet for router interface must have a gateway IP");
  if (subnet.ip_version === 6 && subnet.ipv6_ra_mode === null && subnet.ipv6_address_mode !== null)
    throw badRequest(
      "router",
      `IPv6 subnet ${subnet.id} configured to receive RAs from an external router cannot be added to Neutron Router.`,
    );
  checkDistinct(world, attachedTo(router, call), [subnet]);
  const network = world.of(networks).get(subnet.network_id);
  if (network === undefined) throw notFound("Network", subnet.network_id);
  const address = { subnetId: subnet.id, address: subnet.gateway_ip };
  const shared = subnet.ip_version === 6 ? ipv6Port(router, network.id, call) : undefined;
  if (shared !== undefined) {
    const kept = shared.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnetId: subnet_id, address: ip_address }));
    const fixed_ips = allocate(world, {
      networkId: network.id,
      mac: shared.mac_address,
      deviceOwner: routerInterface,
      wanted: [...kept, address],
      portId: shared.id,
    });
    plugged(router, { ...shared, fixed_ips, ...parts.touch(shared, call.now) }, call);
    return answer(router, shared, subnet.id, [subnet.id]);
  }
  const port = newPort(call, {
    network,
    projectId: router.project_id,
    deviceId: router.id,
    deviceOwner: routerInterface,
    wanted: [address],
  });
  plugged(router, port, call);
  return answer(router, port, subnet.id, [subnet.id]);
}

function addByPort(router: Router, portId: string, call: Call): Answer {
  const { world } = call;
  const port = world.of(ports).get(portId);
  if (port === undefined || !isVisible(portResource, port, call)) throw notFound("Port", portId);
  if (port.device_id !== "")
    throw conflict(
      "PortInUse",
      `Unable to complete operation on port ${port.id} for network ${port.network_id}. Port already has an attached device ${port.device_id}.`,
    );
  if (port.fixed_ips.length === 0) throw badRequest("router", "Router port must have at least one fixed IP");
  const joining = subnetsOf(world, port);
  checkDistinct(world, attachedTo(router, call), joining);
  if (joining.filter(({ ip_version }) => ip_version === 4).length > 1)
    throw badRequest("router", "Cannot have multiple IPv4 subnets on router port");
  const other = joining.some(({ ip_version }) => ip_version === 6)
    ? ipv6Port(router, port.network_id, call)
    : undefined;
  if (other !== undefined)
    throw badRequest(
      "router",
      `Router already contains IPv6 port ${other.id} belonging to network id ${port.network_id}. Only one IPv6 port from the same network subnet can be connected to a router.`,
    );
  const owned = { device_id: router.id, device_owner: routerInterface };
  plugged(router, { ...port, ...owned, ...parts.touch(port, call.now) }, call);
  const ids = joining.map(({ id }) => id);
  return answer(router, port, ids.at(-1) ?? "", ids);
}

function removeByPort(router: Router, portId: string, subnetId: string, call: Call): Answer {
  const { world } = call;
  const port = interfacesOf(world, router).find(({ id }) => id === portId);
  if (port === undefined)
    throw missing("RouterInterfaceNotFound", `Router ${router.id} does not have an interface with id ${portId}`);
  const left = subnetsOf(world, port);
  if (subnetId !== "" && !left.some(({ id }) => id === subnetId))
    throw refused("SubnetMismatchForPort", `Subnet on port ${portId} does not match the requested subnet ${subnetId}.`);
  for (const subnet of left) checkUnused(world, router, subnet);
  world.of(ports).delete(port.id);
  bumpRouter(call, router.id);
  const ids = left.map(({ id }) => id);
  return answer(router, port, ids[0] ?? "", ids);
}

function removeBySubnet(router: Router, subnet: Subnet, call: Call): Answer {
  const { world } = call;
  const isThere = ({ subnet_id }: Port["fixed_ips"][number]) => subnet_id === subnet.id;
  checkUnused(world, router, subnet);
  const port = interfacesOf(world, router).find(({ fixed_ips }) => fixed_ips.some(isThere));
  if (port === undefined)
    throw missing("RouterInterfaceNotFoundForSubnet", `Router ${router.id} has no interface on subnet ${subnet.id}`);
  const fixed_ips = port.fixed_ips.filter((one) => !isThere(one));
  // A port that serves further IPv6 subnets stays for them.
  if (subnet.ip_version === 6 && fixed_ips.length > 0)
    world.of(ports).put({ ...port, fixed_ips, ...parts.touch(port, call.now) });
  else world.of(ports).delete(port.id);
  bumpRouter(call, router.id);
  return answer(router, port, subnet.id, [subnet.id]);
}

const member = (verb: "add" | "remove", run: MemberRoute<Router>["run"]): MemberRoute<Router> => ({
  method: "PUT",
  path: `/${verb}_router_interface`,
  policy: { name: `${verb}_router_interface`, rule: "member" },
  run,
});

export const routerInterfaceRoutes: readonly MemberRoute<Router>[] = [
  member("add", (router, call) => {
    const { portId, subnetId } = named(call);
    if (portId !== "" && subnetId !== "") throw badRequest("router", "Cannot specify both subnet-id and port-id");
    return portId === "" ? addBySubnet(router, subnetOf(subnetId, call), call) : addByPort(router, portId, call);
  }),
  member("remove", (router, call) => {
    const { portId, subnetId } = named(call);
    if (portId !== "") return removeByPort(router, portId, subnetId, call);
    return removeBySubnet(router, subnetOf(subnetId, call), call);
  }),
];
