/** Volumes: create, lists, summary, change, delete (cinder stable/zed: api/v3/volumes.py, volume/api.py). */
import { ofType } from "../core/checks.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { text } from "../core/json.ts";
import { authorize } from "../core/policy.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Filter, MemberRoute, Resource, Route } from "../core/types.ts";
import { attachActions } from "./attach-actions.ts";
import { createVolume } from "./create.ts";
import { refuseDelete } from "./delete.ts";
import { notFound } from "./errors.ts";
import {
  isTrue,
  label,
  labels,
  optionalSize,
  optionalText,
  optionalUuid,
  pairsOf,
  readBody,
  type Shape,
  trimmed,
} from "./fields.ts";
import { allTenants, boolParam, bootable, consumesQuota, pairs, same, time } from "./filters.ts";
import { imageFor } from "./images.ts";
import { beginDelete } from "./lifecycle.ts";
import { snapshotFor, volumeFor, volumeTypeFor } from "./lookup.ts";
import { metadataRoutes } from "./metadata.ts";
import { change } from "./moves.ts";
import { admin, contextOf, reads, writes } from "./policies.ts";
import { backups, snapshots, type Volume, volumes } from "./rows.ts";
import { volumeActions } from "./volume-actions.ts";
import { briefView, plainView, volumeAttributes } from "./volume-view.ts";

const names = {
  name: label("name"),
  description: label("description"),
  display_name: label("display_name"),
  display_description: label("display_description"),
};

const created: Shape["fields"] = {
  ...names,
  volume_type: optionalText,
  metadata: labels("object", "null"),
  snapshot_id: optionalUuid,
  source_volid: optionalUuid,
  consistencygroup_id: optionalUuid,
  size: optionalSize,
  availability_zone: optionalText,
  multiattach: ofType("boolean", "string", "null"),
  image_id: optionalText,
  imageRef: optionalText,
};

function createShape({ version }: Call): Shape {
  const group = version >= 13 ? { group_id: optionalText } : {};
  const backup = version >= 47 ? { backup_id: optionalUuid } : {};
  return { fields: { ...created, ...group, ...backup }, open: version < 53 };
}

/** The older names mean the same. */
function named(input: JsonObject): { readonly name?: string | null; readonly description?: string | null } {
  const name = input.name ?? input.display_name;
  const description = input.description ?? input.display_description;
  return {
    ...("name" in input || "display_name" in input ? { name: trimmed(name) } : {}),
    ...("description" in input || "display_description" in input ? { description: trimmed(description) } : {}),
  };
}

