/** Which action may be done in which state and what it makes of it: a table, no code per action. */
import type { VmState } from "./rows.ts";

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
  createBackup: {
    word: "backup",
    history: "createBackup",
    from: ["active", "stopped", "paused", "suspended"],
    task: "image_backup",
    driver: "snapshot",
    failure: "revert",
    event: "compute_backup_instance",
    takes: [1500, 4000],
  },
  rescue: {
    word: "rescue",
    history: "rescue",
    from: ["active", "stopped", "error"],
    task: "rescuing",
    to: "rescued",
    power: 1,
    driver: "rescue",
    failure: "error",
    event: "compute_rescue_instance",
    takes: [1000, 3000],
  },
  unrescue: {
    word: "unrescue",
    history: "unrescue",
    from: ["rescued"],
    task: "unrescuing",
    to: "active",
    power: 1,
    driver: "unrescue",
    failure: "error",
    event: "compute_unrescue_instance",
    takes: brief,
  },
  // Without a time to wait a shelved server leaves its host at once (nova: `[DEFAULT] shelved_offload_time` = 0).
  shelve: {
    word: "shelve",
    history: "shelve",
    from: ["active", "stopped", "paused", "suspended"],
    task: "shelving",
    to: "shelved_offloaded",
    power: 4,
    ports: "unplug",
    driver: "snapshot",
    failure: "revert",
    event: "compute_shelve_instance",
    takes: [1500, 4000],
  },
  shelveOffload: {
    word: "shelveOffload",
    history: "shelveOffload",
    from: ["shelved"],
    task: "shelving_offloading",
    to: "shelved_offloaded",
    power: 4,
    ports: "unplug",
    driver: "destroy",
    failure: "revert",
    event: "compute_shelve_offload_instance",
    takes: brief,
  },
  unshelve: {
    word: "unshelve",
    history: "unshelve",
    from: ["shelved", "shelved_offloaded"],
    task: "unshelving",
    to: "active",
    power: 1,
    ports: "plug",
    driver: "spawn",
    failure: "revert",
    event: "compute_unshelve_instance",
    takes: [1500, 4500],
  },
  migrate: {
    word: "migrate",
    history: "migrate",
    from: ["active", "stopped"],
    task: "resize_prep",
    to: "resized",
    driver: "migrate_disk_and_power_off",
    failure: "error",
    event: "compute_prep_resize",
    takes: [3000, 8000],
  },
  liveMigrate: {
    word: "live migrate",
    history: "live-migration",
    from: ["active", "paused"],
    task: "migrating",
    driver: "live_migration",
    failure: "revert",
    event: "compute_live_migration",
    takes: [3000, 8000],
  },
} as const satisfies Readonly<Record<string, Transition>>;

export type TransitionName = keyof typeof transitions;

export function transitionNamed(name: string): Transition | undefined {
  return Object.entries(transitions).find(([key]) => key === name)?.[1];
}
