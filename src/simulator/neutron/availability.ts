/** `/network-ip-availabilities`: how full networks are, for administrators (neutron stable/zed: db/network_ip_availability_db.py). */
import type { JsonObject } from "../core/json.ts";
import { exact } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call, Filter, Policy, Resource } from "../core/types.ts";
import type { World } from "../world.ts";
import { notFound } from "./errors.ts";
import { sizeOf } from "./ipam.ts";
import { toInteger } from "./parts.ts";
import { type Network, networks, ports, type Subnet, subnets } from "./tables.ts";

/** Number of addresses. What is beyond 2^53 (an IPv6 subnet's) is rounded, as JSON numbers are. */
function room(world: World, subnet: Subnet) {
  const held = world.of(ports).by("network_id", subnet.network_id);
  const here = held.flatMap(({ fixed_ips }) => fixed_ips).filter(({ subnet_id }) => subnet_id === subnet.id);
  return { total_ips: Number(sizeOf(subnet)), used_ips: here.length };
}

function versionsOf(call: Call): readonly number[] {
  return call.query.getAll("ip_version").filter(Boolean).map(toInteger);
}

function view(row: Network, call: Call): JsonObject {
  const wanted = versionsOf(call);
  const own = call.world
    .of(subnets)
    .by("network_id", row.id)
    .filter(({ ip_version }) => wanted.length === 0 || wanted.includes(ip_version))
    .map((subnet) => ({ subnet, ...room(call.world, subnet) }));
  return {
    network_id: row.id,
    network_name: row.name,
    tenant_id: row.project_id,
    project_id: row.project_id,
    subnet_ip_availability: own.map(({ subnet, total_ips, used_ips }) => ({
      subnet_id: subnet.id,
      ip_version: subnet.ip_version,
      cidr: subnet.cidr,
      subnet_name: subnet.name,
      used_ips,
      total_ips,
    })),
    used_ips: own.reduce((sum, { used_ips }) => sum + used_ips, 0),
    total_ips: own.reduce((sum, { total_ips }) => sum + total_ips, 0),
  };
}

/** Narrows the subnets that are counted, and leaves out networks that have none of them. */
const byVersion: Filter = (_values, call) => {
  const wanted = versionsOf(call);
  return ({ id }) => {
    const own = call.world.of(subnets).by("network_id", id);
    return own.some(({ ip_version }) => wanted.includes(ip_version));
  };
};

// Whoever may not know gets an empty list and a bare 404, not a refusal (seen live).
const reader: Policy = { name: "get_network_ip_availability", rule: "reader" };

export const availabilityResource: Resource<Network> = {
  singular: "network_ip_availability",
  plural: "network_ip_availabilities",
  path: "/v2.0/network-ip-availabilities",
  table: networks,
  policies: { list: reader, show: reader },
  attributes: [],
  filters: {
    network_id: exact("id"),
    network_name: exact("name"),
    tenant_id: exact("project_id"),
    project_id: exact("project_id"),
    ip_version: byVersion,
  },
  order: [{ column: "id", descending: false }],
  visible: (_row, call) => call.actor.admin,
  notFound: (key, call) =>
    call.actor.admin ? notFound("Network", key) : new Refusal(404, "The resource could not be found."),
  view,
};
