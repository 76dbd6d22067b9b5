/** The status that a client sees, by a table, and the refusals of what a state does not allow. */
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import type { Server, VmState } from "./rows.ts";

const resizing = { resize_prep: "RESIZE", resize_migrating: "RESIZE", resize_finish: "RESIZE" };
const rebuilding = { rebuilding: "REBUILD", rebuild_spawning: "REBUILD" };

/** Status by vm_state and task_state (nova: api/openstack/common.py `_STATE_MAP`). */
const statuses: Readonly<Record<VmState, Readonly<Record<string, string>>>> = {
  active: {
    default: "ACTIVE",
    rebooting: "REBOOT",
    rebooting_hard: "HARD_REBOOT",
    updating_password: "PASSWORD",
    migrating: "MIGRATING",
    ...rebuilding,
    ...resizing,
  },
  building: { default: "BUILD" },
  stopped: { default: "SHUTOFF", ...resizing, ...rebuilding },
  resized: { default: "VERIFY_RESIZE", resize_reverting: "REVERT_RESIZE" },
  paused: { default: "PAUSED", migrating: "MIGRATING" },
  suspended: { default: "SUSPENDED" },
  rescued: { default: "RESCUE" },
  shelved: { default: "SHELVED" },
  shelved_offloaded: { default: "SHELVED_OFFLOADED" },
  error: { default: "ERROR", ...rebuilding },
  deleted: { default: "DELETED" },
};

/** Statuses of Nova that no server of the simulator reaches yet: a filter for them finds nothing, and is not wrong. */
const unreached: ReadonlySet<string> = new Set(["SOFT_DELETED"]);

export function statusOf({ vm_state, task_state }: Server): string {
  const row = statuses[vm_state];
  const byTask = task_state !== null && Object.hasOwn(row, task_state) ? row[task_state] : undefined;
  return byTask ?? row.default ?? "UNKNOWN";
}

/** What a filter for statuses means in vm_states and task_states; `default` among the latter means any. */
export function statesOf(wanted: readonly string[]): {
  readonly vm: ReadonlySet<string>;
  readonly task: ReadonlySet<string>;
  readonly known: boolean;
} {
  const upper = new Set(wanted.map((status) => status.toUpperCase()));
  const vm = new Set<string>();
  const task = new Set<string>();
  for (const [state, row] of Object.entries(statuses))
    for (const [name, status] of Object.entries(row))
      if (upper.has(status)) {
        vm.add(state);
        task.add(name);
      }
  return { vm, task, known: vm.size > 0 || [...upper].some((status) => unreached.has(status)) };
}

/** The lock comes before the state, and does not hold administrators (nova: compute/api.py `check_instance_lock`). */
export function refuseLocked(server: Server, call: Call): void {
  if (server.locked && !call.actor.admin) throw new Refusal(409, `Instance ${server.id} is locked`);
}

/** Refuses what a server's state does not allow. `during` absent: nothing may be going on; `any`: whatever is. */
export function refuseState(
  server: Server,
  word: string,
  from: readonly VmState[] | undefined,
  during: readonly string[] | "any" = [],
): void {
  const cannot = (attribute: string, state: string) =>
    new Refusal(409, `Cannot '${word}' instance ${server.id} while it is in ${attribute} ${state}`);
  if (from !== undefined && !from.includes(server.vm_state)) throw cannot("vm_state", server.vm_state);
  const { task_state } = server;
  if (during !== "any" && task_state !== null && !during.includes(task_state)) throw cannot("task_state", task_state);
  if (server.launched_at === null) throw new Refusal(409, `Instance ${server.id} is in an invalid state for '${word}'`);
}
