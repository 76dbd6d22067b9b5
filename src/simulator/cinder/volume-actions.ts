/** `POST …/action` of volumes, but what attaches (cinder stable/zed: api/contrib/volume_actions.py, admin_actions.py). */
import { nullable, ofType, oneOf, string } from "../core/checks.ts";
import { type JsonObject, text } from "../core/json.ts";
import { authorize } from "../core/policy.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Call } from "../core/types.ts";
import { containerFormats } from "../glance/attributes.ts";
import { refuseDelete } from "./delete.ts";
import { invalidInput, invalidVolume, notFound } from "./errors.ts";
import { anyText, flag, isTrue, labels, pairsOf, shortText, size } from "./fields.ts";
import { queueUpload } from "./images.ts";
import { beginDelete, later } from "./lifecycle.ts";
import { volumeTypeFor } from "./lookup.ts";
import { change, move } from "./moves.ts";
import { accepted, actions, admin, contextOf, writes } from "./policies.ts";
import { claimGrowth, claimRetype } from "./quotas.ts";
import { attachments, backendOf, snapshots, type Volume, volumeTypes } from "./rows.ts";
import { resettable } from "./states.ts";

const noImage = (id: string) => new Refusal(404, `Glance metadata for volume/snapshot ${id} cannot be found.`);

const diskFormats = ["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"];

export const volumeActions = actions<Volume>({
  "os-extend": {
    policy: writes("volume:extend"),
    shape: { fields: { new_size: size }, required: ["new_size"] },
    run(volume, args, call) {
      const wanted = Number(args.new_size);
      const attached = call.version >= 42 && volume.status === "in-use";
      if (wanted <= volume.size)
        throw invalidInput(
          `New size for extend must be greater than current size. (current: ${volume.size}, extended: ${wanted}).`,
        );
      if (!attached && volume.status !== "available")
        throw invalidVolume(
          `Volume ${volume.id} status must be '{'status': 'available'}' to extend, currently ${volume.status}.`,
        );
      const context = contextOf(call);
      claimGrowth(context, volume, wanted);
      const growing = move(call.world, volume, call.now, "extending");
      later(context, growing, "extend", "cinder.extended", { size: wanted, from: volume.status });
      return accepted;
    },
  },
  // Nova tells so that it has done its part. No back end here waits for that, so none is ever waited for.
  "os-extend_volume_completion": {
    since: 71,
    policy: admin("volume_extension:volume_admin_actions:extend_volume_completion"),
    shape: { fields: { error: nullable(flag) } },
    run(volume) {
      throw invalidVolume(`Volume ${volume.id} is not being extended with the help of Nova.`);
    },
  },
  "os-set_bootable": {
    policy: writes("volume:update"),
    shape: { fields: { bootable: flag }, required: ["bootable"] },
    run(volume, args, call) {
      change(call.world, volume, call.now, { bootable: isTrue(args.bootable) });
      return { status: 200 };
    },
  },
  "os-update_readonly_flag": {
    policy: writes("volume:update_readonly_flag"),
    shape: { fields: { readonly: flag }, required: ["readonly"] },
    run(volume, args, call) {
      if (volume.status !== "available")
        throw invalidVolume(
          `Volume ${volume.id} status must be available to update readonly flag, but current status is: ${volume.status}.`,
        );
      const readonly = isTrue(args.readonly) ? "True" : "False";
      change(call.world, volume, call.now, { admin_metadata: { ...volume.admin_metadata, readonly } });
      return accepted;
    },
  },
  "os-reset_status": {
    policy: admin("volume_extension:volume_admin_actions:reset_status"),
    shape: { fields: { status: anyText, attach_status: anyText, migration_status: nullable(anyText) } },
    run(volume, args, call) {
      if (args.status === undefined && args.attach_status === undefined && args.migration_status === undefined)
        throw new Refusal(400, "Must specify 'status', 'attach_status' or 'migration_status' for update.");
      const status = resettable.find((one) => one === args.status) ?? volume.status;
      if (args.status !== undefined && status !== args.status)
        throw new Refusal(
          400,
          `Volume status: ${text(args.status)} is invalid, valid statuses are: (${resettable.map((one) => `'${one}'`).join(", ")}).`,
        );
      if (args.status === "deleting") throw new Refusal(400, "Cannot reset-state to deleting");
      const own = call.world.of(attachments).by("volume_id", volume.id);
      if (args.status === "in-use" && own.length === 0)
        throw new Refusal(400, "Cannot reset-state to in-use because volume does not have any attachments.");
      if (args.attach_status === "detached") for (const { id } of own) call.world.of(attachments).delete(id);
      change(call.world, volume, call.now, { status });
      return accepted;
    },
  },
  "os-force_delete": {
    policy: admin("volume_extension:volume_admin_actions:force_delete"),
    run(volume, _args, call) {
      refuseDelete(call.world, volume, { force: true, cascade: false });
      beginDelete(contextOf(call), volume);
      return accepted;
    },
  },
  "os-retype": {
    policy: writes("volume:retype"),
    shape: {
      fields: { new_type: anyText, migration_policy: oneOf("on-demand", "never") },
      required: ["new_type"],
    },
    run(volume, args, call) {
      const type = volumeTypeFor(call.world, text(args.new_type), call.actor);
      const idle = volume.status === "available" || volume.status === "in-use";
      if (!idle || type.id === volume.volume_type_id)
        throw invalidVolume(
          "Retype needs volume to be in available or in-use state, not be part of an active migration or a consistency group, requested type has to be different that the one from the volume, and for in-use volumes front-end qos specs cannot change.",
        );
      const context = contextOf(call);
      claimRetype(context, volume, type.name);
      // Without a migration the volume stays where it is, and keeps its type when that is elsewhere.
      const here = backendOf(call.world, call.world.of(volumeTypes).get(volume.volume_type_id))?.id;
      const fits = args.migration_policy === "on-demand" || backendOf(call.world, type)?.id === here;
      const going = move(call.world, volume, call.now, "retyping");
      later(context, going, "retype", "cinder.retyped", { from: volume.status, ...(fits ? { type: type.id } : {}) });
      return accepted;
    },
  },
  "os-set_image_metadata": {
    policy: writes("volume_extension:volume_image_metadata:set"),
    shape: { fields: { metadata: labels("object") }, required: ["metadata"] },
    run(volume, args, call) {
      const image_metadata = { ...volume.image_metadata, ...pairsOf(args.metadata) };
      change(call.world, volume, call.now, { image_metadata });
      return { status: 200, body: { metadata: image_metadata } };
    },
  },
  "os-show_image_metadata": {
    policy: { name: "volume_extension:volume_image_metadata:show", rule: "reader" },
    run({ id, image_metadata }) {
      if (image_metadata === null) throw noImage(id);
      return { status: 200, body: { metadata: image_metadata } };
    },
  },
  "os-unset_image_metadata": {
    policy: writes("volume_extension:volume_image_metadata:remove"),
    shape: { fields: { key: string(1, 255) }, required: ["key"] },
    run(volume, args, call) {
      const { [text(args.key)]: value, ...rest } = volume.image_metadata ?? {};
      if (value === undefined) throw noImage(volume.id);
      change(call.world, volume, call.now, { image_metadata: Object.keys(rest).length === 0 ? null : rest });
      return { status: 200 };
    },
  },
  "os-volume_upload_image": {
    policy: writes("volume_extension:volume_actions:upload_image"),
    shape: {
      fields: {
        image_name: shortText,
        force: flag,
        disk_format: oneOf(...diskFormats),
        container_format: ofType("string", "null"),
        visibility: oneOf("community", "public", "private", "shared"),
        protected: flag,
      },
      required: ["image_name"],
    },
    run: upload,
  },
  revert: {
    policy: writes("volume:revert_to_snapshot"),
    since: 40,
    run(volume, args, call) {
      const own = call.world.of(snapshots).by("volume_id", volume.id);
      const latest = own.sort((a, b) => b.created_at - a.created_at)[0];
      if (latest === undefined) throw new Refusal(400, `Volume ${volume.id} doesn't have any snapshots.`);
      const asked = args.snapshot_id;
      if (asked !== latest.id)
        throw new Refusal(
          400,
          `Specified snapshot ${text(asked) || "None"} is None or not the latest one of volume ${volume.id}.`,
        );
      if (latest.volume_size !== volume.size)
        throw new Refusal(
          400,
          `Can't revert volume ${volume.id} to its latest snapshot ${latest.id}. The volume size must be equal to the snapshot size.`,
        );
      if (volume.status !== "available" || latest.status !== "available")
        throw new Refusal(409, `Invalid volume: Can't revert volume ${volume.id} to its latest snapshot.`);
      later(contextOf(call), move(call.world, volume, call.now, "reverting"), "revert", "cinder.reverted");
      return accepted;
    },
  },
});

