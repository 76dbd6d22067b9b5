/** `/rbac-policies`: giving what one owns to other projects (neutron stable/zed: db/rbac_db_mixin.py; words seen live). */
import { type JsonObject, text } from "../core/json.ts";
import { exact } from "../core/list.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import type { TableKey, World } from "../world.ts";
import { addressScopes } from "./address-scopes.ts";
import { conflict, invalidInput, missing, refused } from "./errors.ts";
import * as parts from "./parts.ts";
import { type RbacAction, type RbacPolicy, rbacPolicies } from "./rbac-table.ts";
import { networks, ports, securityGroups, subnetPools, subnets } from "./tables.ts";
import { qosPolicies } from "./qos-table.ts";

interface ObjectType {
  readonly table: TableKey;
  readonly actions: readonly RbacAction[];
}

const shared: readonly RbacAction[] = ["access_as_shared"];

/** What can be given, and how. */
const types: Readonly<Record<string, ObjectType>> = {
  network: { table: networks, actions: ["access_as_shared", "access_as_external"] },
  qos_policy: { table: qosPolicies, actions: shared },
  security_group: { table: securityGroups, actions: shared },
  address_scope: { table: addressScopes, actions: shared },
  subnetpool: { table: subnetPools, actions: shared },
};

const rule = "rule:create_rbac_policy";

/** The rule's whole name, as the 403 says it. */
const wildcard = `((((${rule} and ${rule}:object_type) and ${rule}:object_id) and ${rule}:target_tenant) and ${rule}:action)`;

const owner: readonly Attribute<RbacPolicy>[] = [
  ...parts.standard.filter(({ name }) => name === "project_id"),
  { name: "tenant_id", view: ({ project_id }) => project_id },
];

const attributes: readonly Attribute<RbacPolicy>[] = [
  parts.id,
  { name: "object_type", create: "required", check: parts.string(255) },
  { name: "object_id", create: "required", check: parts.uuid },
  { name: "action", create: "required", check: parts.string(255) },
  {
    name: "target_tenant",
    column: "target",
    create: "required",
    update: true,
    check: parts.string(255),
    policy: { name: wildcard, rule: (call) => call.actor.admin || call.input.target_tenant !== "*" },
  },
  ...owner,
];

function make(draft: JsonObject, call: Call): RbacPolicy {
  const type = text(draft.object_type);
  const known = Object.hasOwn(types, type) ? types[type] : undefined;
  if (known === undefined) throw invalidInput(`'${type}' is not a valid RBAC object type`);
  const action = known.actions.find((one) => one === draft.action);
  if (action === undefined) {
    const valid = known.actions.map((one) => `'${one}'`).join(", ");
    const list = known.actions.length === 1 ? `(${valid},)` : `(${valid})`;
    throw refused(
      "InvalidActionForType",
      `Invalid action '${text(draft.action)}' for object type '${type}'. Valid actions: ${list}`,
    );
  }
  const object_id = text(draft.object_id);
  const row = call.world.of(known.table).get(object_id);
  if (row === undefined) throw invalidInput(`${type} ${object_id} could not be found`);
  if (row.project_id !== call.actor.projectId && !call.actor.admin)
    throw invalidInput("Only admins can manipulate policies on objects they do not own");
  const target = text(draft.target);
  const twin = call.world.of(rbacPolicies).by("object_id", object_id);
  if (twin.some((one) => one.action === action && one.target === target))
    throw conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.");
  const project_id = text(draft.project_id) || call.actor.projectId;
  return { id: call.ids.uuid(), project_id, object_type: type, object_id, action, target };
}

/** Whether a project that would lose a network has something on it. */
function refuseUsed(world: World, row: RbacPolicy): void {
  if (row.object_type !== "network" || row.action !== "access_as_shared") return;
  const network = world.of(networks).get(row.object_id);
  const others = world
    .of(rbacPolicies)
    .by("object_id", row.object_id)
    .filter(({ id, action }) => id !== row.id && action === row.action);
  const still = (project: string) =>
    network?.shared === true ||
    project === network?.project_id ||
    others.some(({ target }) => target === project || target === "*");
  const users = [
    ...world.of(ports).by("network_id", row.object_id),
    ...world.of(subnets).by("network_id", row.object_id),
  ];
  if (users.every(({ project_id }) => still(project_id))) return;
  throw conflict(
    "RbacPolicyInUse",
    `RBAC policy on object ${row.object_id} cannot be removed because other objects depend on it.\nDetails: Unable to reconfigure sharing settings for network ${row.object_id}. Multiple tenants are using it.`,
  );
}

export const rbacResource: Resource<RbacPolicy> = {
  singular: "rbac_policy",
  plural: "rbac_policies",
  path: "/v2.0/rbac-policies",
  table: rbacPolicies,
  policies: parts.policies("rbac_policy"),
  attributes,
  filters: {
    ...Object.fromEntries(
      ["id", "project_id", "object_type", "object_id", "action"].map((name) => [name, exact(name)]),
    ),
    tenant_id: exact("project_id"),
    target_tenant: exact("target"),
  },
  sort: { id: "id", object_id: "object_id", action: "action", target_tenant: "target" },
  order: [{ column: "id", descending: false }],
  owner: "project_id",
  quota: "rbac_policy",
  notFound: (id, call) => {
    const type = call.world.of(rbacPolicies).get(id)?.object_type;
    return missing(
      "RbacPolicyNotFound",
      `RBAC policy of type ${type === undefined ? "network" : "unknown"} with ID ${id} not found`,
    );
  },
  make,
  onUpdate(row, changes, call) {
    if (changes.target !== undefined && changes.target !== row.target) refuseUsed(call.world, row);
    return changes;
  },
  onDelete(row, call) {
    refuseUsed(call.world, row);
    return undefined;
  },
};
