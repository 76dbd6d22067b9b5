/** The older way to attach, by actions of the volume, and who may not use it for what Nova holds (CVE-2023-2088). */
import { ofType } from "../core/checks.ts";
import { text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call } from "../core/types.ts";
import { beginDetaching, rollDetaching } from "./attach.ts";
import { connectionTo, release, settle } from "./attaching.ts";
import { invalidVolume, novaHolds } from "./errors.ts";
import { anyText, mode, mountpoint, optionalUuid, uuid } from "./fields.ts";
import { fails } from "./lifecycle.ts";
import { change, move } from "./moves.ts";
import { type ActionOf, accepted, actions, admin, contextOf, writes } from "./policies.ts";
import { type Attachment, attachments, type Volume } from "./rows.ts";

const acts = (name: string) => writes(`volume_extension:volume_actions:${name}`);

function own(volume: Volume, call: Call): readonly Attachment[] {
  return call.world.of(attachments).by("volume_id", volume.id);
}

/** The attachment that a detach means; refuses those of servers, and an id that is none. */
function releasable(volume: Volume, id: string, call: Call): Attachment | undefined {
  const held = own(volume, call);
  if (id === "" && held.length > 1) throw novaHolds("");
  const meant = id === "" ? held[0] : call.world.of(attachments).get(id);
  if (meant === undefined) {
    if (id !== "") throw novaHolds("");
    return undefined;
  }
  if (meant.volume_id !== volume.id) throw new Refusal(400, "Invalid input received: Mismatched volume and attachment");
  if (meant.nova && meant.instance_uuid !== null && Object.keys(meant.connection_info).length > 0)
    throw novaHolds(meant.instance_uuid);
  return meant;
}

const detach: ActionOf<Volume>["run"] = (volume, args, call) => {
  const meant = releasable(volume, text(args.attachment_id), call);
  const context = contextOf(call);
  if (meant === undefined) settle(context, volume);
  else release(context, meant);
  return accepted;
};

export const attachActions = actions<Volume>({
  "os-attach": {
    policy: acts("attach"),
    shape: {
      fields: { instance_uuid: uuid, mountpoint, host_name: anyText, mode },
      required: ["mountpoint"],
      anyOf: ["instance_uuid", "host_name"],
    },
    run(volume, args, call) {
      const wanted = text(args.mode) || "rw";
      const readonly = volume.admin_metadata.readonly ?? "False";
      if (volume.status === "maintenance") throw invalidVolume("The volume cannot be attached in maintenance mode.");
      if (readonly === "True" && wanted !== "ro")
        throw new Refusal(400, `Invalid attaching mode '${wanted}' for volume ${volume.id}.`);
      const server = text(args.instance_uuid) || null;
      if (server !== null && own(volume, call).some((one) => one.instance_uuid === server)) return accepted;
      if (volume.status === "in-use" && !volume.multiattach)
        throw invalidVolume("volume is already attached and multiple attachments are not enabled");
      if (volume.status !== "available" && volume.status !== "attaching" && volume.status !== "in-use")
        throw invalidVolume("status must be available or attaching");
      const { world, now } = call;
      move(world, volume, now, "in-use", { admin_metadata: { readonly, attached_mode: wanted } });
      world.of(attachments).put({
        id: call.ids.uuid(),
        volume_id: volume.id,
        project_id: volume.project_id,
        instance_uuid: server,
        attach_status: "attached",
        attach_mode: wanted,
        mountpoint: text(args.mountpoint),
        attached_host: text(args.host_name) || null,
        attach_time: now,
        connection_info: {},
        nova: false,
        created_at: now,
      });
      return accepted;
    },
  },
  "os-detach": {
    policy: acts("detach"),
    shape: { fields: { attachment_id: optionalUuid }, nullable: true },
    run: detach,
  },
  "os-force_detach": {
    policy: admin("volume_extension:volume_admin_actions:force_detach"),
    shape: { fields: { attachment_id: optionalUuid, connector: ofType("object", "null") } },
    run: detach,
  },
  "os-reserve": {
    policy: acts("reserve"),
    run(volume, _args, call) {
      if (volume.status !== "available" && !(volume.multiattach && volume.status === "in-use"))
        throw invalidVolume(
          `Volume status must be ${volume.multiattach ? "available or in-use" : "available"} to reserve, but the status is ${volume.status}.`,
        );
      move(call.world, volume, call.now, "attaching");
      return accepted;
    },
  },
  "os-unreserve": {
    policy: acts("unreserve"),
    run(volume, _args, call) {
      if (volume.status === "attaching")
        move(call.world, volume, call.now, own(volume, call).length > 0 ? "in-use" : "available");
      return accepted;
    },
  },
  "os-begin_detaching": {
    policy: acts("begin_detaching"),
    run(volume, _args, call) {
      beginDetaching(contextOf(call), volume.id);
      return accepted;
    },
  },
  "os-roll_detaching": {
    policy: acts("roll_detaching"),
    run(volume, _args, call) {
      rollDetaching(contextOf(call), volume.id);
      return accepted;
    },
  },
  "os-initialize_connection": {
    policy: acts("initialize_connection"),
    shape: { fields: { connector: ofType("object", "string") }, required: ["connector"] },
    run(volume, _args, call) {
      if (fails(volume, "initialize_connection"))
        throw new Refusal(500, "Unable to fetch connection information from backend.", { kind: "computeFault" });
      const data = connectionTo(volume);
      change(call.world, volume, call.now, {});
      return { status: 200, body: { connection_info: { driver_volume_type: "iscsi", data } } };
    },
  },
  "os-terminate_connection": {
    policy: acts("terminate_connection"),
    shape: { fields: { connector: ofType("string", "object", "null") }, required: ["connector"] },
    run(volume, _args, call) {
      const held = own(volume, call);
      if (held.length > 0) releasable(volume, "", call);
      if (volume.status === "attaching") settle(contextOf(call), volume);
      return accepted;
    },
  },
});
