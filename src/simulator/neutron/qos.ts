/** QoS policies and their rules (neutron stable/zed: extensions/qos.py, services/qos/qos_plugin.py; words seen live). */
import { isObject, type Json, type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Attribute, Call, Check, MemberRoute, Policy, Resource, Route } from "../core/types.ts";
import type { World } from "../world.ts";
import { conflict, httpBadRequest, missing } from "./errors.ts";
import * as parts from "./parts.ts";
import { type QosPolicy, type QosRule, qosPolicies, qosRules } from "./qos-table.ts";
import { forget, isGiven } from "./rbac-table.ts";
import { orNull } from "./subnet-checks.ts";
import { floatingIps, networks, ports } from "./tables.ts";

interface Member {
  readonly name: string;
  readonly check: Check;
  readonly fallback?: Json;
}

interface Kind {
  /** `bandwidth_limit`; its collection is `bandwidth_limit_rules`. */
  readonly name: string;
  readonly members: readonly Member[];
  /** Whether the pretended switches can do it (OVN's list; seen live). */
  readonly supported: boolean;
}

const amount: Check = (value) => {
  const read = Number(value);
  if (!Number.isInteger(read)) return `${parts.shown(value)} is not an integer`;
  return read < 0 || read > 2_147_483_647 ? `'${read}' is not in range 0 through 2147483647` : undefined;
};
const direction = (more: readonly string[] = []): Member => ({
  name: "direction",
  check: parts.oneOf("egress", "ingress", ...more),
  fallback: "egress",
});
const marks = [0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 46, 48, 56];

const kinds: readonly Kind[] = [
  {
    name: "bandwidth_limit",
    supported: true,
    members: [{ name: "max_kbps", check: amount }, { name: "max_burst_kbps", check: amount, fallback: 0 }, direction()],
  },
  {
    name: "dscp_marking",
    supported: true,
    members: [{ name: "dscp_mark", check: (value) => parts.oneOf(...marks)(Number(value)) }],
  },
  { name: "minimum_bandwidth", supported: true, members: [{ name: "min_kbps", check: amount }, direction()] },
  { name: "minimum_packet_rate", supported: false, members: [{ name: "min_kpps", check: amount }, direction(["any"])] },
  {
    name: "packet_rate_limit",
    supported: false,
    members: [{ name: "max_kpps", check: amount }, { name: "max_burst_kpps", check: amount, fallback: 0 }, direction()],
  },
];

const whole = new Set([
  "max_kbps",
  "max_burst_kbps",
  "dscp_mark",
  "min_kbps",
  "min_kpps",
  "max_kpps",
  "max_burst_kpps",
]);

function rulesOf(world: World, policy: string): readonly QosRule[] {
  return world.of(qosRules).by("policy_id", policy);
}

function ruleView({ id, values }: QosRule): JsonObject {
  return { ...values, id };
}

const notFound = (id: string) => missing("QosPolicyNotFound", `QoS policy ${id} could not be found.`);

/** The id of a policy that the caller may use, or null; refuses one that a network or port cannot have. */
export function policyFor(value: Json | undefined, call: Call, what: string, id: string): string | null {
  if (value === undefined || value === null) return null;
  const policy = call.world.of(qosPolicies).get(text(value));
  if (policy === undefined || !mayUse(policy, call)) throw notFound(text(value));
  const wrong = rulesOf(call.world, policy.id).find(({ kind }) =>
    kinds.some((one) => one.name === kind && !one.supported),
  );
  if (wrong !== undefined)
    throw conflict(
      `QosRuleNotSupportedBy${what}`,
      `Rule ${wrong.kind} is not supported by ${what.toLowerCase()} ${id}`,
    );
  return policy.id;
}

/** The attribute of those that can have a policy. */
export const policyAttribute: Attribute = {
  name: "qos_policy_id",
  create: "optional",
  update: true,
  check: orNull(parts.uuid),
};

function mayUse(row: QosPolicy, { actor, world }: Call): boolean {
  return actor.admin || row.project_id === actor.projectId || row.shared || isGiven(world, row.id, actor.projectId);
}

const admin = (name: string): Policy => ({ name, rule: "admin" });

function checked(kind: Kind, call: Call, before: JsonObject | undefined): JsonObject {
  const wrapper = `${kind.name}_rule`;
  const given = isObject(call.body) ? call.body[wrapper] : undefined;
  if (!isObject(given)) throw call.service.words.unwrapped(wrapper, call.body);
  const unknown = Object.keys(given).filter((name) => !kind.members.some((one) => one.name === name));
  if (unknown.length > 0) throw httpBadRequest(`Unrecognized attribute(s) '${unknown.join(", ")}'`);
  const values = kind.members.map(({ name, check, fallback }) => {
    const value = given[name] ?? before?.[name] ?? fallback;
    if (value === undefined)
      throw httpBadRequest(`Failed to parse request. Required attribute '${name}' not specified`);
    const said = check(value);
    if (said !== undefined) throw httpBadRequest(`Invalid input for ${name}. Reason: ${said}.`);
    return [name, whole.has(name) ? Number(value) : value] as const;
  });
  return Object.fromEntries(values);
}

/** One rule of a kind, and of a direction, is enough. */
function refuseTwin(kind: Kind, policy: QosPolicy, values: JsonObject, own: string, call: Call): void {
  const twin = rulesOf(call.world, policy.id).find(
    (rule) => rule.id !== own && rule.kind === kind.name && rule.values.direction === values.direction,
  );
  if (twin !== undefined)
    throw conflict(
      "QoSRulesConflict",
      `Rule ${kind.name} conflicts with rule ${twin.id} which already exists in QoS Policy ${policy.id}.`,
    );
}

