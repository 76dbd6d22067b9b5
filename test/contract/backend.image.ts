/** The contract of images and flavours that are made, and of images of servers. */
import { describe, expect, test } from "vitest";
import { type Cloud, collect, type Image, waitFor } from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";
import { removeServer, serverDraft, waitForServer } from "./backend.server.ts";

async function bytesOf(data: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of data) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function waitForImage(bench: Bench, cloud: Cloud, id: string): Promise<Image> {
  return waitFor({
    clock: bench.at().clock,
    timeout: bench.target.expectations.patienceMs,
    read: () => cloud.images.get(id),
    done: ({ status }) => status !== "pending",
  }).then(({ item }) => item);
}

export function imageContract(bench: Bench): void {
  const { missing } = bench.target.expectations;

  describe.skipIf(missing.imageData !== undefined)("images that are made", () => {
    test("an image lives: made, found by its marker, filled, read, deleted", { timeout: 60_000 }, async () => {
      const { images } = await bench.open();
      const marker = bench.marker();
      const draft = {
        name: bench.name("image"),
        diskFormat: "raw",
        containerFormat: "bare",
        minDiskGiB: 1,
        minRamMiB: 64,
        tags: ["a"],
        properties: { os_distro: "none" },
      };
      const made = await images.create({ ...draft, marker });
      expect(made).toMatchObject({ ...draft, status: "pending", visibility: "private", sizeBytes: undefined });
      expect(await images.findByMarker(marker)).toEqual(made);
      expect(await images.findByMarker(bench.marker())).toBeUndefined();
      expect(await reasonOf(images.download(made.id))).toBe("STATE_CONFLICT");

      const chunk = Buffer.alloc(256 * 1024, "vimana");
      let wanted = 0;
      async function* data() {
        for (; wanted < 16; wanted += 1) yield chunk;
      }
      await images.upload(made.id, data(), 16 * chunk.length);
      const filled = await images.get(made.id);
      expect(filled).toMatchObject({ status: "active", sizeBytes: 16 * chunk.length, properties: draft.properties });
      const read = await images.download(made.id);
      expect(read.sizeBytes).toBe(16 * chunk.length);
      expect((await bytesOf(read.data)).equals(Buffer.concat(Array.from({ length: 16 }, () => chunk)))).toBe(true);
      // Left in the middle, it harms nobody.
      for await (const _ of (await images.download(made.id)).data) break;

      wanted = 0;
      expect(await reasonOf(images.upload(made.id, data()))).toBe("STATE_CONFLICT");
      expect(wanted).toBe(0);
      const theirs = await bench.open(bench.target.second);
      expect(await reasonOf(theirs.images.get(made.id))).toBe("NOT_FOUND");
      expect(await reasonOf(theirs.images.delete(made.id))).toBe("NOT_FOUND");
      await images.delete(made.id);
      expect(await reasonOf(images.delete(made.id))).toBe("NOT_FOUND");
      expect(await reasonOf(images.upload(NOBODY, data()))).toBe("NOT_FOUND");
      expect(await reasonOf(images.download(NOBODY))).toBe("NOT_FOUND");
      expect(await reasonOf(images.create({ ...draft, diskFormat: "nonsense", marker }))).toBe("INVALID_VALUE");
    });

    test("data that break off leave an image without data", { timeout: 60_000 }, async () => {
      const { images } = await bench.open();
      const draft = { name: bench.name("broken"), diskFormat: "raw", marker: bench.marker() };
      const { id } = await images.create(draft);
      async function* data() {
        yield Buffer.alloc(64 * 1024);
        throw new Error("the caller is gone");
      }
      expect(await reasonOf(images.upload(id, data()))).toBe("CANCELLED");
      expect((await images.get(id)).status).not.toBe("active");
      await images.delete(id);
    });
  });

  describe.skipIf(missing.servers !== undefined || missing.imageData !== undefined)("images of servers", () => {
    test("a server becomes an image, which is found by its marker", { timeout: 120_000 }, async () => {
      const cloud = await bench.open();
      const draft = await serverDraft(bench, cloud, "model");
      const { id } = await cloud.servers.create({ ...draft, attachments: "none" });
      await waitForServer(bench, cloud, id, "active");
      const marker = bench.marker();
      const name = bench.name("snapshot");
      const { imageId } = await cloud.servers.snapshot(id, { name, metadata: { purpose: "test" }, marker });
      const image = await waitForImage(bench, cloud, imageId);
      expect(image).toMatchObject({ name, status: "active", visibility: "private" });
      expect(image.properties).toMatchObject({ purpose: "test" });
      expect((await cloud.images.findByMarker(marker))?.id).toBe(imageId);
      expect(await reasonOf(cloud.servers.snapshot(NOBODY, { name, marker: bench.marker() }))).toBe("NOT_FOUND");
      await waitForServer(bench, cloud, id, "active");
      await cloud.images.delete(imageId);
      await removeServer(bench, cloud, id);
    });
  });

  describe.skipIf(missing.administrator !== undefined)("flavours that are made", () => {
    test("an administrator makes a flavour with its extra specs, and deletes it", async () => {
      const { flavours } = await bench.open(bench.target.administrator);
      const marker = bench.marker();
      const draft = {
        name: bench.name("flavour"),
        vcpus: 2,
        ramMiB: 128,
        diskGiB: 3,
        ephemeralGiB: 1,
        swapMiB: 64,
        isPublic: false,
        extraSpecs: { "hw:cpu_policy": "dedicated" },
      };
      const made = await flavours.create({ ...draft, description: "made for a test", marker });
      expect(made).toMatchObject({ ...draft, description: "made for a test" });
      expect(await flavours.get(made.id)).toEqual(made);
      expect(await flavours.findByMarker(marker)).toEqual(made);
      expect(await flavours.findByMarker(bench.marker())).toBeUndefined();
      expect(await collect(flavours.list())).toContainEqual(made);
      expect(await reasonOf(flavours.create({ ...draft, marker: bench.marker() }))).toBe("ALREADY_EXISTS");
      await flavours.delete(made.id);
      expect(await reasonOf(flavours.delete(made.id))).toBe("NOT_FOUND");
    });

    test("a flavour whose extra specs are refused is not there afterwards", async () => {
      const { flavours } = await bench.open(bench.target.administrator);
      const marker = bench.marker();
      const sizes = { vcpus: 1, ramMiB: 64, diskGiB: 0 };
      const draft = { name: bench.name("bad"), ...sizes, extraSpecs: { "a/b": "c" }, marker };
      expect(await reasonOf(flavours.create(draft))).toBe("INVALID_VALUE");
      expect(await flavours.findByMarker(marker)).toBeUndefined();
    });

    test("a tenant may not", async () => {
      const { flavours } = await bench.open();
      const draft = { name: bench.name("mine"), vcpus: 1, ramMiB: 64, diskGiB: 0, marker: bench.marker() };
      expect(await reasonOf(flavours.create(draft))).toBe("FORBIDDEN");
      expect(await flavours.findByMarker(draft.marker)).toBeUndefined();
    });
  });
}
