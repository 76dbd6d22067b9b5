/** Finding what a request names: others' things are not there. */
import type { World } from "../world.ts";
import { notFound } from "./errors.ts";
import { type Snapshot, snapshots, type Volume, type VolumeType, volumes, volumeTypes } from "./rows.ts";

/** Who asks: a project sees its own, an administrator everything. */
export interface Asker {
  readonly projectId: string;
  readonly admin: boolean;
}

/** The volume, or the 404. */
export function volumeFor(world: World, id: string, { projectId, admin }: Asker): Volume {
  const volume = world.of(volumes).get(id);
  if (volume === undefined || (!admin && volume.project_id !== projectId)) throw notFound("Volume", id);
  return volume;
}

/** The snapshot, or the 404. */
export function snapshotFor(world: World, id: string, { projectId, admin }: Asker): Snapshot {
  const snapshot = world.of(snapshots).get(id);
  if (snapshot === undefined || (!admin && snapshot.project_id !== projectId)) throw notFound("Snapshot", id);
  return snapshot;
}

export function mayUse(type: VolumeType, { projectId, admin }: Asker): boolean {
  return type.is_public || admin || type.access.includes(projectId);
}

/** The type of an id or name that the asker may use. */
export function volumeTypeNamed(world: World, nameOrId: string, asker: Asker): VolumeType | undefined {
  const table = world.of(volumeTypes);
  const type = table.get(nameOrId) ?? table.find(({ name }) => name === nameOrId);
  return type !== undefined && mayUse(type, asker) ? type : undefined;
}

/** The type of an id or name, or the 404. */
export function volumeTypeFor(world: World, nameOrId: string, asker: Asker): VolumeType {
  const type = volumeTypeNamed(world, nameOrId, asker);
  if (type === undefined) throw notFound("Volume type with name", nameOrId);
  return type;
}
