import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeAttachment, encodeAttachment } from "../../../src/backends/openstack/compute/attachments.ts";
import { attachmentId, linkId } from "../../../src/backends/openstack/volume/attachment-id.ts";
import { decodeSnapshot, encodeSnapshot } from "../../../src/backends/openstack/volume/snapshots.ts";
import { decodeSnapshotStatus, decodeVolumeStatus } from "../../../src/backends/openstack/volume/status.ts";
import { decodeVolume, encodeVolume } from "../../../src/backends/openstack/volume/volumes.ts";
import { collect } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened } from "./fake-cloud.ts";
import { anyMarker, anyMetadata, wire } from "./things.ts";

const made = { id: "v", status: "available", created_at: "2026-01-01T00:00:00", updated_at: null };

test("volumes and snapshots come back as they were drafted, without what is ours", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), anyMetadata, anyMarker, (...values) => {
      const [name, description, sizeGiB, metadata, marker] = values;
      const text = { name, description, metadata };
      const volume = { ...text, sizeGiB, typeName: "fast", zone: "z", source: { snapshotId: "s" } } as const;
      const { source, ...plain } = volume;
      const sent = wire(encodeVolume({ ...volume, marker }));
      expect(decodeVolume({ ...made, ...sent })).toMatchObject({ ...plain, ...source, imageId: undefined });
      expect(sent.metadata).toHaveProperty(["vimana:marker"], marker.value);
      const snapshot = { ...text, volumeId: "v" };
      const decoded = decodeSnapshot({ ...made, size: sizeGiB, ...wire(encodeSnapshot({ ...snapshot, marker })) });
      expect(decoded).toMatchObject({ ...snapshot, sizeGiB });
      expect(decoded.metadata).toEqual(metadata);
    }),
  );
});

test("each source of a volume is named by its own member, and nothing is sent that was not given", () => {
  const draft = { name: "n", sizeGiB: 1, marker: { value: "m", since: new Date(0) } };
  const bare = { name: "n", size: 1, metadata: { "vimana:marker": "m" } };
  expect(encodeVolume(draft)).toEqual(bare);
  expect(encodeVolume({ ...draft, source: { imageId: "i" } })).toEqual({ ...bare, imageRef: "i" });
  expect(encodeVolume({ ...draft, source: { volumeId: "v" } })).toEqual({ ...bare, source_volid: "v" });
});

test("an attachment has the cloud's id where there is one, and else one that both ends make", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), fc.uuid(), (serverId, volumeId, own) => {
      const json = { id: volumeId, serverId, volumeId, device: "/dev/vdb" };
      expect(decodeAttachment({ ...json, attachment_id: own }).id).toBe(own);
      const made = decodeAttachment(json).id;
      expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(attachmentId({}, serverId, volumeId)).toBe(made);
      if (serverId !== volumeId) expect(linkId(volumeId, serverId)).not.toBe(made);
    }),
  );
  expect(encodeAttachment({ volumeId: "v", deleteWithServer: false })).toEqual({ volumeId: "v" });
});

test.each([
  ["downloading", "creating"],
  ["reserved", "attaching"],
  ["error_extending", "error"],
  ["backing-up", "busy"],
  ["something-new", "unknown"],
])("a volume that is %s is %s", (native, expected) => {
  expect(decodeVolumeStatus(native)).toBe(expected);
});

test("snapshots have fewer statuses", () => {
  expect(["available", "error_deleting", "unmanaging", "new"].map(decodeSnapshotStatus)).toEqual([
    "available",
    "error",
    "deleting",
    "unknown",
  ]);
});

