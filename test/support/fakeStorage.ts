import {
  type Cloud,
  CloudError,
  type Servers,
  type Volume,
  type VolumeAttachment,
  type VolumeBackup,
  type VolumeSnapshot,
} from "../../src/cloud/index.ts";
import type { FakeWorld } from "./fakeCloud.ts";
import type { Tools } from "./fakeNetworking.ts";

/** The storage half of the cloud in memory. */

export type FakeVolume = Volume & { readonly projectId: string };
export type FakeVolumeBackup = VolumeBackup & { readonly projectId: string };
export type FakeVolumeSnapshot = VolumeSnapshot & { readonly projectId: string };

const EPOCH = new Date("2026-01-02T03:04:05Z");

export function fakeVolume(
  more: Partial<Volume> & { readonly id: string; readonly projectId: string; readonly sizeGiB: number },
): FakeVolume {
  return {
    name: "",
    description: "",
    status: "available",
    nativeStatus: "available",
    isBootable: false,
    typeName: "standard",
    zone: "nova",
    attachments: [],
    metadata: {},
    imageId: undefined,
    snapshotId: undefined,
    createdAt: EPOCH,
    updatedAt: EPOCH,
    ...more,
  };
}

type Storage = Pick<Cloud, "volumes" | "volumeSnapshots" | "volumeBackups"> &
  Pick<Servers, "attachVolume" | "detachVolume" | "volumeAttachments"> & {
    /** What becomes of the volumes when a server goes: they are free again. */
    unplugAll(serverId: string): void;
  };

