import {
  type Cloud,
  CloudError,
  Undo,
  type Volume,
  type VolumeAttachment,
  type VolumeStatus,
} from "../../cloud/index.ts";
import { INFRASTRUCTURE } from "../category.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import type { Context, Row } from "../table.ts";
import { LINK, SOURCE, TARGET } from "./core.ts";
import { COMPUTES, mustExist, STORAGES, sourceServer } from "./ends.ts";
import { plugVolume, requireFree, unplugVolume, type VolumeOrder } from "./plug.ts";

/** A storage link is a volume in a server (GFD.224 §3.4.2; house: id = attachment id). */
export interface StorageLinkModel extends VolumeAttachment {
  /** Absent where only the server was asked. */
  readonly volumeStatus: VolumeStatus | undefined;
}

interface Draft {
  readonly source: string;
  readonly target: string;
  readonly device: string;
  readonly mountpoint: string;
}

/** A volume that is extended or backed up in its server stays usable there. */
function stateOf({ volumeStatus, device }: StorageLinkModel): "active" | "inactive" | "error" {
  if (volumeStatus === "error") return "error";
  if (volumeStatus === "attaching" || volumeStatus === "detaching") return "inactive";
  // A server that is only getting the volume has no device of it yet.
  return volumeStatus === undefined && device === undefined ? "inactive" : "active";
}

const ROWS: readonly Row<StorageLinkModel, Draft, never>[] = [
  { ...SOURCE, type: "string", read: ({ serverId }) => COMPUTES + serverId, write: (source) => ({ source }) },
  { ...TARGET, type: "string", read: ({ volumeId }) => STORAGES + volumeId, write: (target) => ({ target }) },
  {
    // A wish at creation; the hypervisor decides, and then it stays.
    name: "occi.storagelink.deviceid",
    type: "string",
    description: "Device name of the attachment",
    read: ({ device }) => device,
    write: (device) => ({ device }),
  },
  {
    // Known inside of the guest only.
    name: "occi.storagelink.mountpoint",
    type: "string",
    description: "Mount point in the guest",
    write: (mountpoint) => ({ mountpoint }),
  },
  {
    name: "occi.storagelink.state",
    type: "string",
    immutable: true,
    description: "State of the attachment",
    values: ["active", "inactive", "error"],
    read: stateOf,
    outcome: "active",
  },
  {
    name: "occi.storagelink.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ volumeStatus }) => volumeStatus,
  },
];

/** The volume that a draft of a link wants: there, and free. The server is known unless it is only to be made. */
export async function volumeOrder(
  context: Context,
  { target = "", device, mountpoint }: Partial<Draft>,
  serverId?: string,
): Promise<VolumeOrder> {
  const volumeId = context.idAt(target, STORAGES);
  if (volumeId === undefined) throw invalid(TARGET.name, `"${target}" is no storage of this server`);
  if (mountpoint !== undefined)
    context.call.warn("occi.storagelink.mountpoint was accepted and has no effect: the guest mounts its volumes");
  requireFree(await mustExist(TARGET.name, context.call.cloud.volumes.get(volumeId)), serverId);
  return { volumeId, ...(device === undefined ? {} : { device }) };
}

/** The links of one server, from the server's side. */
export async function linksOfServer(cloud: Cloud, serverId: string): Promise<readonly StorageLinkModel[]> {
  const links: StorageLinkModel[] = [];
  for await (const found of cloud.servers.volumeAttachments({ serverIds: [serverId] })) {
    links.push({ ...found, volumeStatus: undefined });
  }
  return links;
}

/** What the volumes tell of a server. */
export interface ServerVolumes {
  readonly storageLinks: readonly StorageLinkModel[];
  /** Of a volume that can be booted from. */
  readonly bootImageId: string | undefined;
}

/** The same of all servers in one list. */
export async function volumesByServer(cloud: Cloud): Promise<ReadonlyMap<string, ServerVolumes>> {
  const found = new Map<string, ServerVolumes>();
  for await (const { attachments, isBootable, imageId } of cloud.volumes.list()) {
    for (const attachment of attachments) {
      const { storageLinks = [], bootImageId } = found.get(attachment.serverId) ?? {};
      found.set(attachment.serverId, {
        storageLinks: [...storageLinks, { ...attachment, volumeStatus: undefined }],
        bootImageId: bootImageId ?? (isBootable ? imageId : undefined),
      });
    }
  }
  return found;
}

function linksOfVolume({ attachments, status }: Volume): readonly StorageLinkModel[] {
  return attachments.map((attachment) => ({ ...attachment, volumeStatus: status }));
}

async function* list({ call }: Context): AsyncIterable<StorageLinkModel> {
  for await (const volume of call.cloud.volumes.list()) yield* linksOfVolume(volume);
}

/** Both ends of a draft, there and free. */
async function planOf(context: Context, draft: Partial<Draft>) {
  const serverId = await sourceServer(context, draft.source ?? "");
  return { serverId, order: await volumeOrder(context, draft, serverId) };
}

const store: Store<StorageLinkModel, Draft, never> = {
  list,
  // No cloud looks an attachment up by its id alone.
  async get(context, id) {
    for await (const link of list(context)) if (link.id === id) return link;
    throw new CloudError("NOT_FOUND", `there is no storage link ${id}`);
  },
  async rehearse(context, draft) {
    await planOf(context, draft);
    return [];
  },
  async create(context, draft) {
    const { serverId, order } = await planOf(context, draft);
    const undo = new Undo(context.call.log);
    try {
      const { attachment, volume } = await plugVolume(context, serverId, order, undo);
      return { ...attachment, volumeStatus: volume.status };
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  update: () => {
    throw new CloudError("INTERNAL", "no row of a storage link can be changed");
  },
  remove: ({ call, flow }, { serverId, volumeId }) => unplugVolume(call.cloud, flow, serverId, volumeId),
  act: () => {
    throw new CloudError("INTERNAL", "a storage link has no actions");
  },
};

export const STORAGE_LINK: Definition<StorageLinkModel, Draft, never> = {
  term: "storagelink",
  title: "StorageLink Link",
  parent: LINK,
  location: "/storagelink/",
  needs: ["volume.read", "volume.attach"],
  rows: ROWS,
  actions: [],
  mixins: [],
  templates: [],
  idOf: ({ id }) => id,
  endKinds: { source: [`${INFRASTRUCTURE}compute`], target: [`${INFRASTRUCTURE}storage`] },
  ends: ({ serverId, volumeId }) => ({
    source: { path: COMPUTES + serverId, kind: `${INFRASTRUCTURE}compute` },
    target: { path: STORAGES + volumeId, kind: `${INFRASTRUCTURE}storage` },
  }),
  store,
};
