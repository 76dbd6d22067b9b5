/** What servers use of a project's quota, and Nova's refusals when it is full (nova stable/zed: compute/utils.py). */
import { limitsOf } from "../../core/quota.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import { serverGroups } from "./groups.ts";
import { type EmbeddedFlavor, servers } from "./rows.ts";

const counted = ["cores", "instances", "ram"] as const;
type Counted = (typeof counted)[number];
type Amounts = Record<Counted, number>;

/** A resize that is not confirmed counts its larger flavor. */
function inUse(call: Call, project: string): Amounts {
  const sum = { cores: 0, instances: 0, ram: 0 };
  for (const { flavor } of call.world.of(servers).by("living", project)) {
    sum.instances++;
    sum.cores += flavor.vcpus;
    sum.ram += flavor.ram;
  }
  return sum;
}

/** For `/limits` and quota sets with details. */
export function usage(call: Call, project: string): Readonly<Record<string, number>> {
  return { ...inUse(call, project), server_groups: call.world.of(serverGroups).by("project_id", project).length };
}

function refuse(
  over: readonly Counted[],
  asked: Readonly<Record<string, number | string>>,
  used: Amounts,
  limits: Readonly<Record<string, number>>,
): Refusal {
  const join = (values: readonly (string | number | undefined)[]) => values.map(String).join(", ");
  const names = join(over);
  return new Refusal(
    403,
    `Quota exceeded for ${names}: Requested ${join(over.map((name) => asked[name]))}, but already used ${join(
      over.map((name) => used[name]),
    )} of ${join(over.map((name) => limits[name]))} ${names}`,
  );
}

/** How many servers of a flavor may be made, between `least` and `most`. */
export function claimServers(call: Call, flavor: EmbeddedFlavor, least: number, most: number): number {
  const used = inUse(call, call.actor.projectId);
  const limits = limitsOf(call.world, call.service, call.actor.projectId);
  const each: Amounts = { cores: flavor.vcpus, instances: 1, ram: flavor.ram };
  let room = most;
  for (const name of counted) {
    const limit = limits[name] ?? -1;
    if (limit >= 0 && each[name] > 0) room = Math.min(room, Math.floor((limit - used[name]) / each[name]));
  }
  if (room >= least) return room;
  const over = counted.filter((name) => {
    const limit = limits[name] ?? -1;
    return limit >= 0 && used[name] + each[name] * most > limit;
  });
  const instances = least === most ? least : `${least}-${most}`;
  throw refuse(over, { cores: each.cores * most, instances, ram: each.ram * most }, used, limits);
}

/** The difference a larger flavor makes (nova: compute/api.py _check_quota_for_upsize). */
export function claimResize(call: Call, project: string, from: EmbeddedFlavor, to: EmbeddedFlavor): void {
  const used = inUse(call, project);
  const limits = limitsOf(call.world, call.service, project);
  const more = { cores: Math.max(0, to.vcpus - from.vcpus), instances: 0, ram: Math.max(0, to.ram - from.ram) };
  const over = counted.filter((name) => {
    const limit = limits[name] ?? -1;
    return more[name] > 0 && limit >= 0 && used[name] + more[name] > limit;
  });
  if (over.length > 0) throw refuse(over, more, used, limits);
}

/** `metadata_items`, for servers old and new. */
export function claimMetadata(call: Call, items: number): void {
  const limit = limitsOf(call.world, call.service, call.actor.projectId).metadata_items ?? -1;
  if (limit >= 0 && items > limit) throw new Refusal(403, `Maximum number of metadata items exceeds ${limit}`);
}
