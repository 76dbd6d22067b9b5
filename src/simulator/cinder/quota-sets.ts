/** `os-quota-sets`, `os-quota-class-sets` and `limits` (cinder stable/zed: api/contrib/quotas.py, api/v3/limits.py). */
import type { Json, JsonObject } from "../core/json.ts";
import { repr } from "../core/json.ts";
import { resetLimits, setLimits } from "../core/quota.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { invalidInput } from "./errors.ts";
import { readBody } from "./fields.ts";
import { boolParam } from "./filters.ts";
import { invalid } from "./form.ts";
import { admin, reads } from "./policies.ts";
import { defaultsOf, projectLimits, usageOf } from "./quotas.ts";

const own = (name: string): Policy => ({
  name: `volume_extension:quotas:${name}`,
  rule: (call) => call.actor.admin || (call.actor.projectId === call.params.project && call.actor.roles.has("reader")),
});

function projectOf(call: Call): string {
  return call.params.project ?? "";
}

function show(call: Call): Answer {
  const project = projectOf(call);
  const usage = boolParam(call, "usage") ? usageOf(call.world, project) : undefined;
  const quota_set: Record<string, Json> = {};
  for (const [name, limit] of Object.entries(projectLimits(call.world, project)))
    quota_set[name] = usage === undefined ? limit : { limit, in_use: usage[name] ?? 0, reserved: 0 };
  return { status: 200, body: { quota_set: { ...quota_set, id: project } } };
}

function checkSet(call: Call): JsonObject {
  const given = readBody(call, "quota_set", { fields: {}, open: true });
  if (Object.keys(given).length === 0)
    throw invalid("quota_set", given, `${repr(given)} does not have enough properties`);
  return given;
}

const limitMax = 2_147_483_647;

function update(call: Call): Answer {
  const project = projectOf(call);
  const known = defaultsOf(call.world);
  const used = usageOf(call.world, project);
  const given = Object.entries(call.input).filter(([name]) => name !== "tenant_id" && name !== "skip_validation");
  const bad = given.map(([name]) => name).filter((name) => !Object.hasOwn(known, name));
  if (bad.length > 0) throw invalidInput(`Bad key(s) in quota set: ${bad.join(", ")}`);
  const changes: Record<string, number> = {};
  for (const [name, value] of given) {
    const limit = Number(value);
    if (value === null || value === "" || !Number.isInteger(limit))
      throw new Refusal(400, `${name} must be an integer`);
    if (limit < -1) throw new Refusal(400, `${name} must be >= -1`);
    if (limit > limitMax) throw new Refusal(400, `${name} must be <= ${limitMax}`);
    const now = used[name] ?? 0;
    if (limit >= 0 && limit < now)
      throw new Refusal(
        400,
        `Quota ${name} limit must be equal or greater than existing resources. Current usage is ${now} and the requested limit is ${limit}.`,
      );
    changes[name] = limit;
  }
  setLimits(call.world, call.service, project, changes);
  return { status: 200, body: { quota_set: projectLimits(call.world, project) } };
}

function limits(call: Call): Answer {
  const asked = call.actor.admin && call.version >= 39 ? call.query.get("project_id") : null;
  const project = asked ?? call.actor.projectId;
  const limit = projectLimits(call.world, project);
  const used = usageOf(call.world, project);
  const absolute = {
    maxTotalVolumes: limit.volumes ?? -1,
    maxTotalSnapshots: limit.snapshots ?? -1,
    maxTotalVolumeGigabytes: limit.gigabytes ?? -1,
    maxTotalBackups: limit.backups ?? -1,
    maxTotalBackupGigabytes: limit.backup_gigabytes ?? -1,
    totalVolumesUsed: used.volumes ?? 0,
    totalGigabytesUsed: used.gigabytes ?? 0,
    totalSnapshotsUsed: used.snapshots ?? 0,
    totalBackupsUsed: used.backups ?? 0,
    totalBackupGigabytesUsed: used.backup_gigabytes ?? 0,
  };
  return { status: 200, body: { limits: { rate: [], absolute } } };
}

const path = "/v3/os-quota-sets/{project}";

export const quotaRoutes: readonly Route[] = [
  { method: "GET", path, policy: own("show"), handle: show },
  {
    method: "GET",
    path: `${path}/defaults`,
    policy: own("show"),
    handle: (call) => ({ status: 200, body: { quota_set: { ...defaultsOf(call.world), id: projectOf(call) } } }),
  },
  { method: "PUT", path, policy: admin("volume_extension:quotas:update"), schema: checkSet, handle: update },
  {
    method: "DELETE",
    path,
    policy: admin("volume_extension:quotas:delete"),
    handle(call) {
      resetLimits(call.world, call.service, projectOf(call));
      return { status: 200 };
    },
  },
  {
    method: "GET",
    path: "/v3/os-quota-class-sets/{project}",
    policy: admin("volume_extension:quota_classes:get"),
    handle: (call) => ({ status: 200, body: { quota_class_set: { ...defaultsOf(call.world), id: projectOf(call) } } }),
  },
  { method: "GET", path: "/v3/limits", policy: reads("limits_extension:used_limits"), handle: limits },
];
