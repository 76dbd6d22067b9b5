/** What happens to volumes and snapshots in time: the machine's tasks, and how requests begin them. */
import type { JsonObject } from "../core/json.ts";
import { text } from "../core/json.ts";
import type { Task, TaskContext } from "../machine.ts";
import type { World } from "../world.ts";
import { uploaded } from "./images.ts";
import { move } from "./moves.ts";
import {
  attachments,
  backendOf,
  type Context,
  type Labels,
  type Snapshot,
  snapshots,
  type Volume,
  volumes,
  volumeTypes,
} from "./rows.ts";

/** About what a real cloud takes (measured on one: create 0.5 to 2.6 s, delete 0.5 to 2.3 s). */
const takes = {
  create: [400, 2500],
  download: [800, 4000],
  delete: [400, 2300],
  extend: [300, 1200],
  retype: [300, 1500],
  upload: [800, 4000],
  revert: [300, 1500],
  snapshot: [300, 1500],
} as const;

/** Whether metadata ask for a driver's call to fail: `rig:fail` = `create_volume,delete_volume`. */
export function fails({ metadata }: { readonly metadata: Labels }, driver: string): boolean {
  return (metadata["rig:fail"] ?? "").split(",").some((name) => name.trim() === driver);
}

/** Queues a task; `rig:delay` is its seconds then, whatever the mode of the simulator. */
export function later(
  { machine }: Pick<Context, "machine">,
  row: Volume | Snapshot,
  step: keyof typeof takes,
  task: string,
  args: JsonObject = {},
): void {
  const seconds = Number(row.metadata["rig:delay"]);
  const usual = machine.transitions;
  if (seconds > 0) machine.transitions = { fixed: seconds * 1000 };
  try {
    machine.after(takes[step], task, row.id, args);
  } finally {
    machine.transitions = usual;
  }
}

/** A task for a volume that is still in the status in which it was begun; else it has moved on, and nothing happens. */
function during(
  status: Volume["status"],
  work: (volume: Volume, args: JsonObject, context: TaskContext) => void,
): Task {
  return (id, args, context) => {
    const volume = context.world.of(volumes).get(id);
    if (volume?.status === status) work(volume, args, context);
  };
}

const scheduled = during("creating", (volume, { image }, context) => {
  const { world, at } = context;
  if (fails(volume, "create_volume")) {
    move(world, volume, at, "error");
    return;
  }
  const backend = backendOf(world, world.of(volumeTypes).get(volume.volume_type_id));
  const taken = { host: backend?.host ?? null };
  if (image !== true) {
    move(world, volume, at, "available", taken);
    return;
  }
  later(context, move(world, volume, at, "downloading", taken), "download", "cinder.downloaded");
});

const downloaded = during("downloading", (volume, _args, { world, at }) => {
  move(world, volume, at, "available", { bootable: true });
});

const deleted = during("deleting", (volume, _args, { world, at }) => {
  const left = world.of(snapshots).by("volume_id", volume.id);
  if (fails(volume, "delete_volume") || left.some(({ status }) => status === "error_deleting")) {
    move(world, volume, at, "error_deleting");
    return;
  }
  for (const { id } of left) world.of(snapshots).delete(id);
  world.of(volumes).delete(volume.id);
});

/** Where a volume goes back to that an operation took away for a while; it may have been let go meanwhile. */
function back(world: World, { id }: Volume, args: JsonObject): "available" | "in-use" {
  return args.from === "in-use" && world.of(attachments).by("volume_id", id).length > 0 ? "in-use" : "available";
}

const extended = during("extending", (volume, args, { world, at }) => {
  if (fails(volume, "extend_volume")) move(world, volume, at, "error_extending");
  else move(world, volume, at, back(world, volume, args), { size: Number(args.size) });
});

const retyped = during("retyping", (volume, args, { world, at }) => {
  const type = world.of(volumeTypes).get(text(args.type));
  if (type === undefined) move(world, volume, at, back(world, volume, args));
  else
    move(world, volume, at, back(world, volume, args), {
      volume_type_id: type.id,
      multiattach: isMultiattach(type.extra_specs),
      host: backendOf(world, type)?.host ?? volume.host,
    });
});

const uploadDone = during("uploading", (volume, args, context) => {
  const { world, at } = context;
  uploaded(world, text(args.image), volume, at);
  move(world, volume, at, back(world, volume, args));
});

const reverted = during("reverting", (volume, _args, { world, at }) => {
  move(world, volume, at, fails(volume, "revert_to_snapshot") ? "error" : "available");
});

const snapshotMade: Task = (id, _args, { world, at }) => {
  const snapshot = world.of(snapshots).get(id);
  if (snapshot?.status !== "creating") return;
  const failed = fails(snapshot, "create_snapshot");
  const done = failed ? ({ status: "error" } as const) : ({ status: "available", progress: "100%" } as const);
  world.of(snapshots).put({ ...snapshot, ...done, updated_at: at });
};

const snapshotDeleted: Task = (id, _args, { world, at }) => {
  const snapshot = world.of(snapshots).get(id);
  if (snapshot?.status !== "deleting") return;
  if (fails(snapshot, "delete_snapshot"))
    world.of(snapshots).put({ ...snapshot, status: "error_deleting", updated_at: at });
  else world.of(snapshots).delete(id);
};

export const tasks: Readonly<Record<string, Task>> = {
  "cinder.scheduled": scheduled,
  "cinder.downloaded": downloaded,
  "cinder.deleted": deleted,
  "cinder.extended": extended,
  "cinder.retyped": retyped,
  "cinder.uploaded": uploadDone,
  "cinder.reverted": reverted,
  "cinder.snapshotMade": snapshotMade,
  "cinder.snapshotDeleted": snapshotDeleted,
};

/** Whether a type's volumes may be attached more than once. */
export function isMultiattach(specs: Labels): boolean {
  return specs.multiattach === "<is> True";
}

/** Takes a volume away, with its snapshots; the row goes when the machine comes to it. */
export function beginDelete(context: Context, volume: Volume): void {
  for (const snapshot of context.world.of(snapshots).by("volume_id", volume.id)) beginSnapshotDelete(context, snapshot);
  const going = move(context.world, volume, context.now, "deleting");
  later(context, going, "delete", "cinder.deleted");
}

export function beginSnapshotDelete(context: Context, snapshot: Snapshot): void {
  const going = context.world.of(snapshots).put({ ...snapshot, status: "deleting", updated_at: context.now });
  later(context, going, "snapshot", "cinder.snapshotDeleted");
}
