/** `POST /v3/auth/tokens`: who are you, and for what (keystone stable/zed: auth/core.py, auth/plugins). */
import { isList, isObject, type Json, type JsonObject, repr, text } from "../core/json.ts";
import { Refusal, unauthorized } from "../core/refusal.ts";
import type { Answer, Call } from "../core/types.ts";
import type { World } from "../world.ts";
import { expecting, notFound } from "./form.ts";
import { verifySecret } from "./secrets.ts";
import { type ApplicationCredential, credentials, domains, projects, type Token, type User, users } from "./tables.ts";
import { effectiveRoles, issue, tokenView, validToken } from "./tokens.ts";

interface Identified {
  readonly user: User;
  readonly methods: readonly string[];
  readonly parent?: Token;
  readonly credential?: ApplicationCredential;
}

function member(value: Json | undefined, name: string, place: string): JsonObject {
  const inner = isObject(value) ? value[name] : undefined;
  if (!isObject(inner)) throw expecting(name, place);
  return inner;
}

/** A domain given by id or name; undefined when there is none of that kind. */
function domainOf(world: World, value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value.id === "string") return world.of(domains).get(value.id)?.id;
  return world.of(domains).find((domain) => domain.name === value.name)?.id;
}

function userOf(world: World, given: JsonObject): User {
  if (typeof given.id !== "string") {
    if (typeof given.name !== "string") throw expecting("id or name", "user");
    if (!isObject(given.domain)) throw expecting("domain", "user");
  }
  const domain = domainOf(world, given.domain);
  const user =
    typeof given.id === "string"
      ? world.of(users).get(given.id)
      : world.of(users).find((one) => one.name === given.name && one.domain_id === domain);
  if (user === undefined || !user.enabled || world.of(domains).get(user.domain_id)?.enabled !== true)
    throw unauthorized();
  return user;
}

const methods: Readonly<Record<string, (given: JsonObject, call: Call) => Identified>> = {
  password: (given, call) => {
    const wanted = member(given, "user", "password");
    if (wanted.password !== undefined && typeof wanted.password !== "string")
      throw new Refusal(
        400,
        `Invalid input for field 'identity/password/user/password': ${repr(wanted.password)} is not of type 'string'`,
      );
    const user = userOf(call.world, wanted);
    if (!verifySecret(text(wanted.password), user.password)) throw unauthorized();
    return { user, methods: ["password"] };
  },
  token: (given, call) => {
    if (typeof given.id !== "string")
      throw new Refusal(400, "Invalid input for field 'identity/token': 'id' is a required property");
    const parent = validToken(call.world, given.id, call.now);
    // Seen live: an unreadable token in the body is a 404, unlike one in the header.
    if (parent === undefined) throw new Refusal(404, "Could not recognize Fernet token");
    const user = call.world.of(users).get(parent.user_id);
    if (user === undefined) throw unauthorized();
    // A token from an application credential may not be widened to another scope.
    if (parent.application_credential_id !== "") throw unauthorized();
    return { user, methods: [...parent.methods.filter((name) => name !== "token"), "token"], parent };
  },
  application_credential: (given, call) => {
    const credential = credentialOf(given, call);
    // Seen live: who names one by an id that is none is told so.
    if (credential === undefined && typeof given.id === "string") throw notFound("Application Credential", given.id);
    if (credential === undefined || !verifySecret(text(given.secret), credential.secret)) throw unauthorized();
    if (credential.expires_at !== null && Date.parse(`${credential.expires_at}Z`) <= call.now) throw unauthorized();
    return { user: userOf(call.world, { id: credential.user_id }), methods: ["application_credential"], credential };
  },
};

function credentialOf(given: JsonObject, call: Call): ApplicationCredential | undefined {
  if (typeof given.id === "string") return call.world.of(credentials).get(given.id);
  if (typeof given.name !== "string") throw expecting("id or name", "application credential");
  if (!isObject(given.user)) throw expecting("user", "application credential");
  const user = userOf(call.world, given.user);
  return call.world
    .of(credentials)
    .by("user_id", user.id)
    .find((one) => one.name === given.name);
}

