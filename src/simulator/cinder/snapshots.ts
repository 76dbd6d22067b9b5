/** Snapshots of volumes (cinder stable/zed: api/v3/snapshots.py, api/contrib/snapshot_actions.py). */
import { view } from "../core/attributes.ts";
import { type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Attribute, Call, Filter, MemberRoute, Resource, Route } from "../core/types.ts";
import { invalidSnapshot, invalidVolume } from "./errors.ts";
import { anyText, flag, isTrue, labels, optionalText, optionalUuid, pairsOf, readBody, trimmed } from "./fields.ts";
import { allTenants, consumesQuota, pairs, same } from "./filters.ts";
import { beginSnapshotDelete, later } from "./lifecycle.ts";
import { volumeFor } from "./lookup.ts";
import { metadataRoutes } from "./metadata.ts";
import { accepted, actions, admin, contextOf, reads, writes } from "./policies.ts";
import { claimSnapshot } from "./quotas.ts";
import { type Snapshot, snapshotStatuses, snapshots, type Volume, volumes } from "./rows.ts";

/** In the short list. */
const brief: readonly Attribute<Snapshot>[] = [
  { name: "id" },
  { name: "created_at", view: ({ created_at }) => zoneless(created_at) },
  { name: "updated_at", view: ({ updated_at }) => (updated_at === null ? null : zoneless(updated_at)) },
  { name: "name" },
  { name: "description" },
  { name: "volume_id" },
  { name: "status" },
  { name: "size", column: "volume_size" },
  { name: "metadata" },
];

/** And in the answers to a create and an update. */
const plain: readonly Attribute<Snapshot>[] = [
  ...brief,
  { name: "group_snapshot_id", since: 14, view: () => null },
  { name: "user_id", since: 41 },
  { name: "consumes_quota", since: 65, view: () => true },
];

const attributes: readonly Attribute<Snapshot>[] = [
  ...plain,
  { name: "os-extended-snapshot-attributes:project_id", view: ({ project_id }) => project_id },
  { name: "os-extended-snapshot-attributes:progress", view: ({ progress }) => progress },
];

function shown(row: Snapshot, call: Call, which: readonly Attribute<Snapshot>[]): JsonObject {
  return view({ ...snapshotResource, attributes: which }, row, call);
}

function checkForce(call: Call): boolean {
  const { force } = call.input;
  if (call.version < 66) return isTrue(force);
  if (force !== undefined && !isTrue(force))
    throw new Refusal(
      400,
      "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, however, when the 'force' flag is passed with a value evaluating to True, it is silently ignored.",
    );
  return true;
}

function refuseVolume(volume: Volume, force: boolean): void {
  if (volume.host === null) throw invalidVolume("volume is not assigned to a host");
  if (volume.status === "maintenance")
    throw invalidVolume("The snapshot cannot be created when the volume is in maintenance mode.");
  if (volume.status === "error")
    throw invalidVolume("The snapshot cannot be created when the volume is in error status.");
  if (volume.status === "available" || (force && volume.status === "in-use")) return;
  throw invalidVolume(
    `Volume ${volume.id} status must be ${force ? "available, in-use" : "available"}, but current status is: ${volume.status}.`,
  );
}

function create(call: Call): Answer {
  const { input, world, actor, ids, now } = call;
  const force = checkForce(call);
  const volume = volumeFor(world, text(input.volume_id), actor);
  refuseVolume(volume, force);
  const context = contextOf(call);
  claimSnapshot(context, actor.projectId, volume);
  const snapshot = world.of(snapshots).put({
    id: ids.uuid(),
    project_id: actor.projectId,
    user_id: actor.userId,
    volume_id: volume.id,
    name: trimmed(input.name ?? input.display_name),
    description: trimmed(input.description),
    status: "creating",
    progress: "0%",
    volume_size: volume.size,
    volume_type_id: volume.volume_type_id,
    metadata: pairsOf(input.metadata),
    created_at: now,
    updated_at: null,
  });
  later(context, snapshot, "snapshot", "cinder.snapshotMade");
  return { status: 202, body: { snapshot: shown(snapshot, call, plain) } };
}

