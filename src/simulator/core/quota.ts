/** Limits per project: the service's defaults, and what an administrator set instead. */
import type { JsonObject, Row } from "./json.ts";
import { defineTable, type World } from "../world.ts";
import type { Call, Resource, Service } from "./types.ts";

interface QuotaRow extends Row {
  readonly project: string;
  readonly limits: Readonly<Record<string, number>>;
}

const quotas = defineTable<QuotaRow>("quotas");

/** All limits of a project in a service. */
export function limitsOf(world: World, service: Service, project: string): Readonly<Record<string, number>> {
  return { ...service.quotas, ...world.of(quotas).get(`${service.name}/${project}`)?.limits };
}

export function setLimits(world: World, service: Service, project: string, changes: Record<string, number>): void {
  const id = `${service.name}/${project}`;
  world.of(quotas).put({ id, project, limits: { ...world.of(quotas).get(id)?.limits, ...changes } });
}

/** Back to the service's defaults. */
export function resetLimits(world: World, service: Service, project: string): void {
  world.of(quotas).delete(`${service.name}/${project}`);
}

/** Refuses when `adding` more of `name` would pass the project's limit. */
export function claim(call: Call, name: string, project: string, used: number, adding = 1): void {
  const limit = limitsOf(call.world, call.service, project)[name] ?? -1;
  if (limit >= 0 && used + adding > limit) throw call.service.words.overQuota(name, limit, used);
}

/** The quota that a resource names: it counts the owner's rows. */
export function claimOne(resource: Resource, draft: JsonObject, call: Call): void {
  const { quota, owner } = resource;
  if (quota === undefined || owner === undefined) return;
  const project = typeof draft[owner] === "string" ? draft[owner] : call.actor.projectId;
  claim(call, quota, project, call.world.of(resource.table).by(owner, project).length);
}
