/** Application credentials: a secret shown once, a project, and some of the user's roles; and a user's own password. */

import { unwrap, view } from "../core/attributes.ts";
import { isList, isObject, type Json, type JsonObject, repr, text } from "../core/json.ts";
import { Refusal, unauthorized } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { ruleView, rulesOf } from "./access-rules.ts";
import { collectionLinks, conflict, forbidden, malformed, notFound } from "./form.ts";
import { roleResource } from "./resources.ts";
import { hashSecret, newId, newSecret, verifySecret } from "./secrets.ts";
import { accessRules, type ApplicationCredential, credentials, roles, users } from "./tables.ts";
import { revoke } from "./tokens.ts";

const path = "/v3/users/{user}/application_credentials";

/** The user himself, and for reading and deleting the administrator. */
const own = (name: string, alsoAdmin = true): Policy => ({
  name: `identity:${name}`,
  rule: (call) => call.actor.userId === call.params.user || (alsoAdmin && call.actor.admin),
});

function roleView(id: string, call: Call): JsonObject {
  const role = call.world.of(roles).get(id);
  if (role === undefined) return { id };
  const { links: _links, ...rest } = view(roleResource, role, call);
  return rest;
}

function rulesShown(ids: readonly string[], call: Call): JsonObject[] {
  return ids.flatMap((id) => {
    const rule = call.world.of(accessRules).get(id);
    return rule === undefined ? [] : [ruleView(rule)];
  });
}

function credentialView(row: ApplicationCredential, call: Call): JsonObject {
  return {
    id: row.id,
    name: row.name,
    description: row.description ?? null,
    user_id: row.user_id,
    project_id: row.project_id,
    system: null,
    expires_at: row.expires_at,
    unrestricted: row.unrestricted,
    roles: row.role_ids.map((id) => roleView(id, call)),
    ...(row.access_rules === null ? {} : { access_rules: rulesShown(row.access_rules, call) }),
    // Seen live: the link leaves the user out.
    links: { self: `${call.base}/v3/application_credentials/${row.id}` },
  };
}

function find(call: Call): ApplicationCredential {
  const id = call.params.credential ?? "";
  const row = call.world.of(credentials).get(id);
  if (row === undefined || row.user_id !== call.params.user) throw notFound("Application Credential", id);
  return row;
}

/** Roles by id or name, all of which the token must carry. */
function chosenRoles(wanted: Json | undefined, call: Call): string[] {
  const all = [...call.world.of(roles).all()];
  const held = all.filter((role) => call.actor.roles.has(role.name)).map((role) => role.id);
  if (!isList(wanted) || wanted.length === 0) return held;
  return wanted.map((item) => {
    const given = isObject(item) ? item : {};
    const role = all.find((one) => one.id === given.id || one.name === given.name);
    if (role === undefined) throw new Refusal(404, `Role ${text(given.name) || text(given.id)} is not defined`);
    if (held.includes(role.id)) return role.id;
    throw new Refusal(
      400,
      "Invalid application credential: Cannot create an application credential with unassigned role",
    );
  });
}

function expiry(value: Json | undefined, now: number): string | null {
  if (value === undefined || value === null) return null;
  const at = Date.parse(text(value).replace(/(?:Z|[+]00:00)?$/, "Z"));
  if (Number.isNaN(at)) throw malformed("Timestamp not in expected format.");
  if (at <= now) throw new Refusal(400, "Application credential expiration must be in the future");
  return `${new Date(at).toISOString().slice(0, 23)}000`;
}

const known: ReadonlySet<string> = new Set([
  "name",
  "description",
  "secret",
  "expires_at",
  "roles",
  "unrestricted",
  "project_id",
  "access_rules",
]);

function create(call: Call): Answer {
  const given = unwrap(call, "application_credential");
  const parent = call.world.of(credentials).get(call.actor.applicationCredentialId);
  if (call.actor.applicationCredentialId !== "" && parent?.unrestricted !== true)
    throw forbidden(
      "Using method 'application_credential' is not allowed for managing additional application credentials.",
    );
  if (call.actor.projectId === "") throw forbidden("identity:create_application_credential");
  const name = text(given.name);
  if (given.name !== undefined && typeof given.name !== "string")
    throw new Refusal(400, `Invalid input for field 'name': ${repr(given.name)} is not of type 'string'`);
  if (name === "") throw new Refusal(400, "'name' is a required property");
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown !== undefined) throw new Refusal(400, `Application credentials of the simulator know no '${unknown}'.`);
  const mine = call.world.of(credentials).by("user_id", call.actor.userId);
  if (mine.some((one) => one.name === name))
    throw conflict("application_credential", `Duplicate entry found with name ${name}`);
  const secret = text(given.secret) || newSecret(call.ids);
  const row = call.world.of(credentials).put({
    id: newId(call.ids),
    name,
    description: given.description ?? null,
    user_id: call.actor.userId,
    project_id: call.actor.projectId,
    role_ids: chosenRoles(given.roles, call),
    secret: hashSecret(secret, call.ids),
    expires_at: expiry(given.expires_at, call.now),
    unrestricted: typeof given.unrestricted === "boolean" ? given.unrestricted : null,
    access_rules: rulesOf(given.access_rules, call),
  });
  return { status: 201, body: { application_credential: { ...credentialView(row, call), secret } } };
}

function list(call: Call): Answer {
  const name = call.query.get("name");
  const rows = call.world.of(credentials).by("user_id", call.params.user ?? "");
  const shown = rows.filter((row) => name === null || row.name === name).map((row) => credentialView(row, call));
  return { status: 200, body: { application_credentials: shown, links: collectionLinks(call) } };
}

function remove(call: Call): Answer {
  const row = find(call);
  call.world.of(credentials).delete(row.id);
  revoke(call.world, row.user_id, (token) => token.application_credential_id === row.id);
  return { status: 204 };
}

/** Needs no token but the old password. */
function changePassword(call: Call): Answer {
  const given = unwrap(call, "user");
  for (const member of ["original_password", "password"])
    if (typeof given[member] !== "string") throw new Refusal(400, `'${member}' is a required property`);
  const user = call.world.of(users).get(call.params.user ?? "");
  if (user === undefined || !verifySecret(text(given.original_password), user.password)) throw unauthorized();
  call.world.of(users).patch(user.id, { password: hashSecret(text(given.password), call.ids) });
  revoke(call.world, user.id);
  return { status: 204 };
}

export const credentialRoutes: readonly Route[] = [
  { method: "GET", path, policy: own("list_application_credentials"), handle: list },
  { method: "POST", path, policy: own("create_application_credential", false), handle: create },
  {
    method: "GET",
    path: `${path}/{credential}`,
    policy: own("get_application_credential"),
    handle: (call) => ({ status: 200, body: { application_credential: credentialView(find(call), call) } }),
  },
  { method: "DELETE", path: `${path}/{credential}`, policy: own("delete_application_credential"), handle: remove },
  {
    method: "POST",
    path: "/v3/users/{user}/password",
    policy: { name: "identity:change_password", rule: "public" },
    handle: changePassword,
  },
];
