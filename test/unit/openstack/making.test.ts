import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeFlavour, encodeFlavour } from "../../../src/backends/openstack/compute/flavours.ts";
import { decodeKeyPair, encodeKeyPair } from "../../../src/backends/openstack/compute/key-pairs.ts";
import { decodeServerGroup } from "../../../src/backends/openstack/compute/server-groups.ts";
import { decodeImage, encodeImage } from "../../../src/backends/openstack/image/images.ts";
import { collect } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened } from "./fake-cloud.ts";
import { anyMarker, anyMetadata, wire } from "./things.ts";

const since = new Date("2026-01-01T00:00:00.900Z");
const marker = { value: "00000000-0000-4000-8000-000000000007", since };

test("flavours, images and key pairs come back as they were drafted", () => {
  const times = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
  const number = fc.nat();
  fc.assert(
    fc.property(fc.string(), number, number, fc.boolean(), anyMetadata, anyMarker, (...values) => {
      const [name, size, other, isSo, metadata, mark] = values;
      const sizes = { vcpus: size, ramMiB: other, diskGiB: size, ephemeralGiB: other, swapMiB: size };
      const flavour = { name, ...sizes, isPublic: isSo };
      expect(decodeFlavour(wire(encodeFlavour({ ...flavour, marker: mark })))).toMatchObject({
        ...flavour,
        id: mark.value,
      });
      const properties = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x_${key}`, value]));
      const image = {
        ...{
          name,
          diskFormat: "raw",
          containerFormat: "ovf",
          visibility: "shared" as const,
          minDiskGiB: size,
          tags: [name],
        },
        ...{ minRamMiB: other, isProtected: isSo, properties },
      };
      const stored = { ...wire(encodeImage({ ...image, marker: mark })), id: "i", status: "queued", ...times };
      const tags = name.startsWith("vimana:") ? [] : [name];
      expect(decodeImage(stored)).toEqual({
        ...image,
        tags,
        ...{
          id: "i",
          status: "pending",
          nativeStatus: "queued",
          sizeBytes: undefined,
          virtualSizeBytes: undefined,
          checksum: undefined,
        },
        volumeSnapshotIds: [],
        ...{ ownerId: undefined, createdAt: new Date(times.created_at), updatedAt: new Date(times.updated_at) },
      });
      const pair = { name, publicKey: "ssh-rsa x", type: isSo ? "x509" : "ssh" } as const;
      const keypair = { ...wire(encodeKeyPair({ ...pair, marker: mark })), fingerprint: "f" };
      expect(decodeKeyPair({ keypair })).toEqual({ ...pair, fingerprint: "f", createdAt: undefined });
    }),
  );
});

test("a member of every image is no free property", () => {
  const draft = { name: "n", diskFormat: "raw", marker };
  expect(() => encodeImage({ ...draft, properties: { owner: "me" } })).toThrow(/no free property/);
  expect(() => encodeImage({ ...draft, properties: { "vimana:x": "" } })).toThrow(/may begin with/);
});

test("server groups are read in both forms, and an unknown policy is not taken for another", () => {
  const group = { id: "g", name: "n", members: ["s"] };
  const read = { id: "g", name: "n", serverIds: ["s"] };
  expect(decodeServerGroup({ ...group, policy: "affinity", rules: {} })).toEqual({ ...read, policy: "affinity" });
  expect(decodeServerGroup({ ...group, policies: ["soft-affinity"] })).toEqual({ ...read, policy: "soft-affinity" });
  expect(decodeServerGroup({ ...group, policies: ["legacy"] }).policy).toBe("other");
});

describe("against a cloud", () => {
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

  const reasonOf = (promise: Promise<unknown>) =>
    promise.then(
      () => "none",
      (error: unknown) => (error instanceof Error && "reason" in error ? error.reason : error),
    );

  describe("a key pair whose answer is lost", () => {
    const KEYS = "/compute/v2.1/os-keypairs";
    const draft = { name: "k", publicKey: "ssh-ed25519 A", marker };
    const keypair = { name: "k", public_key: "ssh-ed25519 A\n", fingerprint: "f", created_at: "2026-01-01T00:00:00" };

    test.each([
      ["is found by name and time", {}, "none"],
      ["is not one that was there before", { created_at: "2025-12-31T23:59:59" }, "AMBIGUOUS"],
      ["is not one with another key", { public_key: "ssh-ed25519 B" }, "AMBIGUOUS"],
    ])("%s", async (_what, changes, expected) => {
      fake.on("POST", KEYS, () => "cut");
      fake.on("GET", `${KEYS}/k`, () => ({ status: 200, body: { keypair: { ...keypair, ...changes } } }));
      expect(await reasonOf((await opened.open()).keyPairs.create(draft))).toBe(expected);
      expect(fake.of("POST", KEYS)).toHaveLength(1);
    });
  });

  describe("a server group whose answer is lost", () => {
    const GROUPS = "/compute/v2.1/os-server-groups";
    const group = (id: string, policy = "affinity") => ({ id, name: "g", policy, members: [] });

    test.each([
      ["is the namesake that was not there before", [group("new")], { id: "new" }],
      ["is not one of another policy", [group("new", "anti-affinity")], "AMBIGUOUS"],
      ["is not guessed among several", [group("new"), group("newer")], "AMBIGUOUS"],
    ])("%s", async (_what, fresh, expected) => {
      fake.on("POST", GROUPS, () => "cut");
      fake.on("GET", GROUPS, () => ({
        status: 200,
        body: { server_groups: [group("old"), ...(fake.of("POST", GROUPS).length > 0 ? fresh : [])] },
      }));
      const made = (await opened.open()).serverGroups.create({ name: "g", policy: "affinity" });
      if (typeof expected === "string") expect(await reasonOf(made)).toBe(expected);
      else expect(await made).toMatchObject(expected);
      expect(fake.of("POST", GROUPS)).toHaveLength(1);
    });

    test("an older Nova is sent the list of policies", async () => {
      const version = { id: "v2.1", status: "CURRENT", version: "2.60", min_version: "2.1" };
      fake.on("GET", "/compute/v2.1/", () => ({ status: 200, body: { version } }));
      fake.on("GET", GROUPS, () => ({ status: 200, body: { server_groups: [] } }));
      fake.on("POST", GROUPS, () => ({
        status: 200,
        body: { server_group: { id: "g", name: "g", policies: ["affinity"], members: [] } },
      }));
      const { serverGroups } = await opened.open();
      expect((await serverGroups.create({ name: "g", policy: "affinity" })).policy).toBe("affinity");
      const [sent] = fake.of("POST", GROUPS);
      expect(JSON.parse(sent?.body ?? "")).toEqual({ server_group: { name: "g", policies: ["affinity"] } });
      expect(sent?.headers["openstack-api-version"]).toBe("compute 2.60");
    });
  });

  test("a flavour that cannot be finished is unmade, and told when it cannot be", async () => {
    const id = marker.value;
    const FLAVORS = "/compute/v2.1/flavors";
    const flavor = { id, name: "f", vcpus: 1, ram: 1, disk: 1 };
    fake.on("POST", FLAVORS, () => ({ status: 200, body: { flavor } }));
    fake.on("POST", `${FLAVORS}/${id}/os-extra_specs`, () => ({ status: 400, body: "" }));
    let gone = 204;
    fake.on("DELETE", `${FLAVORS}/${id}`, () => ({ status: gone, body: "" }));
    const draft = { name: "f", vcpus: 1, ramMiB: 1, diskGiB: 1, extraSpecs: { a: "b" }, marker };
    const { flavours } = await opened.open();
    await expect(flavours.create(draft)).rejects.toMatchObject({ reason: "INVALID_VALUE", leftBehind: [] });
    expect(fake.of("DELETE", `${FLAVORS}/${id}`)).toHaveLength(1);
    gone = 409;
    await expect(flavours.create(draft)).rejects.toMatchObject({ leftBehind: [{ kind: "flavour", id }] });
  });

  test("an image of a server that is lost is found by the image's marker", async () => {
    fake.on("POST", "/compute/v2.1/servers/s/action", () => "cut");
    fake.on("GET", "/image/v2/images", ({ query }) => {
      const times = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
      const images = query.get("vimana:marker") === marker.value ? [{ id: "i", status: "queued", ...times }] : [];
      return { status: 200, body: { images } };
    });
    const { servers } = await opened.open();
    expect(await servers.snapshot("s", { name: "n", marker })).toEqual({ imageId: "i" });
    expect(fake.of("POST", "/compute/v2.1/servers/s/action")).toHaveLength(1);
  });

  test("zones of a service that is missing are left out, and a failure is not", async () => {
    const zone = (name: string, available: boolean) => ({ zoneName: name, zoneState: { available } });
    fake.on("GET", "/compute/v2.1/os-availability-zone", () => ({
      status: 200,
      body: { availabilityZoneInfo: [zone("a", true), zone("b", false)] },
    }));
    fake.on("GET", "/volume/v3/os-availability-zone", () => ({
      status: 200,
      body: { availabilityZoneInfo: [zone("a", false), zone("c", true)] },
    }));
    expect(await collect((await opened.open()).zones.list())).toEqual([
      { name: "a", isAvailable: false, services: ["compute", "volume"] },
      { name: "b", isAvailable: false, services: ["compute"] },
      { name: "c", isAvailable: true, services: ["volume"] },
    ]);
  });
});
