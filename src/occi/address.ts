import { BlockList, isIP } from "node:net";

export interface Address {
  readonly version: 4 | 6;
}

/** An IPv4 or IPv6 address without zone or prefix. */
export function parseAddress(text: string): Address | undefined {
  const version = isIP(text);
  return (version === 4 || version === 6) && !text.includes("%") ? { version } : undefined;
}

/** A range in CIDR form; whether its host bits are zero is for the cloud to say. */
export function parseRange(text: string): Address | undefined {
  const slash = text.indexOf("/");
  const prefix = text.slice(slash + 1);
  const address = parseAddress(text.slice(0, Math.max(slash, 0)));
  if (address === undefined || !/^\d{1,3}$/.test(prefix)) return undefined;
  return Number(prefix) <= (address.version === 4 ? 32 : 128) ? address : undefined;
}

/** Whether an address lies in a range in CIDR form. */
export function isIn(range: string, address: string): boolean {
  const [from, to] = [parseRange(range), parseAddress(address)];
  if (from === undefined || from.version !== to?.version) return false;
  const [network = "", prefix] = range.split("/");
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), `ipv${from.version}`);
  return block.check(address, `ipv${from.version}`);
}
