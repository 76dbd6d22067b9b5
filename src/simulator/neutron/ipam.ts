/** Addresses of subnets: default pools, their validation, and giving addresses to ports (neutron: ipam/, db/ipam_backend_mixin.py). */
import type { World } from "../world.ts";
import {
  type Address,
  autoAddress,
  type Cidr,
  canonical,
  contains,
  formatAddress,
  formatCidr,
  type IpVersion,
  parseAddress,
  parseCidr,
} from "./addresses.ts";
import { conflict, invalidInput, notFound, refused } from "./errors.ts";
import { isRouterOwned } from "./port-owners.ts";
import { addressKey, type FixedIp, type Pool, ports, type Subnet, subnets } from "./tables.ts";

interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** The first and last address a host may have. */
export function usable(cidr: Cidr): Range {
  const { version, first, last, length } = cidr;
  if (version === 4) return length >= 31 ? { start: first, end: last } : { start: first + 1n, end: last - 1n };
  return length >= 127 ? { start: first, end: last } : { start: first + 1n, end: last };
}

/** The whole subnet without its gateway. */
export function defaultPools(cidr: Cidr, gateway: string | null): Pool[] {
  const { start, end } = usable(cidr);
  const parsed = gateway === null ? undefined : parseAddress(gateway);
  const hole = parsed !== undefined && contains(cidr, parsed) ? parsed.value : undefined;
  const ranges: Range[] =
    hole === undefined || hole < start || hole > end
      ? [{ start, end }]
      : [
          { start, end: hole - 1n },
          { start: hole + 1n, end },
        ];
  const text = (value: bigint) => formatAddress({ version: cidr.version, value });
  return ranges
    .filter((range) => range.start <= range.end)
    .map((one) => ({ start: text(one.start), end: text(one.end) }));
}

function rangeOf(pool: Pool): Range & { readonly version: IpVersion } {
  const start = parseAddress(pool.start);
  const end = parseAddress(pool.end);
  if (start === undefined || end === undefined || start.version !== end.version || end.value < start.value)
    throw refused(
      "InvalidAllocationPool",
      `The allocation pool {'start': '${pool.start}', 'end': '${pool.end}'} is not valid.`,
    );
  return { start: start.value, end: end.value, version: start.version };
}

function show(pool: Pool): string {
  return `${pool.start}-${pool.end}`;
}

/** The pools in canonical text, or Neutron's complaint. */
export function checkPools(pools: readonly Pool[], cidr: Cidr, gateway: string | null): Pool[] {
  const inside = usable(cidr);
  const ranges = pools.map((pool) => ({ pool, ...rangeOf(pool) }));
  for (const { pool, version, start, end } of ranges) {
    if (version !== cidr.version || start < inside.start || end > inside.end)
      throw refused(
        "OutOfBoundsAllocationPool",
        `The allocation pool ${show(pool)} spans beyond the subnet cidr ${formatCidr(cidr)}.`,
      );
  }
  for (const [index, one] of ranges.entries()) {
    const other = ranges.slice(index + 1).find((next) => one.start <= next.end && next.start <= one.end);
    if (other !== undefined)
      throw conflict(
        "OverlappingAllocationPools",
        `Found overlapping allocation pools: ${show(one.pool)} ${show(other.pool)} for subnet ${formatCidr(cidr)}.`,
      );
  }
  checkGateway(pools, gateway);
  return pools.map(({ start, end }) => ({ start: canonical(start), end: canonical(end) }));
}

/** The gateway must not be an address that a port could get. */
export function checkGateway(pools: readonly Pool[], gateway: string | null): void {
  const address = gateway === null ? undefined : parseAddress(gateway);
  if (address === undefined) return;
  const hit = pools.find((pool) => inPool(pool, address));
  if (hit !== undefined)
    throw conflict(
      "GatewayConflictWithAllocationPools",
      `Gateway ip ${gateway} conflicts with allocation pool ${show(hit)}.`,
    );
}

