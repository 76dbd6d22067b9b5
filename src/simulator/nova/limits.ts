/** What a project may have, and what of it is used: quota sets, limits; and the availability zones. */

import { applies } from "../core/attributes.ts";
import { gotOrMade } from "../core/gotOrMade.ts";
import { isObject, type Json, type JsonObject, repr } from "../core/json.ts";
import { defaultLimits, limitsOf, resetLimits, setDefaultLimits, setLimits } from "../core/quota.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route, Versioned } from "../core/types.ts";
import { invalid, refuseQuery } from "./form.ts";
import { compute, internalZone, novaServices, zoneOfService } from "./places.ts";

interface Limit extends Versioned {
  /** In a quota set. */
  readonly name: string;
  readonly value: number;
  /** In `/limits`; absent where it is not listed. */
  readonly absolute?: string;
  /** The used amount in `/limits`. */
  readonly used?: string;
}

/** 2.36 took the networks' limits away, 2.39 image metadata, 2.57 injected files. */
const table: readonly Limit[] = [
  { name: "instances", value: 10, absolute: "maxTotalInstances", used: "totalInstancesUsed" },
  { name: "cores", value: 20, absolute: "maxTotalCores", used: "totalCoresUsed" },
  { name: "ram", value: 51_200, absolute: "maxTotalRAMSize", used: "totalRAMUsed" },
  { name: "metadata_items", value: 128, absolute: "maxServerMeta" },
  { name: "injected_files", value: 5, absolute: "maxPersonality", until: 56 },
  { name: "injected_file_content_bytes", value: 10_240, absolute: "maxPersonalitySize", until: 56 },
  { name: "injected_file_path_bytes", value: 255, until: 56 },
  { name: "key_pairs", value: 100, absolute: "maxTotalKeypairs" },
  { name: "server_groups", value: 10, absolute: "maxServerGroups", used: "totalServerGroupsUsed" },
  { name: "server_group_members", value: 10, absolute: "maxServerGroupMembers" },
  { name: "fixed_ips", value: -1, until: 35 },
  { name: "floating_ips", value: -1, absolute: "maxTotalFloatingIps", used: "totalFloatingIpsUsed", until: 35 },
  { name: "security_groups", value: -1, absolute: "maxSecurityGroups", used: "totalSecurityGroupsUsed", until: 35 },
  { name: "security_group_rules", value: -1, absolute: "maxSecurityGroupRules", until: 35 },
];

/** The order in which `/limits` tells what is used. */
const reported = ["ram", "cores", "instances", "floating_ips", "security_groups", "server_groups"];

export const quotaDefaults: Readonly<Record<string, number>> = Object.fromEntries(
  table.map(({ name, value }) => [name, value]),
);

function used(call: Call, project: string): Readonly<Record<string, number>> {
  return call.service.usage?.(call, project) ?? {};
}

const own = (name: string): Policy => ({
  name: `os_compute_api:os-quota-sets:${name}`,
  rule: (call) => call.actor.admin || (call.actor.projectId === call.params.project && call.actor.roles.has("reader")),
});
const admin = (name: string): Policy => ({ name: `os_compute_api:os-quota-sets:${name}`, rule: "admin" });

function project(call: Call): string {
  const id = call.params.project ?? "";
  const known = call.services.find(({ type }) => type === "identity")?.knowsProject?.(call.world, id) ?? true;
  if (!known) throw new Refusal(400, `Project ID ${id} is not a valid project.`);
  return id;
}

function limitSet(
  call: Call,
  values: Readonly<Record<string, number>>,
  withId: string | undefined,
  usage?: Readonly<Record<string, number>>,
): JsonObject {
  const body: Record<string, Json> = withId === undefined ? {} : { id: withId };
  for (const { name, ...gate } of table) {
    if (!applies(gate, call.version)) continue;
    const limit = values[name] ?? -1;
    body[name] = usage === undefined ? limit : { limit, in_use: usage[name] ?? 0, reserved: 0 };
  }
  return Object.fromEntries(Object.entries(body).sort(byName));
}

function quotaSet(call: Call, values: Readonly<Record<string, number>>, withId?: string, detail = false): Answer {
  const usage = detail ? used(call, withId ?? "") : undefined;
  return { status: 200, body: { quota_set: limitSet(call, values, withId, usage) } };
}

function byName([a]: readonly [string, Json], [b]: readonly [string, Json]): number {
  if (a === "id" || b === "id") return a === "id" ? -1 : 1;
  return a < b ? -1 : 1;
}

function checkSet(call: Call, wrapper = "quota_set"): JsonObject {
  const given = isObject(call.body) ? call.body[wrapper] : undefined;
  if (!isObject(given)) throw call.service.words.unwrapped(wrapper, call.body);
  for (const [name, value] of Object.entries(given)) {
    if (wrapper === "quota_set" && (name === "force" || name === "tenant_id")) continue;
    const limit = table.find((one) => one.name === name && applies(one, call.version));
    if (limit === undefined)
      throw invalid(wrapper, given, `Additional properties are not allowed (${repr(name)} was unexpected)`);
    if (!/^-?[0-9]+$/.test(String(value)))
      throw invalid(name, value, `${repr(value)} is not of type 'integer', 'string'`);
    if (Number(value) < -1) throw invalid(name, value, `${String(value)} is less than the minimum of -1`);
  }
  return given;
}

