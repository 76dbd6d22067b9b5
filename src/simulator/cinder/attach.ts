/**
 * What Nova asks of Cinder, in the process: volumes for its servers. Errors are the Refusals that Cinder raises (404 for
 * a volume that is not there, 400 `Invalid volume: …`, 413 for full quotas, 500 when the back end fails), for Nova to
 * translate. Nova's own knowledge of a device (tag, delete_on_termination, boot index) is Nova's to keep.
 */
import type { Image } from "../glance/images.ts";
import type { World } from "../world.ts";
import { complete, connect, release, reserve, volumeOf } from "./attaching.ts";
import { createVolume } from "./create.ts";
import { invalidVolume, notFound } from "./errors.ts";
import { beginDelete } from "./lifecycle.ts";
import { volumeTypeFor } from "./lookup.ts";
import { move } from "./moves.ts";
import { type Attachment, attachments, type Context, type Snapshot, snapshots, type Volume, volumes } from "./rows.ts";

export { type Asker, snapshotFor, volumeFor, volumeTypeNamed } from "./lookup.ts";
export type { Attachment, Context, Snapshot, Volume } from "./rows.ts";

/** A volume's status; `deleted` when it is gone. */
export function volumeState(world: World, id: string): string {
  return world.of(volumes).get(id)?.status ?? "deleted";
}

/** Reserves a volume for a server: nobody else gets it then. The attachment's id is what Nova remembers. */
export function reserveVolume(context: Context, volumeId: string, serverId: string): Attachment {
  return reserve(context, volumeOf(context, volumeId), serverId, { nova: true });
}

/** Connects a reserved volume to the host of its server: the volume is in use. `device` is `/dev/vdb`. */
export function completeAttachment(
  context: Context,
  attachmentId: string,
  { device, host }: { readonly device: string; readonly host: string },
): Attachment {
  const attachment = context.world.of(attachments).get(attachmentId);
  if (attachment === undefined) throw notFound("Volume attachment", `with filter: attachment_id = ${attachmentId}`);
  return complete(context, connect(context, attachment, { host, mountpoint: device, mode: "rw" }));
}

/** Begins to detach: the volume is `detaching` until `detachVolume` or `rollDetaching`. */
export function beginDetaching({ world, now }: Context, volumeId: string): void {
  const volume = volumeOf({ world }, volumeId);
  if (volume.status !== "in-use")
    throw invalidVolume(
      "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.",
    );
  move(world, volume, now, "detaching");
}

/** The detaching did not come about. */
export function rollDetaching({ world, now }: Context, volumeId: string): void {
  const volume = world.of(volumes).get(volumeId);
  if (volume?.status === "detaching") move(world, volume, now, "in-use");
}

/** Ends a server's hold of a volume, reserved or attached. Nothing happens when there is none. */
export function detachVolume(context: Context, volumeId: string, serverId: string): void {
  for (const attachment of context.world.of(attachments).by("volume_id", volumeId))
    if (attachment.instance_uuid === serverId) release(context, attachment);
}

/** A server's attachments, oldest first. */
export function attachmentsOfServer(world: World, serverId: string): readonly Attachment[] {
  return world.of(attachments).by("instance_uuid", serverId);
}

/** All attachments of a volume: of several servers when it is multiattach. */
export function attachmentsOfVolume(world: World, volumeId: string): readonly Attachment[] {
  return world.of(attachments).by("volume_id", volumeId);
}

/** What a server's new volume is made of. */
export type VolumeSource =
  | { readonly kind: "blank" }
  | { readonly kind: "image"; readonly image: Image }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot };

export interface VolumeRequest {
  readonly source: VolumeSource;
  /** GiB; a snapshot's own size when absent. */
  readonly size?: number;
  /** Name or id of a type. */
  readonly type?: string;
  readonly name?: string;
  readonly zone?: string;
}

/** Makes a volume for a server; it is `creating` and becomes available when the machine comes to it. */
export function createVolumeFor(
  context: Context,
  owner: { readonly projectId: string; readonly userId: string },
  request: VolumeRequest,
): Volume {
  const { source, size, type, name, zone } = request;
  const of =
    source.kind === "image" ? { image: source.image } : source.kind === "snapshot" ? { snapshot: source.snapshot } : {};
  return createVolume(context, {
    projectId: owner.projectId,
    userId: owner.userId,
    ...of,
    name: name ?? "",
    description: "",
    metadata: {},
    ...(size === undefined ? {} : { size }),
    ...(type === undefined
      ? {}
      : { type: volumeTypeFor(context.world, type, { projectId: owner.projectId, admin: false }) }),
    ...(zone === undefined ? {} : { zone }),
  });
}

/** Deletes a volume with its server (`delete_on_termination`); one that is gone or busy is left alone. */
export function deleteVolumeFor(context: Context, volumeId: string): void {
  const volume = context.world.of(volumes).get(volumeId);
  const idle = volume?.status === "available" || volume?.status === "error";
  const kept = context.world.of(snapshots).by("volume_id", volumeId).length > 0;
  if (volume !== undefined && idle && !kept) beginDelete(context, volume);
}
