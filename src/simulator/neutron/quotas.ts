/** What a project may have of each resource, and `/quotas` (extensions quotas, quota_details, quota-check-limit). */
import { isObject, type JsonObject, type Row } from "../core/json.ts";
import { limitedProjects, limitsOf, resetLimits, setLimits } from "../core/quota.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import type { TableKey } from "../world.ts";
import { rbacPolicies } from "./rbac-table.ts";
import { httpBadRequest } from "./errors.ts";
import { toInteger } from "./parts.ts";
import {
  floatingIps,
  networks,
  ports,
  routers,
  securityGroupRules,
  securityGroups,
  subnetPools,
  subnets,
} from "./tables.ts";

/** The limit for projects to which nobody gave another (neutron: conf/quota.py), and what counts against it. */
const counted: Readonly<
  Record<string, { readonly limit: number; readonly table?: TableKey<Row & { readonly project_id: string }> }>
> = {
  network: { limit: 100, table: networks },
  subnet: { limit: 100, table: subnets },
  subnetpool: { limit: -1, table: subnetPools },
  port: { limit: 500, table: ports },
  router: { limit: 10, table: routers },
  floatingip: { limit: 50, table: floatingIps },
  rbac_policy: { limit: 10, table: rbacPolicies },
  security_group: { limit: 10, table: securityGroups },
  security_group_rule: { limit: 100, table: securityGroupRules },
  trunk: { limit: -1 },
};

export const quotaDefaults: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(counted).map(([name, { limit }]) => [name, limit]),
);

const own: Policy = {
  name: "get_quota",
  rule: ({ actor, params }) => actor.admin || (actor.roles.has("reader") && actor.projectId === params.project),
};
const admin = (verb: string): Policy => ({ name: `${verb}_quota`, rule: "admin" });
const anyone: Policy = { name: "get_quota", rule: "reader" };

function projectOf(call: Call): string {
  return call.params.project ?? "";
}

function show(call: Call): Answer {
  return { status: 200, body: { quota: limitsOf(call.world, call.service, projectOf(call)) } };
}

function used(call: Call, name: string): number {
  const table = counted[name]?.table;
  return table === undefined ? 0 : call.world.of(table).by("project_id", projectOf(call)).length;
}

function details(call: Call): Answer {
  const limits = limitsOf(call.world, call.service, projectOf(call));
  const quota = Object.entries(limits).map(([name, limit]) => [name, { limit, used: used(call, name), reserved: 0 }]);
  return { status: 200, body: { quota: Object.fromEntries(quota) } };
}

function list(call: Call): Answer {
  const quotas = limitedProjects(call.world, call.service).map((project) => ({
    ...limitsOf(call.world, call.service, project),
    project_id: project,
    tenant_id: project,
  }));
  return { status: 200, body: { quotas } };
}

/** `check_limit` asks that no limit be below what is used, whatever its value that is not empty (seen live). */
function readLimits(call: Call): JsonObject {
  const body = isObject(call.body) ? call.body.quota : undefined;
  if (!isObject(body)) throw call.service.words.unwrapped("quota", call.body);
  const { check_limit: check, ...quota } = body;
  const unknown = Object.keys(quota).filter((name) => !Object.hasOwn(counted, name));
  if (unknown.length > 0) throw httpBadRequest(`Unrecognized attribute(s) '${unknown.join(", ")}'`);
  const limits = Object.entries(quota).map(([name, value]) => {
    const limit = toInteger(value);
    if (limit < -1)
      throw httpBadRequest(`Invalid input for ${name}. Reason: '${limit}' is too small - must be at least '-1'.`);
    return [name, Math.min(limit, 2_147_483_647)] as const;
  });
  const short = check ? limits.find(([name, limit]) => limit !== -1 && limit < used(call, name)) : undefined;
  if (short !== undefined) {
    const [name, limit] = short;
    const most = used(call, name);
    throw httpBadRequest(`Quota limit ${limit} for ${name} must be greater than or equal to already used ${most}`);
  }
  return Object.fromEntries(limits);
}

function update(call: Call): Answer {
  const limits = Object.entries(call.input).map(([name, limit]) => [name, Number(limit)]);
  setLimits(call.world, call.service, projectOf(call), Object.fromEntries(limits));
  return show(call);
}

function remove(call: Call): Answer {
  const project = projectOf(call);
  if (resetLimits(call.world, call.service, project)) return { status: 204 };
  throw new Refusal(404, `Quota for tenant ${project} could not be found.`, { kind: "TenantQuotaNotFound" });
}

const path = "/v2.0/quotas/{project}";

export const quotaRoutes: readonly Route[] = [
  { method: "GET", path: "/v2.0/quotas", policy: { name: "get_quota", rule: "admin" }, handle: list },
  {
    method: "GET",
    path: "/v2.0/quotas/tenant",
    policy: anyone,
    handle: ({ actor }) => ({ status: 200, body: { tenant: { tenant_id: actor.projectId } } }),
  },
  {
    method: "GET",
    path: "/v2.0/quotas/project",
    policy: anyone,
    handle: ({ actor }) => ({ status: 200, body: { project: { project_id: actor.projectId } } }),
  },
  { method: "GET", path, policy: own, handle: show },
  { method: "PUT", path, policy: admin("update"), schema: readLimits, handle: update },
  { method: "DELETE", path, policy: admin("delete"), handle: remove },
  {
    method: "GET",
    path: `${path}/default`,
    policy: own,
    handle: (call) => ({ status: 200, body: { quota: { ...call.service.quotas } } }),
  },
  { method: "GET", path: `${path}/details`, policy: own, handle: details },
  // As python-neutronclient writes it.
  { method: "GET", path: `${path}/details.json`, policy: own, handle: details },
];