function create(call: Call): Answer {
  const { input, world, actor } = call;
  const given = (name: string) => text(input[name]);
  const type = given("volume_type") === "" ? undefined : volumeTypeFor(world, given("volume_type"), actor);
  const snapshot = given("snapshot_id") === "" ? undefined : snapshotFor(world, given("snapshot_id"), actor);
  const source = given("source_volid") === "" ? undefined : volumeFor(world, given("source_volid"), actor);
  // Groups are not simulated: there is none of any id.
  for (const name of ["consistencygroup_id", "group_id"])
    if (given(name) !== "" && (name !== "group_id" || call.version >= 13)) throw notFound("Group", given(name));
  const ref = given("image_id") || given("imageRef");
  const image = ref === "" ? undefined : imageFor(call, ref);
  const backup = call.version < 47 ? "" : given("backup_id");
  if (backup !== "") {
    const found = world.of(backups).get(backup);
    if (found === undefined || (found.project_id !== actor.projectId && !actor.admin)) throw notFound("Backup", backup);
    throw new Refusal(400, "Invalid backup: Originating backup status must be one of 'available' values");
  }
  if (isTrue(input.multiattach ?? null))
    throw new Refusal(
      400,
      "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. Contact your administrator to create a multiattach enabled volume type and use it to create multiattach volumes.",
    );
  const volume = createVolume(contextOf(call), {
    projectId: actor.projectId,
    userId: actor.userId,
    name: null,
    description: null,
    ...named(input),
    metadata: pairsOf(input.metadata),
    ...(input.size === undefined || input.size === null ? {} : { size: Number(input.size) }),
    ...(type === undefined ? {} : { type }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(source === undefined ? {} : { source }),
    ...(image === undefined ? {} : { image }),
  });
  return { status: 202, body: { volume: plainView(volumeResource, volume, call) } };
}

/** Names, description and metadata; metadata are replaced whole. */
const update: MemberRoute<Volume> = {
  method: "PUT",
  path: "",
  policy: writes("volume:update"),
  schema(call) {
    const fields = { ...names, metadata: labels("object") };
    return readBody(call, "volume", call.version >= 53 ? { fields, anyOf: Object.keys(fields) } : { fields });
  },
  run(volume, call) {
    const { input, world, now } = call;
    const metadata = input.metadata === undefined ? {} : { metadata: pairsOf(input.metadata) };
    const changed = change(world, volume, now, { ...named(input), ...metadata });
    return { status: 200, body: { volume: plainView(volumeResource, changed, call) } };
  },
};

function remove(volume: Volume, call: Call): "keep" | undefined {
  const cascade = boolParam(call, "cascade");
  const force = call.version >= 23 && boolParam(call, "force");
  if (force) authorize(admin("volume:force_delete"), call);
  // What no back end has taken can go at once.
  if (volume.host === null && call.world.of(snapshots).by("volume_id", volume.id).length === 0) {
    call.machine.cancel(volume.id);
    return undefined;
  }
  refuseDelete(call.world, volume, { force, cascade });
  beginDelete(contextOf(call), volume);
  return "keep";
}

/** How many volumes the list would have, and how large they are. */
function summary(call: Call): Answer {
  const everything = allTenants(call);
  const own = everything
    ? [...call.world.of(volumes).all()]
    : call.world.of(volumes).by("project_id", call.actor.projectId);
  const tests = Object.entries(filters).flatMap(([name, filter]) =>
    call.query.has(name) ? [filter(call.query.getAll(name), call, name)] : [],
  );
  const counted = own.filter((volume) => tests.every((test) => test(volume)));
  const metadata: Record<string, string[]> = {};
  for (const volume of counted)
    for (const [key, value] of Object.entries(volume.metadata)) {
      const values = metadata[key] ?? [];
      if (!values.includes(value)) metadata[key] = [...values, value];
    }
  const body: Record<string, Json> = {
    total_count: counted.length,
    total_size: counted.reduce((sum, { size }) => sum + size, 0),
  };
  if (call.version >= 36) body.metadata = metadata;
  return { status: 200, body: { "volume-summary": body } };
}

/** `resource_query_filters_file` of Cinder's packages. */
const filters: Readonly<Record<string, Filter>> = {
  name: same("name"),
  status: same("status"),
  metadata: pairs("metadata"),
  bootable,
  migration_status: same("migration_status"),
  availability_zone: same("availability_zone"),
  group_id: same("group_id"),
  size: same("size"),
  created_at: time("created_at"),
  updated_at: time("updated_at"),
  consumes_quota: consumesQuota,
};

export const volumeFilters: readonly string[] = Object.keys(filters);

const sortable = [
  "id",
  "size",
  "status",
  "availability_zone",
  "bootable",
  "host",
  "user_id",
  "project_id",
  "snapshot_id",
];

export const volumeResource: Resource<Volume> = {
  singular: "volume",
  plural: "volumes",
  path: "/v3/volumes",
  table: volumes,
  policies: {
    list: reads("volume:get_all"),
    detail: reads("volume:get_all"),
    show: reads("volume:get"),
    delete: writes("volume:delete"),
  },
  attributes: volumeAttributes,
  brief: briefView,
  order: [],
  owner: "project_id",
  listed: (row, call) => row.project_id === call.actor.projectId || allTenants(call),
  filters,
  sort: {
    ...Object.fromEntries([...sortable, "created_at", "updated_at", "volume_type_id"].map((name) => [name, name])),
    name: "name",
    display_name: "name",
  },
  onDelete: remove,
  members: [update, ...metadataRoutes<Volume>("volume", volumes)],
  actions: { ...volumeActions, ...attachActions },
};

export const volumeRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v3/volumes",
    policy: writes("volume:create"),
    schema: (call) => readBody(call, "volume", createShape(call), ["OS-SCH-HNT:scheduler_hints"]),
    handle: create,
  },
  { method: "GET", path: "/v3/volumes/summary", since: 12, policy: reads("volume:get_all"), handle: summary },
];
