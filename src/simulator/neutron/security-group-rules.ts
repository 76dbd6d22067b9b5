/** Rules of security groups, checked in Neutron's order (neutron stable/zed: db/securitygroups_db.py). */
import { type Json, type JsonObject, repr, text } from "../core/json.ts";
import { exact } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import { formatCidr, parseCidr } from "./addresses.ts";
import { conflict, refused, securityGroupNotFound, securityGroupRuleNotFound } from "./errors.ts";
import * as parts from "./parts.ts";
import { type SecurityGroupRule, securityGroupRules, securityGroups } from "./tables.ts";

/** neutron-lib: constants.IP_PROTOCOL_MAP; the order is that of the message. */
const protocols: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  "ipv6-encap": 41,
  "ipv6-frag": 44,
  "ipv6-icmp": 58,
  icmpv6: 58,
  "ipv6-nonxt": 59,
  "ipv6-opts": 60,
  "ipv6-route": 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

const withPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const icmps: ReadonlySet<number> = new Set([1, 58]);

function numberOf(protocol: string | null): number | null {
  if (protocol === null) return null;
  return protocols[protocol] ?? Number(protocol);
}

function toProtocol(value: Json): Json {
  if (value === null) return null;
  const name = String(value).toLowerCase();
  if (name === "any") return null;
  if (Object.hasOwn(protocols, name) || (/^\d+$/.test(name) && Number(name) <= 255)) return name;
  const known = ["None", ...Object.keys(protocols).map((one) => repr(one))].join(", ");
  throw refused(
    "SecurityGroupRuleInvalidProtocol",
    `Security group rule protocol ${name} not supported. Only protocol values [${known}] and integer representations [0 to 255] are supported.`,
  );
}

function toPort(value: Json): Json {
  if (value === null) return null;
  const port = Number(value);
  if (!Number.isInteger(port) || value === "" || typeof value === "boolean")
    throw refused("SecurityGroupInvalidPortValue", `Invalid value for port ${text(value)}`);
  return port;
}

