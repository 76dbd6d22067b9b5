/** The contract of what changes a server that is there: its metadata, its size, its image; and of backups of volumes. */
import { describe, expect, test } from "vitest";
import { collect, type Flow, rebuildServer, resizeServer, silentLog, waitFor } from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";
import { removeServer, serverDraft, waitForServer } from "./backend.server.ts";
import { removeVolume, waitForVolume } from "./backend.volume.ts";

export function changeContract(bench: Bench): void {
  const { missing, patienceMs } = bench.target.expectations;
  const flow = (): Flow => ({ clock: bench.at().clock, ids: { uuid: () => bench.marker().value }, log: silentLog });

  describe.skipIf(missing.servers !== undefined)("servers that change", () => {
    test("metadata, size and image of a server", { timeout: 240_000 }, async () => {
      const cloud = await bench.open();
      const { servers } = cloud;
      const draft = await serverDraft(bench, cloud, "change");
      const { id } = await servers.create({ ...draft, metadata: { a: "1", b: "2" }, attachments: "none" });
      const server = await waitForServer(bench, cloud, id, "active");

      await servers.update(id, { metadata: { b: "3", "c d": "" } });
      expect((await servers.get(id)).metadata).toEqual({ b: "3", "c d": "" });
      expect((await servers.findByMarker(draft.marker))?.id).toBe(id);

      const flavours = await collect(cloud.flavours.list());
      const small = flavours.find(({ id: other }) => other === draft.flavourId);
      const larger = flavours.find(({ ramMiB, diskGiB }) => ramMiB > (small?.ramMiB ?? 0) && diskGiB > 0);
      if (larger === undefined) throw new Error("the target has one flavour only");
      expect(await reasonOf(servers.resize(id, NOBODY))).toBe("NOT_FOUND");
      expect(await reasonOf(servers.confirmResize(id))).toBe("STATE_CONFLICT");
      const resized = await resizeServer(cloud, server, larger.id, flow(), patienceMs);
      const { vcpus, ramMiB } = larger;
      expect(resized).toMatchObject({ status: "active", flavourId: larger.id, vcpus, ramMiB, metadata: { b: "3" } });

      await servers.resize(id, draft.flavourId);
      const waiting = await waitForServer(bench, cloud, id, "resized");
      expect(waiting.flavourId).toBe(draft.flavourId);
      await servers.revertResize(id);
      expect((await waitForServer(bench, cloud, id, "active")).flavourId).toBe(larger.id);

      expect(["INVALID_VALUE", "NOT_FOUND"]).toContain(await reasonOf(servers.rebuild(id, NOBODY)));
      const rebuilt = await rebuildServer(cloud, id, draft.imageId, flow(), patienceMs);
      expect(rebuilt).toMatchObject({ status: "active", imageId: draft.imageId, metadata: { b: "3" } });
      await removeServer(bench, cloud, id);
    });
  });

  describe.skipIf(missing.volumes !== undefined)("backups of volumes", () => {
    test("a backup becomes available, or says why not", { timeout: 120_000 }, async () => {
      const cloud = await bench.open();
      const { volumes, volumeBackups } = cloud;
      const name = bench.name("backup");
      const volume = await volumes.create({ name, sizeGiB: 1, marker: bench.marker() });
      await waitForVolume(bench, cloud, volume.id);
      expect(await reasonOf(volumeBackups.create({ volumeId: NOBODY, name, marker: bench.marker() }))).toBe(
        "NOT_FOUND",
      );
      const marker = bench.marker();
      const { id } = await volumeBackups.create({ volumeId: volume.id, name, description: "d", marker });
      const { item } = await waitFor({
        clock: bench.at().clock,
        timeout: patienceMs,
        read: () => volumeBackups.get(id),
        done: ({ status }) => status !== "creating",
      });
      expect(item).toMatchObject({ name, description: "d", volumeId: volume.id });
      expect(["available", "error"]).toContain(item.status);
      expect(item.failure === undefined).toBe(item.status === "available");
      expect((await collect(volumeBackups.list({ volumeId: volume.id }))).map((backup) => backup.id)).toEqual([id]);
      expect((await volumeBackups.findByMarker(marker, name))?.id).toBe(id);
      const theirs = await bench.open(bench.target.second);
      expect(await reasonOf(theirs.volumeBackups.get(id))).toBe("NOT_FOUND");
      if (item.status === "available") await volumeBackups.delete(id);
      await waitForVolume(bench, cloud, volume.id);
      await removeVolume(bench, cloud, volume.id);
    });
  });
}