/** Writes the volume into a new image of its project. */
function upload(volume: Volume, args: JsonObject, call: Call): Answer {
  const given = (name: string, otherwise: string): string => text(args[name]) || otherwise;
  const visibility = given("visibility", "shared");
  if (visibility === "public") authorize(admin("volume_extension:volume_actions:upload_public"), call);
  const container_format = given("container_format", "bare");
  const wrong = oneOf(...containerFormats)(container_format);
  if (wrong !== undefined)
    throw new Refusal(400, `Unable to set 'container_format' to '${container_format}'. Reason: ${wrong}`);
  const forced = isTrue(args.force);
  if (volume.status !== "available" && !(forced && volume.status === "in-use"))
    throw invalidVolume(`Volume ${volume.id} status must be available${forced ? " or in-use" : ""}`);
  const type = call.world.of(volumeTypes).get(volume.volume_type_id);
  if (type === undefined) throw notFound("Volume type", volume.volume_type_id);
  const context = contextOf(call);
  const image = queueUpload(context, volume, {
    name: given("image_name", ""),
    disk_format: given("disk_format", "raw"),
    container_format,
    visibility,
    protected: isTrue(args.protected),
  });
  const writing = move(call.world, volume, call.now, "uploading");
  later(context, writing, "upload", "cinder.uploaded", { image: image.id, from: volume.status });
  return {
    status: 202,
    body: {
      "os-volume_upload_image": {
        id: volume.id,
        updated_at: volume.updated_at === null ? null : zoneless(volume.updated_at),
        status: "uploading",
        display_description: volume.description,
        size: volume.size,
        volume_type: {
          id: type.id,
          name: type.name,
          description: type.description,
          is_public: type.is_public,
          extra_specs: type.extra_specs,
          qos_specs_id: type.qos_specs_id,
          created_at: zoneless(type.created_at),
          updated_at: type.updated_at === null ? null : zoneless(type.updated_at),
          deleted_at: null,
          deleted: false,
        },
        image_id: image.id,
        container_format: image.container_format,
        disk_format: image.disk_format,
        image_name: image.name,
        protected: image.protected,
        visibility: image.visibility,
      },
    },
  };
}
