import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError, collect } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened, REQUEST_ID } from "./fake-cloud.ts";

const IMAGES = "/image/v2/images";
const FLAVORS = "/compute/v2.1/flavors/detail";

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

async function rejection(promise: Promise<unknown>): Promise<CloudError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof CloudError)) throw new Error(`no CloudError but ${String(thrown)}`);
  return thrown;
}

test("each service is sent its own version header, the token, the global request id, and no other's header", async () => {
  fake.on("GET", IMAGES, () => ({ status: 200, body: { images: [] } }));
  const cloud = await opened.open();
  await collect(cloud.flavours.list());
  await collect(cloud.images.list());
  const [flavors] = fake.of("GET", FLAVORS);
  expect(flavors?.headers).toMatchObject({
    "openstack-api-version": "compute 2.61",
    "x-openstack-nova-api-version": "2.61",
    "x-auth-token": "token-1",
    "x-openstack-request-id": REQUEST_ID,
  });
  const [images] = fake.of("GET", IMAGES);
  expect(images?.headers["x-auth-token"]).toBe("token-1");
  expect(images?.headers).not.toHaveProperty("openstack-api-version");
});

test("an older service is asked for what it has, and is refused where that is too little", async () => {
  fake.on("GET", "/compute/v2.1/", () => ({
    status: 200,
    body: { version: { id: "v2.1", status: "CURRENT", version: "2.30", min_version: "2.1" } },
  }));
  const cloud = await opened.open();
  await collect(cloud.flavours.list());
  expect(fake.of("GET", FLAVORS)[0]?.headers["openstack-api-version"]).toBe("compute 2.30");
  const marker = { value: "m", since: new Date(0) };
  const draft = { name: "n", flavourId: "f", attachments: "none", marker } as const;
  const error = await rejection(cloud.servers.create(draft));
  expect(error.reason).toBe("VERSION_UNSUPPORTED");
  expect(error.message).toContain("2.37");
  expect(fake.of("POST", "/compute/v2.1/servers")).toHaveLength(0);
});

test("the version document is asked for once for many calls at the same time", async () => {
  const cloud = await opened.open();
  const other = await opened.open();
  await Promise.all([cloud, other, cloud].map((each) => collect(each.flavours.list())));
  expect(fake.of("GET", "/compute/v2.1/")).toHaveLength(1);
});

describe("retries", () => {
  test("a read is sent again after 503, with growing pauses, and then succeeds", async () => {
    let failures = 2;
    fake.on("GET", FLAVORS, () => (failures-- > 0 ? { status: 503, body: "" } : undefined));
    const cloud = await opened.open();
    expect(await collect(cloud.flavours.list())).toEqual([]);
    expect(fake.of("GET", FLAVORS)).toHaveLength(3);
    expect(opened.clock.sleeps).toEqual([100, 200]);
  });

  test("Retry-After is obeyed, in seconds and as a date", async () => {
    const afters = ["3", new Date(Date.parse("2026-01-01T00:00:03Z") + 5_000).toUTCString()];
    fake.on("GET", FLAVORS, () => {
      const after = afters.shift();
      return after === undefined ? undefined : { status: 429, headers: { "retry-after": after }, body: "" };
    });
    await collect((await opened.open()).flavours.list());
    expect(opened.clock.sleeps).toEqual([3_000, 5_000]);
  });

  test("a wait that is longer than the budget is not waited, and told to the caller", async () => {
    fake.on("GET", FLAVORS, () => ({
      status: 429,
      headers: { "retry-after": "3600" },
      body: { overLimit: { code: 429, message: "slow down", retryAfter: "3600" } },
    }));
    const error = await rejection(collect((await opened.open()).flavours.list()));
    expect(error).toMatchObject({ reason: "RATE_LIMITED", retryAfterSeconds: 3600 });
    expect(fake.of("GET", FLAVORS)).toHaveLength(1);
    expect(opened.clock.sleeps).toEqual([]);
  });

  test("attempts are limited, and a cut connection is UNAVAILABLE in the end", async () => {
    fake.on("GET", FLAVORS, () => "cut");
    const error = await rejection(collect((await opened.open()).flavours.list()));
    expect(error.reason).toBe("UNAVAILABLE");
    expect(fake.of("GET", FLAVORS)).toHaveLength(4);
  });

  test("a POST is sent once, whatever it is answered", async () => {
    fake.on("POST", "/compute/v2.1/servers/s1/action", () => ({ status: 503, body: "" }));
    const cloud = await opened.open();
    expect((await rejection(cloud.servers.act("s1", "stop"))).reason).toBe("UNAVAILABLE");
    expect(fake.of("POST", "/compute/v2.1/servers/s1/action")).toHaveLength(1);
  });

  test("an action whose answer is lost is AMBIGUOUS", async () => {
    fake.on("POST", "/compute/v2.1/servers/s1/action", () => "cut");
    const cloud = await opened.open();
    expect((await rejection(cloud.servers.act("s1", "stop"))).reason).toBe("AMBIGUOUS");
    expect(fake.of("POST", "/compute/v2.1/servers/s1/action")).toHaveLength(1);
  });

  test("a DELETE whose answer was lost has succeeded when nothing is there any more; a first 404 has not", async () => {
    const path = "/compute/v2.1/servers/s1";
    let sent = 0;
    fake.on("DELETE", path, () => {
      sent += 1;
      return sent === 1 ? "cut" : { status: 404, body: "" };
    });
    const cloud = await opened.open();
    await cloud.servers.delete("s1");
    expect(sent).toBe(2);
    expect((await rejection(cloud.servers.delete("s1"))).reason).toBe("NOT_FOUND");
  });

  test("a POST is sent again when no connection came about, for then nothing of it left", async () => {
    fake.on("POST", "/compute/v2.1/servers/s1/action", () => ({ status: 202, body: "" }));
    const cloud = await opened.open();
    const port = Number(new URL(fake.url).port);
    await fake.stop();
    const sleep = opened.clock.sleep.bind(opened.clock);
    let again: FakeCloud | undefined;
    opened.clock.sleep = async (milliseconds, signal) => {
      await sleep(milliseconds, signal);
      again ??= await FakeCloud.start(port, fake.routes);
    };
    await cloud.servers.act("s1", "stop");
    expect(opened.clock.sleeps).toHaveLength(1);
    expect(again?.of("POST", "/compute/v2.1/servers/s1/action")).toHaveLength(1);
    await again?.stop();
  });

  test("no connection at all is UNAVAILABLE after all attempts", async () => {
    const cloud = await opened.open();
    await fake.stop();
    const error = await rejection(collect(cloud.images.list()));
    expect(error.reason).toBe("UNAVAILABLE");
    expect(error.message).toContain("ECONNREFUSED");
    expect(opened.clock.sleeps).toHaveLength(3);
  });
});

