/** Nova's statuses in plain words (nova stable/zed: nova/api/openstack/common.py, `_STATE_MAP`). */
import type { ServerStatus } from "../../../cloud/index.ts";
import type { Query } from "../pipeline/exchange.ts";

const STATUS: Readonly<Record<string, ServerStatus>> = {
  BUILD: "building",
  ACTIVE: "active",
  PASSWORD: "active",
  SHUTOFF: "stopped",
  PAUSED: "paused",
  SUSPENDED: "suspended",
  REBOOT: "rebooting",
  HARD_REBOOT: "rebooting",
  RESIZE: "resizing",
  REVERT_RESIZE: "resizing",
  VERIFY_RESIZE: "resized",
  REBUILD: "rebuilding",
  MIGRATING: "migrating",
  SHELVED: "shelved",
  SHELVED_OFFLOADED: "shelved",
  RESCUE: "rescued",
  DELETED: "deleted",
  SOFT_DELETED: "deleted",
  ERROR: "error",
};

/** A server that is being deleted keeps its status, and says so by its task only (nova: compute/task_states.py). */
const DELETING = new Set(["deleting", "soft-deleting"]);

export function decodeServerStatus(nativeStatus: string, task: string | undefined): ServerStatus {
  if (task !== undefined && DELETING.has(task)) return "deleting";
  return STATUS[nativeStatus] ?? "unknown";
}

/** Nova's filter; nothing for what it cannot filter, and only administrators may ask for DELETED. */
export function statusFilter(status: ServerStatus): Query {
  const natives = Object.keys(STATUS).filter((native) => STATUS[native] === status && native !== "DELETED");
  return natives.map((native) => ["status", native] as const);
}
