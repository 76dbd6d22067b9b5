/** The contract of volumes, their snapshots, and volumes in servers. */
import { describe, expect, test } from "vitest";
import {
  type Cloud,
  collect,
  type Volume,
  type VolumeSnapshot,
  type VolumeStatus,
  waitFor,
  waitUntilGone,
} from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";
import { removeServer, serverDraft, waitForServer } from "./backend.server.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export async function waitForVolume(
  bench: Bench,
  cloud: Cloud,
  id: string,
  wanted: VolumeStatus = "available",
): Promise<Volume> {
  const { item } = await waitFor({
    clock: bench.at().clock,
    timeout: bench.target.expectations.patienceMs,
    read: () => cloud.volumes.get(id),
    done: ({ status }) => status === wanted || status === "error",
  });
  expect(item.status).toBe(wanted);
  return item;
}

async function waitForSnapshot(bench: Bench, cloud: Cloud, id: string): Promise<VolumeSnapshot> {
  const { item } = await waitFor({
    clock: bench.at().clock,
    timeout: bench.target.expectations.patienceMs,
    read: () => cloud.volumeSnapshots.get(id),
    done: ({ status }) => status !== "creating",
  });
  expect(item.status).toBe("available");
  return item;
}

export async function removeVolume(bench: Bench, cloud: Cloud, id: string): Promise<void> {
  await cloud.volumes.delete(id);
  await waitUntilGone(bench.at().clock, () => cloud.volumes.get(id), bench.target.expectations.patienceMs);
}

