import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startSimulator } from "../../../src/simulator/index.ts";
import { type Ask, at, items, type Rig, startRig } from "./rig.ts";

let rig: Rig;
let token: string;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  for (const { name } of rig.simulator.snapshots.list()) rig.simulator.snapshots.delete(name);
  token = await rig.login("demo");
});
afterAll(() => rig.simulator.close());

const sim = (path: string, method = "GET", body?: unknown, headers: Ask["headers"] = {}) =>
  rig.ask("", `/_sim${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
const flavors = () => rig.ask(token, "/compute/v2.1/flavors");
const networks = () => rig.ask(token, "/network/v2.0/networks");
const create = (name: string) =>
  rig.ask(token, "/network/v2.0/networks", { method: "POST", body: { network: { name } } });

test("the list of routes and the health", async () => {
  const list = items((await sim("")).json, "routes");
  expect(list.length).toBeGreaterThan(15);
  const { status, json, headers } = await sim("/health");
  expect([status, at(json, "status"), at(json, "profile")]).toEqual([200, "ok", "zed"]);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(items(json, "services").map((one) => at(one, "microversion"))).toContain("2.93");
});

test("snapshots: made, listed, gone back to, deleted, bounded", async () => {
  expect((await sim("/snapshots", "POST", { name: "before" })).status).toBe(201);
  await create("after");
  const made = async () => items((await networks()).json, "networks").some((one) => at(one, "name") === "after");
  expect(await made()).toBe(true);
  expect((await sim("/snapshots/before/restore", "POST")).status).toBe(204);
  expect(await made()).toBe(false);
  expect(items((await sim("/snapshots")).json, "snapshots").map((one) => at(one, "name"))).toEqual(["before"]);
  expect((await sim("/snapshots/before", "DELETE")).status).toBe(204);
  expect((await sim("/snapshots/before/restore", "POST")).status).toBe(404);
  const { limit } = rig.simulator.snapshots;
  for (let index = 0; index < limit; index++) await sim("/snapshots", "POST", { name: `s${index}` });
  const full = await sim("/snapshots", "POST", { name: "one-more" });
  expect([full.status, at(full.json, "error", "field")]).toEqual([400, "name"]);
  expect((await sim("/snapshots", "POST", { name: "s0" })).status).toBe(201);
});

test("reset", async () => {
  await sim("/transitions", "PUT", { mode: "realistic" });
  await sim("/faults", "POST", { effect: "cut-before", match: { path: "flavors" } });
  await create("gone");
  expect((await sim("/reset", "POST")).status).toBe(204);
  expect((await networks()).status).toBe(401);
  expect(at((await sim("/transitions")).json, "mode")).toBe("instant");
  expect(items((await sim("/faults")).json, "faults")).toEqual([]);
});

test("the clock is read, moved, stopped and started", async () => {
  const begin = rig.clock.now();
  const moved = await sim("/clock/advance", "POST", { seconds: 90.5 });
  expect(Date.parse(String(at(moved.json, "now")))).toBe(begin + 90_500);
  expect(at((await sim("/clock", "PUT", { mode: "frozen", now: "2030-01-01T00:00:00Z" })).json, "mode")).toBe("frozen");
  rig.clock.advance(1000);
  expect(at((await sim("/clock")).json, "now")).toBe("2030-01-01T00:00:00.000Z");
  expect((await flavors()).status).toBe(401);
  await sim("/clock", "PUT", { mode: "running" });
  rig.clock.advance(1000);
  expect(at((await sim("/clock")).json, "now")).toBe("2030-01-01T00:00:01.000Z");
});

test("transitions", async () => {
  expect((await sim("/transitions", "PUT", { mode: "fixed", milliseconds: 500 })).json).toEqual({
    mode: "fixed",
    milliseconds: 500,
  });
  expect(rig.simulator.machine.transitions).toEqual({ fixed: 500 });
});

test("a fault is added, shown with what it did, and removed", async () => {
  const rule = {
    match: { service: "nova", method: "GET", pattern: "/flavors(/detail)?$" },
    effect: { status: 429, headers: { "Retry-After": "7" }, body: { overLimit: { code: 429 } } },
    count: 1,
  };
  const { status, json } = await sim("/faults", "POST", rule);
  expect([status, json]).toEqual([201, { id: "1", ...rule, seen: 0, happened: 0 }]);
  const hit = await flavors();
  expect([hit.status, hit.headers.get("retry-after"), hit.json]).toEqual([429, "7", { overLimit: { code: 429 } }]);
  expect((await flavors()).status).toBe(200);
  expect((await sim("/faults/1")).json).toEqual({ id: "1", ...rule, seen: 2, happened: 1 });
  expect((await sim("/faults/1", "DELETE")).status).toBe(204);
  expect((await sim("/faults/1", "DELETE")).status).toBe(404);
});

test.each([
  "cut-before",
  "cut-after",
  "hang-before",
  "hang-after",
  { delay: 5 },
  { delay: 5, next: { status: 503 } },
  { slow: { bytes: 10, every: 100 } },
  { truncate: 3 },
])("the effect %j is taken and shown as it was given", async (effect) => {
  const { status, json } = await sim("/faults", "POST", {
    match: { path: "/nowhere", nth: 3 },
    effect,
    probability: 0.5,
  });
  expect(status).toBe(201);
  expect(at(json, "effect")).toEqual(effect);
});

test.each([
  ["/faults", "POST", {}, "effect"],
  ["/faults", "POST", { effect: "explode" }, "effect"],
  ["/faults", "POST", { effect: { status: 99 } }, "effect.status"],
  ["/faults", "POST", { effect: { status: 500, wait: 1 } }, "effect.wait"],
  ["/faults", "POST", { effect: { status: 500, headers: { "Content-Length": "1" } } }, "effect.headers.Content-Length"],
  ["/faults", "POST", { effect: { status: 500, headers: { A: "b\r\nC: d" } } }, "effect.headers.A"],
  ["/faults", "POST", { effect: { status: 500, headers: { A: 1 } } }, "effect.headers.A"],
  ["/faults", "POST", { effect: { delay: -1 } }, "effect.delay"],
  ["/faults", "POST", { effect: { delay: 1, next: { delay: 1 } } }, "effect.next"],
  ["/faults", "POST", { effect: { slow: { bytes: 0, every: 1 } } }, "effect.slow.bytes"],
  ["/faults", "POST", { effect: "cut-after", match: { verb: "GET" } }, "match.verb"],
  ["/faults", "POST", { effect: "cut-after", match: { method: "get" } }, "match.method"],
  ["/faults", "POST", { effect: "cut-after", match: { nth: 0 } }, "match.nth"],
  ["/faults", "POST", { effect: "cut-after", match: { path: "x".repeat(513) } }, "match.path"],
  ["/faults", "POST", { effect: "cut-after", match: { path: "a", pattern: "b" } }, "match.pattern"],
  ["/faults", "POST", { effect: "cut-after", match: { pattern: "(a+)+$" } }, "match.pattern"],
  ["/faults", "POST", { effect: "cut-after", match: { pattern: "(a)\\1" } }, "match.pattern"],
  ["/faults", "POST", { effect: "cut-after", match: { pattern: "(?=a)" } }, "match.pattern"],
  ["/faults", "POST", { effect: "cut-after", match: { pattern: ".*.*.*x" } }, "match.pattern"],
  ["/faults", "POST", { effect: "cut-after", match: { pattern: "[" } }, "match.pattern"],
  ["/faults", "POST", { effect: "cut-after", probability: 2 }, "probability"],
  ["/faults", "POST", { effect: "cut-after", count: 1.5 }, "count"],
  ["/faults", "POST", { effect: "cut-after", other: 1 }, "other"],
  ["/faults", "POST", [], undefined],
  ["/faults", "POST", "{", undefined],
  ["/snapshots", "POST", {}, "name"],
  ["/snapshots", "POST", { name: "../x" }, "name"],
  ["/clock", "PUT", {}, undefined],
  ["/clock", "PUT", { mode: "slow" }, "mode"],
  ["/clock", "PUT", { now: "tomorrow" }, "now"],
  ["/clock/advance", "POST", { seconds: -1 }, "seconds"],
  ["/clock/advance", "POST", { seconds: 1, milliseconds: 1 }, undefined],
  ["/transitions", "PUT", { mode: "fixed" }, "milliseconds"],
  ["/transitions", "PUT", { mode: "instant", milliseconds: 1 }, "milliseconds"],
  ["/requests?metod=GET", "GET", undefined, "metod"],
  ["/requests?limit=1&limit=2", "GET", undefined, "limit"],
  ["/requests?limit=x", "GET", undefined, "limit"],
  ["/requests?status=ok", "GET", undefined, "status"],
  ["/coverage?service=swift", "GET", undefined, "service"],
  ["/coverage?called=maybe", "GET", undefined, "called"],
])("refused: %s %s %j", async (path, method, body, field) => {
  const { status, json } = await sim(path, method, body);
  expect([status, at(json, "error", "field") || undefined]).toEqual([400, field]);
  expect(String(at(json, "error", "message")).length).toBeGreaterThan(5);
  expect(rig.simulator.faults.list()).toEqual([]);
});

test("unknown paths, wrong methods, bodies without end", async () => {
  expect((await sim("/nothing")).status).toBe(404);
  const wrong = await sim("/clock", "DELETE");
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, PUT"]);
  expect((await sim("/faults", "POST", "x".repeat(1_048_577))).status).toBe(413);
});

test("what was asked, without what is secret", async () => {
  await flavors();
  await rig.ask(token, "/compute/v2.1/servers/none/action", { method: "POST", body: { "os-start": null } });
  const { json, text } = await sim("/requests?service=nova");
  const seen = items(json, "requests").map((one) => [at(one, "operation"), at(one, "status")]);
  expect(seen).toEqual([
    ["GET /v2.1/flavors", 200],
    ["POST /v2.1/servers/{server}/action os-start", 404],
  ]);
  expect(text).not.toContain(token);
  const signIns = (await sim("/requests?method=POST&path=/auth/&status=201")).text;
  expect(signIns).toContain("/identity/v3/auth/tokens");
  expect(signIns).not.toContain("password");
  expect(items((await sim("/requests?limit=1")).json, "requests")).toHaveLength(1);
  await sim("/requests", "DELETE");
  expect(at((await sim("/requests")).json, "total")).toBe(0);
});

test("coverage counts each operation", async () => {
  await flavors();
  await flavors();
  const { json } = await sim("/coverage?service=nova&called=true");
  expect(items(at(json, "services", 0), "list")).toEqual([{ operation: "GET /v2.1/flavors", calls: 2 }]);
  const rest = await sim("/coverage?called=false");
  expect(items(rest.json, "services")).toHaveLength(5);
  expect(rest.text).toContain("POST /v2.1/servers/{server}/action os-start");
});

test.each([
  [{ host: "evil.example" }],
  [{ host: "localhost.evil.example" }],
  [{ origin: "http://evil.example" }],
  [{ origin: "null" }],
  [{ origin: "http://localhost:1" }],
  [{ "sec-fetch-site": "cross-site" }],
  [{ "sec-fetch-site": "same-site" }],
])("nobody else may control it: %j", async (headers) => {
  const { port, host } = new URL(rig.simulator.url);
  const status = await new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: "/_sim/reset", method: "POST", headers: { host, ...headers } };
    request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on("error", reject)
      .end();
  });
  expect(status).toBe(403);
  expect((await flavors()).status).toBe(200);
});

test("it can be switched off, and is never counted or broken by faults", async () => {
  rig.simulator.faults.add({ match: {}, effect: { status: 500 } });
  expect((await sim("/health")).status).toBe(200);
  expect(rig.simulator.requests.list(({ path }) => path.startsWith("/_sim"))).toEqual([]);
  const without = await startSimulator({ control: false });
  expect((await fetch(`${without.url}/_sim/health`)).status).toBe(404);
  await without.close();
});
