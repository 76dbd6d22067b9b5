/** What a project may have, in all and of each type, and what of it is used (cinder stable/zed: quota.py, quota_utils.py). */
import { limitsOf } from "../core/quota.ts";
import type { World } from "../world.ts";
import { overLimit } from "./errors.ts";
import { backups, type Context, snapshots, type Volume, volumes, volumeTypes } from "./rows.ts";

/** Limits that are not of a type. */
export const quotaDefaults: Readonly<Record<string, number>> = {
  volumes: 10,
  per_volume_gigabytes: -1,
  snapshots: 10,
  gigabytes: 1000,
  backups: 10,
  backup_gigabytes: 1000,
  groups: 10,
};

const service = { name: "cinder", quotas: quotaDefaults };

/** The defaults, those of each type included: they are without limit. */
export function defaultsOf(world: World): Readonly<Record<string, number>> {
  const limits: Record<string, number> = { ...quotaDefaults };
  for (const { name } of world.of(volumeTypes).all())
    for (const kind of ["volumes", "gigabytes", "snapshots"]) limits[`${kind}_${name}`] = -1;
  return limits;
}

/** A project's limits: the defaults, and what an administrator set instead. */
export function projectLimits(world: World, project: string): Readonly<Record<string, number>> {
  return { ...defaultsOf(world), ...limitsOf(world, service, project) };
}

/** What a project uses of each. Snapshots count their volume's gigabytes once more. */
export function usageOf(world: World, project: string): Readonly<Record<string, number>> {
  const used: Record<string, number> = {};
  const add = (name: string, amount: number) => {
    used[name] = (used[name] ?? 0) + amount;
  };
  const count = (kind: string, size: number, typeId: string) => {
    const type = world.of(volumeTypes).get(typeId)?.name ?? "";
    for (const suffix of ["", `_${type}`]) {
      add(kind + suffix, 1);
      add(`gigabytes${suffix}`, size);
    }
  };
  for (const volume of world.of(volumes).by("project_id", project))
    count("volumes", volume.size, volume.volume_type_id);
  for (const one of world.of(snapshots).by("project_id", project))
    count("snapshots", one.volume_size, one.volume_type_id);
  for (const { size } of world.of(backups).by("project_id", project)) {
    add("backups", 1);
    add("backup_gigabytes", size);
  }
  return used;
}

/** Refuses what would pass a limit, in the words for the first one that is passed. */
function claim(world: World, project: string, wanted: Readonly<Record<string, number>>): void {
  const limits = projectLimits(world, project);
  const used = usageOf(world, project);
  for (const [name, amount] of Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const limit = limits[name] ?? -1;
    const now = used[name] ?? 0;
    if (limit < 0 || now + amount <= limit) continue;
    if (name.startsWith("gigabytes"))
      throw overLimit(
        `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed ${name} quota. Requested ${amount}G, quota is ${limit}G and ${now}G has been consumed.`,
      );
    if (name.startsWith("backup_gigabytes"))
      throw overLimit(
        `VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. Requested ${amount}G, quota is ${limit}G and ${now}G has been consumed.`,
      );
    if (name === "backups")
      throw overLimit(`BackupLimitExceeded: Maximum number of backups allowed (${limit}) exceeded`);
    if (name.startsWith("snapshots"))
      throw overLimit(`SnapshotLimitExceeded: Maximum number of snapshots allowed (${limit}) exceeded`);
    throw overLimit(`VolumeLimitExceeded: Maximum number of volumes allowed (${limit}) exceeded for quota '${name}'.`);
  }
}

function refuseLarge(world: World, project: string, size: number): void {
  const most = projectLimits(world, project).per_volume_gigabytes ?? -1;
  if (most >= 0 && size > most)
    throw overLimit(
      `VolumeSizeExceedsLimit: Requested volume size ${size}G is larger than maximum allowed limit ${most}G.`,
    );
}

export function claimVolume({ world }: Context, project: string, type: string, size: number): void {
  refuseLarge(world, project, size);
  claim(world, project, { volumes: 1, gigabytes: size, [`volumes_${type}`]: 1, [`gigabytes_${type}`]: size });
}

export function claimSnapshot({ world }: Context, project: string, volume: Volume): void {
  const type = world.of(volumeTypes).get(volume.volume_type_id)?.name ?? "";
  const { size } = volume;
  claim(world, project, { snapshots: 1, gigabytes: size, [`snapshots_${type}`]: 1, [`gigabytes_${type}`]: size });
}

export function claimGrowth({ world }: Context, volume: Volume, size: number): void {
  const type = world.of(volumeTypes).get(volume.volume_type_id)?.name ?? "";
  const more = size - volume.size;
  refuseLarge(world, volume.project_id, size);
  claim(world, volume.project_id, { gigabytes: more, [`gigabytes_${type}`]: more });
}

export function claimRetype({ world }: Context, volume: Volume, type: string): void {
  claim(world, volume.project_id, { [`volumes_${type}`]: 1, [`gigabytes_${type}`]: volume.size });
}

export function claimBackup({ world }: Context, project: string, size: number): void {
  claim(world, project, { backups: 1, backup_gigabytes: size });
}
