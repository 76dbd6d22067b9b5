/** Images made of servers: they are queued in Glance at once, and active when the machine has come to it. */
import type { Call } from "../../core/types.ts";
import { sums } from "../../glance/data.ts";
import { images } from "../../glance/images.ts";
import type { TaskContext } from "../../machine.ts";
import type { Server } from "./rows.ts";

/** A snapshot's bytes: what the pretended disk of a server holds. */
function diskOf(server: Server): Uint8Array {
  return new TextEncoder().encode(`disk of server ${server.id}\n`);
}

/** A queued image; its id. */
export function queueSnapshot(
  call: Call,
  server: Server,
  name: string,
  properties: Readonly<Record<string, string>>,
): string {
  const id = call.ids.uuid();
  const base = call.world.of(images).get(server.image_ref);
  call.world.of(images).put({
    id,
    name,
    status: "queued",
    visibility: "private",
    owner: server.project_id,
    protected: false,
    os_hidden: false,
    disk_format: base?.disk_format ?? "raw",
    container_format: base?.container_format ?? "bare",
    min_disk: server.flavor.disk,
    min_ram: base?.min_ram ?? 0,
    size: null,
    virtual_size: null,
    checksum: null,
    os_hash_value: null,
    tags: [],
    created_at: call.now,
    updated_at: call.now,
    properties: {
      ...base?.properties,
      base_image_ref: server.image_ref,
      image_type: "snapshot",
      instance_uuid: server.id,
      user_id: call.actor.userId,
      ...properties,
    },
  });
  return id;
}

/** A snapshot that takes the place of older ones of its kind: no more than `rotation` stay (nova: compute/manager.py _rotate_backups). */
export function queueBackup(
  call: Call,
  server: Server,
  name: string,
  kind: string,
  rotation: number,
  properties: Readonly<Record<string, string>>,
): string {
  const table = call.world.of(images);
  const older = table
    .by("owner", server.project_id)
    .filter(
      ({ status, properties: own }) =>
        status === "active" &&
        own.image_type === "backup" &&
        own.backup_type === kind &&
        own.instance_uuid === server.id,
    )
    .sort((a, b) => a.created_at - b.created_at);
  for (const image of older.slice(0, Math.max(0, older.length - rotation + 1))) {
    table.delete(image.id);
    call.world.blobs.delete(image.id);
  }
  return queueSnapshot(call, server, name, { ...properties, image_type: "backup", backup_type: kind });
}

/** Those of a server's images that are still being written become active, or go when the snapshot failed. */
export function snapshotDone({ world, at }: TaskContext, server: Server, failed: boolean): void {
  const table = world.of(images);
  const waiting = table
    .by("owner", server.project_id)
    .filter(({ status, properties }) => status === "queued" && properties.instance_uuid === server.id);
  for (const image of waiting) {
    if (failed) {
      table.delete(image.id);
      continue;
    }
    const data = diskOf(server);
    world.blobs.set(image.id, data);
    const size = { size: data.byteLength, virtual_size: data.byteLength };
    table.put({ ...image, ...size, ...sums(data), status: "active", updated_at: at });
  }
}
