/** Who has which role where: grants on projects, domains and the system, and the list of them all. */
import { view } from "../core/attributes.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Method, Policy, Route } from "../core/types.ts";
import type { TableKey, World } from "../world.ts";
import { projectsOf } from "./auth.ts";
import { collectionLinks, filters, need } from "./form.ts";
import { impliedBy } from "./inferences.ts";
import { projectResource, roleResource } from "./resources.ts";
import { type Assignment, assignments, domains, groups, projects, roles, users } from "./tables.ts";
import { holdersOf, revoke } from "./tokens.ts";

const admin = (name: string): Policy => ({ name: `identity:${name}`, rule: "admin" });

/** A user or a group: who may hold a role. */
interface Holder {
  readonly kind: "user" | "group";
  readonly table: TableKey;
}

const holders: readonly Holder[] = [
  { kind: "user", table: users },
  { kind: "group", table: groups },
];

/** Gives a role; giving it twice is no error. */
export function grant(
  world: World,
  holder: { readonly user: string } | { readonly group: string },
  role_id: string,
  scope: Assignment["scope"],
  target: string,
): void {
  const [user_id, group_id] = "user" in holder ? [holder.user, ""] : ["", holder.group];
  const id = `${user_id || group_id}/${scope}/${target}/${role_id}`;
  world.of(assignments).put({ id, user_id, group_id, role_id, scope, target });
}

interface Kind {
  readonly scope: Assignment["scope"];
  /** Before the holder. */
  readonly path: string;
  target(call: Call): string;
}

const kinds: readonly Kind[] = [
  {
    scope: "project",
    path: "/v3/projects/{project}",
    target: (call) => need(call, projects, "project", call.params.project ?? "").id,
  },
  {
    scope: "domain",
    path: "/v3/domains/{domain}",
    target: (call) => need(call, domains, "domain", call.params.domain ?? "").id,
  },
  { scope: "system", path: "/v3/system", target: () => "all" },
];

function holderOf({ kind, table }: Holder, call: Call): string {
  return need(call, table, kind, call.params[kind] ?? "").id;
}

function parties(kind: Kind, by: Holder, call: Call) {
  const holder = holderOf(by, call);
  const target = kind.target(call);
  const role = need(call, roles, "role", call.params.role ?? "").id;
  return { holder, role, target, id: `${holder}/${kind.scope}/${target}/${role}` };
}

function absent({ role, holder, target }: { role: string; holder: string; target: string }): Refusal {
  const whom = `role: ${role}, user or group: ${holder}, project, domain, or system: ${target}`;
  return new Refusal(404, `Could not find role assignment with ${whom}.`);
}

function listGrants(kind: Kind, by: Holder, call: Call): Answer {
  const holder = holderOf(by, call);
  const target = kind.target(call);
  const held = call.world.of(assignments).by(`${by.kind}_id`, holder);
  const ids = new Set(
    held.filter((one) => one.scope === kind.scope && one.target === target).map((one) => one.role_id),
  );
  const shown = call.world
    .of(roles)
    .filter((role) => ids.has(role.id))
    .map((role) => view(roleResource, role, call));
  return { status: 200, body: { roles: shown, links: collectionLinks(call) } };
}

function grantRoutes(kind: Kind, by: Holder): Route[] {
  const path = `${kind.path}/${by.kind}s/{${by.kind}}/roles`;
  const route = (method: Method, name: string, handle: Route["handle"]): Route => ({
    method,
    path: `${path}/{role}`,
    policy: admin(name),
    handle,
  });
  const check = (call: Call): Answer => {
    const found = parties(kind, by, call);
    if (call.world.of(assignments).get(found.id) === undefined) throw absent(found);
    return { status: 204 };
  };
  return [
    { method: "GET", path, policy: admin("list_grants"), handle: (call) => listGrants(kind, by, call) },
    route("PUT", "create_grant", (call) => {
      const { holder, role, target } = parties(kind, by, call);
      grant(call.world, by.kind === "user" ? { user: holder } : { group: holder }, role, kind.scope, target);
      return { status: 204 };
    }),
    route("GET", "check_grant", check),
    route("HEAD", "check_grant", check),
    route("DELETE", "revoke_grant", (call) => {
      const found = parties(kind, by, call);
      const row = call.world.of(assignments).get(found.id);
      if (row === undefined) throw absent(found);
      for (const user of holdersOf(call.world, row))
        revoke(call.world, user, (token) => token.scope === kind.scope && token.target === found.target);
      call.world.of(assignments).delete(found.id);
      return { status: 204 };
    }),
  ];
}

