/** `/v3/auth`: tokens, and what the caller may reach with his. */

import { view } from "../core/attributes.ts";
import { Refusal } from "../core/refusal.ts";
import type { Selection } from "../core/selection.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { catalog } from "./catalog.ts";
import { collectionLinks, forbidden, words } from "./form.ts";
import { login } from "./login.ts";
import { domainResource, projectResource } from "./resources.ts";
import { tokenMark } from "./secrets.ts";
import { type Assignment, domains, projects, type Token, tokens } from "./tables.ts";
import { assignmentsOf, tokenView, validToken } from "./tokens.ts";

const anyone: Policy = { name: "identity:authenticate", rule: "public" };
const holder: Policy = { name: "identity:get_auth", rule: "token" };

/** The token in `X-Subject-Token`: one's own, or any for an administrator. */
function subject(call: Call, action: string): Token {
  const id = call.headers["x-subject-token"];
  const own = typeof id === "string" && id === call.actor.tokenId;
  const token = typeof id === "string" ? validToken(call.world, id, call.now) : undefined;
  if (token === undefined && typeof id === "string") {
    // One that was a token once is recognised (seen live).
    const message = id.startsWith(tokenMark) ? "Failed to validate token" : "Could not recognize Fernet token";
    throw new Refusal(404, message);
  }
  if (token === undefined || !(own || call.actor.admin || token.user_id === call.actor.userId)) throw forbidden(action);
  return token;
}

function show(call: Call): Answer {
  const token = subject(call, "identity:validate_token");
  return { status: 200, body: { token: tokenView(token, call) }, headers: { "X-Subject-Token": token.id } };
}

function revoke(call: Call): Answer {
  const token = subject(call, "identity:revoke_token");
  call.world.of(tokens).delete(token.id);
  return { status: 204 };
}

/** Ids of what is of a kind and where the user has a role. */
function reachable(call: Call, user: string, scope: Assignment["scope"]): Set<string> {
  const own = assignmentsOf(call.world, user);
  return new Set(own.filter((one) => one.scope === scope).map((one) => one.target));
}

/** Disabled ones, too (keystone stable/zed: api/auth.py AuthProjectsResource). */
export function projectsOf(call: Call, user: string, where: Selection["where"] = []): Answer {
  const ids = reachable(call, user, "project");
  const rows = call.world.of(projects).filter((project) => ids.has(project.id) && where.every((is) => is(project)));
  const shown = rows.map((project) => view(projectResource, project, call));
  return { status: 200, body: { projects: shown, links: collectionLinks(call) } };
}

function ownDomains(call: Call): Answer {
  const ids = reachable(call, call.actor.userId, "domain");
  const rows = call.world.of(domains).filter((domain) => ids.has(domain.id));
  const shown = rows.map((domain) => view(domainResource, domain, call));
  return { status: 200, body: { domains: shown, links: collectionLinks(call) } };
}

function ownSystem(call: Call): Answer {
  const isThere = reachable(call, call.actor.userId, "system").size > 0;
  return { status: 200, body: { system: isThere ? [{ all: true }] : [], links: { self: call.base + call.path } } };
}

function showCatalog(call: Call): Answer {
  if (call.actor.projectId === "" && !call.actor.system && call.actor.domainId === "")
    throw words.forbidden({ name: "identity:get_auth_catalog", rule: "token" }, call);
  return {
    status: 200,
    body: { catalog: catalog(call, call.actor.projectId), links: { self: `${call.base}${call.path}` } },
  };
}

/** v3 in a list of versions. */
export function v3(call: Call): {
  readonly id: string;
  readonly [key: string]: string | readonly Record<string, string>[];
} {
  return {
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${call.base}/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
  };
}

const one = (call: Call): Answer => ({ status: 200, body: { version: v3(call) } });

export const authRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    policy: anyone,
    handle: (call) => ({
      status: 300,
      body: { versions: { values: [v3(call)] } },
      headers: { Location: `${call.base}/v3/` },
    }),
  },
  { method: "GET", path: "/v3", policy: anyone, handle: one },
  { method: "GET", path: "/v3/", policy: anyone, handle: one },
  { method: "POST", path: "/v3/auth/tokens", policy: anyone, handle: login },
  { method: "GET", path: "/v3/auth/tokens", policy: holder, handle: show },
  { method: "HEAD", path: "/v3/auth/tokens", policy: holder, handle: show },
  { method: "DELETE", path: "/v3/auth/tokens", policy: holder, handle: revoke },
  { method: "GET", path: "/v3/auth/catalog", policy: holder, handle: showCatalog },
  { method: "GET", path: "/v3/auth/projects", policy: holder, handle: (call) => projectsOf(call, call.actor.userId) },
  { method: "GET", path: "/v3/auth/domains", policy: holder, handle: ownDomains },
  { method: "GET", path: "/v3/auth/system", policy: holder, handle: ownSystem },
];
