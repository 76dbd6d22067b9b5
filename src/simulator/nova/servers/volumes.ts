/** Volumes in servers: with the server, and `os-volume_attachments` (nova stable/zed: api/openstack/compute/volumes.py; seen live). */
import {
  beginDetaching,
  type Context,
  completeAttachment,
  createVolumeFor,
  deleteVolumeFor,
  detachVolume,
  reserveVolume,
  volumeFor,
  volumeState,
} from "../../cinder/attach.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import type { TaskContext } from "../../machine.ts";
import type { VolumePlan } from "./block-mapping.ts";
import { addDevice, type BlockDevice, deviceName, devicesOf, removeDevice } from "./devices.ts";
import type { Server } from "./rows.ts";

/** Cinder's context out of a request or a task. */
export function cinderOf(from: Call | TaskContext): Context {
  const { world, machine, ids } = from;
  return { world, machine, ids, now: "at" in from ? from.at : from.now };
}

/** What Nova hears of Cinder: the client's wrapping of the sentence. */
export function heard(error: Refusal, call: Call): string {
  return `Invalid input received: ${error.message} (HTTP ${error.status}) (Request-ID: ${call.requestId})`;
}

function remember(from: Call, server: Server, plan: VolumePlan, volumeId: string, attachmentId: string): BlockDevice {
  const root = plan.bootIndex === 0;
  return addDevice(from.world, {
    id: from.ids.uuid(),
    server_id: server.id,
    volume_id: volumeId,
    attachment_id: attachmentId,
    device: root ? "/dev/sda" : deviceName(from.world, server, plan.device),
    tag: plan.tag,
    delete_on_termination: plan.deleteOnTermination,
    boot_index: plan.bootIndex,
  });
}

/** Reserves the volumes that are there already, all or none: a refusal leaves nothing behind. */
export function reserveVolumes(call: Call, server: Server, plans: readonly VolumePlan[]): void {
  const context = cinderOf(call);
  try {
    for (const plan of plans) {
      if (plan.volumeId === undefined) continue;
      const volume = volumeFor(call.world, plan.volumeId, call.actor);
      if (volume.multiattach && call.version < 60)
        throw new Refusal(400, "Multiattach volumes are only supported starting with compute API version 2.60.");
      remember(call, server, plan, volume.id, reserveVolume(context, volume.id, server.id).id);
    }
  } catch (error) {
    dropVolumes(call, server.id);
    if (!(error instanceof Refusal) || !error.message.startsWith("Invalid volume:")) throw error;
    throw new Refusal(400, `Invalid volume: ${heard(error, call)}`);
  }
}

/** Has the new volumes made; why the build will fail, or null. */
export function makeVolumes(call: Call, server: Server, plans: readonly VolumePlan[]): string | null {
  const owner = { projectId: server.project_id, userId: server.user_id };
  try {
    for (const plan of plans) {
      if (plan.make === undefined) continue;
      const name = plan.make.source.kind === "blank" ? { name: `${server.id}-blank-vol` } : {};
      const volume = createVolumeFor(cinderOf(call), owner, { ...plan.make, ...name });
      remember(call, server, plan, volume.id, "");
    }
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `Build of instance ${server.id} aborted: ${error.message}`;
  }
}

/** How often a build looks for its volumes before it gives up (`block_device_allocate_retries`). */
const patience = 60;

/** Whether a build may go on: `wait` for volumes that are being made, or the reason why it cannot. */
export function volumesReady({ world }: TaskContext, server: Server, tries: number): "ready" | "wait" | Refusal {
  for (const { volume_id, attachment_id } of devicesOf(world, server.id)) {
    if (attachment_id !== "") continue;
    const state = volumeState(world, volume_id);
    if (state === "available") continue;
    if ((state === "creating" || state === "downloading") && tries < patience) return "wait";
    const said = `Volume ${volume_id} did not finish being created even after we waited ${tries * 3} seconds or ${tries + 1} attempts. And its status is ${state}.`;
    return new Refusal(500, `Build of instance ${server.id} aborted: ${said}`);
  }
  return "ready";
}

/** Connects all volumes of a server that starts; why that failed, or null. */
export function connectVolumes(from: TaskContext, server: Server): string | null {
  const context = cinderOf(from);
  try {
    for (const device of devicesOf(from.world, server.id)) {
      const id = device.attachment_id || reserveVolume(context, device.volume_id, server.id).id;
      addDevice(from.world, { ...device, attachment_id: id });
      completeAttachment(context, id, { device: device.device, host: server.host });
    }
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `Build of instance ${server.id} aborted: ${error.message}`;
  }
}

/** Lets go of all volumes of a server that ends or was never built; those that belong to it go with it. */
export function dropVolumes(from: Call | TaskContext, serverId: string): void {
  for (const device of devicesOf(from.world, serverId)) {
    detachVolume(cinderOf(from), device.volume_id, serverId);
    if (device.delete_on_termination) deleteVolumeFor(cinderOf(from), device.volume_id);
    removeDevice(from.world, device);
  }
}

/** Begins to take one volume from a server. */
export function beginRelease(call: Call, device: BlockDevice): void {
  try {
    beginDetaching(cinderOf(call), device.volume_id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(400, `Invalid volume: ${heard(error, call)}`);
  }
}