/** One entry of the list: an assignment, and the group through which it came to a user. */
interface Entry {
  readonly one: Assignment;
  readonly through: string;
  /** The role that brought this one along, or empty. */
  readonly prior: string;
}

/** With `effective`, what users really have: by themselves, by their groups, and by what a role implies. */
function expanded(call: Call): Entry[] {
  const all = [...call.world.of(assignments).all()];
  if (!call.query.has("effective")) return all.map((one) => ({ one, through: "", prior: "" }));
  const direct = all.flatMap((one): Entry[] =>
    holdersOf(call.world, one).map((user_id) => ({
      one: { ...one, user_id, group_id: "" },
      through: one.group_id,
      prior: "",
    })),
  );
  const implied = direct.flatMap(({ one, through }) =>
    impliedBy(call.world, one.role_id).map((role_id) => ({ one: { ...one, role_id }, through, prior: one.role_id })),
  );
  const key = ({ one }: Entry) => `${one.user_id}/${one.scope}/${one.target}/${one.role_id}`;
  return [...new Map([...implied, ...direct].map((entry) => [key(entry), entry])).values()];
}

function named(call: Call, table: TableKey, id: string, domain: boolean): JsonObject {
  if (!call.query.has("include_names")) return { id };
  const row = call.world.of(table).get(id);
  const home = typeof row?.domain_id === "string" ? row.domain_id : "";
  const owner = { id: home, name: call.world.of(domains).get(home)?.name ?? "" };
  return { id, name: row?.name ?? "", ...(domain ? { domain: owner } : {}) };
}

function assignmentView({ one, through, prior }: Entry, call: Call): JsonObject {
  const place = one.scope === "system" ? "system" : `${one.scope}s/${one.target}`;
  const target: Json =
    one.scope === "system"
      ? { all: true }
      : named(call, one.scope === "project" ? projects : domains, one.target, one.scope === "project");
  const group = through || one.group_id;
  const holder = group === "" ? `users/${one.user_id}` : `groups/${group}`;
  const membership = through === "" ? {} : { membership: `${call.base}/v3/groups/${through}/users/${one.user_id}` };
  return {
    links: {
      assignment: `${call.base}/v3/${place}/${holder}/roles/${prior || one.role_id}`,
      ...membership,
      ...(prior === "" ? {} : { prior_role: `${call.base}/v3/prior_role/${prior}/implies/${one.role_id}` }),
    },
    scope: { [one.scope]: target },
    ...(one.user_id === ""
      ? { group: named(call, groups, one.group_id, true) }
      : { user: named(call, users, one.user_id, true) }),
    role: named(call, roles, one.role_id, false),
  };
}

function listAssignments(call: Call): Answer {
  const { query } = call;
  const wanted = (name: string, value: string) => (query.get(name) ?? value) === value;
  const rows = expanded(call).filter(
    ({ one }) =>
      wanted("user.id", one.user_id) &&
      wanted("group.id", one.group_id) &&
      wanted("role.id", one.role_id) &&
      (!query.has("scope.project.id") || (one.scope === "project" && wanted("scope.project.id", one.target))) &&
      (!query.has("scope.domain.id") || (one.scope === "domain" && wanted("scope.domain.id", one.target))) &&
      (!query.has("scope.system") || one.scope === "system"),
  );
  const shown = rows.map((entry) => assignmentView(entry, call));
  return { status: 200, body: { role_assignments: shown, links: collectionLinks(call) } };
}

export const assignmentRoutes: readonly Route[] = [
  ...kinds.flatMap((kind) => holders.flatMap((holder) => grantRoutes(kind, holder))),
  { method: "GET", path: "/v3/role_assignments", policy: admin("list_role_assignments"), handle: listAssignments },
  {
    method: "GET",
    path: "/v3/users/{user}/projects",
    policy: {
      name: "identity:list_user_projects",
      rule: (call) => call.actor.admin || call.actor.userId === call.params.user,
    },
    handle(call) {
      const { id } = need(call, users, "user", call.params.user ?? "");
      return projectsOf(call, id, filters(call, projectResource, ["domain_id", "enabled", "name"]));
    },
  },
];
