/** A volume as it is shown: one row per attribute, each from its microversion on. */
import { view } from "../core/attributes.ts";
import type { JsonObject } from "../core/json.ts";
import { zoneless } from "../core/times.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import { links } from "./form.ts";
import { type Attachment, attachments, backends, type Volume, volumeTypes } from "./rows.ts";

function attachmentView(one: Attachment, call: Call): JsonObject {
  return {
    id: one.volume_id,
    attachment_id: one.id,
    volume_id: one.volume_id,
    server_id: one.instance_uuid,
    host_name: call.actor.admin ? one.attached_host : null,
    device: one.mountpoint,
    attached_at: one.attach_time === null ? null : zoneless(one.attach_time),
  };
}

/** Only what is really attached is listed, not what is reserved. */
function attached({ id }: Volume, call: Call): JsonObject[] {
  const own = call.world.of(attachments).by("volume_id", id);
  return own.filter((one) => one.attach_status === "attached").map((one) => attachmentView(one, call));
}

function serviceUuid({ host }: Volume, call: Call): string | null {
  return call.world.of(backends).find((backend) => backend.host === host)?.service_uuid ?? null;
}

/** What the answers to a create and an update show. */
const plain: readonly Attribute<Volume>[] = [
  { name: "id" },
  { name: "status" },
  { name: "size" },
  { name: "availability_zone" },
  { name: "created_at", view: ({ created_at }) => zoneless(created_at) },
  { name: "updated_at", view: ({ updated_at }) => (updated_at === null ? null : zoneless(updated_at)) },
  { name: "name" },
  { name: "description" },
  { name: "volume_type", view: (row, call) => call.world.of(volumeTypes).get(row.volume_type_id)?.name ?? null },
  { name: "snapshot_id" },
  { name: "source_volid" },
  { name: "metadata", view: ({ metadata, admin_metadata }) => ({ ...metadata, ...admin_metadata }) },
  { name: "links", view: ({ id }, call) => links(call, `/volumes/${id}`) },
  { name: "user_id" },
  { name: "bootable", view: ({ bootable }) => String(bootable) },
  { name: "encrypted", view: () => false },
  { name: "replication_status", view: () => null },
  { name: "consistencygroup_id", view: () => null },
  { name: "multiattach" },
  { name: "attachments", view: attached },
  { name: "migration_status", shown: "admin" },
  { name: "group_id", since: 13 },
  { name: "provider_id", since: 21, shown: "admin", view: () => null },
  { name: "shared_targets", since: 48, view: () => true },
  { name: "service_uuid", since: 48, view: serviceUuid },
  { name: "cluster_name", since: 61, shown: "admin", view: () => null },
  { name: "volume_type_id", since: 63 },
  { name: "consumes_quota", since: 65, view: () => true },
];

/** And what extensions add where a volume is read. */
export const volumeAttributes: readonly Attribute<Volume>[] = [
  ...plain,
  { name: "os-vol-tenant-attr:tenant_id", view: ({ project_id }) => project_id },
  { name: "os-vol-mig-status-attr:migstat", shown: "admin", view: () => null },
  { name: "os-vol-mig-status-attr:name_id", shown: "admin", view: () => null },
  { name: "os-vol-host-attr:host", shown: "admin", view: ({ host }) => host },
  { name: "volume_image_metadata", view: ({ image_metadata }) => image_metadata ?? undefined },
];

/** The answer to a create or an update. */
export function plainView(resource: Resource<Volume>, volume: Volume, call: Call): JsonObject {
  return view({ ...resource, attributes: plain }, volume, call);
}

export function briefView({ id, name }: Volume, call: Call): JsonObject {
  return { id, name, links: links(call, `/volumes/${id}`) };
}
