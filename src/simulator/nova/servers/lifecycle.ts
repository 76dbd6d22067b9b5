/** What happens to servers in time: the machine's tasks, and how actions begin them. */
import type { JsonObject } from "../../core/json.ts";
import { text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import type { Machine, Task, TaskContext } from "../../machine.ts";
import { type Context, plugPort, portsOfDevice, releaseDevicePorts, unplugPort } from "../../neutron/ports.ts";
import type { World } from "../../world.ts";
import { serverGroups } from "./groups.ts";
import { ending, failing } from "./endings.ts";
import { begin, finish } from "./history.ts";
import { type Server, serverActions, servers } from "./rows.ts";
import { snapshotDone } from "./snapshots.ts";
import { refuseLocked, refuseState } from "./states.ts";
import { type TransitionName, transitionNamed, transitions } from "./transitions.ts";
import type { Transition } from "./transition.ts";
import { connectVolumes, dropVolumes, volumesReady } from "./volumes.ts";

/** How long building and deleting take on a real cloud (measured on one: 1.5 to 4.6 s, 0.5 to 2 s). */
const building: readonly [number, number] = [1500, 4500];
const deleting: readonly [number, number] = [500, 2000];
/** How long a build waits before it looks for its new volumes again (`block_device_allocate_retries_interval`). */
const waiting: readonly [number, number] = [3000, 3000];

/** How many deleted servers are remembered for `changes-since` and `deleted`; the oldest are forgotten. */
const remembered = 1000;

/** The flavor's extra specs say it for all their servers; the metadata win. */
function wish(server: Server, key: string): string {
  return String(server.metadata[key] ?? server.flavor.extra_specs[key] ?? "");
}

/** Whether the server asks for this call to the hypervisor to fail: `rig:fail` = `spawn,power_off`. */
export function fails(server: Server, driver: string): boolean {
  return wish(server, "rig:fail")
    .split(",")
    .some((name) => name.trim() === driver);
}

/** Queues a task; `rig:delay` is its seconds then, whatever the mode of the simulator. */
function later(
  machine: Machine,
  server: Server,
  takes: readonly [number, number],
  task: string,
  args: JsonObject,
): void {
  const seconds = Number(wish(server, "rig:delay"));
  if (!(seconds > 0)) {
    machine.after(takes, task, server.id, args);
    return;
  }
  const usual = machine.transitions;
  machine.transitions = { fixed: seconds * 1000 };
  try {
    machine.after(takes, task, server.id, args);
  } finally {
    machine.transitions = usual;
  }
}

function contextOf({ world, ids, at }: TaskContext): Context {
  return { world, ids, now: at };
}

/** Stores changes with a new time of update. */
export function change(world: World, server: Server, now: number, changes: Partial<Server> & JsonObject): Server {
  return world.of(servers).put({ ...server, ...changes, updated_at: now });
}

function failed(world: World, server: Server, at: number, message: string): Server {
  const fault = { code: 500, message, created: at };
  return change(world, server, at, { vm_state: "error", task_state: null, fault });
}

/** Begins to build a server that has been stored. */
export function build(call: Call, server: Server): void {
  const action = begin(call, server, "create", "compute__do_build_and_run_instance");
  later(call.machine, server, building, "nova.spawn", { action });
}

const spawn: Task = (id, args, context) => {
  const { world, at } = context;
  const server = world.of(servers).get(id);
  if (server === undefined || server.deleted || server.vm_state !== "building") return;
  const tries = Number(args.tries ?? 0);
  const volumes = server.doom === null ? volumesReady(context, server, tries) : "ready";
  if (volumes === "wait") {
    context.machine.after(waiting, "nova.spawn", id, { ...args, tries: tries + 1 });
    return;
  }
  const retried = `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${id}.`;
  const late = volumes === "ready" ? null : volumes.message;
  const reason = server.doom ?? late ?? (fails(server, "spawn") ? retried : connectVolumes(context, server));
  finish(world, text(args.action), at, server.host, false);
  if (reason !== null) {
    releaseDevicePorts(contextOf(context), id);
    dropVolumes(context, id);
    failed(world, { ...server, host: "", availability_zone: "" }, at, reason);
    return;
  }
  for (const port of portsOfDevice(world, id)) plugPort(contextOf(context), port.id);
  change(world, server, at, { vm_state: "active", task_state: null, power_state: 1, launched_at: at });
};

/** Checks the lock and the state, and begins a transition; returns the server as it is while it goes on. */
export function start(
  call: Call,
  server: Server,
  name: TransitionName,
  changes: Partial<Server> & JsonObject = {},
): Server {
  const transition: Transition = transitions[name];
  check(call, server, name);
  const going = change(call.world, server, call.now, { ...changes, task_state: transition.task });
  const action = begin(call, server, transition.history, transition.event);
  later(call.machine, going, transition.takes, "nova.transition", { name, action });
  return going;
}

/** Whether the transition may begin at all. */
export function check(call: Call, server: Server, name: TransitionName): void {
  const { word, from, during }: Transition = transitions[name];
  if (name !== "createImage") refuseLocked(server, call);
  // A server that no host took cannot be started or stopped by one (nova: compute/api.py check_instance_host).
  if (server.host === "" && (name === "start" || name === "stop"))
    throw new Refusal(409, `Instance ${server.id} is not ready`);
  refuseState(server, word, from, during);
}

/** Those that make an image. */
const snapshotting: ReadonlySet<string> = new Set(["createImage", "createBackup", "shelve"]);

/** The end of a transition, if nothing else has happened to the server since. */
const transit: Task = (id, args, context) => {
  const { world, at } = context;
  const server = world.of(servers).get(id);
  const transition = transitionNamed(text(args.name));
  if (server === undefined || transition === undefined || server.deleted || server.task_state !== transition.task)
    return;
  const failure = fails(server, transition.driver);
  finish(world, text(args.action), at, server.host, failure);
  if (snapshotting.has(text(args.name))) snapshotDone(context, server, failure);
  if (failure) {
    const left = { ...server, ...failing(text(args.name), { world, server, at }) };
    if (transition.failure === "error") failed(world, left, at, `rig: ${transition.driver} was asked to fail`);
    else change(world, left, at, { task_state: null });
    return;
  }
  settle(context, server, transition, text(args.name));
};

function settle(context: TaskContext, server: Server, transition: Transition, name: string): void {
  const { world, at } = context;
  for (const port of transition.ports === undefined ? [] : portsOfDevice(world, server.id))
    if (transition.ports === "plug") plugPort(contextOf(context), port.id);
    else unplugPort(contextOf(context), port.id);
  const { power = server.power_state, to = server.vm_state } = transition;
  const more = ending(name, { world, server, at });
  change(world, server, at, { task_state: null, vm_state: to, power_state: power, ...more });
}

/** Begins to delete a server; what else went on is forgotten. */
export function destroy(call: Call, server: Server): void {
  refuseLocked(server, call);
  if (server.task_state === "deleting") return;
  call.machine.cancel(server.id);
  const action = begin(call, server, "delete", "compute_terminate_instance");
  const going = change(call.world, server, call.now, { task_state: "deleting" });
  // Without a host there is nothing to take down (nova: compute/api.py _local_delete; seen live).
  if (server.host === "")
    terminate(server.id, { action }, { world: call.world, machine: call.machine, ids: call.ids, at: call.now });
  else later(call.machine, going, deleting, "nova.terminate", { action });
}

const terminate: Task = (id, args, context) => {
  const { world, at } = context;
  const table = world.of(servers);
  const server = table.get(id);
  if (server === undefined || server.deleted) return;
  finish(world, text(args.action), at, server.host);
  releaseDevicePorts(contextOf(context), id);
  dropVolumes(context, id);
  for (const group of world.of(serverGroups).filter(({ members }) => members.includes(id)))
    world.of(serverGroups).put({ ...group, members: group.members.filter((one) => one !== id) });
  const gone = { vm_state: "deleted", task_state: null, power_state: 0, deleted: true, terminated_at: at } as const;
  change(world, server, at, gone);
  const tooMany = table.count("deleted", server.project_id) - remembered;
  for (const grave of tooMany > 0 ? table.by("deleted", server.project_id).slice(0, tooMany) : []) {
    for (const { id: entry } of world.of(serverActions).by("server_id", grave.id))
      world.of(serverActions).delete(entry);
    table.delete(grave.id);
  }
};

export const serverTasks: Readonly<Record<string, Task>> = {
  "nova.spawn": spawn,
  "nova.transition": transit,
  "nova.terminate": terminate,
};
