/** Which action may be done in which state, what it makes of it, and the status a client sees: tables, no code per action. */
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
    ...rebuilding,
    ...resizing,
  },
  building: { default: "BUILD" },
  stopped: { default: "SHUTOFF", ...resizing, ...rebuilding },
  resized: { default: "VERIFY_RESIZE", resize_reverting: "REVERT_RESIZE" },
  paused: { default: "PAUSED" },
  suspended: { default: "SUSPENDED" },
  error: { default: "ERROR", ...rebuilding },
  deleted: { default: "DELETED" },
};

/** Statuses of Nova that no server of the simulator reaches yet: a filter for them finds nothing, and is not wrong. */
const unreached: ReadonlySet<string> = new Set(["MIGRATING", "RESCUE", "SOFT_DELETED", "SHELVED", "SHELVED_OFFLOADED"]);

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

/** How an action changes a server. */
export interface Transition {
  /** The name the 409 quotes. */
  readonly word: string;
  /** Its name in the server's history. */
  readonly history: string;
  /** vm_states in which it is allowed (nova: compute/api.py `check_instance_state`). */
  readonly from: readonly VmState[];
  /** task_states in which it is allowed; absent: none may be going on. */
  readonly during?: readonly string[];
  /** What shows while it is done. */
  readonly task: string;
  /** Where it leads; absent: back to where it was. */
  readonly to?: VmState;
  /** Power state at the end; absent: as it was. */
  readonly power?: number;
  /** Whether the server's ports are plugged or unplugged. */
  readonly ports?: "plug" | "unplug";
  /** The call to the hypervisor, by which `rig:fail` names it. */
  readonly driver: string;
  /** What Nova does when that call fails: the server as it was, or ERROR (seen live). */
  readonly failure: "revert" | "error";
  /** The event in the history. */
  readonly event: string;
  /** Milliseconds that it takes on a real cloud. */
  readonly takes: readonly [number, number];
}

const brief: readonly [number, number] = [500, 1500];

export const transitions = {
  start: {
    word: "start",
    history: "start",
    from: ["stopped"],
    task: "powering-on",
    to: "active",
    power: 1,
    ports: "plug",
    driver: "power_on",
    failure: "revert",
    event: "compute_start_instance",
    takes: [800, 2500],
  },
  stop: {
    word: "stop",
    history: "stop",
    from: ["active", "error"],
    task: "powering-off",
    to: "stopped",
    power: 4,
    ports: "unplug",
    driver: "power_off",
    failure: "revert",
    event: "compute_stop_instance",
    takes: [800, 2500],
  },
  softReboot: {
    word: "reboot",
    history: "reboot",
    from: ["active"],
    task: "rebooting",
    to: "active",
    power: 1,
    driver: "reboot",
    failure: "revert",
    event: "compute_reboot_instance",
    takes: [1000, 3000],
  },
  hardReboot: {
    word: "reboot",
    history: "reboot",
    from: ["active", "stopped", "paused", "suspended", "error"],
    during: ["rebooting", "resuming", "rebooting_hard", "unpausing", "pausing", "suspending"],
    task: "rebooting_hard",
    to: "active",
    power: 1,
    ports: "plug",
    driver: "reboot",
    failure: "revert",
    event: "compute_reboot_instance",
    takes: [1000, 3000],
  },
  pause: {
    word: "pause",
    history: "pause",
    from: ["active"],
    task: "pausing",
    to: "paused",
    power: 3,
    driver: "pause",
    failure: "revert",
    event: "compute_pause_instance",
    takes: brief,
  },
  unpause: {
    word: "unpause",
    history: "unpause",
    from: ["paused"],
    task: "unpausing",
    to: "active",
    power: 1,
    driver: "unpause",
    failure: "revert",
    event: "compute_unpause_instance",
    takes: brief,
  },
  suspend: {
    word: "suspend",
    history: "suspend",
    from: ["active"],
    task: "suspending",
    to: "suspended",
    power: 7,
    driver: "suspend",
    failure: "error",
    event: "compute_suspend_instance",
    takes: brief,
  },
  resume: {
    word: "resume",
    history: "resume",
    from: ["suspended"],
    task: "resuming",
    to: "active",
    power: 1,
    driver: "resume",
    failure: "error",
    event: "compute_resume_instance",
    takes: brief,
  },
  rebuild: {
    word: "rebuild",
    history: "rebuild",
    from: ["active", "stopped", "error"],
    task: "rebuilding",
    driver: "spawn",
    failure: "error",
    event: "compute_rebuild_instance",
    takes: [2000, 5000],
  },
  resize: {
    word: "resize",
    history: "resize",
    from: ["active", "stopped"],
    task: "resize_prep",
    to: "resized",
    driver: "migrate_disk_and_power_off",
    failure: "error",
    event: "compute_prep_resize",
    takes: [3000, 8000],
  },
  confirmResize: {
    word: "confirmResize",
    history: "confirmResize",
    from: ["resized"],
    task: "resize_confirming",
    driver: "confirm_migration",
    failure: "error",
    event: "compute_confirm_resize",
    takes: brief,
  },
  revertResize: {
    word: "revertResize",
    history: "revertResize",
    from: ["resized"],
    task: "resize_reverting",
    driver: "finish_revert_migration",
    failure: "error",
    event: "compute_revert_resize",
    takes: [1500, 4000],
  },
  changePassword: {
    word: "changePassword",
    history: "changePassword",
    from: ["active"],
    task: "updating_password",
    driver: "set_admin_password",
    failure: "revert",
    event: "compute_set_admin_password",
    takes: brief,
  },
  createImage: {
    word: "createImage",
    history: "createImage",
    from: ["active", "stopped", "paused", "suspended"],
    task: "image_snapshot",
    driver: "snapshot",
    failure: "revert",
    event: "compute_snapshot_instance",
    takes: [1500, 4000],
  },
} as const satisfies Readonly<Record<string, Transition>>;

export type TransitionName = keyof typeof transitions;

export function transitionNamed(name: string): Transition | undefined {
  return Object.entries(transitions).find(([key]) => key === name)?.[1];
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
