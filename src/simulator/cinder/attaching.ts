/** Reserving, connecting, completing and releasing attachments: what the attachments API, the volume's actions and Nova share. */
import type { JsonObject } from "../core/json.ts";
import { text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { invalidVolume, notFound } from "./errors.ts";
import { fails } from "./lifecycle.ts";
import { move } from "./moves.ts";
import { type Attachment, attachments, type Context, type Volume, volumes } from "./rows.ts";
import type { VolumeStatus } from "./states.ts";

export function volumeOf(context: Pick<Context, "world">, id: string): Volume {
  const volume = context.world.of(volumes).get(id);
  if (volume === undefined) throw notFound("Volume", id);
  return volume;
}

/** A new attachment without a connection; the volume is `reserved`. */
export function reserve(
  context: Context,
  volume: Volume,
  server: string | null,
  options: { readonly mode?: string; readonly nova?: boolean } = {},
): Attachment {
  const { world, now } = context;
  if (volume.status.includes("error"))
    throw invalidVolume(
      `Volume attachments can not be created if the volume is in an error state. The Volume ${volume.id} currently has a status of: ${volume.status} `,
    );
  const free: readonly VolumeStatus[] = volume.multiattach
    ? ["available", "in-use", "downloading"]
    : ["available", "downloading"];
  if (free.includes(volume.status)) move(world, volume, now, "reserved");
  else if (!isOfServer(context, volume, server))
    throw invalidVolume(
      `Volume ${volume.id} status must be ${listed(free)} to reserve, but the current status is ${volume.status}.`,
    );
  return world.of(attachments).put({
    id: context.ids.uuid(),
    volume_id: volume.id,
    project_id: volume.project_id,
    instance_uuid: server,
    attach_status: "reserved",
    // Cinder asks whether there is a flag, not what it says (volume/api.py attachment_create; seen live).
    attach_mode: volume.admin_metadata.readonly === undefined ? (options.mode ?? "null") : "ro",
    mountpoint: null,
    attached_host: null,
    attach_time: null,
    connection_info: {},
    nova: options.nova ?? false,
    created_at: now,
  });
}

/** The same server may reserve again, as it does when it moves to another host. */
function isOfServer({ world }: Context, volume: Volume, server: string | null): boolean {
  if (server === null || (volume.status !== "in-use" && volume.status !== "reserved")) return false;
  return world
    .of(attachments)
    .by("volume_id", volume.id)
    .some((one) => one.instance_uuid === server);
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** What the back end tells whoever connects. */
export function connectionTo(volume: Volume): JsonObject {
  return {
    target_discovered: false,
    target_lun: 1,
    target_portal: "127.0.0.1:3260",
    target_iqn: `iqn.2010-10.org.openstack:volume-${volume.id}`,
    volume_id: volume.id,
    access_mode: "rw",
    qos_specs: null,
    encrypted: false,
    cacheable: false,
  };
}

/** Gives an attachment its connection; the volume is `attaching`. */
export function connect(context: Context, attachment: Attachment, connector: JsonObject): Attachment {
  const { world, now } = context;
  const volume = volumeOf(context, attachment.volume_id);
  if (fails(volume, "initialize_connection"))
    throw new Refusal(500, `Unable to update attachment.(Volume Driver failed to initialize the connection).`, {
      kind: "computeFault",
    });
  if (volume.status === "reserved") move(world, volume, now, "attaching");
  return world.of(attachments).put({
    ...attachment,
    mountpoint: text(connector.mountpoint) || attachment.mountpoint,
    attached_host: text(connector.host) || null,
    attach_time: now,
    attach_mode: attachment.attach_mode === "null" ? text(connector.mode) || "rw" : attachment.attach_mode,
    connection_info: { ...connectionTo(volume), driver_volume_type: "iscsi", attachment_id: attachment.id },
  });
}

/** The connection stands: the volume is in use. */
export function complete(context: Context, attachment: Attachment): Attachment {
  const { world, now } = context;
  const volume = volumeOf(context, attachment.volume_id);
  if (volume.status !== "in-use") move(world, volume, now, "in-use");
  return world.of(attachments).put({ ...attachment, attach_status: "attached" });
}

/** Takes an attachment away; the volume's status is what its other attachments make of it. */
export function release(context: Context, attachment: Attachment): void {
  const { world, now } = context;
  world.of(attachments).delete(attachment.id);
  const volume = world.of(volumes).get(attachment.volume_id);
  if (volume === undefined) return;
  const left = world.of(attachments).by("volume_id", volume.id);
  if (left.length === 0) settle(context, volume);
  else {
    const wanted = left.some((one) => one.attach_status === "attached") ? "in-use" : "reserved";
    if (volume.status !== wanted) move(world, volume, now, wanted);
  }
}

/** A volume that nobody holds any more is available, and forgets in which mode it was held. */
export function settle({ world, now }: Context, volume: Volume): void {
  const { attached_mode: _, ...admin_metadata } = volume.admin_metadata;
  const held: readonly VolumeStatus[] = ["reserved", "attaching", "in-use", "detaching", "available"];
  if (held.includes(volume.status)) move(world, volume, now, "available", { admin_metadata });
}