const update: MemberRoute<Snapshot> = {
  method: "PUT",
  path: "",
  policy: writes("volume:update_snapshot"),
  schema(call) {
    const fields = {
      name: optionalText,
      description: optionalText,
      display_name: optionalText,
      display_description: optionalText,
    };
    return readBody(call, "snapshot", { fields, anyOf: Object.keys(fields) });
  },
  run(snapshot, call) {
    const { input, world, now } = call;
    const changes: { name?: string | null; description?: string | null } = {};
    for (const name of ["display_name", "name"]) if (input[name] !== undefined) changes.name = trimmed(input[name]);
    for (const name of ["display_description", "description"])
      if (input[name] !== undefined) changes.description = trimmed(input[name]);
    const changed = world.of(snapshots).put({ ...snapshot, ...changes, updated_at: now });
    return { status: 200, body: { snapshot: shown(changed, call, plain) } };
  },
};

function remove(snapshot: Snapshot, call: Call): "keep" {
  if (snapshot.status !== "available" && snapshot.status !== "error")
    throw invalidSnapshot("Snapshot status must be available or error and must not be part of a group.");
  beginSnapshotDelete(contextOf(call), snapshot);
  return "keep";
}

const snapshotActions = actions<Snapshot>({
  "os-reset_status": {
    policy: admin("volume_extension:snapshot_admin_actions:reset_status"),
    shape: { fields: { status: anyText }, required: ["status"] },
    run(snapshot, args, call) {
      const status = snapshotStatuses.find((one) => one === args.status);
      if (status === undefined)
        throw new Refusal(
          400,
          `Snapshot status: ${text(args.status)} is invalid, valid statuses are: (${snapshotStatuses.map((one) => `'${one}'`).join(", ")}).`,
        );
      call.world.of(snapshots).put({ ...snapshot, status, updated_at: call.now });
      return accepted;
    },
  },
  "os-force_delete": {
    policy: admin("volume_extension:snapshot_admin_actions:force_delete"),
    run(snapshot, _args, call) {
      beginSnapshotDelete(contextOf(call), snapshot);
      return accepted;
    },
  },
});

const filters: Readonly<Record<string, Filter>> = {
  name: same("name"),
  status: same("status"),
  volume_id: same("volume_id"),
  metadata: pairs("metadata"),
  availability_zone: (values, call) => (row) =>
    values.includes(call.world.of(volumes).get(text(row.volume_id))?.availability_zone ?? ""),
  consumes_quota: consumesQuota,
};

export const snapshotFilters: readonly string[] = Object.keys(filters);

export const snapshotResource: Resource<Snapshot> = {
  singular: "snapshot",
  plural: "snapshots",
  path: "/v3/snapshots",
  table: snapshots,
  policies: {
    list: reads("volume:get_all_snapshots"),
    detail: reads("volume:get_all_snapshots"),
    show: reads("volume:get_snapshot"),
    delete: writes("volume:delete_snapshot"),
  },
  attributes,
  brief: (row, call) => shown(row, call, brief),
  order: [],
  owner: "project_id",
  listed: (row, call) => row.project_id === call.actor.projectId || allTenants(call),
  filters,
  sort: {
    ...Object.fromEntries(
      ["id", "status", "volume_id", "created_at", "updated_at", "project_id", "user_id", "volume_size", "progress"].map(
        (name) => [name, name],
      ),
    ),
    name: "name",
    display_name: "name",
  },
  onDelete: remove,
  members: [update, ...metadataRoutes<Snapshot>("snapshot", snapshots)],
  actions: snapshotActions,
};

export const snapshotRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v3/snapshots",
    policy: writes("volume:create_snapshot"),
    schema(call) {
      const fields = {
        name: optionalText,
        display_name: optionalText,
        description: optionalText,
        volume_id: optionalUuid,
        force: flag,
      };
      const shape = { fields: { ...fields, metadata: labels("object", "null") }, required: ["volume_id"] };
      return readBody(call, "snapshot", shape);
    },
    handle: create,
  },
];