describe("the end of a call", () => {
  test("cancelling reaches the request that is under way", async () => {
    fake.on("GET", FLAVORS, () => "hang");
    const controller = new AbortController();
    const cloud = await opened.open({ signal: controller.signal });
    const listing = collect(cloud.flavours.list());
    await expect.poll(() => fake.of("GET", FLAVORS).length).toBe(1);
    controller.abort();
    expect((await rejection(listing)).reason).toBe("CANCELLED");
  });

  test("a passed deadline is DEADLINE_EXCEEDED, and nothing more is sent", async () => {
    const controller = new AbortController();
    const cloud = await opened.open({ signal: controller.signal });
    controller.abort(new DOMException("late", "TimeoutError"));
    const before = fake.asked.length;
    expect((await rejection(collect(cloud.images.list()))).reason).toBe("DEADLINE_EXCEEDED");
    expect(fake.asked).toHaveLength(before);
  });

  test("a detached cloud goes on when its caller is gone", async () => {
    const controller = new AbortController();
    const cloud = await opened.open({ signal: controller.signal });
    const detached = cloud.detached();
    controller.abort();
    expect(await collect(detached.flavours.list())).toEqual([]);
  });
});

test("redirects are not followed", async () => {
  fake.on("GET", FLAVORS, () => ({ status: 302, headers: { location: `${fake.url}/elsewhere` } }));
  const error = await rejection(collect((await opened.open()).flavours.list()));
  expect(error.reason).toBe("UPSTREAM_FAILED");
  expect(fake.of("GET", "/elsewhere")).toHaveLength(0);
});

test("an answer beyond the limit is TOO_LARGE", async () => {
  const small = connectFake(fake, { limits: { transport: { answerBytes: 1000 } } });
  fake.on("GET", IMAGES, () => ({ status: 200, body: { images: [], padding: "x".repeat(2000) } }));
  const error = await rejection(small.open().then((cloud) => collect(cloud.images.list())));
  await small.clouds.close();
  expect(error.reason).toBe("TOO_LARGE");
});

test("an id never leads to another resource", async () => {
  const cloud = await opened.open();
  for (const id of ["..", ".", "", "../flavors/1", "a/b", "a?b", "%2e%2e"]) {
    expect((await rejection(cloud.images.get(id))).reason).toBe("NOT_FOUND");
  }
  const paths = fake.asked.map(({ path }) => path).filter((path) => path.startsWith("/image"));
  expect(paths).toEqual(["..%2Fflavors%2F1", "a%2Fb", "a%3Fb", "%252e%252e"].map((id) => `${IMAGES}/${id}`));
});

test("every request is reported with cloud, region, service, operation, status and time", async () => {
  const events: unknown[] = [];
  const watched = connectFake(fake, { onRequest: (event) => events.push(event) });
  await collect((await watched.open()).flavours.list());
  await watched.clouds.close();
  expect(events).toEqual([
    { cloud: "fake", region: "one", service: "identity", operation: "tokens.issue", status: 201, ms: 0 },
    { cloud: "fake", region: "one", service: "compute", operation: "versions.get", status: 200, ms: 0 },
    { cloud: "fake", region: "one", service: "compute", operation: "flavours.list", status: 200, ms: 0 },
  ]);
});