function inPool(pool: Pool, address: Address): boolean {
  const { version, start, end } = rangeOf(pool);
  return version === address.version && address.value >= start && address.value <= end;
}

/** Addresses that ports may get without naming them. */
export function sizeOf({ allocation_pools }: Subnet): bigint {
  return allocation_pools.map(rangeOf).reduce((sum, { start, end }) => sum + end - start + 1n, 0n);
}

export function cidrOf(subnet: Subnet): Cidr {
  const cidr = parseCidr(subnet.cidr);
  if (cidr === undefined) throw new Error(`a subnet was stored with the CIDR ${subnet.cidr}`);
  return cidr;
}

/** Whether hosts make their own addresses there (neutron: ipv6_utils.is_auto_address_subnet). */
export function isAuto(subnet: Subnet): boolean {
  const modes = ["slaac", "dhcpv6-stateless"];
  return modes.includes(subnet.ipv6_address_mode ?? "") || modes.includes(subnet.ipv6_ra_mode ?? "");
}

/** Ports from which on looking from the first address would take long. */
const large = 64;

/** The lowest free address of the pools, or one behind many that are taken. Neutron picks by chance among the first hundred; no client may rely on either. */
function nextFree(subnet: Subnet, ports: number, isTaken: (address: string) => boolean): string | undefined {
  for (const pool of subnet.allocation_pools) {
    const { start, end, version } = rangeOf(pool);
    // On a large network it begins where the end of what is taken must be if nothing was ever given back.
    for (let back = 0n; ports >= large && back < 8n; back += 1n) {
      const value = start + BigInt(ports) - back;
      const text = formatAddress({ version, value });
      if (value <= end && !isTaken(text) && isTaken(formatAddress({ version, value: value - 1n }))) return text;
    }
    // At most as many steps as addresses are taken, and one more.
    for (let value = start; value <= end; value += 1n) {
      const text = formatAddress({ version, value });
      if (!isTaken(text)) return text;
    }
  }
  return undefined;
}

/** What one entry of `fixed_ips` asks for. */
export interface Wanted {
  readonly subnetId?: string;
  readonly address?: string;
}

export interface Allocation {
  readonly networkId: string;
  readonly mac: string;
  readonly deviceOwner: string;
  /** Undefined: one address of each IP version. */
  readonly wanted: readonly Wanted[] | undefined;
  /** The port whose addresses are asked for anew, and those it has. */
  readonly portId?: string;
  readonly current?: readonly FixedIp[];
}

const exhausted = (networkId: string) =>
  conflict("IpAddressGenerationFailure", `No more IP addresses available on network ${networkId}.`);