export function volumeContract(bench: Bench): void {
  const { missing, image, patienceMs } = bench.target.expectations;
  const isGone = (read: () => Promise<unknown>) => waitUntilGone(bench.at().clock, read, patienceMs);

  describe.skipIf(missing.volumes !== undefined)("volumes", () => {
    test("a volume lives: made, seen, found by its marker, changed, extended, deleted", {
      timeout: 180_000,
    }, async () => {
      const cloud = await bench.open();
      const { volumes } = cloud;
      const marker = bench.marker();
      const draft = { name: bench.name("life"), description: "two\nlines", sizeGiB: 1, metadata: { a: "b" } };
      const { id } = await volumes.create({ ...draft, marker });
      const made = await waitForVolume(bench, cloud, id);
      expect(made).toMatchObject({ ...draft, isBootable: false, attachments: [], imageId: undefined });
      expect(await collect(volumes.list({ name: draft.name }))).toEqual([made]);
      expect(await collect(volumes.list({ name: draft.name, status: "in-use" }))).toEqual([]);
      expect(await collect(volumes.list({ name: draft.name, status: "available" }))).toEqual([made]);
      expect((await volumes.findByMarker(marker))?.id).toBe(id);
      expect(await volumes.findByMarker(bench.marker(), draft.name)).toBeUndefined();

      await volumes.update(id, { description: "one line", metadata: { c: "d" } });
      expect(await volumes.get(id)).toMatchObject({ ...draft, description: "one line", metadata: { c: "d" } });
      expect((await volumes.findByMarker(marker, draft.name))?.id).toBe(id);

      expect(await reasonOf(volumes.extend(id, 1))).toBe("INVALID_VALUE");
      await volumes.extend(id, 2);
      expect((await waitForVolume(bench, cloud, id)).sizeGiB).toBe(2);

      const theirs = await bench.open(bench.target.second);
      expect(await reasonOf(theirs.volumes.get(id))).toBe("NOT_FOUND");
      expect(await reasonOf(theirs.volumes.delete(id))).toBe("NOT_FOUND");
      expect(await collect(theirs.volumes.list({ name: draft.name }))).toEqual([]);

      await removeVolume(bench, cloud, id);
      expect(await reasonOf(volumes.delete(id))).toBe("NOT_FOUND");
      expect(await volumes.findByMarker(marker)).toBeUndefined();
    });

    test("a snapshot keeps its volume, and new volumes begin with either, or with an image", {
      timeout: 180_000,
    }, async () => {
      const cloud = await bench.open();
      const { volumes, volumeSnapshots } = cloud;
      const name = bench.name("source");
      const volume = await volumes.create({ name, sizeGiB: 1, marker: bench.marker() });
      await waitForVolume(bench, cloud, volume.id);
      const marker = bench.marker();
      const draft = { name, description: "s", volumeId: volume.id, metadata: { a: "b" } };
      const { id } = await volumeSnapshots.create({ ...draft, marker });
      const snapshot = await waitForSnapshot(bench, cloud, id);
      expect(snapshot).toMatchObject({ ...draft, sizeGiB: 1 });
      expect(await collect(volumeSnapshots.list({ volumeId: volume.id }))).toEqual([snapshot]);
      expect(await collect(volumeSnapshots.list({ volumeId: NOBODY, name }))).toEqual([]);
      expect((await volumeSnapshots.findByMarker(marker, name))?.id).toBe(id);
      expect(await volumeSnapshots.findByMarker(bench.marker())).toBeUndefined();
      expect(await reasonOf(volumes.delete(volume.id))).toBe("IN_USE");

      const [found] = await collect(cloud.images.list({ name: image }));
      const sources = [{ snapshotId: id }, { volumeId: volume.id }, { imageId: found?.id ?? "" }];
      for (const source of sources) {
        const copy = await volumes.create({ name, sizeGiB: 1, source, marker: bench.marker() });
        const { imageId, snapshotId, isBootable } = await waitForVolume(bench, cloud, copy.id);
        const expected = { imageId: undefined, snapshotId: undefined, isBootable: "imageId" in source };
        expect({ imageId, snapshotId, isBootable }).toEqual({ ...expected, ...("volumeId" in source ? {} : source) });
        await removeVolume(bench, cloud, copy.id);
      }

      await volumeSnapshots.delete(id);
      await isGone(() => volumeSnapshots.get(id));
      expect(await reasonOf(volumeSnapshots.delete(id))).toBe("NOT_FOUND");
      await removeVolume(bench, cloud, volume.id);
    });

    test("what cannot be is refused, and nothing is left of it", async () => {
      const { volumes, volumeSnapshots } = await bench.open();
      const draft = { name: bench.name("refused"), sizeGiB: 1, marker: bench.marker() };
      expect(await reasonOf(volumes.create({ ...draft, typeName: "no such type" }))).toBe("NOT_FOUND");
      expect(await reasonOf(volumes.create({ ...draft, zone: "no such zone" }))).toBe("INVALID_VALUE");
      for (const source of [{ imageId: NOBODY }, { snapshotId: NOBODY }, { volumeId: NOBODY }]) {
        expect(await reasonOf(volumes.create({ ...draft, source }))).toBe("NOT_FOUND");
      }
      expect(await reasonOf(volumes.create({ ...draft, sizeGiB: 0 }))).toBe("INVALID_VALUE");
      expect(await reasonOf(volumes.create({ ...draft, sizeGiB: 1_000_000 }))).toBe("QUOTA_EXCEEDED");
      expect(await reasonOf(volumeSnapshots.create({ ...draft, volumeId: NOBODY }))).toBe("NOT_FOUND");
      expect(await collect(volumes.list({ name: draft.name }))).toEqual([]);
      expect(await reasonOf(volumes.get(NOBODY))).toBe("NOT_FOUND");
      expect(await reasonOf(volumeSnapshots.get(NOBODY))).toBe("NOT_FOUND");
    });
  });

  describe.skipIf(missing.volumes !== undefined || missing.servers !== undefined)("volumes in servers", () => {
    test("a volume is plugged in, seen from both sides by one id, and unplugged", { timeout: 180_000 }, async () => {
      const cloud = await bench.open();
      const { servers, volumes } = cloud;
      const draft = await serverDraft(bench, cloud, "disks");
      const { id: serverId } = await servers.create({ ...draft, attachments: "none" });
      const volume = await volumes.create({ name: draft.name, sizeGiB: 1, marker: bench.marker() });
      await waitForVolume(bench, cloud, volume.id);
      await waitForServer(bench, cloud, serverId, "active");

      const attached = await servers.attachVolume(serverId, { volumeId: volume.id });
      expect(attached).toMatchObject({ serverId, volumeId: volume.id, id: expect.stringMatching(UUID) });
      expect(attached.id).not.toBe(volume.id);
      const inUse = await waitForVolume(bench, cloud, volume.id, "in-use");
      expect(inUse.attachments).toEqual([{ ...attached, device: inUse.attachments[0]?.device }]);
      expect(inUse.attachments[0]?.device).toMatch(/^\/dev\//);
      for (const query of [{ serverIds: [serverId] }, { volumeIds: [volume.id] }, { serverIds: [serverId, NOBODY] }]) {
        expect(await collect(servers.volumeAttachments(query))).toEqual(inUse.attachments);
      }
      expect(await collect(servers.volumeAttachments())).toContainEqual(inUse.attachments[0]);
      expect(await collect(servers.volumeAttachments({ serverIds: [] }))).toEqual([]);
      expect((await servers.get(serverId)).volumeIds).toEqual([volume.id]);
      expect(await reasonOf(servers.attachVolume(serverId, { volumeId: volume.id }))).toBe("IN_USE");
      expect(await reasonOf(servers.attachVolume(serverId, { volumeId: NOBODY }))).toBe("NOT_FOUND");
      expect(await reasonOf(volumes.delete(volume.id))).toBe("IN_USE");
      expect(await reasonOf(servers.detachVolume(serverId, NOBODY))).toBe("NOT_FOUND");

      await servers.detachVolume(serverId, volume.id);
      expect((await waitForVolume(bench, cloud, volume.id)).attachments).toEqual([]);
      const mortal = await servers.attachVolume(serverId, { volumeId: volume.id, deleteWithServer: true });
      expect(mortal.id).not.toBe(attached.id);
      await waitForVolume(bench, cloud, volume.id, "in-use");
      await removeServer(bench, cloud, serverId);
      await isGone(() => volumes.get(volume.id));
    });
  });
}
