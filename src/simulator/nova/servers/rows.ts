/** What Nova keeps about servers. Columns carry the names of Nova's database, after which clients sort and filter. */
import type { JsonObject, Row } from "../../core/json.ts";
import { defineTable, type World } from "../../world.ts";

export type VmState =
  | "building"
  | "active"
  | "paused"
  | "suspended"
  | "stopped"
  | "rescued"
  | "resized"
  | "shelved"
  | "shelved_offloaded"
  | "error"
  | "deleted";

/** The flavor as it was when the server was made or resized: a later change of the flavor does not reach the server. */
export interface EmbeddedFlavor
  extends Readonly<Record<string, string | number | Readonly<Record<string, string | number>>>> {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly ephemeral: number;
  readonly swap: number;
  readonly extra_specs: Readonly<Record<string, string | number>>;
}

export interface Fault extends Readonly<Record<string, string | number>> {
  readonly code: number;
  readonly message: string;
  /** Milliseconds. */
  readonly created: number;
}

export interface Server extends Row {
  readonly project_id: string;
  readonly user_id: string;
  readonly display_name: string;
  readonly display_description: string | null;
  readonly hostname: string;
  readonly vm_state: VmState;
  readonly task_state: string | null;
  /** 0 none, 1 running, 3 paused, 4 shut down, 7 suspended (nova: compute/power_state.py). */
  readonly power_state: number;
  /** Empty until a host was found. */
  readonly host: string;
  readonly availability_zone: string;
  /** The zone that was asked for, which it may not leave (2.96). */
  readonly pinned_zone: string | null;
  readonly flavor: EmbeddedFlavor;
  /** Before a resize that is not confirmed yet. */
  readonly old_flavor: EmbeddedFlavor | null;
  readonly old_vm_state: string | null;
  /** Where it was before, or will be after, what goes on. */
  readonly other_host: string;
  /** The image that holds its disk while it is shelved; empty when nothing does. */
  readonly shelved_image: string;
  /** Empty when booted from a volume. */
  readonly image_ref: string;
  /** What Nova remembers of that image since the boot (2.98). */
  readonly image_properties: Readonly<Record<string, string>>;
  /** As given on create (2.100). */
  readonly scheduler_hints: JsonObject;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** By port, the device tag given with it (2.32, 2.42, 2.49). */
  readonly port_tags: Readonly<Record<string, string>>;
  readonly key_name: string | null;
  /** Empty or `True`. */
  readonly config_drive: string;
  readonly user_data: string | null;
  readonly access_ip_v4: string;
  readonly access_ip_v6: string;
  readonly auto_disk_config: boolean;
  readonly locked: boolean;
  readonly locked_by: string | null;
  readonly locked_reason: string | null;
  readonly trusted_certs: readonly string[] | null;
  readonly reservation_id: string;
  readonly launch_index: number;
  /** Counts up; the hypervisor's name is made of it. */
  readonly number: number;
  readonly progress: number;
  readonly fault: Fault | null;
  /** Why its build will fail, as found while it was scheduled. */
  readonly doom: string | null;
  readonly deleted: boolean;
  /** Times in milliseconds. */
  readonly created_at: number;
  readonly updated_at: number;
  readonly launched_at: number | null;
  readonly terminated_at: number | null;
}

/** One entry of a server's history (nova: objects/instance_action.py). */
export interface ServerAction extends Row {
  readonly server_id: string;
  readonly action: string;
  readonly request_id: string;
  readonly user_id: string;
  readonly project_id: string;
  readonly start: number;
  readonly updated: number;
  /** `Error` when it failed. */
  readonly message: string | null;
  /** The compute host's part of it, once it has begun. */
  readonly event: string;
  readonly host: string;
  readonly finish: number | null;
}

/** By project, all of them, those that live and those that are deleted; and those that live by host. */
export const servers = defineTable<Server>("nova.servers", ["project_id"], {
  living: { keys: ({ deleted, project_id }) => (deleted ? [] : [project_id]) },
  deleted: { keys: ({ deleted, project_id }) => (deleted ? [project_id] : []) },
  on: { keys: ({ deleted, host }) => (deleted ? [] : [host]) },
});
export const serverActions = defineTable<ServerAction>("nova.server_actions", ["server_id"]);

interface Counter extends Row {
  readonly last: number;
}

const counters = defineTable<Counter>("nova.counters");

/** Numbers servers as Nova's database does, from 1. */
export function nextNumber(world: World): number {
  const last = (world.of(counters).get("servers")?.last ?? 0) + 1;
  world.of(counters).put({ id: "servers", last });
  return last;
}
