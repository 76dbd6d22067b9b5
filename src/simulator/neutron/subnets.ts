/** Subnets: a range of addresses on a network, checked as Neutron checks it. */
import { type Json, type JsonObject, text } from "../core/json.ts";
import { exact } from "../core/list.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import { formatCidr, overlap, parseCidr } from "./addresses.ts";
import { badRequest, conflict, httpForbidden, invalidInput, refused } from "./errors.ts";
import { checkGateway, checkPools, cidrOf, defaultPools, isAuto } from "./ipam.ts";
import { bumpNetwork, isSharedWith, visibleNetwork } from "./networks.ts";
import * as parts from "./parts.ts";
import { isAutoDeleted, isRouterOwned } from "./port-owners.ts";
import {
  checkDhcp,
  checkModes,
  defaultGateway,
  gatewayOf,
  nameservers,
  orNull,
  poolList,
  poolsOf,
  routes,
  routesOf,
  textsOf,
} from "./subnet-checks.ts";
import { cut } from "./subnet-pools.ts";
import { networks, ports, type Subnet, subnets } from "./tables.ts";

const mode = (name: string): Attribute<Subnet> => ({
  name,
  create: "optional",
  check: orNull(parts.oneOf("dhcpv6-stateful", "dhcpv6-stateless", "slaac")),
});

/** `nope is not in a CIDR format.` comes from a converter, not a check. */
function toCidr(value: Json): string {
  const cidr = parseCidr(text(value));
  if (cidr === undefined) throw invalidInput(`${text(value)} is not in a CIDR format`);
  return formatCidr(cidr);
}

const attributes: readonly Attribute<Subnet>[] = [
  parts.id,
  parts.name,
  parts.tenant,
  {
    name: "ip_version",
    create: "required",
    check: (value) => parts.oneOf(4, 6)(Number(value)),
    store: parts.toInteger,
  },
  { name: "network_id", create: "required", check: parts.uuid },
  { name: "subnetpool_id", create: "optional", check: orNull(parts.uuid) },
  { name: "prefixlen", create: "optional", store: parts.toInteger, view: () => undefined },
  { name: "use_default_subnetpool", create: "optional", store: parts.toBoolean, view: () => undefined },
  parts.flag("enable_dhcp", true),
  mode("ipv6_ra_mode"),
  mode("ipv6_address_mode"),
  { name: "gateway_ip", create: "optional", update: true, default: "", check: orNull(parts.address) },
  { name: "cidr", create: "optional", store: toCidr },
  { name: "allocation_pools", create: "optional", update: true, default: [], check: poolList },
  { name: "host_routes", create: "optional", update: true, default: [], check: routes },
  { name: "dns_nameservers", create: "optional", update: true, default: [], check: nameservers },
  parts.description,
  {
    name: "service_types",
    create: "optional",
    update: true,
    default: [],
    check: parts.listOf(parts.string(255), parts.notList),
  },
  parts.flag("dns_publish_fixed_ip", false),
  ...parts.standard,
];

function make(draft: JsonObject, call: Call): Subnet {
  const { actor, world } = call;
  const network = visibleNetwork(world, text(draft.network_id), actor.projectId, actor.admin);
  if (!actor.admin && network.project_id !== actor.projectId && !isSharedWith(world, network, actor.projectId))
    throw httpForbidden(`Tenant ${actor.projectId} not allowed to create subnet on this network`);
  const fromPool = cut(draft, call);
  const cidr = fromPool?.cidr ?? parseCidr(text(draft.cidr));
  if (cidr === undefined) throw badRequest("subnets", "a subnetpool must be specified in the absence of a cidr");
  const version = Number(draft.ip_version);
  if (cidr.version !== version)
    throw invalidInput(`cidr '${text(draft.cidr)}' does not match the ip_version '${version}'`);
  checkModes(draft, cidr);
  const dhcp = draft.enable_dhcp !== false;
  checkDhcp(cidr, dhcp);
  const given = draft.gateway_ip;
  const gateway =
    given === null ? null : text(given) === "" ? defaultGateway(cidr) : gatewayOf(text(given), cidr, version);
  const asked = poolsOf(draft.allocation_pools);
  const pools = asked.length === 0 ? defaultPools(cidr, gateway) : checkPools(asked, cidr, gateway);
  const others = world.of(subnets).by("network_id", network.id);
  const subnetpool_id = fromPool?.pool.id ?? null;
  if (
    others.some(
      (other) =>
        other.ip_version === version &&
        other.subnetpool_id !== subnetpool_id &&
        (other.subnetpool_id ?? subnetpool_id) !== null,
    )
  )
    throw refused(
      "NetworkSubnetPoolAffinityError",
      "Subnets hosted on the same network must be allocated from the same subnet pool.",
    );
  if (others.some((other) => overlap(cidr, cidrOf(other))))
    throw invalidInput(
      `Requested subnet with cidr: ${formatCidr(cidr)} for network: ${network.id} overlaps with another subnet`,
    );
  return {
    ...parts.begin(draft, call, actor.projectId, 0),
    network_id: network.id,
    subnetpool_id,
    ip_version: version,
    cidr: formatCidr(cidr),
    gateway_ip: gateway,
    allocation_pools: pools,
    enable_dhcp: dhcp,
    dns_nameservers: textsOf(draft.dns_nameservers),
    host_routes: routesOf(draft.host_routes),
    ipv6_ra_mode: text(draft.ipv6_ra_mode) || null,
    ipv6_address_mode: text(draft.ipv6_address_mode) || null,
    service_types: textsOf(draft.service_types),
    dns_publish_fixed_ip: draft.dns_publish_fixed_ip === true,
  };
}

