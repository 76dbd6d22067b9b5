import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { breaking } from "../../../src/backends/openstack/pipeline/break.ts";
import { type Answer, type Exchange, Lost, type Send } from "../../../src/backends/openstack/pipeline/exchange.ts";
import { limiting } from "../../../src/backends/openstack/pipeline/limit.ts";
import { CloudError, collect, silentLog } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, TestClock } from "./fake-cloud.ts";

interface Asked {
  readonly service?: "compute" | "network" | "identity";
  readonly cloud?: string;
  readonly region?: string;
  readonly signal?: AbortSignal;
}

function exchange({ service = "compute", cloud = "c", region = "r", signal }: Asked = {}): Exchange {
  const context = { cloud, region, requestId: "req", signal: signal ?? new AbortController().signal, log: silentLog };
  const operation = { service, name: "x", method: "GET", path: [] } as const;
  return { operation, context, url: { origin: "http://h", path: "/" }, headers: {} };
}

const answer = (status: number): Answer => ({ status, headers: {}, text: "" });

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof CloudError ? error.reason : error instanceof Lost ? error.kind : error),
  );

describe("the limit", () => {
  /** Requests that end when the test says so. */
  function held() {
    const ends: ((status: Answer) => void)[] = [];
    const send: Send = () => new Promise((resolve) => ends.push(resolve));
    return { ends, send, end: () => ends.shift()?.(answer(200)) };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test("the others wait in line, each service of each cloud and region in its own", async () => {
    const { ends, send, end } = held();
    const limited = limiting({ concurrent: 2, waiting: 10 })(send);
    const order: number[] = [];
    const all = [0, 1, 2, 3].map((index) => limited(exchange()).then(() => order.push(index)));
    await turn();
    expect(ends).toHaveLength(2);
    const others = [{ service: "network" }, { cloud: "d" }, { region: "s" }] as const;
    const elsewhere = others.map((other) => limited(exchange(other)));
    await turn();
    expect(ends).toHaveLength(5);
    for (let index = 0; index < 7; index += 1) {
      end();
      await turn();
    }
    await Promise.all([...all, ...elsewhere]);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  test("a failure gives its place to the next", async () => {
    let count = 0;
    const limited = limiting({ concurrent: 1, waiting: 10 })(async () => {
      count += 1;
      await turn();
      throw new Lost("cut", true, "cut", undefined);
    });
    const all = await Promise.all([1, 2, 3].map(() => reasonOf(limited(exchange()))));
    expect([count, ...all]).toEqual([3, "cut", "cut", "cut"]);
  });

  test("who gives up leaves the line, unsent, and who finds it full is turned away", async () => {
    const { ends, send, end } = held();
    const limited = limiting({ concurrent: 1, waiting: 1 })(send);
    const controller = new AbortController();
    const [first, second] = [limited(exchange()), limited(exchange({ signal: controller.signal }))];
    await expect(limited(exchange())).rejects.toMatchObject({ reason: "UNAVAILABLE", retryAfterSeconds: 1 });
    controller.abort();
    await expect(second).rejects.toMatchObject({ kind: "aborted", wasSent: false });
    const third = limited(exchange());
    end();
    await first;
    await turn();
    expect(ends).toHaveLength(1);
    end();
    expect(await third).toEqual(answer(200));
  });
});

describe("the circuit breaker", () => {
  const policy = { failures: 3, pauseMs: 5_000 };
  let clock: TestClock;
  let reply: () => Promise<Answer>;
  let sent: number;
  let send: Send;

  beforeEach(() => {
    clock = new TestClock();
    sent = 0;
    reply = async () => answer(503);
    send = breaking(
      policy,
      clock,
    )(() => {
      sent += 1;
      return reply();
    });
  });

  async function open(): Promise<void> {
    for (let index = 0; index < policy.failures; index += 1) await send(exchange());
  }

  test.each([
    ["502", async () => answer(502)],
    ["504", async () => answer(504)],
    ["a cut connection", () => Promise.reject(new Lost("cut", true, "", undefined))],
    ["no connection", () => Promise.reject(new Lost("connect", false, "", undefined))],
    ["no answer in time", () => Promise.reject(new Lost("timeout", true, "", undefined))],
  ])("opens after %s in a row, and tells when to come again", async (_what, outage) => {
    reply = outage;
    for (let index = 0; index < 3; index += 1) await reasonOf(send(exchange()));
    clock.time += 1_500;
    await expect(send(exchange())).rejects.toMatchObject({ reason: "UNAVAILABLE", retryAfterSeconds: 4 });
    expect(sent).toBe(3);
    reply = async () => answer(200);
    for (const other of [{ service: "network" }, { cloud: "d" }, { region: "s" }] as const) {
      expect(await send(exchange(other))).toEqual(answer(200));
    }
  });

  test.each([
    ["400", async () => answer(400)],
    ["429", async () => answer(429)],
    ["500", async () => answer(500)],
    ["a caller who gives up", () => Promise.reject(new Lost("aborted", true, "", undefined))],
    ["an answer that is too large", () => Promise.reject(new Lost("too-large", true, "", undefined))],
  ])("does not open after %s", async (_what, other) => {
    reply = other;
    for (let index = 0; index < 10; index += 1) await reasonOf(send(exchange()));
    expect(sent).toBe(10);
  });

  test("does not count failures with a success between them", async () => {
    for (let index = 0; index < 10; index += 1) {
      reply = async () => answer(index % 3 === 2 ? 200 : 503);
      await send(exchange());
    }
    expect(sent).toBe(10);
  });

  test("lets one request try after the pause, and closes when it succeeds", async () => {
    await open();
    clock.time += policy.pauseMs;
    let end = (_: Answer) => {};
    reply = () => new Promise((resolve) => (end = resolve));
    const probe = send(exchange());
    expect(await reasonOf(send(exchange()))).toBe("UNAVAILABLE");
    expect(sent).toBe(4);
    end(answer(200));
    await probe;
    reply = async () => answer(200);
    expect(await Promise.all([send(exchange()), send(exchange())])).toEqual([answer(200), answer(200)]);
  });

  test("opens again at once when the try fails", async () => {
    await open();
    clock.time += policy.pauseMs;
    expect((await send(exchange())).status).toBe(503);
    await expect(send(exchange())).rejects.toMatchObject({ retryAfterSeconds: 5 });
    expect(sent).toBe(4);
  });

  test("lets the next one try when the caller of the try gives up", async () => {
    await open();
    clock.time += policy.pauseMs;
    reply = () => Promise.reject(new Lost("aborted", true, "", undefined));
    expect(await reasonOf(send(exchange()))).toBe("aborted");
    reply = async () => answer(200);
    expect(await send(exchange())).toEqual(answer(200));
  });

  test("is one for a cloud's sign-in, whatever region is asked for", async () => {
    for (const region of ["a", "b", "c"]) await send(exchange({ service: "identity", region }));
    expect(await reasonOf(send(exchange({ service: "identity", region: "d" })))).toBe("UNAVAILABLE");
  });
});

describe("in the pipeline", () => {
  let fake: FakeCloud;

  beforeEach(async () => {
    fake = await FakeCloud.start();
  });

  afterEach(() => fake.stop());

  const FLAVORS = "/compute/v2.1/flavors/detail";

  test("a service that is out is told at once, and asked again after the pause", async () => {
    const { clouds, clock, open } = connectFake(fake, { limits: { breaker: { failures: 4, pauseMs: 60_000 } } });
    let isOut = true;
    fake.on("GET", FLAVORS, () => (isOut ? { status: 503, body: "" } : undefined));
    const list = async () => collect((await open()).flavours.list());
    expect(await reasonOf(list())).toBe("UNAVAILABLE");
    expect(fake.of("GET", FLAVORS)).toHaveLength(4);
    await expect(list()).rejects.toMatchObject({ reason: "UNAVAILABLE", retryAfterSeconds: expect.any(Number) });
    expect(fake.of("GET", FLAVORS)).toHaveLength(4);
    isOut = false;
    clock.time += 60_000;
    expect(await list()).toEqual([]);
    await clouds.close();
  });

  test("a create that was never sent is UNAVAILABLE and not AMBIGUOUS", async () => {
    const { clouds, open } = connectFake(fake, { limits: { breaker: { failures: 4, pauseMs: 60_000 } } });
    fake.on("GET", FLAVORS, () => ({ status: 503, body: "" }));
    const cloud = await open();
    await reasonOf(collect(cloud.flavours.list()));
    const marker = { value: "m", since: new Date(0) };
    const draft = { name: "n", flavourId: "f", attachments: "none", marker } as const;
    expect(await reasonOf(cloud.servers.create(draft))).toBe("UNAVAILABLE");
    expect(fake.of("POST", "/compute/v2.1/servers")).toHaveLength(0);
    await clouds.close();
  });

  test("no more requests are under way to a service than the limit says", async () => {
    const { clouds, open } = connectFake(fake, { limits: { requests: { concurrent: 3 } } });
    let most = 0;
    let underWay = 0;
    let waiting: (() => void)[] = [];
    // Three meet before any of them goes on, so that fewer would wait for ever.
    const meet = () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length < 3) return;
        for (const go of waiting) setImmediate(go);
        waiting = [];
      });
    fake.on("GET", "/image/v2/images/i", async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await meet();
      underWay -= 1;
      return { status: 404, body: "" };
    });
    const { images } = await open();
    await Promise.all(Array.from({ length: 21 }, () => reasonOf(images.get("i"))));
    expect(most).toBe(3);
    await clouds.close();
  });
});
