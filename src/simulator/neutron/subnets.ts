/** Subnets: a range of addresses on a network, checked as Neutron checks it. */
import { isList, isObject, type Json, type JsonObject, text } from "../core/json.ts";
import { exact } from "../core/list.ts";
import type { Attribute, Call, Check, Resource } from "../core/types.ts";
import {
  type Cidr,
  canonical,
  contains,
  formatAddress,
  formatCidr,
  overlap,
  parseAddress,
  parseCidr,
} from "./addresses.ts";
import { badRequest, conflict, httpForbidden, invalidInput, notFound } from "./errors.ts";
import { checkGateway, checkPools, cidrOf, defaultPools, isAuto } from "./ipam.ts";
import { bumpNetwork, visibleNetwork } from "./networks.ts";
import * as parts from "./parts.ts";
import { isAutoDeleted, isRouterOwned } from "./port-owners.ts";
import { networks, type Pool, ports, type Subnet, subnets } from "./tables.ts";

const poolList: Check = (value) => {
  if (!isList(value)) return `Invalid data format for IP pool: ${parts.shown(value)}`;
  for (const pool of value) {
    const said = parts.keys(pool, ["start", "end"]);
    if (said !== undefined) return said;
    if (!isObject(pool)) continue;
    const wrong = [pool.start ?? null, pool.end ?? null].map(parts.address).find((one) => one !== undefined);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

const nameservers: Check = (value) => {
  if (!isList(value)) return `Invalid data format for nameserver: ${parts.shown(value)}`;
  for (const [index, server] of value.entries()) {
    const said = parts.address(server);
    if (said !== undefined) return `${parts.shown(server)} is not a valid nameserver. ${said}`;
    if (value.indexOf(server) !== index) return `Duplicate nameserver ${parts.shown(server)}`;
  }
  return undefined;
};

const routes: Check = (value) => {
  if (!isList(value)) return `Invalid data format for hostroute: ${parts.shown(value)}`;
  for (const [index, route] of value.entries()) {
    const said = parts.keys(route, ["destination", "nexthop"]);
    if (said !== undefined) return said;
    if (!isObject(route)) continue;
    const wrong = parts.cidr(route.destination ?? null) ?? parts.address(route.nexthop ?? null);
    if (wrong !== undefined) return wrong;
    if (value.findIndex((one) => JSON.stringify(one) === JSON.stringify(route)) !== index)
      return `Duplicate hostroute '${JSON.stringify(route)}'`;
  }
  return undefined;
};

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

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
  { name: "subnetpool_id", create: "optional", check: orNull(parts.uuid), store: noPools, view: () => null },
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

function noPools(value: Json): Json {
  if (value !== null) throw notFound("SubnetPool", text(value));
  return null;
}

function checkDhcp({ version, first, length }: Cidr, enabled: boolean): void {
  if (!enabled) return;
  if (first === 0n)
    throw invalidInput(
      `First IP '${formatAddress({ version, value: first })}' of network is not supported if enable_dhcp is True.`,
    );
  const [multicast, loopback] = version === 4 ? ["224.0.0.0/4", "127.0.0.0/8"] : ["ff00::/8", "::1/128"];
  const within = (range = "") => contains(parseCidr(range) ?? never(range), { version, value: first });
  if (within(multicast)) throw invalidInput("Multicast IP subnet is not supported if enable_dhcp is True");
  if (within(loopback)) throw invalidInput("Loopback IP subnet is not supported if enable_dhcp is True");
  if (length > (version === 4 ? 30 : 126))
    throw invalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled");
}

function never(range: string): never {
  throw new Error(`${range} is no CIDR`);
}

/** The rules of neutron: ipv6_utils.py and db_base_plugin_v2 _validate_ipv6_attributes. */
function checkModes(draft: JsonObject, cidr: Cidr): void {
  const ra = text(draft.ipv6_ra_mode);
  const addressMode = text(draft.ipv6_address_mode);
  if (cidr.version === 4) {
    for (const [name, value] of [
      ["ipv6_ra_mode", ra],
      ["ipv6_address_mode", addressMode],
    ] as const)
      if (value !== "") throw invalidInput(`${name} is not valid when ip_version is 4`);
    return;
  }
  if (ra === "" && addressMode === "") return;
  if (draft.enable_dhcp === false)
    throw invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
  if (ra !== "" && addressMode !== "" && ra !== addressMode)
    throw invalidInput(
      `ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${addressMode}' is not valid. If both attributes are set, they must be the same value`,
    );
  const autos = ["slaac", "dhcpv6-stateless"];
  if ((autos.includes(ra) || autos.includes(addressMode)) && cidr.length !== 64)
    throw invalidInput(
      `Invalid CIDR ${formatCidr(cidr)} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64`,
    );
}

/** A gateway is an address outside, or one that a host may have; IPv6 may use the network's own (seen live). */
function gatewayOf(value: string, cidr: Cidr, ipVersion: number): string {
  const gateway = parseAddress(value);
  if (gateway === undefined || gateway.version !== ipVersion)
    throw invalidInput(`gateway_ip '${value}' does not match the ip_version '${ipVersion}'`);
  const edge = cidr.version === 4 && cidr.length < 31 && (gateway.value === cidr.first || gateway.value === cidr.last);
  if (edge) throw invalidInput("Gateway is not valid on subnet");
  return formatAddress(gateway);
}

/** The default gateway: the first host's address of IPv4, the network's own of IPv6 (seen live). */
function defaultGateway({ version, first, length }: Cidr): string {
  const offset = version === 4 && length < 32 ? 1n : 0n;
  return formatAddress({ version, value: first + offset });
}

function poolsOf(value: Json | undefined): Pool[] {
  const list = isList(value) ? value : [];
  return list.flatMap((pool) => (isObject(pool) ? [{ start: text(pool.start), end: text(pool.end) }] : []));
}

function textsOf(value: Json | undefined): string[] {
  return isList(value) ? value.map(text) : [];
}

function routesOf(value: Json | undefined) {
  const list = isList(value) ? value : [];
  return list.flatMap((one) =>
    isObject(one) ? [{ destination: text(one.destination), nexthop: canonical(text(one.nexthop)) }] : [],
  );
}

function make(draft: JsonObject, call: Call): Subnet {
  const { actor, world } = call;
  const network = visibleNetwork(world, text(draft.network_id), actor.projectId, actor.admin);
  if (!actor.admin && network.project_id !== actor.projectId && !network.shared)
    throw httpForbidden(`Tenant ${actor.projectId} not allowed to create subnet on this network`);
  const cidr = parseCidr(text(draft.cidr));
  if (cidr === undefined) throw badRequest("subnets", "a subnetpool must be specified in the absence of a cidr");
  const version = Number(draft.ip_version);
  if (cidr.version !== version)
    throw invalidInput(`cidr '${text(draft.cidr)}' does not match the ip_version '${version}'`);
  checkModes(draft, cidr);
  const dhcp = draft.enable_dhcp !== false;
  checkDhcp(cidr, dhcp);
  const others = world.of(subnets).by("network_id", network.id);
  if (others.some((other) => overlap(cidr, cidrOf(other))))
    throw invalidInput(
      `Requested subnet with cidr: ${formatCidr(cidr)} for network: ${network.id} overlaps with another subnet`,
    );
  const given = draft.gateway_ip;
  const gateway =
    given === null ? null : text(given) === "" ? defaultGateway(cidr) : gatewayOf(text(given), cidr, version);
  const pools = poolsOf(draft.allocation_pools);
  return {
    ...parts.begin(draft, call, actor.projectId, 0),
    network_id: network.id,
    ip_version: version,
    cidr: formatCidr(cidr),
    gateway_ip: gateway,
    allocation_pools: pools.length === 0 ? defaultPools(cidr, gateway) : checkPools(pools, cidr, gateway),
    enable_dhcp: dhcp,
    dns_nameservers: textsOf(draft.dns_nameservers),
    host_routes: routesOf(draft.host_routes),
    ipv6_ra_mode: text(draft.ipv6_ra_mode) || null,
    ipv6_address_mode: text(draft.ipv6_address_mode) || null,
    service_types: textsOf(draft.service_types),
    dns_publish_fixed_ip: draft.dns_publish_fixed_ip === true,
  };
}

function update(row: Subnet, changes: JsonObject, call: Call): JsonObject {
  parts.checkRevision(row, call);
  const cidr = cidrOf(row);
  const given = changes.gateway_ip;
  const gateway =
    given === undefined ? row.gateway_ip : given === null ? null : gatewayOf(text(given), cidr, row.ip_version);
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
  texts: ["network_id", "gateway_ip", "ipv6_ra_mode", "ipv6_address_mode"],
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
    shared: (values, call) => {
      const wanted = values.map(parts.toBoolean);
      return (row) => wanted.includes(call.world.of(networks).get(text(row.network_id))?.shared === true);
    },
  },
  sort: { ...filterable.sort, cidr: "cidr" },
  owner: "project_id",
  shared: (row, call) => {
    const network = call.world.of(networks).get(row.network_id);
    return network?.shared === true || network?.project_id === call.actor.projectId;
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