function ruleOf(kind: Kind, policy: QosPolicy, call: Call): QosRule {
  const id = call.params.rule ?? "";
  const rule = call.world.of(qosRules).get(id);
  if (rule === undefined || rule.policy_id !== policy.id || rule.kind !== kind.name)
    throw missing("QosRuleNotFound", `QoS rule ${id} for policy ${policy.id} could not be found.`);
  return rule;
}

function ruleRoutes(kind: Kind): readonly MemberRoute<QosPolicy>[] {
  const wrapper = `${kind.name}_rule`;
  const path = `/${wrapper}s`;
  const reader: Policy = { name: `get_policy_${wrapper}`, rule: "reader" };
  const writer = (verb: string) => admin(`${verb}_policy_${wrapper}`);
  const store = (rule: QosRule, policy: QosPolicy, call: Call): Answer => {
    refuseTwin(kind, policy, rule.values, rule.id, call);
    call.world.of(qosRules).put(rule);
    call.world.of(qosPolicies).put({ ...policy, ...parts.touch(policy, call.now) });
    return { status: call.method === "POST" ? 201 : 200, body: { [wrapper]: ruleView(rule) } };
  };
  return [
    {
      method: "GET",
      path,
      policy: reader,
      run: ({ id }, call) => {
        const own = rulesOf(call.world, id).filter((rule) => rule.kind === kind.name);
        return { status: 200, body: { [`${wrapper}s`]: own.map(ruleView) } };
      },
    },
    {
      method: "POST",
      path,
      policy: writer("create"),
      run: (policy, call) => {
        const values = checked(kind, call, undefined);
        return store({ id: call.ids.uuid(), policy_id: policy.id, kind: kind.name, values }, policy, call);
      },
    },
    {
      method: "GET",
      path: `${path}/{rule}`,
      policy: reader,
      run: (policy, call) => ({ status: 200, body: { [wrapper]: ruleView(ruleOf(kind, policy, call)) } }),
    },
    {
      method: "PUT",
      path: `${path}/{rule}`,
      policy: writer("update"),
      run: (policy, call) => {
        const rule = ruleOf(kind, policy, call);
        return store({ ...rule, values: checked(kind, call, rule.values) }, policy, call);
      },
    },
    {
      method: "DELETE",
      path: `${path}/{rule}`,
      policy: writer("delete"),
      run: (policy, call) => {
        call.world.of(qosRules).delete(ruleOf(kind, policy, call).id);
        return { status: 204 };
      },
    },
  ];
}

const columns = parts.columns({ flags: ["shared", "is_default"] });

function inUse({ id }: QosPolicy, world: World): string | undefined {
  for (const [word, table] of [
    ["network", networks],
    ["port", ports],
    ["floating IP", floatingIps],
  ] as const) {
    const user = world
      .of<{ readonly id: string; readonly qos_policy_id?: Json }>(table)
      .find((row) => row.qos_policy_id === id);
    if (user !== undefined) return `${word} ${user.id}`;
  }
  return undefined;
}

export const qosResource: Resource<QosPolicy> = {
  singular: "policy",
  plural: "policies",
  path: "/v2.0/qos/policies",
  table: qosPolicies,
  policies: {
    ...parts.policies("policy"),
    create: admin("create_policy"),
    update: admin("update_policy"),
    delete: admin("delete_policy"),
  },
  attributes: [
    parts.id,
    parts.name,
    parts.flag("shared", false),
    {
      name: "rules",
      view: ({ id }, call) =>
        rulesOf(call.world, id).map((rule) => ({ ...ruleView(rule), qos_policy_id: id, type: rule.kind })),
    },
    parts.flag("is_default", false),
    parts.description,
    parts.tenant,
    ...parts.standard,
  ],
  ...columns,
  visible: mayUse,
  owner: "project_id",
  notFound,
  make: (draft, call) => ({
    ...parts.begin(draft, call, call.actor.projectId, 0),
    shared: draft.shared === true,
    is_default: draft.is_default === true,
  }),
  onUpdate: (row, changes, call) => parts.revised(row, changes, call),
  onDelete(row, call) {
    const user = inUse(row, call.world);
    if (user !== undefined) throw conflict("QosPolicyInUse", `QoS Policy ${row.id} is used by ${user}.`);
    for (const { id } of rulesOf(call.world, row.id)) call.world.of(qosRules).delete(id);
    forget(call.world, row.id);
    return undefined;
  },
  members: kinds.flatMap(ruleRoutes),
};

export const qosRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2.0/qos/rule-types",
    policy: { name: "get_rule_type", rule: "reader" },
    handle: (call) => {
      const all = parts.isYes(call.query.get("all_rules"));
      const shown = kinds.filter(({ supported }) => all || supported).map(({ name }) => ({ type: name }));
      return { status: 200, body: { rule_types: shown } };
    },
  },
  {
    method: "GET",
    path: "/v2.0/qos/rule-types/{type}",
    policy: { name: "get_rule_type", rule: "reader" },
    handle: (call) => {
      if (!call.actor.admin) throw new Refusal(403, "Not authorized.", { kind: "NotAuthorized" });
      const kind = kinds.find(({ name, supported }) => name === call.params.type && supported);
      if (kind === undefined)
        throw missing("QosRuleTypeNotFound", `QoS rule type ${call.params.type} could not be found.`);
      const parameters = kind.members.map(({ name }) => ({ parameter_name: name }));
      return {
        status: 200,
        body: { rule_type: { type: kind.name, drivers: [{ name: "simulator", supported_parameters: parameters }] } },
      };
    },
  },
];
