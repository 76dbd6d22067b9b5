import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { items, type Rig, startRig } from "./rig.ts";

let rig: Rig;
let token: string;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  token = await rig.login("demo");
});
afterAll(() => rig.simulator.close());

const flavors = "/compute/v2.1/flavors";
const create = (signal?: AbortSignal) =>
  fetch(`${rig.simulator.url}/image/v2/images`, {
    method: "POST",
    headers: { "x-auth-token": token },
    body: '{"name":"made"}',
    ...(signal === undefined ? {} : { signal }),
  });
const made = async () => items((await rig.ask(token, "/image/v2/images?name=made")).json, "images").length;

test("a status takes the place of the answer, as often as it shall", async () => {
  const fault = rig.simulator.faults.add({
    match: { service: "compute", method: "get", path: /\/flavors$/ },
    effect: { status: 503, body: { busy: true }, headers: { "retry-after": "1" } },
    count: 2,
  });
  const answers = [await rig.ask(token, flavors), await rig.ask(token, flavors), await rig.ask(token, flavors)];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 200]);
  expect(answers[0]?.headers.get("retry-after")).toBe("1");
  expect(answers[0]?.json).toEqual({ busy: true });
  expect([fault.seen, fault.happened]).toEqual([3, 2]);
  expect((await rig.ask(token, "/image/v2/images")).status).toBe(200);
});

test("nth hits one request only", async () => {
  rig.simulator.faults.add({ match: { path: "flavors", nth: 2 }, effect: { status: 500 } });
  const statuses = [];
  for (let index = 0; index < 3; index++) statuses.push((await rig.ask(token, flavors)).status);
  expect(statuses).toEqual([200, 500, 200]);
});

test("cut before: nothing was done", async () => {
  rig.simulator.faults.add({ match: { service: "glance", method: "POST" }, effect: "cut-before" });
  await expect(create()).rejects.toThrow();
  expect(await made()).toBe(0);
});

test("cut after: it was done, and nobody was told", async () => {
  rig.simulator.faults.add({ match: { service: "glance", method: "POST" }, effect: "cut-after" });
  await expect(create()).rejects.toThrow();
  expect(await made()).toBe(1);
});

test("hang after: it was done, and the client gives up", async () => {
  rig.simulator.faults.add({ match: { service: "glance", method: "POST" }, effect: "hang-after" });
  const impatient = new AbortController();
  const asked = create(impatient.signal);
  while ((await made()) === 0);
  impatient.abort();
  await expect(asked).rejects.toThrow();
});

test("a delay ends by the clock", async () => {
  rig.simulator.faults.add({ match: { path: "flavors" }, effect: { delay: 5000 }, count: 1 });
  let answered = false;
  const asked = rig.ask(token, flavors).then((answer) => {
    answered = true;
    return answer.status;
  });
  while (rig.clock.sleeping === 0) await rig.ask(token, "/image/v2/images");
  rig.clock.advance(4999);
  await rig.ask(token, "/image/v2/images");
  expect(answered).toBe(false);
  rig.clock.advance(1);
  expect(await asked).toBe(200);
});

test("chance is seeded", async () => {
  const run = async () => {
    rig.simulator.faults.clear();
    rig.simulator.faults.add({ match: { path: "flavors" }, effect: { status: 500 }, probability: 0.5 });
    const statuses = [];
    for (let index = 0; index < 12; index++) statuses.push((await rig.ask(token, flavors)).status);
    return statuses.join();
  };
  const first = await run();
  expect(first).toContain("200");
  expect(first).toContain("500");
  expect(await run()).toBe(first);
});

test("the log counts calls, with the caller, and holds no secret", async () => {
  const { requests } = rig.simulator;
  requests.clear();
  await rig.ask(token, `${flavors}?limit=1`);
  await rig.ask("", flavors);
  expect(
    requests.list().map(({ method, path, query, service, status }) => [method, path, query, service, status]),
  ).toEqual([
    ["GET", flavors, "?limit=1", "nova", 200],
    ["GET", flavors, "", "nova", 401],
  ]);
  expect(requests.list()[0]?.project).not.toBe("");
  expect(requests.total).toBe(2);
  expect(JSON.stringify(requests.list())).not.toContain(token);
});

test("hang before: nothing was done, and the client gives up", async () => {
  rig.simulator.faults.add({ match: { service: "glance", method: "POST" }, effect: "hang-before" });
  const impatient = new AbortController();
  const asked = create(impatient.signal);
  while (rig.simulator.requests.count(({ method }) => method === "POST") < 2) await made();
  impatient.abort();
  await expect(asked).rejects.toThrow();
  expect(await made()).toBe(0);
});

const ways = [
  ["over a socket", (path: string) => fetch(rig.simulator.url + path, { headers: { "x-auth-token": token } })],
  ["in the process", (path: string) => rig.simulator.fetch(path, { headers: { "x-auth-token": token } })],
] as const;

test.each(ways)("a truncated body breaks off, %s", async (_, ask) => {
  rig.simulator.faults.add({ match: { path: "flavors" }, effect: { truncate: 20 }, count: 1 });
  const answer = await ask(flavors);
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
  expect((await (await ask(flavors)).text()).length).toBeGreaterThan(20);
});

test.each(ways)("a slow body comes in pieces, by the clock, %s", async (_, ask) => {
  const whole = await (await ask(flavors)).text();
  rig.simulator.faults.add({ match: { path: "flavors" }, effect: { slow: { bytes: 100, every: 1000 } }, count: 1 });
  const slowly = ask(flavors).then((answer) => answer.text());
  let pauses = 0;
  let done = false;
  slowly.then(
    () => {
      done = true;
    },
    () => {},
  );
  while (!done) {
    if (rig.clock.sleeping > 0) {
      pauses++;
      rig.clock.advance(1000);
    }
    await ask("/image/v2/images");
  }
  expect(await slowly).toBe(whole);
  expect(pauses).toBe(Math.ceil(whole.length / 100));
});

test.each(ways)("a cut looks as it does to fetch, %s", async (_, ask) => {
  rig.simulator.faults.add({ match: { path: "flavors" }, effect: "cut-before", count: 1 });
  await expect(ask(flavors)).rejects.toThrow(TypeError);
});
