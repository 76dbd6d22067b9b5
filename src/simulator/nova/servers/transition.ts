/** A row of the table in transitions.ts. */
import type { VmState } from "./rows.ts";

/** How an action changes a server. */
export interface Transition {
  /** The name the 409 quotes. */
  readonly word: string;
  /** Its name in the server's history. */
  readonly history: string;
  /** vm_states in which it is allowed (nova: compute/api.py `check_instance_state`). */
  readonly from: readonly VmState[];
  /** task_states in which it is allowed; absent: none may be going on; `any`: whatever is. */
  readonly during?: readonly string[] | "any";
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