/** A router that has the gateway's address keeps it (neutron: db_base_plugin_v2 update_subnet). */
function checkGatewayFree(row: Subnet, { world }: Call): void {
  const held = world
    .of(ports)
    .by("network_id", row.network_id)
    .find(
      ({ device_owner, fixed_ips }) =>
        isRouterOwned(device_owner) &&
        fixed_ips.some(({ subnet_id, ip_address }) => subnet_id === row.id && ip_address === row.gateway_ip),
    );
  if (held !== undefined)
    throw conflict(
      "GatewayIpInUse",
      `Current gateway ip ${row.gateway_ip} already in use by port ${held.id}. Unable to update.`,
    );
}

function update(row: Subnet, changes: JsonObject, call: Call): JsonObject {
  parts.checkRevision(row, call);
  const cidr = cidrOf(row);
  const given = changes.gateway_ip;
  const gateway =
    given === undefined ? row.gateway_ip : given === null ? null : gatewayOf(text(given), cidr, row.ip_version);
  if (gateway !== null && gateway !== row.gateway_ip) checkGatewayFree(row, call);
  const pools =
    changes.allocation_pools === undefined
      ? row.allocation_pools
      : checkPools(poolsOf(changes.allocation_pools), cidr, gateway);
  if (changes.allocation_pools === undefined && given !== undefined) checkGateway(pools, gateway);
  const routed = changes.host_routes === undefined ? {} : { host_routes: routesOf(changes.host_routes) };
  return parts.revised(row, { ...changes, ...routed, gateway_ip: gateway, allocation_pools: pools }, call);
}

/** Addresses that hosts made themselves do not keep a subnet, unless a router has one (neutron: ml2 delete_subnet). */
function remove(row: Subnet, call: Call): undefined {
  parts.checkRevision(row, call);
  const table = call.world.of(ports);
  const holders = table
    .by("network_id", row.network_id)
    .filter(({ fixed_ips }) => fixed_ips.some(({ subnet_id }) => subnet_id === row.id));
  const free = (owner: string) => isAuto(row) && !isRouterOwned(owner);
  if (holders.some((port) => !isAutoDeleted(port) && !free(port.device_owner)))
    throw conflict(
      "SubnetInUse",
      `Unable to complete operation on subnet ${row.id}: One or more ports have an IP allocation from this subnet.`,
    );
  for (const port of holders)
    table.put({ ...port, fixed_ips: port.fixed_ips.filter(({ subnet_id }) => subnet_id !== row.id) });
  bumpNetwork(call, row.network_id);
  return undefined;
}

const filterable = parts.columns({
  texts: ["network_id", "subnetpool_id", "gateway_ip", "ipv6_ra_mode", "ipv6_address_mode"],
  flags: ["enable_dhcp"],
  integers: ["ip_version"],
});

export const subnetResource: Resource<Subnet> = {
  singular: "subnet",
  plural: "subnets",
  path: "/v2.0/subnets",
  table: subnets,
  policies: parts.policies("subnet"),
  attributes,
  ...filterable,
  filters: {
    ...filterable.filters,
    cidr: exact("cidr"),
    // There are no segments here.
    segment_id: () => () => false,
    shared: (values, call) => {
      const wanted = values.map(parts.toBoolean);
      return (row) => wanted.includes(call.world.of(networks).get(text(row.network_id))?.shared === true);
    },
  },
  sort: { ...filterable.sort, cidr: "cidr" },
  owner: "project_id",
  shared: (row, call) => {
    const network = call.world.of(networks).get(row.network_id);
    if (network === undefined) return false;
    return network.project_id === call.actor.projectId || isSharedWith(call.world, network, call.actor.projectId);
  },
  writable: (row, call) =>
    call.actor.admin ||
    row.project_id === call.actor.projectId ||
    call.world.of(networks).get(row.network_id)?.project_id === call.actor.projectId,
  quota: "subnet",
  make,
  onCreate(row, call) {
    bumpNetwork(call, row.network_id);
    return undefined;
  },
  onUpdate: update,
  onDelete: remove,
};