function toEthertype(value: Json): Json {
  const known = ["IPv4", "IPv6"].find((one) => one.toLowerCase() === text(value).toLowerCase());
  if (known !== undefined) return known;
  throw refused(
    "SecurityGroupRuleInvalidEtherType",
    `Security group rule for ethertype '${text(value)}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
  );
}

function toPrefix(value: Json): Json {
  if (value === null || value === "") return null;
  const prefix = text(value);
  if (parseCidr(prefix) === undefined) throw refused("InvalidCIDR", `Invalid CIDR ${prefix} given as IP prefix.`);
  return prefix.includes("/") ? prefix : formatCidr(parseCidr(prefix) ?? never(prefix));
}

function never(prefix: string): never {
  throw new Error(`${prefix} is no CIDR`);
}

function normalized(row: SecurityGroupRule): string | null {
  const cidr = row.remote_ip_prefix === null ? undefined : parseCidr(row.remote_ip_prefix);
  return cidr === undefined ? null : formatCidr(cidr);
}

const attributes: readonly Attribute<SecurityGroupRule>[] = [
  parts.id,
  parts.tenant,
  { name: "security_group_id", create: "required", check: parts.uuid },
  { name: "ethertype", create: "optional", default: "IPv4", store: toEthertype },
  { name: "direction", create: "required", check: parts.oneOf("ingress", "egress") },
  { name: "protocol", create: "optional", store: toProtocol },
  { name: "port_range_min", create: "optional", store: toPort },
  { name: "port_range_max", create: "optional", store: toPort },
  { name: "remote_ip_prefix", create: "optional", store: toPrefix },
  { name: "normalized_cidr", view: normalized },
  { name: "remote_group_id", create: "optional" },
  { name: "description", create: "optional", default: "", check: parts.string(255) },
  // A group shows the tags of its rules, a rule does not (seen live).
  ...parts.standard.filter(({ name }) => name !== "tags"),
];

/** A rule as its group shows it; the first rules have a null description (seen live). */
export function ruleView(row: SecurityGroupRule): JsonObject {
  const { project_id, ...rest } = row;
  const { name: _unnamed, ...shown } = rest;
  return { ...shown, tenant_id: project_id, normalized_cidr: normalized(row), project_id };
}

function checkRange(protocol: number | null, least: number | null, most: number | null): void {
  if (least === null && most === null) return;
  if (protocol === null)
    throw refused("SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.");
  if (icmps.has(protocol)) {
    const fields = [
      ["type (port_range_min)", least],
      ["code (port_range_max)", most],
    ] as const;
    for (const [field, value] of fields)
      if (value !== null && (value < 0 || value > 255))
        throw refused(
          "SecurityGroupInvalidIcmpValue",
          `Invalid value for ICMP ${field} ${value}. It must be 0 to 255.`,
        );
    if (least === null)
      throw refused(
        "SecurityGroupMissingIcmpType",
        `ICMP code (port-range-max) ${most} is provided but ICMP type (port-range-min) is missing.`,
      );
    return;
  }
  if (!withPorts.has(protocol))
    throw refused(
      "SecurityGroupInvalidProtocolForPort",
      `Invalid protocol ${protocol} for port range, only supported for TCP, UDP, UDPLITE, SCTP and DCCP.`,
    );
  for (const port of [least, most])
    if (port !== null && (port < 1 || port > 65_535))
      throw refused("SecurityGroupInvalidPortValue", `Invalid value for port ${port}`);
  if (least === null || most === null || least > most)
    throw refused("SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max");
}

const compared = [
  "ethertype",
  "direction",
  "port_range_min",
  "port_range_max",
  "remote_ip_prefix",
  "remote_group_id",
] as const;

function make(draft: JsonObject, call: Call): SecurityGroupRule {
  const { world, actor } = call;
  const known = (id: string) => {
    const group = world.of(securityGroups).get(id);
    if (group === undefined || (group.project_id !== actor.projectId && !actor.admin)) throw securityGroupNotFound(id);
    return group;
  };
  const number = (value: Json | undefined) => (typeof value === "number" ? value : null);
  const rule: SecurityGroupRule = {
    ...parts.begin(draft, call, actor.projectId, 0),
    security_group_id: text(draft.security_group_id),
    ethertype: text(draft.ethertype),
    direction: text(draft.direction),
    protocol: text(draft.protocol) || null,
    port_range_min: number(draft.port_range_min),
    port_range_max: number(draft.port_range_max),
    remote_ip_prefix: text(draft.remote_ip_prefix) || null,
    remote_group_id: text(draft.remote_group_id) || null,
  };
  const protocol = numberOf(rule.protocol);
  checkRange(protocol, rule.port_range_min, rule.port_range_max);
  if (rule.ethertype === "IPv4" && protocol !== null && [41, 43, 44, 58, 59, 60].includes(protocol))
    throw refused(
      "SecurityGroupEthertypeConflictWithProtocol",
      `Invalid ethertype IPv4 for protocol ${rule.protocol}.`,
    );
  if (rule.remote_ip_prefix !== null && rule.remote_group_id !== null)
    throw refused(
      "SecurityGroupMultipleRemoteEntites",
      "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
    );
  const cidr = rule.remote_ip_prefix === null ? undefined : parseCidr(rule.remote_ip_prefix);
  if (cidr !== undefined && `IPv${cidr.version}` !== rule.ethertype)
    throw refused(
      "SecurityGroupRuleParameterConflict",
      `Conflicting value ethertype ${rule.ethertype} for CIDR ${rule.remote_ip_prefix}`,
    );
  const group = known(rule.security_group_id);
  if (rule.remote_group_id !== null) known(rule.remote_group_id);
  const twin = world
    .of(securityGroupRules)
    .by("security_group_id", group.id)
    .find((one) => compared.every((column) => one[column] === rule[column]) && numberOf(one.protocol) === protocol);
  if (twin !== undefined)
    throw conflict("SecurityGroupRuleExists", `Security group rule already exists. Rule id is ${twin.id}.`);
  return rule;
}

function bumpGroup(rule: SecurityGroupRule, call: Call): undefined {
  const table = call.world.of(securityGroups);
  const group = table.get(rule.security_group_id);
  if (group !== undefined) table.put({ ...group, ...parts.touch(group, call.now) });
}

const { list, show, create, delete: remove } = parts.policies("security_group_rule");
const own = parts.columns({
  texts: ["security_group_id", "ethertype", "direction", "protocol", "remote_ip_prefix", "remote_group_id"],
});

export const securityGroupRuleResource: Resource<SecurityGroupRule> = {
  singular: "security_group_rule",
  plural: "security_group_rules",
  path: "/v2.0/security-group-rules",
  table: securityGroupRules,
  policies: { list, show, create, delete: remove },
  attributes,
  ...own,
  filters: { ...own.filters, port_range_min: exact("port_range_min"), port_range_max: exact("port_range_max") },
  owner: "project_id",
  // Who owns the group sees rules that an administrator put there.
  shared: (row, call) => call.world.of(securityGroups).get(row.security_group_id)?.project_id === call.actor.projectId,
  quota: "security_group_rule",
  // Of another's rule not even the name of the error is told (seen live).
  notFound: (key, { world }) =>
    world.of(securityGroupRules).get(key) === undefined
      ? securityGroupRuleNotFound(key)
      : new Refusal(404, "The resource could not be found."),
  make,
  onCreate: bumpGroup,
  onDelete: bumpGroup,
};
