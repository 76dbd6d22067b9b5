/** The attachments API, 3.27 and later (cinder stable/zed: api/v3/attachments.py). */
import { nullable, ofType } from "../core/checks.ts";
import { isObject, type JsonObject, repr, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Call, Check, MemberRoute, Resource, Route } from "../core/types.ts";
import { complete, connect, release, reserve } from "./attaching.ts";
import { novaHolds } from "./errors.ts";
import { mode, readBody, uuid } from "./fields.ts";
import { allTenants, same } from "./filters.ts";
import { volumeFor } from "./lookup.ts";
import { action, contextOf, reads, writes } from "./policies.ts";
import { type Attachment, attachments } from "./rows.ts";

function summary({ id, attach_status, instance_uuid, volume_id }: Attachment): JsonObject {
  return { id, status: attach_status, instance: instance_uuid, volume_id };
}

/** When it was attached is known with the connection, but told only when it is in use (seen live). */
function detail(one: Attachment): JsonObject {
  const attached = one.attach_status === "attached" && one.attach_time !== null;
  return {
    ...summary(one),
    attached_at: attached ? zoneless(one.attach_time ?? 0) : "",
    detached_at: "",
    attach_mode: one.attach_mode,
    connection_info: one.connection_info,
  };
}

const connector: Check = (value) => {
  if (!isObject(value)) return ofType("object")(value);
  return Object.keys(value).length === 0 ? `${repr(value)} does not have enough properties` : undefined;
};

function create(call: Call): Answer {
  const { input, actor, world } = call;
  const volume = volumeFor(world, text(input.volume_uuid), actor);
  const context = contextOf(call);
  const options = call.version >= 54 && typeof input.mode === "string" ? { mode: input.mode } : {};
  const reserved = reserve(context, volume, text(input.instance_uuid) || null, options);
  if (!isObject(input.connector)) return { status: 200, body: { attachment: detail(reserved) } };
  try {
    const connected = connect(context, reserved, input.connector);
    return { status: 200, body: { attachment: detail({ ...connected, attach_mode: reserved.attach_mode }) } };
  } catch (error) {
    release(context, reserved);
    throw error;
  }
}

const update: MemberRoute<Attachment> = {
  method: "PUT",
  path: "",
  since: 27,
  policy: writes("volume:attachment_update"),
  schema: (call) => readBody(call, "attachment", { fields: { connector }, required: ["connector"] }),
  run(attachment, call) {
    refuseStranger(attachment, call, "volume:attachment_update");
    const given = isObject(call.input.connector) ? call.input.connector : {};
    const connected = connect(contextOf(call), attachment, given);
    // The answer is from before the mode was settled (seen live).
    return { status: 200, body: { attachment: detail({ ...connected, attach_mode: attachment.attach_mode }) } };
  },
};

/** Reading an attachment is open to whoever knows its id (seen live); changing it is not. */
function refuseStranger(attachment: Attachment, call: Call, policy: string): void {
  if (!call.actor.admin && attachment.project_id !== call.actor.projectId)
    throw new Refusal(403, `Policy doesn't allow ${policy} to be performed.`);
}

const remove: MemberRoute<Attachment> = {
  method: "DELETE",
  path: "",
  since: 27,
  policy: writes("volume:attachment_delete"),
  run(attachment, call) {
    refuseStranger(attachment, call, "volume:attachment_delete");
    const connected = Object.keys(attachment.connection_info).length > 0;
    if (attachment.nova && attachment.instance_uuid !== null && connected) throw novaHolds(attachment.instance_uuid);
    release(contextOf(call), attachment);
    const left = call.world.of(attachments).by("volume_id", attachment.volume_id);
    return { status: 200, body: { attachments: left.map(summary) } };
  },
};

const filters = {
  volume_id: same("volume_id"),
  status: same("attach_status"),
  attach_status: same("attach_status"),
  instance_id: same("instance_uuid"),
};

export const attachmentFilters: readonly string[] = ["volume_id", "status", "instance_id", "attach_status"];

export const attachmentResource: Resource<Attachment> = {
  singular: "attachment",
  plural: "attachments",
  path: "/v3/attachments",
  table: attachments,
  since: 27,
  policies: {
    list: reads("volume:attachment_get_all"),
    detail: reads("volume:attachment_get_all"),
    show: reads("volume:attachment_get"),
  },
  attributes: [],
  view: detail,
  brief: summary,
  order: [],
  // Zed shows them to everybody who knows their id.
  visible: (row, call) => call.actor.admin || row.project_id === call.actor.projectId,
  writable: () => true,
  listed: (row, call) => row.project_id === call.actor.projectId || allTenants(call),
  filters,
  sort: Object.fromEntries(
    ["id", "volume_id", "created_at", "attach_status", "instance_uuid"].map((name) => [name, name]),
  ),
  notFound: (id) => new Refusal(404, `Volume attachment could not be found with filter: attachment_id = ${id}.`),
  members: [update, remove],
  actions: {
    "os-complete": action<Attachment>("os-complete", {
      policy: writes("volume:attachment_complete"),
      since: 44,
      run(attachment, _args, call) {
        refuseStranger(attachment, call, "volume:attachment_complete");
        complete(contextOf(call), attachment);
        return { status: 204 };
      },
    }),
  },
};

export const attachmentRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v3/attachments",
    since: 27,
    policy: writes("volume:attachment_create"),
    schema(call) {
      const fields = {
        volume_uuid: uuid,
        instance_uuid: nullable(uuid),
        connector: ofType("object", "null"),
        ...(call.version >= 54 ? { mode } : {}),
      };
      return readBody(call, "attachment", { fields, required: ["volume_uuid"] });
    },
    handle: create,
  },
];
