/** What a subnet's attributes must be, one by one (neutron-lib's validators) and together (neutron: db_base_plugin_v2.py). */
import { isList, isObject, type Json, type JsonObject, repr, text } from "../core/json.ts";
import type { Check } from "../core/types.ts";
import { type Cidr, canonical, contains, formatAddress, formatCidr, parseAddress, parseCidr } from "./addresses.ts";
import { invalidInput } from "./errors.ts";
import * as parts from "./parts.ts";
import type { Pool } from "./tables.ts";

export const poolList: Check = (value) => {
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

export const nameservers: Check = (value) => {
  if (!isList(value)) return `Invalid data format for nameserver: ${parts.shown(value)}`;
  for (const [index, server] of value.entries()) {
    const said = parts.address(server);
    if (said !== undefined) return `${parts.shown(server)} is not a valid nameserver. ${said}`;
    if (value.indexOf(server) !== index) return `Duplicate nameserver ${parts.shown(server)}`;
  }
  return undefined;
};

export const routes: Check = (value) => {
  if (!isList(value)) return `Invalid data format for hostroute: ${parts.shown(value)}`;
  for (const [index, route] of value.entries()) {
    const said = parts.keys(route, ["destination", "nexthop"]);
    if (said !== undefined) return said;
    if (!isObject(route)) continue;
    const wrong = parts.cidr(route.destination ?? null) ?? parts.address(route.nexthop ?? null);
    if (wrong !== undefined) return wrong;
    if (value.findIndex((one) => JSON.stringify(one) === JSON.stringify(route)) !== index)
      return `Duplicate hostroute '${repr(route)}'`;
  }
  return undefined;
};

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

export function checkDhcp({ version, first, length }: Cidr, enabled: boolean): void {
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
export function checkModes(draft: JsonObject, cidr: Cidr): void {
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
export function gatewayOf(value: string, cidr: Cidr, ipVersion: number): string {
  const gateway = parseAddress(value);
  if (gateway === undefined || gateway.version !== ipVersion)
    throw invalidInput(`gateway_ip '${value}' does not match the ip_version '${ipVersion}'`);
  const edge = cidr.version === 4 && cidr.length < 31 && (gateway.value === cidr.first || gateway.value === cidr.last);
  if (edge) throw invalidInput("Gateway is not valid on subnet");
  return formatAddress(gateway);
}

/** The default gateway: the first host's address of IPv4, the network's own of IPv6 (seen live). */
export function defaultGateway({ version, first, length }: Cidr): string {
  const offset = version === 4 && length < 32 ? 1n : 0n;
  return formatAddress({ version, value: first + offset });
}

export function poolsOf(value: Json | undefined): Pool[] {
  const list = isList(value) ? value : [];
  return list.flatMap((pool) => (isObject(pool) ? [{ start: text(pool.start), end: text(pool.end) }] : []));
}

export function textsOf(value: Json | undefined): string[] {
  return isList(value) ? value.map(text) : [];
}

export function routesOf(value: Json | undefined) {
  const list = isList(value) ? value : [];
  return list.flatMap((one) =>
    isObject(one) ? [{ destination: text(one.destination), nexthop: canonical(text(one.nexthop)) }] : [],
  );
}
