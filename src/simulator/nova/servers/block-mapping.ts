/** `block_device_mapping_v2` and its older form: what a new server boots from and which volumes it gets (nova stable/zed: compute/api.py, block_device.py; words seen live). */

import { snapshotFor, type VolumeSource, volumeFor, volumeTypeNamed } from "../../cinder/attach.ts";
import { isList, isObject, type Json, type JsonObject, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import type { Image } from "../../glance/images.ts";
import { imageOf } from "./images.ts";
import { isTrue } from "./schema.ts";

/** One volume of a new server, checked. */
export interface VolumePlan {
  /** An existing volume; absent when one is made. */
  readonly volumeId?: string;
  readonly make?: { readonly source: VolumeSource; readonly size?: number; readonly type?: string };
  readonly bootIndex: number;
  readonly deleteOnTermination: boolean;
  readonly tag: string | null;
  readonly device: string;
}

export interface BootPlan {
  /** The image of a local root disk; empty when the root is a volume. */
  readonly imageId: string;
  readonly volumes: readonly VolumePlan[];
  /** The image that a new root volume is made of: it must fit the flavor, too. */
  readonly rootImage?: Image;
  readonly rootSize?: number;
}

const invalid = (why: string) => new Refusal(400, `Block Device Mapping is Invalid: ${why}`);

/** The older form in the words of the newer one. */
function modern(legacy: JsonObject): JsonObject {
  const existing = text(legacy.volume_id);
  const snapshot = text(legacy.snapshot_id);
  const root = /^(?:\/dev\/)?[a-z]*da$/.test(text(legacy.device_name));
  const kind =
    existing !== "" ? { source_type: "volume", uuid: existing } : { source_type: "snapshot", uuid: snapshot };
  return { ...legacy, ...kind, destination_type: "volume", boot_index: root ? 0 : -1 };
}

function devices(input: JsonObject): readonly JsonObject[] {
  const list = (value: Json | undefined) => (isList(value) ? value.filter(isObject) : []);
  const newer = list(input.block_device_mapping_v2);
  const older = list(input.block_device_mapping);
  if (newer.length > 0 && older.length > 0)
    throw new Refusal(400, "Using different block_device_mapping syntaxes is not allowed in the same request.");
  return [...newer, ...older.map(modern)].filter((one) => !isTrue(one.no_device));
}

function bootIndexOf(device: JsonObject): number {
  return device.boot_index === undefined || device.boot_index === null ? -1 : Number(device.boot_index);
}

/** A volume that is made: of an image, a snapshot or nothing. */
function making(device: JsonObject, call: Call): NonNullable<VolumePlan["make"]> {
  const id = text(device.uuid);
  const size = device.volume_size === undefined || device.volume_size === null ? undefined : Number(device.volume_size);
  const type = text(device.volume_type);
  if (type !== "" && volumeTypeNamed(call.world, type, call.actor) === undefined)
    throw new Refusal(400, `Volume type ${type} could not be found.`);
  const more = { ...(size === undefined ? {} : { size }), ...(type === "" ? {} : { type }) };
  if (device.source_type === "blank") {
    if (size === undefined)
      throw new Refusal(400, "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size");
    return { source: { kind: "blank" }, ...more };
  }
  if (device.source_type === "snapshot") {
    try {
      return { source: { kind: "snapshot", snapshot: snapshotFor(call.world, id, call.actor) }, ...more };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw bootIndexOf(device) === 0 ? new Refusal(400, error.message) : invalid(`failed to get snapshot ${id}.`);
    }
  }
  if (size === undefined)
    throw new Refusal(400, "Images with destination_type 'volume' need to have a non-zero size specified");
  try {
    return { source: { kind: "image", image: imageOf(call, id) }, ...more };
  } catch (error) {
    throw error instanceof Refusal ? invalid(`failed to get image ${id}.`) : error;
  }
}

function existing(device: JsonObject, call: Call): string {
  const id = text(device.uuid);
  if (text(device.volume_type) !== "") throw invalid("Specifying volume type to existing volume is not supported.");
  try {
    const volume = volumeFor(call.world, id, call.actor);
    if (bootIndexOf(device) === 0 && !volume.bootable)
      throw new Refusal(400, `Block Device ${id} is not bootable.`, { kind: "badRequest" });
    return id;
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === "badRequest") throw error;
    throw invalid(`failed to get volume ${id}.`);
  }
}

function planOf(device: JsonObject, call: Call): VolumePlan {
  if (device.source_type !== "blank" && text(device.uuid) === "") throw invalid("Missing device UUID.");
  return {
    ...(device.source_type === "volume" ? { volumeId: existing(device, call) } : { make: making(device, call) }),
    bootIndex: bootIndexOf(device),
    deleteOnTermination: isTrue(device.delete_on_termination),
    tag: text(device.tag) === "" ? null : text(device.tag),
    device: text(device.device_name),
  };
}

/** Whether the entry is a disk of the host, which the flavor gives anyway. */
function isLocal({ source_type, destination_type }: JsonObject): boolean {
  return destination_type !== "volume" && (source_type === "image" || source_type === "blank");
}

/** Disks are booted in an order without gaps and doubles, beginning with 0. */
function refuseOrder(indexes: readonly number[]): void {
  const order = indexes.filter((index) => index >= 0).sort((a, b) => a - b);
  if (order.length === 0 || order.some((index, place) => index !== place))
    throw invalid("Boot sequence for the instance and image/block device mapping combination is not valid.");
}

/** Everything that a create says about disks. */
export function bootPlan(call: Call, input: JsonObject, count: number): BootPlan {
  const all = devices(input);
  const unknown = all.find(({ source_type }) => source_type === undefined);
  if (unknown !== undefined) throw invalid("Missing source_type.");
  let imageId = text(input.imageRef);
  for (const device of all) {
    if (!isLocal(device) || device.source_type !== "image") continue;
    if (bootIndexOf(device) !== 0) throw invalid("Mapping image to local is not supported.");
    if (imageId === "") imageId = text(device.uuid);
  }
  const volumes = all.filter((device) => !isLocal(device));
  const rooted = volumes.some((device) => bootIndexOf(device) === 0);
  const localRoot = !rooted && imageId !== "";
  if (volumes.length === 0 && imageId === "") throw new Refusal(400, "Missing imageRef attribute");
  refuseOrder([...volumes.map(bootIndexOf), ...(localRoot ? [0] : [])]);
  const plans = volumes.map((device) => planOf(device, call));
  if (count > 1 && plans.some(({ volumeId }) => volumeId !== undefined))
    throw new Refusal(400, "Cannot attach one or more volumes to multiple instances");
  if (localRoot) return { imageId: imageOf(call, imageId).id, volumes: plans };
  const root = plans.find(({ bootIndex }) => bootIndex === 0)?.make;
  const ofImage = root?.source.kind === "image" ? { rootImage: root.source.image } : {};
  return { imageId: "", volumes: plans, ...ofImage, ...(root?.size === undefined ? {} : { rootSize: root.size }) };
}
