/** What Nova still passes on to Neutron for old clients, and what it says is gone (nova stable/zed: network/security_group_api.py). */
import type { JsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call, Policy, Route } from "../core/types.ts";
import {
  networks,
  type SecurityGroup,
  type SecurityGroupRule,
  securityGroupRules,
  securityGroups,
} from "../neutron/tables.ts";

const policy = (name: string): Policy => ({ name: `os_compute_api:${name}`, rule: "reader" });

/** A protocol without ports means all of them, as Nova had it. */
function portsOf({ protocol, port_range_min: least, port_range_max: most }: SecurityGroupRule): JsonObject {
  if (protocol === null || least !== null || most !== null) return { from_port: least, to_port: most };
  return ["tcp", "udp"].includes(protocol) ? { from_port: 1, to_port: 65_535 } : { from_port: -1, to_port: -1 };
}

function ruleView(rule: SecurityGroupRule, call: Call): JsonObject {
  const remote = call.world.of(securityGroups).get(rule.remote_group_id ?? "");
  return {
    id: rule.id,
    parent_group_id: rule.security_group_id,
    ip_protocol: rule.protocol,
    ...portsOf(rule),
    group: remote === undefined ? {} : { name: remote.name, tenant_id: remote.project_id },
    ip_range: remote === undefined ? { cidr: rule.remote_ip_prefix ?? "0.0.0.0/0" } : {},
  };
}

function groupView(group: SecurityGroup, call: Call): JsonObject {
  const rules = call.world.of(securityGroupRules).by("security_group_id", group.id);
  const incoming = rules.filter(({ direction }) => direction === "ingress");
  return {
    id: group.id,
    description: group.description,
    name: group.name,
    tenant_id: group.project_id,
    rules: incoming.map((rule) => ruleView(rule, call)),
  };
}

function own(call: Call): readonly SecurityGroup[] {
  return call.world.of(securityGroups).by("project_id", call.actor.projectId);
}

/** The last microversion that had them. */
const until = 35;

const gone = (path: string): Route => ({
  method: "GET",
  path: `/v2.1/${path}`,
  policy: { name: path, rule: "token" },
  handle: () => {
    const said = "This resource is no longer available. No forwarding address is given.";
    throw new Refusal(410, said, { kind: "computeFault" });
  },
});

export const proxyRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2.1/os-security-groups",
    until,
    policy: policy("os-security-groups:get"),
    handle: (call) => ({ status: 200, body: { security_groups: own(call).map((group) => groupView(group, call)) } }),
  },
  {
    method: "GET",
    path: "/v2.1/os-security-groups/{group}",
    until,
    policy: policy("os-security-groups:show"),
    handle: (call) => {
      const id = call.params.group ?? "";
      const group = own(call).find((one) => one.id === id);
      if (group === undefined) throw new Refusal(404, `Security group ${id} not found.`);
      return { status: 200, body: { security_group: groupView(group, call) } };
    },
  },
  {
    method: "GET",
    path: "/v2.1/os-floating-ip-pools",
    until,
    policy: policy("os-floating-ip-pools"),
    handle: (call) => {
      const outside = call.world.of(networks).filter(({ external }) => external);
      return { status: 200, body: { floating_ip_pools: outside.map(({ name }) => ({ name })) } };
    },
  },
  gone("os-agents"),
  gone("os-cells"),
];
