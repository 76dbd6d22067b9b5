/** Security groups: the default one of each project, made when first needed, and those that projects make. */
import type { Ids } from "../../cloud/runtime.ts";
import { type JsonObject, text } from "../core/json.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import type { World } from "../world.ts";
import { conflict, securityGroupNotFound } from "./errors.ts";
import * as parts from "./parts.ts";
import { ruleView } from "./security-group-rules.ts";
import { ports, type SecurityGroup, type SecurityGroupRule, securityGroupRules, securityGroups } from "./tables.ts";

interface Context {
  readonly world: World;
  readonly ids: Ids;
  readonly now: number;
}

function putRule(
  context: Context,
  group: SecurityGroup,
  direction: string,
  ethertype: string,
  from: string | null,
): void {
  const rule: SecurityGroupRule = {
    ...parts.begin({}, context, group.project_id, 0),
    security_group_id: group.id,
    ethertype,
    direction,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: from,
  };
  context.world.of(securityGroupRules).put(rule);
}

/** Everything may leave; into the default group comes what its members send (neutron: securitygroups_db.py). */
function putFirstRules(context: Context, group: SecurityGroup, isDefault: boolean): void {
  for (const ethertype of ["IPv4", "IPv6"]) {
    if (isDefault) putRule(context, group, "ingress", ethertype, group.id);
    putRule(context, group, "egress", ethertype, null);
  }
}

function defaultGroup(world: World, projectId: string): SecurityGroup | undefined {
  const own = world.of(securityGroups).by("project_id", projectId);
  return own.find(({ name }) => name === "default");
}

/** The project's default group, made when it is not there. */
export function ensureDefaultGroup(context: Context, projectId: string): SecurityGroup {
  const known = defaultGroup(context.world, projectId);
  if (known !== undefined) return known;
  const draft = { name: "default", description: "Default security group" };
  const group = { ...parts.begin(draft, context, projectId, 1), stateful: true };
  context.world.of(securityGroups).put(group);
  putFirstRules(context, group, true);
  return group;
}

/** Refuses with SecurityGroupNotFound unless each is a group of the project. */
export function checkGroups(world: World, ids: readonly string[], projectId: string, admin: boolean): void {
  for (const id of ids) {
    const group = world.of(securityGroups).get(id);
    if (group === undefined || (group.project_id !== projectId && !admin)) throw securityGroupNotFound(id);
  }
}

const alreadyThere = () => conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.");

const attributes: readonly Attribute<SecurityGroup>[] = [
  parts.id,
  parts.name,
  parts.flag("stateful", true),
  parts.tenant,
  parts.description,
  { name: "shared", view: () => false },
  {
    name: "security_group_rules",
    view: (row, call) =>
      call.world
        .of(securityGroupRules)
        .by("security_group_id", row.id)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((rule) => ruleView(rule)),
  },
  ...parts.standard,
];

function inUse(row: SecurityGroup): never {
  throw conflict("SecurityGroupInUse", `Security Group ${row.id} in use.`);
}

function make(draft: JsonObject, call: Call): SecurityGroup {
  const base = parts.begin(draft, call, call.actor.projectId, 1);
  ensureDefaultGroup(call, base.project_id);
  if (base.name === "default") throw alreadyThere();
  return { ...base, stateful: draft.stateful !== false };
}

export const securityGroupResource: Resource<SecurityGroup> = {
  singular: "security_group",
  plural: "security_groups",
  path: "/v2.0/security-groups",
  table: securityGroups,
  policies: parts.policies("security_group"),
  attributes,
  ...parts.columns({ flags: ["stateful"] }),
  owner: "project_id",
  quota: "security_group",
  notFound: (key) => securityGroupNotFound(key),
  make,
  onCreate(row, call) {
    putFirstRules(call, row, false);
    return undefined;
  },
  onUpdate(row, changes, call) {
    parts.checkRevision(row, call);
    const renamed = changes.name !== undefined && changes.name !== row.name;
    if (renamed && row.name === "default")
      throw conflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.");
    if (renamed && text(changes.name) === "default") throw alreadyThere();
    const used = call.world.of(ports).find((port) => port.security_groups.includes(row.id)) !== undefined;
    if (changes.stateful !== undefined && changes.stateful !== row.stateful && used) inUse(row);
    return parts.revised(row, changes, call);
  },
  onDelete(row, call) {
    parts.checkRevision(row, call);
    if (call.world.of(ports).find((port) => port.security_groups.includes(row.id)) !== undefined) inUse(row);
    if (row.name === "default" && !call.actor.admin)
      throw conflict("SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.");
    const rules = call.world.of(securityGroupRules);
    for (const rule of rules.all())
      if (rule.security_group_id === row.id || rule.remote_group_id === row.id) rules.delete(rule.id);
    return undefined;
  },
};