/** The addresses a port gets; all or nothing. */
export function allocate(world: World, request: Allocation): FixedIp[] {
  const { networkId, mac, deviceOwner, wanted } = request;
  const all = world.of(subnets).by("network_id", networkId);
  const served = all.filter(({ service_types }) => service_types.length === 0 || service_types.includes(deviceOwner));
  const table = world.of(ports);
  const given = new Set<string>();
  const isTaken = (subnet: Subnet, ip_address: string): boolean => {
    const key = addressKey({ subnet_id: subnet.id, ip_address });
    if (given.has(key)) return true;
    return table.count("address", key) > 0 && table.by("address", key).some(({ id }) => id !== request.portId);
  };
  const result: FixedIp[] = [];
  const take = (subnet: Subnet, ip_address: string) => {
    if (isTaken(subnet, ip_address))
      throw conflict("IpAddressAlreadyAllocated", `IP address ${ip_address} already allocated in subnet ${subnet.id}`);
    const one = { subnet_id: subnet.id, ip_address };
    given.add(addressKey(one));
    result.push(one);
  };
  const takeNext = (candidates: readonly Subnet[]) => {
    for (const subnet of candidates) {
      const free = nextFree(subnet, table.count("network_id", networkId), (address) => isTaken(subnet, address));
      if (free !== undefined) return take(subnet, free);
    }
    throw exhausted(networkId);
  };
  if (wanted === undefined) {
    for (const version of [4, 6]) {
      const candidates = served.filter((subnet) => subnet.ip_version === version && !isAuto(subnet));
      if (candidates.length > 0) takeNext(candidates);
    }
  } else {
    const resolved = wanted.map((one) => ({ subnet: subnetFor(one, request, all), address: one.address }));
    // Fixed addresses first: what is chosen must not take one that the same request names.
    for (const { subnet, address } of resolved)
      if (address !== undefined) {
        checkAuto(subnet, address, mac, deviceOwner);
        take(subnet, address);
      }
    const current = [...(request.current ?? [])];
    for (const { subnet, address } of resolved) {
      if (address !== undefined || (isAuto(subnet) && !isRouterOwned(deviceOwner))) continue;
      const index = current.findIndex((one) => one.subnet_id === subnet.id && !isTaken(subnet, one.ip_address));
      const [kept] = index === -1 ? [] : current.splice(index, 1);
      if (kept === undefined) takeNext([subnet]);
      else take(subnet, kept.ip_address);
    }
  }
  if (!isRouterOwned(deviceOwner))
    for (const subnet of served.filter(isAuto)) {
      const ip_address = formatAddress(autoAddress(cidrOf(subnet), mac));
      if (!result.some((one) => one.subnet_id === subnet.id && one.ip_address === ip_address)) take(subnet, ip_address);
    }
  return result;
}

function checkAuto(subnet: Subnet, address: string, mac: string, deviceOwner: string): void {
  if (!isAuto(subnet) || isRouterOwned(deviceOwner)) return;
  if (address === formatAddress(autoAddress(cidrOf(subnet), mac))) return;
  throw refused(
    "AllocationOnAutoAddressSubnet",
    `IPv6 address ${address} cannot be directly assigned to a port on subnet ${subnet.id} as the subnet is configured for automatic addresses`,
  );
}

/** A router may have the first address of an IPv6 network, which hosts may not (neutron: ipam/utils.py check_subnet_ip). */
function fits(subnet: Subnet, text: string, deviceOwner: string): boolean {
  const address = parseAddress(text);
  const cidr = cidrOf(subnet);
  if (address === undefined || !contains(cidr, address)) return false;
  if (cidr.version === 6 && isRouterOwned(deviceOwner)) return true;
  const { start, end } = usable(cidr);
  return address.value >= start && address.value <= end;
}

function subnetFor({ subnetId, address }: Wanted, request: Allocation, all: readonly Subnet[]): Subnet {
  if (all.length === 0) throw invalidInput("IP allocation requires subnets for network");
  if (subnetId !== undefined) {
    const named = all.find(({ id }) => id === subnetId);
    if (named === undefined) throw invalidInput(foreign(request.networkId, subnetId));
    if (address !== undefined && !fits(named, address, request.deviceOwner))
      throw refused("InvalidIpForSubnet", `IP address ${address} is not a valid IP for the specified subnet.`);
    return named;
  }
  if (address === undefined) throw invalidInput("IP allocation requires subnet_id or ip_address");
  const holder = all.find((subnet) => fits(subnet, address, request.deviceOwner));
  if (holder !== undefined) return holder;
  throw refused(
    "InvalidIpForNetwork",
    `IP address ${address} is not a valid IP for any of the subnets on the specified network.`,
  );
}

function foreign(networkId: string, subnetId: string): string {
  return `Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${subnetId}`;
}

/** The subnets that requests name must exist, whoever owns them (neutron: db_base_plugin_v2 get_subnet). */
export function checkSubnetsExist(world: World, wanted: readonly Wanted[]): void {
  for (const { subnetId } of wanted)
    if (subnetId !== undefined && world.of(subnets).get(subnetId) === undefined) throw notFound("Subnet", subnetId);
}
