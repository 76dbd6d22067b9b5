/** Groups of users, who have the roles that the group has (keystone stable/zed: api/groups.py; seen live). */
import { view } from "../core/attributes.ts";
import { nullable, string } from "../core/checks.ts";
import { text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Method, Resource, Route, Rule } from "../core/types.ts";
import type { World } from "../world.ts";
import { collectionLinks, conflict, need } from "./form.ts";
import { byId, description, id, knownDomain, links, name, policies } from "./parts.ts";
import { newId } from "./secrets.ts";
import { assignments, type Group, groups, memberships, type User, users } from "./tables.ts";
import { revoke } from "./tokens.ts";

export const groupResource: Resource<Group> = {
  singular: "group",
  plural: "groups",
  path: "/v3/groups",
  table: groups,
  order: byId,
  policies: policies("group"),
  extra: true,
  attributes: [
    id,
    name(64),
    { name: "domain_id", create: "optional", check: nullable(string(1, 64)) },
    description("", true),
    links("groups"),
  ],
  make(draft, call) {
    const domain_id = knownDomain(draft.domain_id, call);
    const row = { ...draft, id: newId(call.ids), name: text(draft.name), domain_id };
    refuseTwin(row, call);
    return row;
  },
  onUpdate(row, changes, call) {
    refuseTwin({ ...row, ...changes }, call);
    return changes;
  },
  onDelete(row, call) {
    for (const one of call.world.of(memberships).by("group_id", row.id)) leave(call.world, one.user_id, row.id);
    for (const one of call.world.of(assignments).by("group_id", row.id)) call.world.of(assignments).delete(one.id);
    return undefined;
  },
};

function refuseTwin({ id: own, name: wanted, domain_id }: Group, call: Call): void {
  const twin = call.world
    .of(groups)
    .find((row) => row.id !== own && row.name === wanted && row.domain_id === domain_id);
  if (twin !== undefined)
    throw conflict("group", `Duplicate entry found with name ${wanted} at domain ID ${domain_id}`);
}

/** Ends a membership, and the tokens that may live by it. */
export function leave(world: World, user: string, group: string): boolean {
  const left = world.of(memberships).delete(`${group}/${user}`);
  if (left) revoke(world, user);
  return left;
}

const member = "/v3/groups/{group}/users/{user}";

function parties(call: Call): { readonly user: User; readonly group: Group; readonly key: string } {
  const user = need(call, users, "user", call.params.user ?? "");
  const group = need(call, groups, "group", call.params.group ?? "");
  return { user, group, key: `${group.id}/${user.id}` };
}

function refuseStranger(found: boolean, { user, group }: { readonly user: User; readonly group: Group }): void {
  if (!found) throw new Refusal(404, `User '${user.id}' not found in group '${group.id}'`);
}

function check(call: Call): Answer {
  const found = parties(call);
  refuseStranger(call.world.of(memberships).get(found.key) !== undefined, found);
  return { status: 204 };
}

const self: Rule = (call) => call.actor.admin || call.actor.userId === call.params.user;

function route(method: Method, path: string, policy: string, rule: Rule, handle: Route["handle"]): Route {
  return { method, path, policy: { name: `identity:${policy}`, rule }, handle };
}

/** The users are shown as the user's own resource shows them, which is therefore given. */
export function membershipRoutes(userResource: Resource<User>): readonly Route[] {
  return [
    route("GET", "/v3/groups/{group}/users", "list_users_in_group", "admin", (call) => {
      const group = need(call, groups, "group", call.params.group ?? "");
      const within = call.world.of(memberships).by("group_id", group.id);
      const rows = within.flatMap(({ user_id }) => call.world.of(users).get(user_id) ?? []);
      const shown = rows.map((row) => view(userResource, row, call));
      return { status: 200, body: { users: shown, links: collectionLinks(call) } };
    }),
    route("GET", "/v3/users/{user}/groups", "list_groups_for_user", self, (call) => {
      const user = need(call, users, "user", call.params.user ?? "");
      const within = call.world.of(memberships).by("user_id", user.id);
      const rows = within.flatMap(({ group_id }) => call.world.of(groups).get(group_id) ?? []);
      const shown = rows.map((row) => ({ ...view(groupResource, row, call), membership_expires_at: null }));
      return { status: 200, body: { groups: shown, links: collectionLinks(call) } };
    }),
    route("PUT", member, "add_user_to_group", "admin", (call) => {
      const { user, group, key } = parties(call);
      call.world.of(memberships).put({ id: key, user_id: user.id, group_id: group.id });
      return { status: 204 };
    }),
    route("GET", member, "check_user_in_group", self, check),
    route("HEAD", member, "check_user_in_group", self, check),
    route("DELETE", member, "remove_user_from_group", "admin", (call) => {
      const found = parties(call);
      refuseStranger(leave(call.world, found.user.id, found.group.id), found);
      return { status: 204 };
    }),
  ];
}
