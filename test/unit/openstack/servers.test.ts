import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, novaServer, type Opened } from "./fake-cloud.ts";

const DETAIL = "/compute/v2.1/servers/detail";
const SERVERS = "/compute/v2.1/servers";

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

const uuid = (count: number) => `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;

describe("a create whose answer is lost", () => {
  const marker = { value: uuid(7), since: new Date(0) };
  const draft = { name: "vm", flavourId: "1", imageId: "i", attachments: "none", marker } as const;

  async function createReason(): Promise<unknown> {
    const cloud = await opened.open();
    return cloud.servers.create(draft).then(
      () => "none",
      (error: unknown) => (error instanceof CloudError ? error.reason : error),
    );
  }

  /** The server shows up with the given look. */
  function showAtLook(shown: number): void {
    let looks = 0;
    fake.on("GET", DETAIL, () => {
      looks += 1;
      const mine = novaServer("mine", { metadata: { "vimana:marker": marker.value } });
      const other = novaServer("other", { metadata: { "vimana:marker": uuid(8) } });
      return { status: 200, body: { servers: looks >= shown ? [other, mine] : [other] } };
    });
  }

  test.each(["cut", { status: 502, body: "" }, { status: 504, body: "" }] as const)(
    "is found by its marker, and never sent again (%j)",
    async (reply) => {
      fake.on("POST", SERVERS, () => reply);
      showAtLook(3);
      const cloud = await opened.open();
      expect(await cloud.servers.create(draft)).toEqual({ id: "mine" });
      expect(fake.of("POST", SERVERS)).toHaveLength(1);
      expect(fake.of("GET", DETAIL)).toHaveLength(3);
    },
  );

  test("is AMBIGUOUS when nothing is found within some ten seconds", async () => {
    fake.on("POST", SERVERS, () => "cut");
    showAtLook(Number.POSITIVE_INFINITY);
    expect(await createReason()).toBe("AMBIGUOUS");
    const waited = opened.clock.sleeps.reduce((sum, sleep) => sum + sleep, 0);
    expect(waited).toBeGreaterThan(8_000);
    expect(waited).toBeLessThan(12_000);
    expect(fake.of("POST", SERVERS)).toHaveLength(1);
  });

  test("is looked up when the answer cannot be read", async () => {
    fake.on("POST", SERVERS, () => ({ status: 202, body: "<html>" }));
    showAtLook(1);
    expect(await (await opened.open()).servers.create(draft)).toEqual({ id: "mine" });
  });

  test("is looked up once after a fault of the service, which stays the error when nothing is there", async () => {
    fake.on("POST", SERVERS, () => ({ status: 500, body: { computeFault: { code: 500, message: "oops" } } }));
    showAtLook(Number.POSITIVE_INFINITY);
    expect(await createReason()).toBe("UPSTREAM_FAILED");
    expect(fake.of("GET", DETAIL)).toHaveLength(1);
  });

  test("is not looked up after a refusal", async () => {
    fake.on("POST", SERVERS, () => ({ status: 403, body: { forbidden: { code: 403, message: "Quota exceeded" } } }));
    expect(await createReason()).toBe("QUOTA_EXCEEDED");
    expect(fake.of("GET", DETAIL)).toHaveLength(0);
  });

  test("is looked up although its caller is gone, and what it made is returned", async () => {
    const controller = new AbortController();
    fake.on("POST", SERVERS, () => "hang");
    showAtLook(2);
    const cloud = await opened.open({ signal: controller.signal });
    const creating = cloud.servers.create(draft);
    await expect.poll(() => fake.of("POST", SERVERS).length).toBe(1);
    controller.abort();
    expect(await creating).toEqual({ id: "mine" });
  });

  test("is only CANCELLED when it was never sent", async () => {
    const controller = new AbortController();
    const cloud = await opened.open({ signal: controller.signal });
    controller.abort();
    await expect(cloud.servers.create(draft)).rejects.toMatchObject({ reason: "CANCELLED" });
    expect(fake.of("GET", DETAIL)).toHaveLength(0);
  });
});

test("metadata under the reserved prefix is refused on write and hidden on read", async () => {
  const cloud = await opened.open();
  const marker = { value: uuid(1), since: new Date(0) };
  const draft = { name: "n", flavourId: "f", attachments: "none", metadata: { "vimana:x": "1" }, marker } as const;
  await expect(cloud.servers.create(draft)).rejects.toMatchObject({
    reason: "INVALID_VALUE",
    field: "metadata.vimana:x",
  });
  const metadata = { "vimana:marker": "m", mine: "1" };
  fake.on("GET", `${SERVERS}/a`, () => ({ status: 200, body: { server: novaServer("a", { metadata }) } }));
  expect((await cloud.servers.get("a")).metadata).toEqual({ mine: "1" });
});

test("a port that the server does not have is not unplugged", async () => {
  const cloud = await opened.open();
  await expect(cloud.servers.detach("a", "p")).rejects.toMatchObject({ reason: "NOT_FOUND" });
  expect(fake.of("DELETE", `${SERVERS}/a/os-interface/p`)).toHaveLength(0);
});

test.each([
  ["2.46", { id: "7" }, "flavors/detail"],
  ["2.47", { original_name: "m1.tiny", vcpus: 1, ram: 512, disk: 1 }, "flavors"],
])("a server of Nova %s has the id, the name and the sizes of its flavour", async (version, told, asked) => {
  fake.on("GET", "/compute/v2.1/", () => ({
    status: 200,
    body: { version: { id: "v2.1", version, min_version: "2.1" } },
  }));
  fake.on("GET", `${SERVERS}/a`, () => ({ status: 200, body: { server: { ...novaServer("a"), flavor: told } } }));
  const names = [
    { id: "6", name: "m1.nano" },
    { id: "7", name: "m1.tiny" },
  ];
  const details = names.map((one) => ({ ...one, vcpus: 1, ram: 512, disk: 1 }));
  fake.on("GET", "/compute/v2.1/flavors", () => ({ status: 200, body: { flavors: names } }));
  fake.on("GET", "/compute/v2.1/flavors/detail", () => ({ status: 200, body: { flavors: details } }));
  const sizes = { vcpus: 1, ramMiB: 512, diskGiB: 1 };
  const server = await (await opened.open()).servers.get("a");
  expect(server).toMatchObject({ flavourId: "7", flavourName: "m1.tiny", ...sizes });
  expect(fake.asked.map(({ path }) => path).filter((path) => path.includes("flavors"))).toEqual([
    `/compute/v2.1/${asked}`,
  ]);
});

test.each([
  ["m1.tiny", "7", 0],
  ["m1.small", undefined, 1],
])("of a flavour that the call knows nothing is asked again: %s", async (name, flavourId, asked) => {
  const flavor = { id: "7", name, vcpus: 1, ram: 512, disk: 1, extra_specs: {} };
  fake.on("GET", "/compute/v2.1/flavors/7", () => ({ status: 200, body: { flavor } }));
  fake.on("GET", `${SERVERS}/a`, () => ({ status: 200, body: { server: novaServer("a") } }));
  const cloud = await opened.open();
  await cloud.flavours.get("7");
  expect((await cloud.servers.get("a")).flavourId).toBe(flavourId);
  expect(fake.of("GET", "/compute/v2.1/flavors")).toHaveLength(asked);
  await (await opened.open()).servers.get("a");
  expect(fake.of("GET", "/compute/v2.1/flavors")).toHaveLength(asked + 1);
});
