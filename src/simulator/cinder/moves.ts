/** Volumes from one status to the next, by the table of states. */
import type { JsonObject } from "../core/json.ts";
import type { World } from "../world.ts";
import { type Volume, volumes } from "./rows.ts";
import { follows, type VolumeStatus } from "./states.ts";

/** Stores changes with a new time of update. */
export function change(world: World, volume: Volume, now: number, changes: Partial<Volume> & JsonObject): Volume {
  return world.of(volumes).put({ ...volume, ...changes, updated_at: now });
}

/** Brings a volume to another status. A step that the table does not know is a fault of the simulator, never of its client. */
export function move(
  world: World,
  volume: Volume,
  now: number,
  status: VolumeStatus,
  changes: Partial<Volume> & JsonObject = {},
): Volume {
  const known = status === volume.status || status === "deleting" || follows[volume.status]?.includes(status) === true;
  if (!known) throw new Error(`a volume cannot go from ${volume.status} to ${status}`);
  return change(world, volume, now, { ...changes, status });
}
