/** Whether a volume may be deleted (cinder stable/zed: volume/api.py delete): in use is a 400, not a 409. */
import type { World } from "../world.ts";
import { invalidVolume } from "./errors.ts";
import { attachments, snapshots, type Volume } from "./rows.ts";
import { deletable } from "./states.ts";

/** Whether something really holds the volume; a reservation does not. */
export function isAttached(world: World, volume: Volume): boolean {
  const own = world.of(attachments).by("volume_id", volume.id);
  return own.some((one) => one.attach_status === "attached");
}

/** Refuses what is attached, has snapshots or is busy; `force` minds no status, `cascade` takes the snapshots along. */
export function refuseDelete(
  world: World,
  volume: Volume,
  { force, cascade }: { readonly force: boolean; readonly cascade: boolean },
): void {
  const own = world.of(snapshots).by("volume_id", volume.id);
  const kept = cascade ? own.some(({ status }) => status !== "available" && status !== "error") : own.length > 0;
  if ((force || deletable.has(volume.status)) && !isAttached(world, volume) && !kept) return;
  const status = force
    ? ""
    : "status must be available or error or error_restoring or error_extending or error_managing and";
  throw invalidVolume(
    `Volume ${status} must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.`,
  );
}
