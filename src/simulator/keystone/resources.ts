/** Keystone's plain collections as tables: domains, projects, users, roles; the catalogue's are in catalogue.ts. */
import { all, boolean, nullable, ofType, string } from "../core/checks.ts";
import { type JsonObject, type Row, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call, Check, Resource } from "../core/types.ts";
import type { TableKey } from "../world.ts";
import { catalogueResources } from "./catalogue.ts";
import { conflict } from "./form.ts";
import { groupResource } from "./groups.ts";
import { forgetRole } from "./inferences.ts";
import {
  byId,
  description,
  enabled,
  id,
  knownDomain,
  immutable,
  links,
  name,
  options,
  policies,
  tags,
} from "./parts.ts";
import { hashSecret, newId } from "./secrets.ts";
import { credentialResource } from "./stored-credentials.ts";
import {
  accessRules,
  assignments,
  credentials,
  type Domain,
  domains,
  memberships,
  type Project,
  projects,
  type Role,
  roles,
  storedCredentials,
  type User,
  users,
} from "./tables.ts";
import { holdersOf, revoke } from "./tokens.ts";

function unique<R extends Row>(table: TableKey<R>, candidate: JsonObject, call: Call, own: string): R | undefined {
  return call.world
    .of(table)
    .find((row) => row.id !== own && row.name === candidate.name && row.domain_id === candidate.domain_id);
}

const explicitId: Check = (value) => {
  if (typeof value === "string" && /^[0-9a-f]{32}$/.test(value)) return undefined;
  throw new Refusal(400, "Domain ID does not conform to required UUID format.");
};

export const domainResource: Resource<Domain> = {
  singular: "domain",
  plural: "domains",
  path: "/v3/domains",
  table: domains,
  order: byId,
  policies: policies("domain", { show: (call) => call.actor.admin || call.actor.tokenId !== "" }),
  extra: true,
  attributes: [
    id,
    name(64),
    description("", true),
    enabled,
    tags,
    immutable,
    // The id itself, for domains of several clouds (keystone stable/zed: api/domains.py).
    { name: "explicit_domain_id", create: "optional", check: explicitId, shown: false },
    links("domains"),
  ],
  make(draft, call) {
    const other = unique(domains, draft, call, "");
    const reason = `it is not permitted to have two projects acting as domains with the same name: ${text(draft.name)}`;
    if (other !== undefined) throw conflict("project", reason);
    const { explicit_domain_id: chosen, ...rest } = draft;
    if (call.world.of(domains).get(text(chosen)) !== undefined)
      throw conflict("domain", `Duplicate entry found with id ${text(chosen)}`);
    return {
      ...rest,
      id: text(chosen) || newId(call.ids),
      name: text(draft.name),
      description: text(draft.description),
      enabled: draft.enabled !== false,
    };
  },
  onDelete(row, call) {
    if (row.enabled) throw new Refusal(403, "Cannot delete a domain that is enabled, please disable it first.");
    for (const project of call.world.of(projects).by("domain_id", row.id)) call.world.of(projects).delete(project.id);
    for (const user of call.world.of(users).by("domain_id", row.id)) removeUser(user, call);
    return undefined;
  },
};

export const projectResource: Resource<Project> = {
  singular: "project",
  plural: "projects",
  path: "/v3/projects",
  table: projects,
  order: byId,
  extra: true,
  policies: policies("project", {
    show: (call) => call.actor.admin || call.params.project === call.actor.projectId,
  }),
  attributes: [
    id,
    name(64),
    { name: "domain_id", create: "optional", check: nullable(string(1, 64)) },
    description("", true),
    enabled,
    { name: "parent_id", create: "optional", check: nullable(string(1, 64)) },
    { name: "is_domain", create: "optional", default: false, check: boolean },
    tags,
    immutable,
    links("projects"),
  ],
  make(draft, call) {
    const domain_id = knownDomain(draft.domain_id, call);
    checkProject({ ...draft, domain_id }, "", call);
    const parent_id = text(draft.parent_id) || domain_id;
    return {
      ...draft,
      id: newId(call.ids),
      name: text(draft.name),
      domain_id,
      parent_id,
      enabled: draft.enabled !== false,
    };
  },
  onUpdate(row, changes, call) {
    checkProject({ ...row, ...changes }, row.id, call);
    return changes;
  },
  onDelete(row, call) {
    for (const one of call.world.of(assignments).filter(({ target }) => target === row.id)) {
      call.world.of(assignments).delete(one.id);
      for (const user of holdersOf(call.world, one)) revoke(call.world, user, (token) => token.target === row.id);
    }
    for (const one of call.world.of(credentials).by("project_id", row.id)) call.world.of(credentials).delete(one.id);
    return undefined;
  },
};

