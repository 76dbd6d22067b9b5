/** Access rules: what an application credential is good for (keystone stable/zed: api/users.py; keystonemiddleware: auth_token). */
import { all, matching, nullable, string } from "../core/checks.ts";
import { isList, isObject, type Json, type JsonObject, repr } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Actor, Answer, Call, Check, Policy, Route } from "../core/types.ts";
import type { World } from "../world.ts";
import { collectionLinks, notFound } from "./form.ts";
import { newId } from "./secrets.ts";
import { type AccessRule, accessRules, credentials } from "./tables.ts";

const word = all(string(1, 64), matching(/^[a-zA-Z0-9-]+$/));

const members: Readonly<Record<string, Check>> = {
  id: word,
  method: matching(/^(POST|GET|HEAD|PATCH|PUT|DELETE)$/),
  path: all(string(0, 225), matching(/^\/.*/, "^\\\\/.*")),
  service: word,
};

function checked(rule: Json, index: number): JsonObject {
  const at = `access_rules/${index}`;
  if (!isObject(rule)) throw new Refusal(400, `Invalid input for field '${at}': ${repr(rule)} is not of type 'object'`);
  for (const [name, value] of Object.entries(rule)) {
    const check = Object.hasOwn(members, name) ? members[name] : undefined;
    const said =
      check === undefined
        ? `Additional properties are not allowed (${repr(name)} was unexpected)`
        : nullable(check)(value);
    if (said !== undefined)
      throw new Refusal(400, `Invalid input for field '${check === undefined ? at : `${at}/${name}`}': ${said}`);
  }
  return rule;
}

/**
 * The ids of the rules given, which are the user's own already or made now; equal rules are one. No rules are no restriction,
 * and today's clients say so by an empty list.
 */
export function rulesOf(given: Json | undefined, call: Call): readonly string[] | null {
  if (given === undefined) return null;
  if (!isList(given))
    throw new Refusal(400, `Invalid input for field 'access_rules': ${repr(given)} is not of type 'array'`);
  if (given.length === 0) return null;
  const table = call.world.of(accessRules);
  const mine = () => table.by("user_id", call.actor.userId);
  const wanted = given.map(checked);
  for (const { id } of wanted)
    if (id !== undefined && !mine().some((rule) => rule.id === id)) throw notFound("Access Rule", String(id));
  return wanted.map((rule) => {
    const part = (name: string) => (typeof rule[name] === "string" ? rule[name] : null);
    const [service, method, path] = [part("service"), part("method"), part("path")];
    const same = (one: AccessRule) =>
      rule.id === undefined
        ? one.service === service && one.method === method && one.path === path
        : one.id === rule.id;
    const known = mine().find(same);
    const row = known ?? table.put({ id: newId(call.ids), user_id: call.actor.userId, service, method, path });
    return row.id;
  });
}

export function ruleView({ id, service, path, method }: AccessRule): JsonObject {
  return { id, service, path, method };
}

/** Where in the path each part of a pattern can end, given where it can begin. */
function ends(part: string, begins: ReadonlySet<number>, path: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const begin of begins) {
    if (part === "**") for (let end = begin; end <= path.length; end++) found.add(end);
    else if (part === "*" || part.startsWith("{"))
      for (let end = begin + 1; end <= path.length && path[end - 1] !== "/"; end++) found.add(end);
    else if (path.startsWith(part, begin)) found.add(begin + part.length);
  }
  return found;
}

/** `*` and `{name}` are one segment or part of it, `**` any number of them. Takes no more than pattern × path², whatever both are. */
function matchesPath(pattern: string, path: string): boolean {
  let at: ReadonlySet<number> = new Set([0]);
  for (const part of pattern.match(/\*\*|\*|\{[^}]*\}|[^*{]+|\{/g) ?? []) at = ends(part, at, path);
  return at.has(path.length);
}

/** Whether the rules of the caller's application credential allow the call; without rules everything is allowed. */
export function permits(world: World, actor: Actor, call: Pick<Call, "method" | "path" | "service">): boolean {
  const ids = world.of(credentials).get(actor.applicationCredentialId)?.access_rules ?? null;
  if (ids === null) return true;
  return ids.some((id) => {
    const rule = world.of(accessRules).get(id);
    return (
      rule?.service === call.service.type &&
      (rule.method === null || rule.method === call.method) &&
      (rule.path === null || matchesPath(rule.path, call.path))
    );
  });
}

const path = "/v3/users/{user}/access_rules";

const own = (name: string): Policy => ({
  name: `identity:${name}`,
  rule: ({ actor, params }) => actor.admin || actor.userId === params.user,
});

function find(call: Call): AccessRule {
  const row = call.world.of(accessRules).get(call.params.rule ?? "");
  if (row === undefined || row.user_id !== call.params.user) throw notFound("Access Rule", call.params.rule ?? "");
  return row;
}

function linked(row: AccessRule, call: Call): JsonObject {
  // Seen live: the link leaves the user out.
  return { ...ruleView(row), links: { self: `${call.base}/v3/access_rules/${row.id}` } };
}

function remove(call: Call): Answer {
  const row = find(call);
  const used = call.world.of(credentials).by("user_id", row.user_id);
  if (used.some(({ access_rules }) => access_rules?.includes(row.id) === true))
    throw new Refusal(403, "May not delete access rule in use");
  call.world.of(accessRules).delete(row.id);
  return { status: 204 };
}

export const accessRuleRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    policy: own("list_access_rules"),
    handle: (call) => {
      const rows = call.world.of(accessRules).by("user_id", call.params.user ?? "");
      const shown = rows.map((row) => linked(row, call));
      return { status: 200, body: { access_rules: shown, links: collectionLinks(call) } };
    },
  },
  {
    method: "GET",
    path: `${path}/{rule}`,
    policy: own("get_access_rule"),
    handle: (call) => ({ status: 200, body: { access_rule: linked(find(call), call) } }),
  },
  { method: "DELETE", path: `${path}/{rule}`, policy: own("delete_access_rule"), handle: remove },
];
