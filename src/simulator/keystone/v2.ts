/**
 * Keystone v2.0, as far as clients of its time sign in with it; no cloud has it since 2018 (keystone stable/pike: token/controllers.py).
 * It knows the default domain only. A v2.0 token is a token like any other.
 */
import { isObject, type JsonObject, text } from "../core/json.ts";
import { Refusal, unauthorized } from "../core/refusal.ts";
import { isoMicros, isoSeconds } from "../core/times.ts";
import type { Answer, Call, Policy, Route, Service } from "../core/types.ts";
import { v3 } from "./auth.ts";
import { endpointUrl } from "./catalog.ts";
import { expecting } from "./form.ts";
import { signIn } from "./login.ts";
import { assignments, catalogServices, endpoints, type Project, projects, roles, type Token, users } from "./tables.ts";

const anyone: Policy = { name: "identity:authenticate", rule: "public" };
const holder: Policy = { name: "identity:get_auth", rule: "token" };
const domain = { id: "default" };

function v2(call: Call): JsonObject {
  return {
    id: "v2.0",
    status: "deprecated",
    updated: "2016-08-04T00:00:00Z",
    links: [
      { rel: "self", href: `${call.base}/v2.0/` },
      { rel: "describedby", type: "text/html", href: "https://docs.openstack.org/" },
    ],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v2.0+json" }],
  };
}

function tenant({ id, name, description, enabled }: Project): JsonObject {
  return { id, name, description: text(description), enabled };
}

/** The request as v3 says it. */
function modern(auth: JsonObject): JsonObject {
  const { passwordCredentials: given, token, tenantId, tenantName } = auth;
  if (!isObject(given) && !isObject(token)) throw expecting("passwordCredentials or token", "auth");
  const identity = isObject(given)
    ? { methods: ["password"], password: { user: { ...who(given), domain, password: text(given.password) } } }
    : { methods: ["token"], token: { id: isObject(token) ? text(token.id) : "" } };
  if (text(tenantId) !== "") return { identity, scope: { project: { id: text(tenantId) } } };
  if (text(tenantName) !== "") return { identity, scope: { project: { name: text(tenantName), domain } } };
  return { identity, scope: "unscoped" };
}

function who({ userId, username }: JsonObject): JsonObject {
  if (text(userId) !== "") return { id: text(userId) };
  if (text(username) === "") throw expecting("username or userId", "passwordCredentials");
  return { name: text(username) };
}

function login(call: Call): Answer {
  const auth = isObject(call.body) ? call.body.auth : undefined;
  if (!isObject(auth)) throw expecting("auth", "request body");
  try {
    return { status: 200, body: { access: access(signIn(modern(auth), call), call) } };
  } catch (error) {
    // v3 has other words for a token that it does not know.
    throw error instanceof Refusal && error.status === 404 ? unauthorized() : error;
  }
}

function access(token: Token, call: Call): JsonObject {
  const { world } = call;
  const project = token.scope === "project" ? world.of(projects).get(token.target) : undefined;
  const name = world.of(users).get(token.user_id)?.name ?? "";
  const names = token.role_ids.map((id) => ({ name: world.of(roles).get(id)?.name ?? "" }));
  return {
    token: {
      id: token.id,
      issued_at: isoMicros(token.issued),
      expires: isoSeconds(token.expires),
      audit_ids: token.audit_ids,
      ...(project === undefined ? {} : { tenant: tenant(project) }),
    },
    serviceCatalog: project === undefined ? [] : catalogue(call, project.id),
    user: { id: token.user_id, name, username: name, roles: names, roles_links: [] },
    metadata: { is_admin: 0, roles: token.role_ids },
  };
}

function catalogue(call: Call, project: string): JsonObject[] {
  const { world } = call;
  return [...world.of(catalogServices).all()].map(({ id, name, type }) => {
    const own = world.of(endpoints).by("service_id", id);
    const urls: Record<string, string> = {};
    for (const endpoint of own)
      urls[`${endpoint.interface}URL`] = endpointUrl(endpoint, call)
        .replaceAll(/[%$]\((?:project|tenant)_id\)s/g, project)
        // A client of v2.0 goes on with v2.0.
        .replace(/\/identity$/, "/identity/v2.0");
    const [first] = own;
    return {
      name,
      type,
      endpoints_links: [],
      endpoints: [{ id: first?.id ?? "", region: first?.region_id ?? "", ...urls }],
    };
  });
}

function tenants(call: Call): Answer {
  const own = call.world.of(assignments).by("user_id", call.actor.userId);
  const ids = new Set(own.filter(({ scope }) => scope === "project").map(({ target }) => target));
  const found = call.world
    .of(projects)
    .filter(({ id, enabled, domain_id }) => ids.has(id) && enabled && domain_id === domain.id)
    .filter(({ name }) => (call.query.get("name") ?? name) === name);
  return { status: 200, body: { tenants: found.map(tenant), tenants_links: [] } };
}

const version = (call: Call): Answer => ({ status: 200, body: { version: v2(call) } });

const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    policy: anyone,
    handle: (call) => ({
      status: 300,
      body: { versions: { values: [v3(call), v2(call)] } },
      headers: { Location: `${call.base}/v3/` },
    }),
  },
  { method: "GET", path: "/v2.0", policy: anyone, handle: version },
  { method: "GET", path: "/v2.0/", policy: anyone, handle: version },
  { method: "POST", path: "/v2.0/tokens", policy: anyone, handle: login },
  { method: "GET", path: "/v2.0/tenants", policy: holder, handle: tenants },
];

/** Keystone with v2.0 beside v3. */
export function withV2(keystone: Service): Service {
  return { ...keystone, routes: [...routes, ...keystone.routes.filter(({ path }) => path !== "/")] };
}