describe("against a cloud", () => {
  const VOLUMES = "/volume/v3/volumes";
  const DETAIL = `${VOLUMES}/detail`;
  const marker = { value: "00000000-0000-4000-8000-000000000007", since: new Date(0) };
  const shown = (id: string, changes = {}) => ({ ...made, id, size: 1, name: "n", metadata: {}, ...changes });
  let fake: FakeCloud;
  let opened: Opened;

  beforeEach(async () => {
    fake = await FakeCloud.start();
    opened = connectFake(fake);
  });

  afterEach(async () => {
    await opened.clouds.close();
    await fake.stop();
  });

  test("a create whose answer is lost is found by its marker, and never sent again", async () => {
    fake.on("POST", VOLUMES, () => "cut");
    let looks = 0;
    fake.on("GET", DETAIL, () => {
      looks += 1;
      const mine = shown("mine", { metadata: { "vimana:marker": marker.value } });
      return { status: 200, body: { volumes: looks > 1 ? [shown("other"), mine] : [shown("other")] } };
    });
    const { volumes } = await opened.open();
    expect(await volumes.create({ name: "n", sizeGiB: 1, marker })).toMatchObject({ id: "mine", metadata: {} });
    expect(fake.of("POST", VOLUMES)).toHaveLength(1);
    expect(fake.of("POST", VOLUMES)[0]?.headers["openstack-api-version"]).toBe("volume 3.59");
  });

  test("a create that nobody can find is AMBIGUOUS", async () => {
    fake.on("POST", VOLUMES, () => ({ status: 504, body: "" }));
    fake.on("GET", DETAIL, () => ({ status: 200, body: { volumes: [shown("other")] } }));
    const { volumes } = await opened.open();
    await expect(volumes.create({ name: "n", sizeGiB: 1, marker })).rejects.toMatchObject({ reason: "AMBIGUOUS" });
    expect(fake.of("POST", VOLUMES)).toHaveLength(1);
  });

  test("new metadata keeps the marker", async () => {
    fake.on("GET", `${VOLUMES}/v`, () => ({
      status: 200,
      body: { volume: shown("v", { metadata: { "vimana:marker": "m", old: "1" } }) },
    }));
    fake.on("PUT", `${VOLUMES}/v`, () => ({ status: 200, body: { volume: shown("v") } }));
    const { volumes } = await opened.open();
    await volumes.update("v", { metadata: { fresh: "2" } });
    expect(JSON.parse(fake.of("PUT", `${VOLUMES}/v`)[0]?.body ?? "")).toEqual({
      volume: { metadata: { fresh: "2", "vimana:marker": "m" } },
    });
    await expect(volumes.update("v", { metadata: { "vimana:x": "" } })).rejects.toMatchObject({
      reason: "INVALID_VALUE",
    });
  });

  test("the volumes of all servers cost one request per page of volumes", async () => {
    const attachments = [{ attachment_id: "a", server_id: "s", device: "/dev/vdb" }];
    fake.on("GET", DETAIL, () => ({
      status: 200,
      body: { volumes: Array.from({ length: 300 }, (_, index) => shown(`v${index}`, { attachments })) },
    }));
    const { servers } = await opened.open();
    expect(await collect(servers.volumeAttachments({ serverIds: ["s", "t"] }))).toHaveLength(300);
    expect(fake.of("GET", DETAIL)).toHaveLength(1);
  });

  test("an older Nova leaves the ids of attachments to Cinder", async () => {
    fake.on("GET", "/compute/v2.1/", () => ({
      status: 200,
      body: { version: { id: "v2.1", status: "CURRENT", version: "2.72", min_version: "2.1" } },
    }));
    const attachments = [{ attachment_id: "own", server_id: "s", device: "/dev/vdb" }];
    fake.on("GET", `${VOLUMES}/v`, () => ({ status: 200, body: { volume: shown("v", { attachments }) } }));
    fake.on("GET", DETAIL, () => ({ status: 200, body: { volumes: [shown("v", { attachments })] } }));
    const path = "/compute/v2.1/servers/s/os-volume_attachments";
    fake.on("POST", path, () => ({
      status: 200,
      body: { volumeAttachment: { id: "v", serverId: "s", volumeId: "v", device: "/dev/vdb" } },
    }));
    const { servers } = await opened.open();
    expect((await servers.attachVolume("s", { volumeId: "v" })).id).toBe("own");
    await expect(servers.attachVolume("s", { volumeId: "v", deleteWithServer: true })).rejects.toMatchObject({
      reason: "VERSION_UNSUPPORTED",
    });
    expect(fake.of("POST", path)).toHaveLength(1);
  });

  test("a lost attach is found in the server", async () => {
    const path = "/compute/v2.1/servers/s/os-volume_attachments";
    fake.on("POST", path, () => "cut");
    const attachment = { attachment_id: "own", serverId: "s", volumeId: "v", device: "/dev/vdb" };
    fake.on("GET", path, () => ({ status: 200, body: { volumeAttachments: [attachment] } }));
    const { servers } = await opened.open();
    expect((await servers.attachVolume("s", { volumeId: "v" })).id).toBe("own");
    expect(fake.of("POST", path)).toHaveLength(1);
  });
});
