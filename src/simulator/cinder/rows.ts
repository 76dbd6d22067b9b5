/** Cinder's rows. Times are milliseconds; what only administrators see is decided where it is shown. */

import type { Ids } from "../../cloud/runtime.ts";
import type { JsonObject, Row } from "../core/json.ts";
import type { Machine } from "../machine.ts";
import { defineTable, type World } from "../world.ts";
import type { VolumeStatus } from "./states.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Volume extends Row {
  readonly project_id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly description: string | null;
  /** GiB. */
  readonly size: number;
  readonly status: VolumeStatus;
  readonly availability_zone: string;
  readonly volume_type_id: string;
  readonly snapshot_id: string | null;
  readonly source_volid: string | null;
  readonly metadata: Labels;
  /** `readonly` and `attached_mode`, which are shown among the metadata but are not of them. */
  readonly admin_metadata: Labels;
  readonly bootable: boolean;
  readonly multiattach: boolean;
  /** `controller@standard#standard`; null until a back end took it. */
  readonly host: string | null;
  /** Properties of the image it was made of, or null. */
  readonly image_metadata: Labels | null;
  readonly migration_status: null;
  readonly group_id: null;
  readonly created_at: number;
  readonly updated_at: number | null;
}

export interface Snapshot extends Row {
  readonly project_id: string;
  readonly user_id: string;
  readonly volume_id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly status: SnapshotStatus;
  readonly progress: string;
  readonly volume_size: number;
  readonly volume_type_id: string;
  readonly metadata: Labels;
  readonly created_at: number;
  readonly updated_at: number | null;
}

export const snapshotStatuses = [
  "error",
  "available",
  "creating",
  "deleting",
  "deleted",
  "updating",
  "error_deleting",
  "unmanaging",
  "backing-up",
  "restoring",
] as const;
export type SnapshotStatus = (typeof snapshotStatuses)[number];

/** One use of a volume by a server or a host. */
export interface Attachment extends Row {
  readonly volume_id: string;
  /** Of the volume. */
  readonly project_id: string;
  /** The server, or null. */
  readonly instance_uuid: string | null;
  readonly attach_status: "reserved" | "attaching" | "attached" | "error_attaching";
  readonly attach_mode: string;
  readonly mountpoint: string | null;
  readonly attached_host: string | null;
  readonly attach_time: number | null;
  /** What the back end told the connector; empty before there was one. */
  readonly connection_info: JsonObject;
  /** Nova holds it: a user must not take it away (CVE-2023-2088). */
  readonly nova: boolean;
  readonly created_at: number;
}

export interface VolumeType extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly is_public: boolean;
  readonly extra_specs: Labels;
  /** Projects that may use it when it is not public. */
  readonly access: readonly string[];
  readonly qos_specs_id: string | null;
  readonly created_at: number;
  readonly updated_at: number | null;
}

export interface Backup extends Row {
  readonly project_id: string;
  readonly user_id: string;
  readonly volume_id: string;
  readonly snapshot_id: string | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly container: string | null;
  readonly size: number;
  readonly status: string;
  readonly fail_reason: string | null;
  readonly metadata: Labels;
  readonly created_at: number;
  readonly updated_at: number | null;
}

/** A back end of the pretended storage: the id is its name, which types ask for as `volume_backend_name`. */
export interface Backend extends Row {
  readonly host: string;
  readonly service_uuid: string;
}

export const volumes = defineTable<Volume>("cinder.volumes", ["project_id"]);
export const snapshots = defineTable<Snapshot>("cinder.snapshots", ["project_id", "volume_id"]);
export const attachments = defineTable<Attachment>("cinder.attachments", ["volume_id", "instance_uuid"]);
export const volumeTypes = defineTable<VolumeType>("cinder.types");
export const backups = defineTable<Backup>("cinder.backups", ["project_id"]);
export const backends = defineTable<Backend>("cinder.backends");

/** What it takes to change volumes, in a request or in a task of the machine. */
export interface Context {
  readonly world: World;
  readonly machine: Machine;
  readonly ids: Ids;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Types that the default world has by name; a volume without a type gets the first. */
export const defaultType = "standard";

/** The back end that a type asks for. */
export function backendOf(world: World, type: VolumeType | undefined): Backend | undefined {
  return world.of(backends).get(type?.extra_specs.volume_backend_name ?? defaultType);
}
