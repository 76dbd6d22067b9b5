/** The contract of what a server may be made with: volumes, groups, a key, a zone. */
import { describe, expect, test } from "vitest";
import { collect, waitUntilGone } from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";
import { withNetwork } from "./backend.network.ts";
import { freshPublicKey } from "./backend.placement.ts";
import { removeServer, serverDraft, waitForServer } from "./backend.server.ts";
import { removeVolume, waitForVolume } from "./backend.volume.ts";

export function draftContract(bench: Bench): void {
  const { missing, patienceMs } = bench.target.expectations;
  const isGone = (read: () => Promise<unknown>) => waitUntilGone(bench.at().clock, read, patienceMs);

  const isWithout = missing.servers !== undefined || missing.placement !== undefined;
  describe.skipIf(isWithout)("what servers are made with", () => {
    test("a server joins its group, and has its key and its zone", { timeout: 180_000 }, async () => {
      const cloud = await bench.open();
      const draft = await serverDraft(bench, cloud, "grouped");
      const group = await cloud.serverGroups.create({ name: draft.name, policy: "soft-anti-affinity" });
      const zone = (await collect(cloud.zones.list())).find(({ services }) => services.includes("compute"))?.name ?? "";
      const keyName = draft.name;
      await cloud.keyPairs.create({ name: keyName, publicKey: freshPublicKey(), marker: bench.marker() });
      const more = { groupId: group.id, keyName, zone };
      const { id } = await cloud.servers.create({ ...draft, ...more, attachments: "none" });
      expect(await waitForServer(bench, cloud, id, "active")).toMatchObject({ keyName, zone });
      expect((await cloud.serverGroups.get(group.id)).serverIds).toEqual([id]);
      await removeServer(bench, cloud, id);
      await cloud.serverGroups.delete(group.id);
      await cloud.keyPairs.delete(keyName);
      const nowhere = { ...draft, attachments: "none", zone: "no such zone" } as const;
      expect(await reasonOf(cloud.servers.create(nowhere))).toBe("INVALID_VALUE");
      const lonely = { ...draft, attachments: "none", groupId: NOBODY } as const;
      expect(await reasonOf(cloud.servers.create(lonely))).toBe("NOT_FOUND");
    });

    test("cards have the security groups that were asked for", { timeout: 180_000 }, async () => {
      await withNetwork(bench, async ({ cloud, network }) => {
        const draft = await serverDraft(bench, cloud, "secured");
        const group = await cloud.securityGroups.create({ name: draft.name, marker: bench.marker() });
        const securityGroupIds = [group.id];
        const port = await cloud.ports.create({ networkId: network.id, securityGroupIds, marker: bench.marker() });
        expect(port.securityGroupIds).toEqual(securityGroupIds);
        expect((await cloud.ports.update(port.id, { securityGroupIds: [] })).securityGroupIds).toEqual([]);
        await cloud.ports.update(port.id, { securityGroupIds });
        const attachments = [{ portId: port.id }, { networkId: network.id }];
        const { id } = await cloud.servers.create({ ...draft, attachments, securityGroupIds });
        await waitForServer(bench, cloud, id, "active");
        const cards = await collect(cloud.ports.list({ deviceIds: [id] }));
        expect(cards.map((card) => card.securityGroupIds)).toEqual([securityGroupIds, securityGroupIds]);
        await removeServer(bench, cloud, id);
        await cloud.ports.delete(port.id);
        await cloud.securityGroups.delete(group.id);
      });
    });
  });

  describe.skipIf(missing.servers !== undefined || missing.volumes !== undefined)("servers of volumes", () => {
    test("a server boots from a new volume of an image, beside a blank one that outlives it", {
      timeout: 180_000,
    }, async () => {
      const cloud = await bench.open();
      const { servers, volumes } = cloud;
      const { imageId, ...draft } = await serverDraft(bench, cloud, "booted");
      const bootVolume = { imageId, sizeGiB: 1, deleteWithServer: true };
      const more = { bootVolume, volumes: [{ sizeGiB: 1, deleteWithServer: false }], attachments: "none" } as const;
      const { id } = await servers.create({ ...draft, ...more });
      const server = await waitForServer(bench, cloud, id, "active");
      expect(server.imageId).toBeUndefined();
      const made = await Promise.all(server.volumeIds.map((volumeId) => volumes.get(volumeId)));
      const root = made.find((volume) => volume.imageId === imageId);
      const blank = made.find((volume) => volume.imageId === undefined);
      expect(root).toMatchObject({ sizeGiB: 1, isBootable: true, status: "in-use" });
      expect(blank).toMatchObject({ sizeGiB: 1, isBootable: false, status: "in-use" });
      await removeServer(bench, cloud, id);
      await isGone(() => volumes.get(root?.id ?? ""));
      await waitForVolume(bench, cloud, blank?.id ?? "");
      await removeVolume(bench, cloud, blank?.id ?? "");
    });

    test.skipIf(missing.volumeImages !== undefined)(
      "a server of a volume becomes an image without bytes, of a snapshot",
      { timeout: 180_000 },
      async () => {
        const cloud = await bench.open();
        const { imageId, ...draft } = await serverDraft(bench, cloud, "pictured");
        const bootVolume = { imageId, sizeGiB: 1, deleteWithServer: true };
        const { id } = await cloud.servers.create({ ...draft, bootVolume, attachments: "none" });
        const { volumeIds } = await waitForServer(bench, cloud, id, "active");
        const marker = bench.marker();
        const made = await cloud.servers.snapshot(id, { name: bench.name("of-volumes"), marker });
        const image = await cloud.images.get(made.imageId);
        expect(image).toMatchObject({ status: "active", sizeBytes: 0 });
        expect((await cloud.images.findByMarker(marker))?.id).toBe(made.imageId);
        const [snapshotId = ""] = image.volumeSnapshotIds;
        expect((await cloud.volumeSnapshots.get(snapshotId)).volumeId).toBe(volumeIds[0]);
        await waitForServer(bench, cloud, id, "active");
        await cloud.images.delete(made.imageId);
        await cloud.volumeSnapshots.delete(snapshotId);
        await isGone(() => cloud.volumeSnapshots.get(snapshotId));
        await removeServer(bench, cloud, id);
      },
    );

    test("a server boots from a volume that is there, and leaves it", { timeout: 180_000 }, async () => {
      const cloud = await bench.open();
      const { imageId, ...draft } = await serverDraft(bench, cloud, "from-volume");
      const source = { name: draft.name, sizeGiB: 1, source: { imageId }, marker: bench.marker() };
      const { id: volumeId } = await cloud.volumes.create(source);
      await waitForVolume(bench, cloud, volumeId);
      const { id } = await cloud.servers.create({ ...draft, bootVolume: { volumeId }, attachments: "none" });
      expect((await waitForServer(bench, cloud, id, "active")).volumeIds).toEqual([volumeId]);
      await removeServer(bench, cloud, id);
      await waitForVolume(bench, cloud, volumeId);
      await removeVolume(bench, cloud, volumeId);
    });
  });
}
