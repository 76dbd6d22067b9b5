/** Limits per project: the service's defaults, and what an administrator set instead. */

import { defineTable, type World } from "../world.ts";
import type { JsonObject, Row } from "./json.ts";
import type { Call, Resource, Service } from "./types.ts";

interface QuotaRow extends Row {
  readonly project: string;
  readonly limits: Readonly<Record<string, number>>;
}

const quotas = defineTable<QuotaRow>("quotas");

/** As much of a service as its quotas need. */
type Quotas = Pick<Service, "name" | "quotas" | "words">;

/** All limits of a project in a service. */
export function limitsOf(
  world: World,
  service: Omit<Quotas, "words">,
  project: string,
): Readonly<Record<string, number>> {
  return { ...defaultLimits(world, service), ...world.of(quotas).get(`${service.name}/${project}`)?.limits };
}

/** What a project has to which nobody gave another: the service's own, or what an administrator set for all. */
export function defaultLimits(world: World, service: Omit<Quotas, "words">): Readonly<Record<string, number>> {
  return { ...service.quotas, ...world.of(quotas).get(`${service.name}/class/default`)?.limits };
}

/** Limits for the quota class `default`, which is every project without others (Nova's and Cinder's `os-quota-class-sets`). */
export function setDefaultLimits(world: World, service: Service, changes: Record<string, number>): void {
  const id = `${service.name}/class/default`;
  world.of(quotas).put({ id, project: "", limits: { ...world.of(quotas).get(id)?.limits, ...changes } });
}

export function setLimits(world: World, service: Service, project: string, changes: Record<string, number>): void {
  const id = `${service.name}/${project}`;
  world.of(quotas).put({ id, project, limits: { ...world.of(quotas).get(id)?.limits, ...changes } });
}

/** Back to the service's defaults; false when the project had them already. */
export function resetLimits(world: World, service: Service, project: string): boolean {
  return world.of(quotas).delete(`${service.name}/${project}`);
}

/** The projects for which limits were set. */
export function limitedProjects(world: World, service: Service): string[] {
  const own = world.of(quotas).filter(({ id, project }) => id === `${service.name}/${project}`);
  return own.map(({ project }) => project);
}

/** Refuses when `adding` more of `name` would pass the project's limit. */
export function claim(
  call: { readonly world: World; readonly service: Quotas },
  name: string,
  project: string,
  used: number,
  adding = 1,
): void {
  const limit = limitsOf(call.world, call.service, project)[name] ?? -1;
  if (limit >= 0 && used + adding > limit) throw call.service.words.overQuota(name, limit, used);
}

/** The quota that a resource names: it counts the owner's rows. */
export function claimOne(resource: Resource, draft: JsonObject, call: Call): void {
  const { quota, owner } = resource;
  if (quota === undefined || owner === undefined) return;
  const project = typeof draft[owner] === "string" ? draft[owner] : call.actor.projectId;
  claim(call, quota, project, call.world.of(resource.table).count(owner, project));
}
