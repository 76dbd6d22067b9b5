/** Backups on a cloud without a backup service: they are accepted and end in error (cinder stable/zed: backup/api.py; seen live). */
import { type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Attribute, Call, MemberRoute, Resource, Route } from "../core/types.ts";
import type { Task } from "../machine.ts";
import { invalidSnapshot, invalidVolume } from "./errors.ts";
import { flag, isTrue, labels, optionalText, optionalUuid, pairsOf, readBody, trimmed, uuid } from "./fields.ts";
import { allTenants, same } from "./filters.ts";
import { links } from "./form.ts";
import { snapshotFor, volumeFor } from "./lookup.ts";
import { tell } from "./messages.ts";
import { contextOf, reads, writes } from "./policies.ts";
import { claimBackup } from "./quotas.ts";
import { type Backup, backups } from "./rows.ts";

const attributes: readonly Attribute<Backup>[] = [
  { name: "id" },
  { name: "status" },
  { name: "size" },
  { name: "object_count", view: () => 0 },
  { name: "availability_zone", view: () => null },
  { name: "container" },
  { name: "created_at", view: ({ created_at }) => zoneless(created_at) },
  { name: "updated_at", view: ({ updated_at }) => (updated_at === null ? null : zoneless(updated_at)) },
  { name: "name" },
  { name: "description" },
  { name: "fail_reason" },
  { name: "volume_id" },
  { name: "links", view: ({ id }, call) => links(call, `/backups/${id}`) },
  { name: "is_incremental", view: () => false },
  { name: "has_dependent_backups", view: () => false },
  { name: "snapshot_id" },
  { name: "data_timestamp", view: ({ created_at }) => zoneless(created_at) },
  { name: "metadata", since: 43 },
  { name: "os-backup-project-attr:project_id", since: 18, shown: "admin", view: ({ project_id }) => project_id },
  { name: "user_id", since: 56, shown: "admin" },
];

function brief({ id, name }: Backup, call: Call): JsonObject {
  return { id, name, links: links(call, `/backups/${id}`) };
}

function create(call: Call): Answer {
  const { input, world, actor, ids, now } = call;
  const volume = volumeFor(world, text(input.volume_id), actor);
  const wanted = text(input.snapshot_id);
  const snapshot = wanted === "" ? undefined : snapshotFor(world, wanted, actor);
  if (snapshot !== undefined && snapshot.volume_id !== volume.id)
    throw invalidVolume(`Volume ${volume.id} does not match with snapshot.volume_id ${snapshot.volume_id}.`);
  if (snapshot !== undefined && snapshot.status !== "available")
    throw invalidSnapshot(
      `Snapshot to be backed up must be available, but the current status is "${snapshot.status}".`,
    );
  if (snapshot === undefined && volume.status !== "available" && volume.status !== "in-use")
    throw invalidVolume(
      `Volume to be backed up must be available or in-use, but the current status is "${volume.status}".`,
    );
  if (snapshot === undefined && volume.status === "in-use" && !isTrue(input.force))
    throw invalidVolume("Backing up an in-use volume must use the force flag.");
  claimBackup(contextOf(call), actor.projectId, volume.size);
  if (isTrue(input.incremental)) {
    const own = world.of(backups).by("project_id", actor.projectId);
    const said = own.some((backup) => backup.volume_id === volume.id)
      ? "The parent backup must be available for incremental backup."
      : "No backups available to do an incremental backup.";
    throw new Refusal(400, `Invalid backup: ${said}`);
  }
  const backup = world.of(backups).put({
    id: ids.uuid(),
    project_id: actor.projectId,
    user_id: actor.userId,
    volume_id: volume.id,
    snapshot_id: snapshot?.id ?? null,
    name: trimmed(input.name),
    description: trimmed(input.description),
    container: trimmed(input.container),
    size: volume.size,
    status: "creating",
    fail_reason: null,
    metadata: pairsOf(input.metadata),
    created_at: now,
    updated_at: null,
  });
  call.machine.after([100, 400], "cinder.backupFailed", backup.id, { request_id: call.requestId });
  return { status: 202, body: { backup: brief(backup, call) } };
}

const failed: Task = (id, args, { world, ids, at }) => {
  const fail_reason = "Service not found for creating backup.";
  const backup = world.of(backups).get(id);
  if (backup?.status !== "creating") return;
  world.of(backups).put({ ...backup, status: "error", fail_reason, updated_at: at });
  tell(
    { world, ids, now: at },
    {
      project_id: backup.project_id,
      event_id: "VOLUME_VOLUME_BACKUP_013_024",
      user_message: `create backup:Backup failed to schedule. ${fail_reason}`,
      resource_type: "VOLUME_BACKUP",
      resource_uuid: id,
      request_id: text(args.request_id),
    },
  );
};

export const backupTasks: Readonly<Record<string, Task>> = { "cinder.backupFailed": failed };

const update: MemberRoute<Backup> = {
  method: "PUT",
  path: "",
  since: 9,
  policy: writes("backup:update"),
  schema: (call) => {
    const more = call.version >= 43 ? { metadata: labels("object") } : {};
    return readBody(call, "backup", {
      fields: { name: optionalText, description: optionalText, ...more },
      nullable: true,
    });
  },
  run(backup, call) {
    const { input, now, world } = call;
    const changed = world.of(backups).put({
      ...backup,
      ...(input.name === undefined ? {} : { name: trimmed(input.name) }),
      ...(input.description === undefined ? {} : { description: trimmed(input.description) }),
      ...(input.metadata === undefined ? {} : { metadata: pairsOf(input.metadata) }),
      updated_at: now,
    });
    return { status: 200, body: { backup: brief(changed, call) } };
  },
};

const restore: MemberRoute<Backup> = {
  method: "POST",
  path: "/restore",
  policy: writes("backup:restore"),
  run() {
    throw new Refusal(400, "Invalid backup: Backup status must be available");
  },
};

const filters = { name: same("name"), status: same("status"), volume_id: same("volume_id") };

export const backupFilters: readonly string[] = Object.keys(filters);

export const backupResource: Resource<Backup> = {
  singular: "backup",
  plural: "backups",
  path: "/v3/backups",
  table: backups,
  policies: {
    list: reads("backup:get_all"),
    detail: reads("backup:get_all"),
    show: reads("backup:get"),
    delete: writes("backup:delete"),
  },
  attributes,
  brief,
  order: [],
  owner: "project_id",
  listed: (row, call) => row.project_id === call.actor.projectId || allTenants(call),
  filters,
  sort: Object.fromEntries(
    ["id", "status", "volume_id", "created_at", "updated_at", "size", "name"].map((name) => [name, name]),
  ),
  // Without the service nobody can take it away, either (seen live).
  onDelete() {
    throw new Refusal(404, "Service cinder-backup could not be found.");
  },
  members: [update, restore],
};

export const backupRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v3/backups",
    policy: writes("backup:create"),
    schema(call) {
      const fields = {
        volume_id: uuid,
        container: optionalText,
        description: optionalText,
        incremental: flag,
        force: flag,
        name: optionalText,
        snapshot_id: optionalUuid,
        ...(call.version >= 43 ? { metadata: labels("object", "null") } : {}),
        ...(call.version >= 51 ? { availability_zone: optionalText } : {}),
      };
      return readBody(call, "backup", { fields, required: ["volume_id"] });
    },
    handle: create,
  },
];