function update(call: Call): Answer {
  const id = project(call);
  const usage = used(call, id);
  const changes: Record<string, number> = {};
  for (const { name } of table) {
    const value = call.input[name];
    if (value === undefined) continue;
    changes[name] = Number(value);
    const inUse = usage[name] ?? 0;
    if (call.input.force !== true && changes[name] >= 0 && changes[name] < inUse)
      throw new Refusal(
        400,
        `Quota limit ${changes[name]} for ${name} must be greater than or equal to already used and reserved ${inUse}.`,
      );
  }
  setLimits(call.world, call.service, id, changes);
  return quotaSet(call, limitsOf(call.world, call.service, id));
}

const asking: ReadonlySet<string> = new Set(["reserved", "tenant_id"]);

function limits(call: Call): Answer {
  refuseQuery(call, asking);
  const wanted = call.actor.admin ? (call.query.get("tenant_id") ?? call.actor.projectId) : call.actor.projectId;
  const values = limitsOf(call.world, call.service, wanted);
  const usage = used(call, wanted);
  const absolute: Record<string, Json> = {};
  const rows = table.filter((one) => applies(one, call.version));
  for (const { name, absolute: shown } of rows) {
    if (shown !== undefined) absolute[shown] = values[name] ?? -1;
    if (name === "metadata_items" && call.version < 39) absolute.maxImageMeta = values[name] ?? -1;
  }
  for (const name of reported) {
    const shown = rows.find((row) => row.name === name)?.used;
    if (shown !== undefined) absolute[shown] = usage[name] ?? 0;
  }
  return { status: 200, body: { limits: { rate: [], absolute } } };
}

/** Zones with their hosts; Nova's own, which has no servers, only with details. A zone is there while one of its hosts is. */
function zones(call: Call): Answer {
  const detail = call.path.endsWith("/detail");
  const at = `${new Date(call.now).toISOString().slice(0, 19)}.000000`;
  const byZone = new Map<string, Record<string, Record<string, JsonObject>>>();
  for (const service of call.world.of(novaServices).all()) {
    const zone = gotOrMade(byZone, zoneOfService(call.world, service), () => ({}));
    const state = { available: !service.disabled, active: !service.forced_down, updated_at: at };
    zone[service.host] = { ...zone[service.host], [service.binary]: state };
  }
  const rows = [...byZone].filter(([name]) => detail || name !== internalZone);
  const shown = rows.map(([zoneName, hosts]) => {
    const open = Object.values(hosts).some((host) => host[compute]?.available !== false);
    return { zoneName, zoneState: { available: open }, hosts: detail ? hosts : null };
  });
  return { status: 200, body: { availabilityZoneInfo: shown } };
}

/** The class `default` is what all projects have to which nobody gave another; others are empty names (nova: quota.py). */
function classSet(call: Call): Answer {
  const id = call.params.class ?? "";
  const values = id === "default" ? defaultLimits(call.world, call.service) : quotaDefaults;
  const body = limitSet(call, values, call.method === "GET" ? id : undefined);
  // Before 2.50 server groups had no place in it (seen live).
  const old = Object.fromEntries(Object.entries(body).filter(([name]) => !name.startsWith("server_group")));
  return { status: 200, body: { quota_class_set: call.version < 50 ? old : body } };
}

function updateClass(call: Call): Answer {
  const changes = Object.entries(call.input).map(([name, value]) => [name, Number(value)]);
  if (call.params.class === "default") setDefaultLimits(call.world, call.service, Object.fromEntries(changes));
  return classSet(call);
}

const path = "/v2.1/os-quota-sets/{project}";
const zonePolicy = (verb: string, rule: Policy["rule"]): Policy => ({
  name: `os_compute_api:os-availability-zone:${verb}`,
  rule,
});

const classPath = "/v2.1/os-quota-class-sets/{class}";
const classPolicy = (verb: string): Policy => ({ name: `os_compute_api:os-quota-class-sets:${verb}`, rule: "admin" });

export const limitRoutes: readonly Route[] = [
  { method: "GET", path: "/v2.1/limits", policy: { name: "os_compute_api:limits", rule: "reader" }, handle: limits },
  {
    method: "GET",
    path,
    policy: own("show"),
    handle: (call) => quotaSet(call, limitsOf(call.world, call.service, project(call)), project(call)),
  },
  {
    method: "GET",
    path: `${path}/defaults`,
    policy: own("defaults"),
    handle: (call) => quotaSet(call, defaultLimits(call.world, call.service), project(call)),
  },
  {
    method: "GET",
    path: `${path}/detail`,
    policy: own("detail"),
    handle: (call) => quotaSet(call, limitsOf(call.world, call.service, project(call)), project(call), true),
  },
  { method: "PUT", path, policy: admin("update"), schema: (call) => checkSet(call), handle: update },
  {
    method: "DELETE",
    path,
    policy: admin("delete"),
    handle: (call) => {
      resetLimits(call.world, call.service, project(call));
      return { status: 202 };
    },
  },
  { method: "GET", path: classPath, policy: classPolicy("show"), handle: classSet },
  {
    method: "PUT",
    path: classPath,
    policy: classPolicy("update"),
    schema: (call) => checkSet(call, "quota_class_set"),
    handle: updateClass,
  },
  { method: "GET", path: "/v2.1/os-availability-zone", policy: zonePolicy("list", "reader"), handle: zones },
  { method: "GET", path: "/v2.1/os-availability-zone/detail", policy: zonePolicy("detail", "admin"), handle: zones },
];
