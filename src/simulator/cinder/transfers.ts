/** Giving a volume to another project, who proves by a key that it was offered to him (cinder stable/zed: transfer/api.py). */
import { createHash } from "node:crypto";
import { type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Attribute, Call, Resource, Route } from "../core/types.ts";
import { view } from "../core/attributes.ts";
import { defineTable } from "../world.ts";
import { invalidVolume } from "./errors.ts";
import { anyText, flag, isTrue, optionalText, readBody, trimmed, uuid } from "./fields.ts";
import { allTenants, same } from "./filters.ts";
import { links } from "./form.ts";
import { volumeFor } from "./lookup.ts";
import { move } from "./moves.ts";
import { contextOf, reads, writes } from "./policies.ts";
import { claimVolume } from "./quotas.ts";
import { snapshots, volumes, volumeTypes } from "./rows.ts";
import type { Row } from "../core/json.ts";

interface Transfer extends Row {
  readonly project_id: string;
  readonly volume_id: string;
  readonly name: string | null;
  readonly no_snapshots: boolean;
  /** Hash of the key; the key itself is told once. */
  readonly key_hash: string;
  readonly created_at: number;
}

const transfers = defineTable<Transfer>("cinder.transfers", ["project_id"]);

const hash = (key: string): string => createHash("sha256").update(key).digest("hex");

/** The links keep the path that the API had as an extension. */
const address = ({ id }: Transfer, call: Call) => links(call, `/os-volume-transfer/${id}`);

const brief: readonly Attribute<Transfer>[] = [
  { name: "id" },
  { name: "volume_id" },
  { name: "name" },
  { name: "links", view: address },
];

const attributes: readonly Attribute<Transfer>[] = [
  { name: "id" },
  { name: "created_at", view: ({ created_at }) => zoneless(created_at) },
  ...brief.slice(1),
  { name: "no_snapshots", since: 55 },
  { name: "destination_project_id", since: 57, view: () => null },
  { name: "source_project_id", since: 57, view: ({ project_id }) => project_id },
  { name: "accepted", since: 57, view: () => false },
];

function shown(row: Transfer, call: Call, which: readonly Attribute<Transfer>[]): JsonObject {
  return view({ ...transferResource, attributes: which }, row, call);
}

const noTransfer = (id: string) => new Refusal(404, `Transfer ${id} could not be found.`);

function create(call: Call): Answer {
  const { input, world, actor, ids, now } = call;
  const volume = volumeFor(world, text(input.volume_id), actor);
  if (volume.status !== "available") throw invalidVolume("status must be available");
  const no_snapshots = isTrue(input.no_snapshots);
  const own = world.of(snapshots).by("volume_id", volume.id);
  if (!no_snapshots && own.some(({ status }) => status !== "available"))
    throw new Refusal(400, "Invalid snapshot: All snapshots of the volume must be available.");
  const auth_key = ids.uuid().replaceAll("-", "").slice(0, 16);
  move(world, volume, now, "awaiting-transfer");
  const row = world.of(transfers).put({
    id: ids.uuid(),
    project_id: volume.project_id,
    volume_id: volume.id,
    name: trimmed(input.name),
    no_snapshots,
    key_hash: hash(auth_key),
    created_at: now,
  });
  const { links: where, ...rest } = shown(
    row,
    call,
    attributes.filter(({ since = 0 }) => since < 57),
  );
  return { status: 202, body: { transfer: { ...rest, auth_key, links: where ?? [] } } };
}

/** Whoever has the key takes it: he sees no transfer of others, and so names it by its id. */
function accept(call: Call): Answer {
  const { world, input, actor, now } = call;
  const id = call.params.transfer ?? "";
  const row = world.of(transfers).get(id);
  const volume = row === undefined ? undefined : world.of(volumes).get(row.volume_id);
  if (row === undefined || volume === undefined) throw noTransfer(id);
  if (hash(text(input.auth_key)) !== row.key_hash)
    throw new Refusal(400, `Invalid auth key: Attempt to transfer ${id} with invalid auth key.`);
  const type = world.of(volumeTypes).get(volume.volume_type_id)?.name ?? "";
  claimVolume(contextOf(call), actor.projectId, type, volume.size);
  const owner = { project_id: actor.projectId, user_id: actor.userId };
  move(world, volume, now, "available", owner);
  for (const snapshot of world.of(snapshots).by("volume_id", volume.id))
    if (!row.no_snapshots) world.of(snapshots).put({ ...snapshot, ...owner, updated_at: now });
  world.of(transfers).delete(id);
  return { status: 202, body: { transfer: shown(row, call, brief) } };
}

const acceptBody = (call: Call): JsonObject =>
  readBody(call, "accept", { fields: { auth_key: anyText }, required: ["auth_key"] });

const createBody = (call: Call): JsonObject => {
  const more = call.version >= 55 ? { no_snapshots: flag } : {};
  return readBody(call, "transfer", {
    fields: { volume_id: uuid, name: optionalText, ...more },
    required: ["volume_id"],
  });
};

export const transferResource: Resource<Transfer> = {
  singular: "transfer",
  plural: "transfers",
  path: "/v3/volume-transfers",
  table: transfers,
  policies: {
    list: reads("volume:get_all_transfers"),
    detail: reads("volume:get_all_transfers"),
    show: reads("volume:get_transfer"),
    delete: writes("volume:delete_transfer"),
  },
  attributes,
  brief: (row, call) => shown(row, call, brief),
  order: [],
  owner: "project_id",
  listed: (row, call) => row.project_id === call.actor.projectId || allTenants(call),
  filters: { name: same("name"), volume_id: same("volume_id") },
  sort: Object.fromEntries(["id", "name", "volume_id", "created_at"].map((name) => [name, name])),
  notFound: noTransfer,
  onDelete(row, call) {
    const volume = call.world.of(volumes).get(row.volume_id);
    if (volume?.status === "awaiting-transfer") move(call.world, volume, call.now, "available");
    return undefined;
  },
};

/** The path as it was before 3.55, which clients without microversions use, and as it is. */
export const transferResources: readonly Resource<Transfer>[] = [
  transferResource,
  { ...transferResource, path: "/v3/os-volume-transfer" },
];

export const transferRoutes: readonly Route[] = transferResources.flatMap(({ path }): Route[] => [
  { method: "POST", path, policy: writes("volume:create_transfer"), schema: createBody, handle: create },
  {
    method: "POST",
    path: `${path}/{transfer}/accept`,
    policy: writes("volume:accept_transfer"),
    schema: acceptBody,
    handle: accept,
  },
]);
