import {
  CloudError,
  newMarker,
  Undo,
  type Volume,
  type VolumeChange,
  type VolumeStatus,
  waitFor,
  waitUntilGone,
} from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import type { Attributes } from "../message.ts";
import type { Action, Context, Row } from "../table.ts";
import { RESOURCE, SUMMARY, TITLE } from "./core.ts";
import { REGIONS, zonesOf } from "./zones.ts";

/** A storage is a volume (GFD.224 §3.3). */

interface Draft {
  readonly title: string;
  readonly summary: string;
  readonly sizeGiB: number;
  readonly zone: string;
}

interface Change extends Pick<VolumeChange, "name" | "description"> {
  readonly sizeGiB?: number;
}

type StorageState = "online" | "offline" | "error";

/** Only what can be read and written this moment is online: grycap/im waits for that word before it attaches. */
const STATES: Readonly<Record<VolumeStatus, StorageState>> = {
  available: "online",
  "in-use": "online",
  creating: "offline",
  attaching: "offline",
  detaching: "offline",
  extending: "offline",
  busy: "offline",
  deleting: "offline",
  error: "error",
  unknown: "error",
};

/** Volumes have whole GiB; pOCCI asks for 0.1 and takes what it gets. */
function wholeGiB(size: number): number {
  return Math.ceil(size);
}

const ROWS: readonly Row<Volume, Draft, Change>[] = [
  {
    ...TITLE,
    type: "string",
    read: ({ name }) => name || undefined,
    write: (title) => ({ title }),
    change: (title) => ({ name: title ?? "" }),
  },
  {
    ...SUMMARY,
    type: "string",
    read: ({ description }) => description || undefined,
    write: (summary) => ({ summary }),
    change: (summary) => ({ description: summary ?? "" }),
  },
  {
    name: "occi.storage.size",
    type: "float",
    required: true,
    description: "Size in GiB",
    minimum: 0,
    exclusiveMinimum: true,
    read: ({ sizeGiB }) => sizeGiB,
    write: (size) => ({ sizeGiB: wholeGiB(size) }),
    change: (size) => (size === undefined ? {} : { sizeGiB: wholeGiB(size) }),
  },
  {
    name: "occi.storage.state",
    type: "string",
    immutable: true,
    description: "State of the storage",
    values: ["online", "offline", "error"],
    read: ({ status }) => STATES[status],
    outcome: "online",
  },
  {
    name: "occi.storage.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ nativeStatus }) => nativeStatus,
  },
];

/** States that end by themselves, in which Cinder deletes nothing. */
const PASSING: readonly VolumeStatus[] = ["creating", "detaching", "extending"];

/** How long a delete waits for the volume to go. */
const GONE_TIMEOUT = 60_000;

async function extend({ call }: Context, { id, sizeGiB }: Volume, wanted: number, field: string): Promise<void> {
  if (wanted < sizeGiB) throw invalid(field, `a volume only grows, and it has ${sizeGiB} GiB`);
  if (wanted > sizeGiB) await call.cloud.volumes.extend(id, wanted);
}

/** There is no kind for snapshots: the answer's warning tells the id. */
async function snapshot({ call, flow }: Context, { id, name }: Volume): Promise<void> {
  const marker = newMarker(flow);
  const made = await call.cloud.volumeSnapshots.create({ volumeId: id, name: `${name || id}-snapshot`, marker });
  call.warn(`the volume snapshot ${made.id} is being made`);
}

/** How long a backup is waited for: one that fails does so at once, and of a long one the warning tells the id. */
const BACKUP_TIMEOUT = 30_000;

/** There is no kind for backups either. One that failed is there all the same, and said so. */
async function backup({ call, flow }: Context, { id, name }: Volume): Promise<void> {
  const draft = { volumeId: id, name: `${name || id}-backup`, marker: newMarker(flow) };
  const made = await call.cloud.volumeBackups.create(draft);
  const { item } = await waitFor({
    clock: flow.clock,
    timeout: BACKUP_TIMEOUT,
    read: () => call.cloud.volumeBackups.get(made.id),
    done: ({ status }) => status !== "creating",
  });
  if (item.status !== "error") {
    call.warn(`the volume backup ${made.id} is ${item.nativeStatus}`);
    return;
  }
  const why = item.failure ?? "the cloud does not say why";
  const failed = new CloudError("RESOURCE_FAILED", `the cloud could not back volume ${id} up: ${why}`);
  const undo = new Undo(call.log);
  undo.enter(
    () => ({ kind: "volume backup", id: made.id }),
    () => call.cloud.detached().volumeBackups.delete(made.id),
  );
  throw await undo.rollback(failed);
}