export function storing(world: FakeWorld, projectId: string, tools: Tools): Storage {
  const { freshId, enter, find, list, remember, byMarker } = tools;
  const owns = (item: { readonly projectId: string }) => item.projectId === projectId;
  const shown = ({ projectId: _, ...volume }: FakeVolume): Volume => volume;
  const shownSnapshot = ({ projectId: _, ...snapshot }: FakeVolumeSnapshot): VolumeSnapshot => snapshot;
  const volumeOf = (id: string) => find(world.volumes, id, "volume", owns);
  const change = (id: string, more: Partial<Volume>): Volume => {
    const volume = { ...volumeOf(id), ...more };
    world.volumes.set(id, volume);
    return shown(volume);
  };
  const plug = (id: string, attachments: readonly VolumeAttachment[]) => {
    const status = attachments.length === 0 ? "available" : "in-use";
    change(id, { attachments, status, nativeStatus: status });
    for (const server of world.servers.values()) {
      const others = server.volumeIds.filter((volumeId) => volumeId !== id);
      const isIn = attachments.some(({ serverId }) => serverId === server.id);
      world.servers.set(server.id, { ...server, volumeIds: isIn ? [...others, id] : others });
    }
  };

  return {
    volumes: {
      async *list(query = {}) {
        for await (const volume of list("volumes.list", world.volumes, owns)) {
          if (query.name !== undefined && query.name !== volume.name) continue;
          if (query.status === undefined || query.status === volume.status) yield shown(volume);
        }
      },
      async get(id) {
        enter("volumes.get");
        return shown(volumeOf(id));
      },
      async create({ marker, source, ...draft }) {
        enter("volumes.create");
        const imageId = source !== undefined && "imageId" in source ? source.imageId : undefined;
        const snapshotId = source !== undefined && "snapshotId" in source ? source.snapshotId : undefined;
        const origin = { imageId, snapshotId, isBootable: imageId !== undefined };
        const volume = fakeVolume({ id: freshId(), projectId, ...draft, ...origin });
        world.volumes.set(volume.id, volume);
        remember(marker, volume.id);
        return shown(volume);
      },
      async update(id, more) {
        enter("volumes.update");
        return change(id, more);
      },
      async extend(id, sizeGiB) {
        enter("volumes.extend");
        if (sizeGiB <= volumeOf(id).sizeGiB) throw new CloudError("INVALID_VALUE", "a volume only grows");
        change(id, { sizeGiB });
      },
      async delete(id) {
        enter("volumes.delete");
        if (volumeOf(id).attachments.length > 0) throw new CloudError("IN_USE", `volume ${id} is in a server`);
        if ([...world.volumeSnapshots.values()].some(({ volumeId }) => volumeId === id))
          throw new CloudError("IN_USE", `volume ${id} has snapshots`);
        world.volumes.delete(id);
      },
      findByMarker: async (marker) => {
        const volume = byMarker(world.volumes, marker);
        return volume === undefined ? undefined : shown(volume);
      },
    },
    volumeSnapshots: {
      async *list(query = {}) {
        for await (const snapshot of list("volumeSnapshots.list", world.volumeSnapshots, owns)) {
          if (query.name !== undefined && query.name !== snapshot.name) continue;
          if (query.volumeId === undefined || query.volumeId === snapshot.volumeId) yield shownSnapshot(snapshot);
        }
      },
      async get(id) {
        enter("volumeSnapshots.get");
        return shownSnapshot(find(world.volumeSnapshots, id, "snapshot", owns));
      },
      async create({ marker, volumeId, name, description, metadata }) {
        enter("volumeSnapshots.create");
        const { sizeGiB } = volumeOf(volumeId);
        const state = { status: "available", nativeStatus: "available", createdAt: EPOCH, updatedAt: EPOCH } as const;
        const text = { name, description: description ?? "", metadata: metadata ?? {} };
        const snapshot = { id: freshId(), projectId, volumeId, sizeGiB, ...text, ...state };
        world.volumeSnapshots.set(snapshot.id, snapshot);
        remember(marker, snapshot.id);
        return shownSnapshot(snapshot);
      },
      async delete(id) {
        enter("volumeSnapshots.delete");
        find(world.volumeSnapshots, id, "snapshot", owns);
        world.volumeSnapshots.delete(id);
      },
      findByMarker: async (marker) => {
        const snapshot = byMarker(world.volumeSnapshots, marker);
        return snapshot === undefined ? undefined : shownSnapshot(snapshot);
      },
    },
    volumeBackups: {
      list: () => list("volumeBackups.list", world.volumeBackups, owns),
      async get(id) {
        enter("volumeBackups.get");
        return find(world.volumeBackups, id, "backup", owns);
      },
      async create({ marker, volumeId, name, description = "" }) {
        enter("volumeBackups.create");
        const { sizeGiB } = volumeOf(volumeId);
        const state = { status: "available", nativeStatus: "available", failure: undefined, createdAt: EPOCH } as const;
        const backup = { id: freshId(), projectId, volumeId, sizeGiB, name, description, ...state };
        world.volumeBackups.set(backup.id, backup);
        remember(marker, backup.id);
        return backup;
      },
      async delete(id) {
        enter("volumeBackups.delete");
        find(world.volumeBackups, id, "backup", owns);
        world.volumeBackups.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.volumeBackups, marker),
    },
    async attachVolume(serverId, { volumeId, device }) {
      enter("servers.attachVolume");
      find(world.servers, serverId, "server", owns);
      if (volumeOf(volumeId).attachments.length > 0)
        throw new CloudError("IN_USE", `volume ${volumeId} is in a server`);
      const attachment = { id: freshId(), volumeId, serverId, device: device ?? "/dev/vdb" };
      plug(volumeId, [attachment]);
      return attachment;
    },
    unplugAll(serverId) {
      for (const { id, attachments } of world.volumes.values()) {
        const rest = attachments.filter((attachment) => attachment.serverId !== serverId);
        if (rest.length < attachments.length) plug(id, rest);
      }
    },
    async detachVolume(serverId, volumeId) {
      enter("servers.detachVolume");
      const { attachments } = volumeOf(volumeId);
      const rest = attachments.filter((attachment) => attachment.serverId !== serverId);
      if (rest.length === attachments.length) throw new CloudError("NOT_FOUND", `volume ${volumeId} is not in it`);
      plug(volumeId, rest);
    },
    async *volumeAttachments({ serverIds, volumeIds } = {}) {
      for await (const { attachments } of list("servers.volumeAttachments", world.volumes, owns)) {
        for (const attachment of attachments) {
          if (serverIds?.includes(attachment.serverId) === false) continue;
          if (volumeIds?.includes(attachment.volumeId) !== false) yield attachment;
        }
      }
    },
  };
}
