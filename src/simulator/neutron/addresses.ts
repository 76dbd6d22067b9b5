/** IP addresses as numbers, and the notations that Neutron (netaddr) takes and prints. */
import { isIP, isIPv4 } from "node:net";

export type IpVersion = 4 | 6;

export interface Address {
  readonly version: IpVersion;
  readonly value: bigint;
}

export interface Cidr {
  readonly version: IpVersion;
  /** The network's own address. */
  readonly first: bigint;
  /** The last address: IPv4's broadcast. */
  readonly last: bigint;
  readonly length: number;
}

/** Bits of an address. */
export function widthOf(version: IpVersion): number {
  return version === 4 ? 32 : 128;
}

/** Undefined when the text is no address; zone suffixes are none. */
export function parseAddress(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 4) return { version, value: BigInt(parseV4(text)) };
  if (version !== 6 || text.includes("%")) return undefined;
  return { version, value: parseV6(text) };
}

function parseV4(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function groupsOf(half: string): bigint[] {
  if (half === "") return [];
  return half.split(":").flatMap((part) => {
    if (!isIPv4(part)) return [BigInt(`0x${part}`)];
    const value = BigInt(parseV4(part));
    return [value >> 16n, value & 0xffffn];
  });
}

function parseV6(text: string): bigint {
  const [head = "", tail] = text.split("::", 2);
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<bigint>(gap).fill(0n), ...after];
  return groups.reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** Canonical text: dotted, or RFC 5952. */
export function formatAddress({ version, value }: Address): string {
  if (version === 4) {
    const bits = Number(value);
    return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly bigint[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let run = 0;
  for (const [index, group] of groups.entries()) {
    run = group === 0n ? run + 1 : 0;
    if (run > best.length) best = { start: index - run + 1, length: run };
  }
  return best;
}

/** A CIDR, host bits allowed; a bare address is one of full length. Undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [base = "", suffix, more] = text.split("/");
  const address = parseAddress(base);
  if (address === undefined || more !== undefined) return undefined;
  const { version, value } = address;
  const width = widthOf(version);
  if (suffix !== undefined && !/^\d{1,3}$/.test(suffix)) return undefined;
  const length = suffix === undefined ? width : Number(suffix);
  if (length > width) return undefined;
  const size = 1n << BigInt(width - length);
  const first = value - (value % size);
  return { version, first, last: first + size - 1n, length };
}

export function formatCidr({ version, first, length }: Cidr): string {
  return `${formatAddress({ version, value: first })}/${length}`;
}

export function contains(cidr: Cidr, { version, value }: Address): boolean {
  return version === cidr.version && value >= cidr.first && value <= cidr.last;
}

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

/** The canonical text of an address, or the text itself when it is none. */
export function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

/** The EUI-64 address of a MAC on a /64 (RFC 4291 appendix A). */
export function autoAddress(cidr: Cidr, mac: string): Address {
  const bytes = mac.split(":").map((part) => Number.parseInt(part, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const value = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { version: 6, value: cidr.first + value };
}