const store: Store<Volume, Draft, Change> = {
  list: ({ call }) => call.cloud.volumes.list(),
  get: ({ call }, id) => call.cloud.volumes.get(id),
  rehearse: async () => [],
  async create({ call, flow }, { title, summary, sizeGiB, zone }) {
    if (sizeGiB === undefined) throw new CloudError("INTERNAL", "a storage was drafted without its size");
    const name = title ?? `storage-${flow.ids.uuid().slice(0, 8)}`;
    const more = {
      ...(summary === undefined ? {} : { description: summary }),
      ...(zone === undefined ? {} : { zone }),
    };
    return call.cloud.volumes.create({ name, ...more, sizeGiB, marker: newMarker(flow) });
  },
  async update(context, volume, { sizeGiB, ...change }) {
    const { call } = context;
    const undo = new Undo(call.log);
    try {
      // What can be taken back comes first: a volume that has grown stays so.
      if (Object.keys(change).length > 0) {
        const { id, name, description } = volume;
        undo.enter(
          () => ({ kind: "volume", id }),
          async () => {
            await call.cloud.detached().volumes.update(id, { name, description });
          },
        );
        await call.cloud.volumes.update(id, change);
      }
      if (sizeGiB !== undefined) await extend(context, volume, sizeGiB, "occi.storage.size");
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
    return call.cloud.volumes.get(volume.id);
  },
  async remove({ call, flow }, { id, status }) {
    if (PASSING.includes(status)) {
      await waitFor({
        clock: flow.clock,
        timeout: GONE_TIMEOUT,
        read: () => call.cloud.volumes.get(id),
        done: (volume) => !PASSING.includes(volume.status),
      });
    }
    await call.cloud.volumes.delete(id);
    // The write is under way and must end whole, whatever becomes of the caller.
    const rest = call.cloud.detached();
    await waitUntilGone(flow.clock, () => stillThere(rest.volumes.get(id)), GONE_TIMEOUT);
  },
  async act(context, volume, term, attributes) {
    if (term === "resize") await extend(context, volume, sizeOf(attributes), "size");
    if (term === "snapshot") await snapshot(context, volume);
    if (term === "backup") await backup(context, volume);
  },
};

/** A delete that failed is told at once, not when the patience ends. */
async function stillThere(read: Promise<Volume>): Promise<Volume> {
  const volume = await read;
  if (volume.status === "error" && volume.nativeStatus.includes("deleting")) {
    throw new CloudError("RESOURCE_FAILED", `the cloud could not delete volume ${volume.id}`);
  }
  return volume;
}

function sizeOf(attributes: Attributes): number {
  const size = attributes.get("size");
  return typeof size === "number" ? wholeGiB(size) : 0;
}

const isOnline = ({ status }: Volume): boolean => STATES[status] === "online";

const ACTIONS: readonly Action<Volume>[] = [
  // A volume is on line by itself; Cinder has no switch for it.
  { term: "online", title: "Bring the storage online", attributes: [], isPossible: isOnline },
  {
    term: "offline",
    title: "Take the storage offline",
    attributes: [],
    isPossible: ({ status }) => STATES[status] === "offline",
  },
  {
    term: "backup",
    title: "Back the storage up (1.1)",
    attributes: [],
    isPossible: isOnline,
    needs: ["volumeBackup.create"],
  },
  { term: "snapshot", title: "Snapshot of the storage (1.1)", attributes: [], isPossible: isOnline },
  {
    term: "resize",
    title: "Resize the storage (1.1)",
    attributes: [{ name: "size", type: "float", required: true, description: "New size in GiB", minimum: 0 }],
    isPossible: isOnline,
    check: ({ sizeGiB }, attributes) => {
      if (sizeOf(attributes) < sizeGiB) throw invalid("size", `a volume only grows, and it has ${sizeGiB} GiB`);
    },
  },
];

export const STORAGE: Definition<Volume, Draft, Change> = {
  term: "storage",
  title: "Storage Resource",
  parent: RESOURCE,
  location: "/storage/",
  needs: ["volume.read"],
  rows: ROWS,
  actions: ACTIONS,
  mixins: [],
  templates: [zonesOf("volume"), REGIONS],
  idOf: ({ id }) => id,
  linksOf: () => [],
  store,
};