function identify(identity: JsonObject, call: Call): Identified {
  const named = isList(identity.methods) ? identity.methods.map(text) : [];
  let who: Identified | undefined;
  for (const name of named) {
    const given = identity[name];
    if (!isObject(given)) throw expecting(name, "identity");
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw unauthorized();
    const found = method(given, call);
    if (who !== undefined && who.user.id !== found.user.id) throw unauthorized();
    who = who === undefined ? found : { ...who, ...found, methods: [...who.methods, ...found.methods] };
  }
  if (who === undefined) throw unauthorized();
  return who;
}

interface Scope {
  readonly scope: Token["scope"];
  readonly target: string;
}

function projectScope(world: World, wanted: JsonObject): Scope {
  if (typeof wanted.id !== "string") {
    if (typeof wanted.name !== "string") throw expecting("id or name", "project");
    if (!isObject(wanted.domain)) throw expecting("domain", "project");
  }
  const domain = domainOf(world, wanted.domain);
  const project =
    typeof wanted.id === "string"
      ? world.of(projects).get(wanted.id)
      : world.of(projects).find((one) => one.name === wanted.name && one.domain_id === domain);
  if (project === undefined || !project.enabled) throw unauthorized();
  return { scope: "project", target: project.id };
}

function scopeOf(asked: Json | undefined, who: Identified, call: Call): Scope {
  const { world } = call;
  if (who.credential !== undefined) {
    if (asked !== undefined && asked !== "unscoped")
      throw new Refusal(
        401,
        "Error authenticating with application credential: Application credentials cannot request a scope.",
        { more: { identity: {} } },
      );
    return { scope: "project", target: who.credential.project_id };
  }
  if (asked === undefined) {
    const home = who.user.default_project_id ?? "";
    const usable =
      effectiveRoles(world, who.user.id, "project", home).length > 0 && world.of(projects).get(home)?.enabled;
    return usable === true ? { scope: "project", target: home } : { scope: "unscoped", target: "" };
  }
  if (asked === "unscoped" || (isObject(asked) && asked.unscoped !== undefined))
    return { scope: "unscoped", target: "" };
  if (!isObject(asked)) throw new Refusal(400, `Invalid input for field 'scope': ${repr(asked)} is not valid`);
  if (Object.keys(asked).length > 1) throw expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope");
  if (isObject(asked.project)) return projectScope(world, asked.project);
  if (isObject(asked.domain)) {
    const target = domainOf(world, asked.domain);
    if (target === undefined) throw unauthorized();
    return { scope: "domain", target };
  }
  if (isObject(asked.system)) return { scope: "system", target: "all" };
  throw expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope");
}

/** The token for what `auth` says. */
export function signIn(auth: JsonObject, call: Call): Token {
  const who = identify(member(auth, "identity", "auth"), call);
  const { scope, target } = scopeOf(auth.scope, who, call);
  const held = effectiveRoles(call.world, who.user.id, scope, target);
  const role_ids = who.credential === undefined ? held : who.credential.role_ids.filter((id) => held.includes(id));
  if (scope !== "unscoped" && role_ids.length === 0) throw unauthorized();
  return issue(call, {
    user_id: who.user.id,
    methods: who.methods,
    scope,
    target,
    role_ids,
    application_credential_id: who.credential?.id ?? "",
    ...(who.parent === undefined ? {} : { parent: who.parent }),
  });
}

/** 201 with the token in `X-Subject-Token`. */
export function login(call: Call): Answer {
  const token = signIn(member(call.body, "auth", "request body"), call);
  return { status: 201, body: { token: tokenView(token, call) }, headers: { "X-Subject-Token": token.id } };
}
