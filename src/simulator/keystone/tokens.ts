/** Tokens: issuing, looking them up, showing them, taking them back. */

import type { JsonObject } from "../core/json.ts";
import { isoMicros } from "../core/times.ts";
import type { Actor, Call } from "../core/types.ts";
import type { World } from "../world.ts";
import { permits } from "./access-rules.ts";
import { catalog } from "./catalog.ts";
import { impliedBy } from "./inferences.ts";
import { newAuditId, newToken } from "./secrets.ts";
import {
  type Assignment,
  assignments,
  credentials,
  domains,
  memberships,
  projects,
  roles,
  type Token,
  tokens,
  users,
} from "./tables.ts";

/** Keystone's default `[token] expiration`. */
const lifetime = 3_600_000;

/** What a user was given, himself or as member of a group. */
export function assignmentsOf(world: World, userId: string): readonly Assignment[] {
  const within = world.of(memberships).by("user_id", userId);
  const shared = within.flatMap(({ group_id }) => world.of(assignments).by("group_id", group_id));
  return [...world.of(assignments).by("user_id", userId), ...shared];
}

/** Ids of the users whom an assignment reaches. */
export function holdersOf(world: World, { user_id, group_id }: Assignment): readonly string[] {
  if (group_id === "") return [user_id];
  return world
    .of(memberships)
    .by("group_id", group_id)
    .map((one) => one.user_id);
}

/** Ids of the roles a user has in a scope, with those they imply. */
export function effectiveRoles(world: World, userId: string, scope: Token["scope"], target: string): string[] {
  const found = new Set<string>();
  for (const one of assignmentsOf(world, userId)) {
    if (one.scope !== scope || one.target !== target) continue;
    found.add(one.role_id);
    for (const role of impliedBy(world, one.role_id)) found.add(role);
  }
  return [...found];
}

export interface TokenRequest extends Pick<Token, "user_id" | "methods" | "scope" | "target" | "role_ids"> {
  readonly application_credential_id: string;
  /** The token that this one is made from. */
  readonly parent?: Token;
}

export function issue(call: Call, wanted: TokenRequest): Token {
  const { parent, ...rest } = wanted;
  const issued = Math.floor(call.now / 1000) * 1000;
  const audit = newAuditId(call.ids);
  const chain = parent?.audit_ids.at(-1);
  return call.world.of(tokens).put({
    ...rest,
    id: newToken(call.ids),
    issued,
    // A token made from a token lives no longer than that one.
    expires: parent?.expires ?? issued + lifetime,
    audit_ids: chain === undefined ? [audit] : [audit, chain],
  });
}

/** A token that is known, not expired, and whose user and project are still enabled. */
export function validToken(world: World, id: string, now: number): Token | undefined {
  const token = world.of(tokens).get(id);
  if (token === undefined || token.expires <= now) return undefined;
  if (world.of(users).get(token.user_id)?.enabled !== true) return undefined;
  if (token.scope === "project" && world.of(projects).get(token.target)?.enabled !== true) return undefined;
  return token;
}

const actors = new WeakMap<Token, Actor>();

/** Who a token stands for. */
export function authenticate(id: string, call: Call): Actor | undefined {
  const token = validToken(call.world, id, call.now);
  if (token === undefined) return undefined;
  const actor = actorOf(token, call.world);
  return permits(call.world, actor, call) ? actor : undefined;
}

function actorOf(token: Token, world: World): Actor {
  const known = actors.get(token);
  if (known !== undefined) return known;
  const names = new Set(token.role_ids.map((role) => world.of(roles).get(role)?.name ?? ""));
  const actor: Actor = {
    userId: token.user_id,
    projectId: token.scope === "project" ? token.target : "",
    domainId: token.scope === "domain" ? token.target : "",
    system: token.scope === "system",
    roles: names,
    admin: names.has("admin"),
    applicationCredentialId: token.application_credential_id,
    tokenId: token.id,
  };
  actors.set(token, actor);
  return actor;
}

/** Ends all tokens of a user, or those of him in one scope: after a password change, a lost role, a deletion. */
export function revoke(world: World, userId: string, test: (token: Token) => boolean = () => true): void {
  for (const token of world.of(tokens).by("user_id", userId)) if (test(token)) world.of(tokens).delete(token.id);
}

function domainView(world: World, id: string): JsonObject {
  return { id, name: world.of(domains).get(id)?.name ?? "" };
}

/** The body of a token's answer. */
export function tokenView(token: Token, call: Call): JsonObject {
  const { world } = call;
  const user = world.of(users).get(token.user_id);
  const credential = world.of(credentials).get(token.application_credential_id);
  return {
    methods: token.methods,
    user: {
      domain: domainView(world, user?.domain_id ?? ""),
      id: token.user_id,
      name: user?.name ?? "",
      password_expires_at: null,
    },
    audit_ids: token.audit_ids,
    expires_at: isoMicros(token.expires),
    issued_at: isoMicros(token.issued),
    ...scopeView(token, world),
    ...(token.scope === "unscoped"
      ? {}
      : { roles: token.role_ids.map((id) => ({ id, name: world.of(roles).get(id)?.name ?? "" })) }),
    ...(token.scope === "unscoped" || call.query.has("nocatalog") ? {} : { catalog: catalog(call, token.target) }),
    ...(credential === undefined
      ? {}
      : {
          application_credential: {
            id: credential.id,
            name: credential.name,
            restricted: credential.unrestricted !== true,
          },
        }),
  };
}

function scopeView(token: Token, world: World): JsonObject {
  switch (token.scope) {
    case "project": {
      const project = world.of(projects).get(token.target);
      const domain = domainView(world, project?.domain_id ?? "");
      return { project: { domain, id: token.target, name: project?.name ?? "" }, is_domain: false };
    }
    case "domain":
      return { domain: domainView(world, token.target) };
    case "system":
      return { system: { all: true } };
    case "unscoped":
      return {};
  }
}
