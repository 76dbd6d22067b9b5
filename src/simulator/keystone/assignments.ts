/** Who has which role where: grants on projects, domains and the system, and the list of them all. */
import { view } from "../core/attributes.ts";
import type { Json, JsonObject, Row } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Method, Policy, Route } from "../core/types.ts";
import type { TableKey, World } from "../world.ts";
import { projectsOf } from "./auth.ts";
import { collectionLinks, notFound } from "./form.ts";
import { roleResource } from "./resources.ts";
import { type Assignment, assignments, domains, projects, roles, users } from "./tables.ts";
import { effectiveRoles, revoke } from "./tokens.ts";

const admin = (name: string): Policy => ({ name: `identity:${name}`, rule: "admin" });

/** Gives a role; giving it twice is no error. */
export function grant(
  world: World,
  user_id: string,
  role_id: string,
  scope: Assignment["scope"],
  target: string,
): void {
  const id = `${user_id}/${scope}/${target}/${role_id}`;
  world.of(assignments).put({ id, user_id, role_id, scope, target });
}

function need(call: Call, table: TableKey, what: string, id: string): Row {
  const row = call.world.of(table).get(id);
  if (row === undefined) throw notFound(what, id);
  return row;
}

interface Kind {
  readonly scope: Assignment["scope"];
  readonly path: string;
  target(call: Call): string;
}

const kinds: readonly Kind[] = [
  {
    scope: "project",
    path: "/v3/projects/{project}/users/{user}/roles",
    target: (call) => need(call, projects, "project", call.params.project ?? "").id,
  },
  {
    scope: "domain",
    path: "/v3/domains/{domain}/users/{user}/roles",
    target: (call) => need(call, domains, "domain", call.params.domain ?? "").id,
  },
  { scope: "system", path: "/v3/system/users/{user}/roles", target: () => "all" },
];

function parties(kind: Kind, call: Call): { user: string; role: string; target: string; id: string } {
  const user = need(call, users, "user", call.params.user ?? "").id;
  const target = kind.target(call);
  const role = need(call, roles, "role", call.params.role ?? "").id;
  return { user, role, target, id: `${user}/${kind.scope}/${target}/${role}` };
}

function absent({ role, user, target }: { role: string; user: string; target: string }): Refusal {
  const whom = `role: ${role}, user or group: ${user}, project, domain, or system: ${target}`;
  return new Refusal(404, `Could not find role assignment with ${whom}.`);
}

function listGrants(kind: Kind, call: Call): Answer {
  const user = need(call, users, "user", call.params.user ?? "").id;
  const target = kind.target(call);
  const held = call.world.of(assignments).by("user_id", user);
  const ids = new Set(
    held.filter((one) => one.scope === kind.scope && one.target === target).map((one) => one.role_id),
  );
  const shown = call.world
    .of(roles)
    .filter((role) => ids.has(role.id))
    .map((role) => view(roleResource, role, call));
  return { status: 200, body: { roles: shown, links: collectionLinks(call) } };
}

function grantRoutes(kind: Kind): Route[] {
  const one = `${kind.path}/{role}`;
  const route = (method: Method, name: string, handle: Route["handle"]): Route => ({
    method,
    path: one,
    policy: admin(name),
    handle,
  });
  const check = (call: Call): Answer => {
    const found = parties(kind, call);
    if (call.world.of(assignments).get(found.id) === undefined) throw absent(found);
    return { status: 204 };
  };
  return [
    { method: "GET", path: kind.path, policy: admin("list_grants"), handle: (call) => listGrants(kind, call) },
    route("PUT", "create_grant", (call) => {
      const { user, role, target } = parties(kind, call);
      grant(call.world, user, role, kind.scope, target);
      return { status: 204 };
    }),
    route("GET", "check_grant", check),
    route("HEAD", "check_grant", check),
    route("DELETE", "revoke_grant", (call) => {
      const found = parties(kind, call);
      if (!call.world.of(assignments).delete(found.id)) throw absent(found);
      revoke(call.world, found.user, (token) => token.scope === kind.scope && token.target === found.target);
      return { status: 204 };
    }),
  ];
}

function expanded(call: Call): Assignment[] {
  const all = [...call.world.of(assignments).all()];
  if (!call.query.has("effective")) return all;
  const places = new Map(all.map((one) => [`${one.user_id}/${one.scope}/${one.target}`, one]));
  return [...places.values()].flatMap((one) =>
    effectiveRoles(call.world, one.user_id, one.scope, one.target).map((role_id) => ({ ...one, role_id })),
  );
}

function named(call: Call, table: TableKey, id: string, domain: boolean): JsonObject {
  if (!call.query.has("include_names")) return { id };
  const row = call.world.of(table).get(id);
  const home = typeof row?.domain_id === "string" ? row.domain_id : "";
  const owner = { id: home, name: call.world.of(domains).get(home)?.name ?? "" };
  return { id, name: row?.name ?? "", ...(domain ? { domain: owner } : {}) };
}

function assignmentView(one: Assignment, call: Call): JsonObject {
  const place = one.scope === "system" ? "system" : `${one.scope}s/${one.target}`;
  const target: Json =
    one.scope === "system"
      ? { all: true }
      : named(call, one.scope === "project" ? projects : domains, one.target, one.scope === "project");
  return {
    links: { assignment: `${call.base}/v3/${place}/users/${one.user_id}/roles/${one.role_id}` },
    scope: { [one.scope]: target },
    user: named(call, users, one.user_id, true),
    role: named(call, roles, one.role_id, false),
  };
}

function listAssignments(call: Call): Answer {
  const { query } = call;
  const wanted = (name: string, value: string) => (query.get(name) ?? value) === value;
  const rows = expanded(call).filter(
    (one) =>
      wanted("user.id", one.user_id) &&
      wanted("role.id", one.role_id) &&
      (!query.has("scope.project.id") || (one.scope === "project" && wanted("scope.project.id", one.target))) &&
      (!query.has("scope.domain.id") || (one.scope === "domain" && wanted("scope.domain.id", one.target))) &&
      (!query.has("scope.system") || one.scope === "system") &&
      !query.has("group.id"),
  );
  const shown = rows.map((one) => assignmentView(one, call));
  return { status: 200, body: { role_assignments: shown, links: collectionLinks(call) } };
}

export const assignmentRoutes: readonly Route[] = [
  ...kinds.flatMap(grantRoutes),
  { method: "GET", path: "/v3/role_assignments", policy: admin("list_role_assignments"), handle: listAssignments },
  {
    method: "GET",
    path: "/v3/users/{user}/projects",
    policy: {
      name: "identity:list_user_projects",
      rule: (call) => call.actor.admin || call.actor.userId === call.params.user,
    },
    handle: (call) => projectsOf(call, need(call, users, "user", call.params.user ?? "").id),
  },
];
