/** Cinder's statuses in plain words (cinder: objects/fields.py, `VolumeStatus` and `SnapshotStatus`). */
import type { VolumeBackup, VolumeSnapshotStatus, VolumeStatus } from "../../../cloud/index.ts";
import type { Query } from "../pipeline/exchange.ts";

const VOLUME: Readonly<Record<string, VolumeStatus>> = {
  creating: "creating",
  downloading: "creating",
  available: "available",
  reserved: "attaching",
  attaching: "attaching",
  "in-use": "in-use",
  detaching: "detaching",
  extending: "extending",
  uploading: "busy",
  retyping: "busy",
  maintenance: "busy",
  "backing-up": "busy",
  "restoring-backup": "busy",
  "awaiting-transfer": "busy",
  managing: "busy",
  deleting: "deleting",
  unmanaging: "deleting",
};

const SNAPSHOT: Readonly<Record<string, VolumeSnapshotStatus>> = {
  creating: "creating",
  available: "available",
  "backing-up": "busy",
  restoring: "busy",
  deleting: "deleting",
  unmanaging: "deleting",
};

const BACKUP: Readonly<Record<string, VolumeBackup["status"]>> = {
  creating: "creating",
  available: "available",
  restoring: "busy",
  deleting: "deleting",
};

/** `error`, `error_deleting`, `error_extending`, …; a deleted one is only seen by administrators. */
const isError = (nativeStatus: string) => nativeStatus.startsWith("error");

export function decodeVolumeStatus(nativeStatus: string): VolumeStatus {
  return isError(nativeStatus) ? "error" : (VOLUME[nativeStatus] ?? "unknown");
}

export function decodeSnapshotStatus(nativeStatus: string): VolumeSnapshotStatus {
  return isError(nativeStatus) ? "error" : (SNAPSHOT[nativeStatus] ?? "unknown");
}

export function decodeBackupStatus(nativeStatus: string): VolumeBackup["status"] {
  return isError(nativeStatus) ? "error" : (BACKUP[nativeStatus] ?? "unknown");
}

/** Cinder's filter; nothing where several of its statuses are one of ours. */
export function volumeStatusFilter(status: VolumeStatus): Query {
  const natives = Object.keys(VOLUME).filter((native) => VOLUME[native] === status);
  return status !== "error" && natives.length === 1 ? natives.map((native) => ["status", native] as const) : [];
}