function checkProject(candidate: JsonObject, own: string, call: Call): void {
  const other = unique(projects, candidate, call, own);
  if (other === undefined) return;
  const reason = "it is not permitted to have two projects with either the same name or same id in the same domain";
  throw conflict("project", `${reason}: name is ${text(candidate.name)}, project id ${other.id}`);
}

function removeUser(row: User, call: Call): void {
  for (const one of call.world.of(assignments).by("user_id", row.id)) call.world.of(assignments).delete(one.id);
  for (const table of [credentials, accessRules, storedCredentials, memberships])
    for (const one of call.world.of<Row>(table).by("user_id", row.id)) call.world.of<Row>(table).delete(one.id);
  revoke(call.world, row.id);
  call.world.of(users).delete(row.id);
}

const userOptions = options(
  "ignore_change_password_upon_first_use",
  "ignore_password_expiry",
  "ignore_lockout_failure_attempts",
  "lock_password",
  "ignore_user_inactivity",
  "multi_factor_auth_rules",
  "multi_factor_auth_enabled",
);

export const userResource: Resource<User> = {
  singular: "user",
  plural: "users",
  path: "/v3/users",
  table: users,
  order: byId,
  extra: true,
  policies: policies("user", { show: (call) => call.actor.admin || call.params.user === call.actor.userId }),
  attributes: [
    id,
    name(255),
    { name: "domain_id", create: "optional", check: nullable(string(1, 64)) },
    enabled,
    {
      name: "default_project_id",
      create: "optional",
      update: true,
      check: all(ofType("string", "null"), nullable(string(1, 64))),
      view: (row) => (row.default_project_id === null ? undefined : row.default_project_id),
    },
    description(null, false),
    {
      name: "email",
      create: "optional",
      update: true,
      check: nullable(ofType("string")),
      view: (row) => row.email ?? undefined,
    },
    {
      name: "password",
      create: "optional",
      update: true,
      shown: false,
      check: nullable(ofType("string")),
      store: (value, call) => (typeof value === "string" ? hashSecret(value, call.ids) : null),
    },
    { name: "password_expires_at", default: null },
    userOptions,
    links("users"),
  ],
  make(draft, call) {
    const domain_id = knownDomain(draft.domain_id, call, 404);
    checkUser({ ...draft, domain_id }, "", call);
    const home = text(draft.default_project_id);
    return {
      ...draft,
      id: newId(call.ids),
      name: text(draft.name),
      domain_id,
      enabled: draft.enabled !== false,
      default_project_id: home === "" ? null : home,
      password: text(draft.password),
    };
  },
  onUpdate(row, changes, call) {
    checkUser({ ...row, ...changes }, row.id, call);
    if (changes.password !== undefined || changes.enabled === false) revoke(call.world, row.id);
    return changes;
  },
  onDelete(row, call) {
    removeUser(row, call);
    return undefined;
  },
};

function checkUser(candidate: JsonObject, own: string, call: Call): void {
  if (unique(users, candidate, call, own) === undefined) return;
  throw conflict(
    "user",
    `Duplicate entry found with name ${text(candidate.name)} at domain ID ${text(candidate.domain_id)}`,
  );
}

export const roleResource: Resource<Role> = {
  singular: "role",
  plural: "roles",
  path: "/v3/roles",
  table: roles,
  order: byId,
  extra: true,
  policies: policies("role"),
  attributes: [
    id,
    name(255),
    { name: "domain_id", create: "optional", check: nullable(string(1, 64)) },
    description(null, true),
    immutable,
    links("roles"),
  ],
  make(draft, call) {
    const other = call.world.of(roles).find((role) => role.name === draft.name);
    if (other !== undefined) throw conflict("role", `Duplicate entry found with name ${other.name}`);
    return { ...draft, id: newId(call.ids), name: text(draft.name) };
  },
  onDelete(row, call) {
    for (const one of call.world.of(assignments).filter(({ role_id }) => role_id === row.id)) {
      call.world.of(assignments).delete(one.id);
      for (const user of holdersOf(call.world, one)) revoke(call.world, user);
    }
    forgetRole(call.world, row.id);
    return undefined;
  },
};

export const resources: readonly Resource[] = [
  domainResource,
  projectResource,
  userResource,
  roleResource,
  groupResource,
  credentialResource,
  ...catalogueResources,
];
