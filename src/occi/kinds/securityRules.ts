import type { SecurityGroupRule, SecurityGroupRuleDraft } from "../../cloud/index.ts";
import { parseRange } from "../address.ts";
import type { Item } from "../attribute.ts";
import { invalid } from "../check.ts";

/**
 * Rules of a security group as OCCI's extension writes them (rOCCI-core infrastructure_ext): `type`, `protocol`, `port`, `range`,
 * and of our own `group`, the id of the group that the other end must be in. What is left out holds for all.
 */

export const RULES = "occi.securitygroup.rules";

export type RuleOrder = Omit<SecurityGroupRuleDraft, "marker" | "description">;

const MEMBERS = ["type", "protocol", "port", "range", "group"];
const MOST_RULES = 500;
const EVERYWHERE = { 4: "0.0.0.0/0", 6: "::/0" } as const;
const ANY = ["any", "all", ""];

export function readRules(items: readonly Item[]): readonly RuleOrder[] {
  if (items.length > MOST_RULES) throw invalid(RULES, `at most ${MOST_RULES} rules are expected`);
  const orders = new Map<string, RuleOrder>();
  for (const [at, item] of items.entries()) {
    const order = readRule(item, `${RULES}[${at}]`);
    orders.set(keyOfRule(order), order);
  }
  return [...orders.values()];
}

function readRule(item: Item, at: string): RuleOrder {
  if (typeof item !== "object" || Array.isArray(item)) throw invalid(at, "an object is expected");
  const rule = new Map(Object.entries(item));
  for (const name of rule.keys())
    if (!MEMBERS.includes(name)) throw invalid(`${at}.${name}`, "nobody knows this member");
  const word = (name: string): string | undefined => {
    const value = rule.get(name);
    if (value === undefined || typeof value === "string") return value;
    if (name === "port" && typeof value === "number") return String(value);
    throw invalid(`${at}.${name}`, "a string is expected");
  };
  const type = word("type");
  if (type !== "inbound" && type !== "outbound") throw invalid(`${at}.type`, "inbound or outbound is expected");
  const protocol = word("protocol")?.toLowerCase() ?? "";
  const isIcmp = protocol.startsWith("icmp") || protocol === "ipv6-icmp";
  const range = word("range");
  const group = word("group");
  const version = range === undefined ? undefined : parseRange(range)?.version;
  if (range !== undefined && version === undefined) throw invalid(`${at}.range`, `"${range}" is no CIDR range`);
  const ipVersion = version ?? (protocol === "icmpv6" || protocol === "ipv6-icmp" ? 6 : 4);
  const isAnywhere = range === undefined || range === EVERYWHERE[ipVersion];
  if (group !== undefined && !isAnywhere) throw invalid(`${at}.group`, "a range and a group exclude each other");
  return {
    direction: type === "inbound" ? "ingress" : "egress",
    ipVersion,
    ...(ANY.includes(protocol) ? {} : { protocol }),
    ...readPorts(word("port") ?? "", protocol, isIcmp, `${at}.port`),
    ...(range === undefined || isAnywhere ? {} : { remoteCidr: range }),
    ...(group === undefined ? {} : { remoteGroupId: group }),
  };
}

/** `443`, `8000-8080`; of ICMP the type, and the code behind the hyphen. */
function readPorts(text: string, protocol: string, isIcmp: boolean, at: string) {
  if (text === "") return {};
  const [, first = "", last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [portMin, portMax] = [Number(first), last === undefined ? undefined : Number(last)];
  const most = isIcmp ? 255 : 65_535;
  if (first === "" || portMin > most || (portMax ?? 0) > most) throw invalid(at, `"${text}" is no port and no range`);
  if (ANY.includes(protocol)) throw invalid(at, "ports need a protocol");
  if (isIcmp) return portMax === undefined ? { portMin } : { portMin, portMax };
  if ((portMax ?? portMin) < portMin) throw invalid(at, `"${text}" is no range`);
  return { portMin, portMax: portMax ?? portMin };
}

/** A rule as it is shown; what it says can be said back. */
export function showRule(rule: RuleOrder | SecurityGroupRule): Item {
  const { direction, ipVersion, protocol, portMin, portMax, remoteCidr, remoteGroupId } = rule;
  const port = portMin === undefined ? undefined : portText(portMin, portMax);
  return {
    type: direction === "ingress" ? "inbound" : "outbound",
    ...(protocol === undefined ? {} : { protocol }),
    ...(port === undefined ? {} : { port }),
    range: remoteCidr ?? EVERYWHERE[ipVersion],
    ...(remoteGroupId === undefined ? {} : { group: remoteGroupId }),
  };
}

function portText(portMin: number, portMax: number | undefined): string {
  return portMax === undefined || portMax === portMin ? String(portMin) : `${portMin}-${portMax}`;
}

/** Two rules of one key let through the same. */
export function keyOfRule(rule: RuleOrder | SecurityGroupRule): string {
  return JSON.stringify(showRule(rule));
}
