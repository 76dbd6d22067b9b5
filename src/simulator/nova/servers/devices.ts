/** Which volumes a server has, as Nova remembers them (nova stable/zed: objects/block_device.py). The attachments are Cinder's. */
import type { Row } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import { defineTable, type World } from "../../world.ts";
import type { Server } from "./rows.ts";

export interface BlockDevice extends Row {
  readonly server_id: string;
  readonly volume_id: string;
  /** Of Cinder; empty while a new volume is being made. */
  readonly attachment_id: string;
  /** `/dev/sdb`. */
  readonly device: string;
  readonly tag: string | null;
  readonly delete_on_termination: boolean;
  /** 0 is the root disk. */
  readonly boot_index: number;
}

const blockDevices = defineTable<BlockDevice>("nova.block_devices", ["server_id"]);

export function addDevice(world: World, device: BlockDevice): BlockDevice {
  return world.of(blockDevices).put(device);
}

export function removeDevice(world: World, { id }: BlockDevice): void {
  world.of(blockDevices).delete(id);
}

/** A server's volumes in the order in which they came, the root first. */
export function devicesOf(world: World, serverId: string): readonly BlockDevice[] {
  return [...world.of(blockDevices).by("server_id", serverId)].sort((a, b) => rank(a) - rank(b));
}

function rank({ boot_index }: BlockDevice): number {
  return boot_index === 0 ? 0 : 1;
}

export function deviceOf(world: World, serverId: string, volumeId: string): BlockDevice | undefined {
  return devicesOf(world, serverId).find((device) => device.volume_id === volumeId);
}

/** What follows `/dev/sd`, whatever bus the client thought of. */
function letters(device: string): string {
  return /^\/dev\/x?[a-z]?d?([a-z]+)\d*$/.exec(device)?.[1] ?? "";
}

/** The name asked for, or the next one that is free; a local root disk is `/dev/sda` (nova: compute/utils.py get_device_name_for_instance). */
export function deviceName(world: World, { id }: Pick<Server, "id">, wanted: string): string {
  const taken = new Set(["a", ...devicesOf(world, id).map(({ device }) => letters(device))]);
  if (wanted !== "") {
    const letter = letters(wanted);
    if (taken.has(letter)) throw new Refusal(409, `The supplied device path (${wanted}) is in use.`);
    return `/dev/sd${letter}`;
  }
  for (let code = 97; code < 123; code++) {
    const letter = String.fromCharCode(code);
    if (!taken.has(letter)) return `/dev/sd${letter}`;
  }
  throw new Refusal(400, "No free disk device names for prefix 'sd'");
}
