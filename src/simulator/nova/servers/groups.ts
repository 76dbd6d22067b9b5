/** Server groups (nova stable/zed: api/openstack/compute/server_groups.py). */
import { all, ofType, oneOf, string } from "../../core/checks.ts";
import { isList, isObject, type Json, type JsonObject, type Row, repr, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Attribute, Call, Check, Policy, Resource } from "../../core/types.ts";
import { defineTable } from "../../world.ts";
import { invalid } from "../form.ts";

export interface ServerGroup extends Row {
  readonly name: string;
  readonly policy: string;
  readonly rules: Readonly<Record<string, number>>;
  /** Ids of servers, in the order in which they came. */
  readonly members: readonly string[];
  readonly project_id: string;
  readonly user_id: string;
}

export const serverGroups = defineTable<ServerGroup>("nova.server_groups", ["project_id"]);

const strict = ["anti-affinity", "affinity"];
const soft = [...strict, "soft-anti-affinity", "soft-affinity"];

/** The old list of exactly one policy. */
function onePolicy(known: readonly string[]): Check {
  return (value) => {
    if (!isList(value)) return `${repr(value)} is not of type 'array'`;
    if (value.length === 0) return "[] is too short";
    if (value.length > 1) return `${repr(value)} is too long`;
    const complaint = oneOf(...known)(value[0] ?? null);
    if (complaint !== undefined) throw invalid("0", value[0] ?? null, complaint);
    return undefined;
  };
}

function rules(value: Json): string | undefined {
  if (!isObject(value)) return `${repr(value)} is not of type 'object'`;
  for (const [name, most] of Object.entries(value)) {
    if (name !== "max_server_per_host") return `Additional properties are not allowed (${repr(name)} was unexpected)`;
    if (!/^[0-9]+$/.test(String(most)) || Number(most) < 1)
      throw invalid(name, most, `${repr(most)} is less than the minimum of 1`);
  }
  return undefined;
}

const attributes: readonly Attribute<ServerGroup>[] = [
  { name: "id" },
  { name: "name", create: "required", check: string(1, 255) },
  {
    name: "policies",
    until: 14,
    create: "required",
    check: onePolicy(strict),
    view: (row) => [row.policy],
  },
  {
    name: "policies",
    since: 15,
    until: 63,
    create: "required",
    check: onePolicy(soft),
    view: (row) => [row.policy],
  },
  { name: "metadata", until: 63, view: () => ({}) },
  { name: "policy", since: 64, create: "required", check: all(ofType("string"), oneOf(...soft)) },
  { name: "rules", since: 64, create: "optional", check: rules, default: {} },
  { name: "members" },
  { name: "project_id", since: 13 },
  { name: "user_id", since: 13 },
];

function make(draft: JsonObject, call: Call): ServerGroup {
  const policies = isList(draft.policies) ? draft.policies : [];
  const policy = text(draft.policy) === "" ? text(policies[0]) : text(draft.policy);
  const most = isObject(draft.rules) ? draft.rules.max_server_per_host : undefined;
  if (most !== undefined && policy !== "anti-affinity")
    throw new Refusal(400, "Only anti-affinity policy supports rules.");
  return {
    id: call.ids.uuid(),
    name: text(draft.name),
    policy,
    rules: most === undefined ? {} : { max_server_per_host: Number(most) },
    members: [],
    project_id: call.actor.projectId,
    user_id: call.actor.userId,
    created_at: call.now,
  };
}

const policy = (verb: string, rule: Policy["rule"]): Policy => ({
  name: `os_compute_api:os-server-groups:${verb}`,
  rule,
});

/** The group a hint names, for who may use it. */
export function groupFor(call: Call, id: string): ServerGroup | undefined {
  const group = call.world.of(serverGroups).get(id);
  return group !== undefined && (call.actor.admin || group.project_id === call.actor.projectId) ? group : undefined;
}

export const serverGroupResource: Resource<ServerGroup> = {
  singular: "server_group",
  plural: "server_groups",
  path: "/v2.1/os-server-groups",
  table: serverGroups,
  policies: {
    list: policy("index", "reader"),
    show: policy("show", "reader"),
    create: policy("create", "member"),
    delete: policy("delete", "member"),
  },
  attributes,
  order: [{ column: "created_at", descending: false }],
  owner: "project_id",
  quota: "server_groups",
  filters: { all_projects: () => () => true, offset: () => () => true },
  listed: (row, call) =>
    row.project_id === call.actor.projectId || (call.actor.admin && call.query.has("all_projects")),
  notFound: (id) => new Refusal(404, `Instance group ${id} could not be found.`),
  make,
};
