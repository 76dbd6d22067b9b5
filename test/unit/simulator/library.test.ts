import { afterEach, expect, test } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator, VirtualClock } from "../../../src/simulator/index.ts";
import { at, items, ManualClock, reply } from "./rig.ts";

const started: Simulator[] = [];
const start = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const simulator = await startSimulator({ listen: false, ...options });
  started.push(simulator);
  return simulator;
};
afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.close();
});

/** Signs in through the in-process `fetch`: the token and its description. */
async function login(
  simulator: Simulator,
  cloud = "demo",
): Promise<{ readonly token: string; readonly json: unknown }> {
  const account = simulator.clouds()[cloud];
  const domain = { name: "Default" };
  const user = { name: account?.username, domain, password: account?.password };
  const scope = { project: { name: account?.project_name, domain } };
  const body = JSON.stringify({ auth: { identity: { methods: ["password"], password: { user } }, scope } });
  const answer = await simulator.fetch(`${account?.auth_url}/auth/tokens`, { method: "POST", body });
  expect(answer.status).toBe(201);
  return { token: answer.headers.get("x-subject-token") ?? "", json: await answer.json() };
}

const networks = "/network/v2.0/networks";
async function names(simulator: Simulator, token: string): Promise<readonly unknown[]> {
  const { json } = await reply(await simulator.fetch(networks, { headers: { "x-auth-token": token } }));
  return items(json, "networks").map((one) => at(one, "name"));
}
const create = (simulator: Simulator, token: string, name: string) =>
  simulator.fetch(networks, {
    method: "POST",
    headers: { "x-auth-token": token },
    body: JSON.stringify({ network: { name } }),
  });

test("without a port: requests, bodies, headers and uploads as over HTTP", async () => {
  const simulator = await start();
  expect(simulator.url).toMatch(/\.invalid$/);
  const { token, json } = await login(simulator);
  expect(JSON.stringify(at(json, "token", "catalog"))).toContain(`${simulator.url}/compute/v2.1`);
  expect((await create(simulator, token, "mine")).status).toBe(201);
  const headers = { "x-auth-token": token };
  const body = JSON.stringify({ name: "i", disk_format: "raw", container_format: "bare" });
  const made = await reply(await simulator.fetch("/image/v2/images", { method: "POST", headers, body }));
  const file = `/image/v2/images/${String(at(made.json, "id"))}/file`;
  const bytes = new Uint8Array(100_000).map((_, index) => index % 251);
  const upload = new Request(simulator.url + file, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/octet-stream" },
    body: bytes,
  });
  expect((await simulator.fetch(upload)).status).toBe(204);
  expect(new Uint8Array(await (await simulator.fetch(file, { headers })).arrayBuffer())).toEqual(bytes);
  expect((await simulator.fetch("/compute/v2.1/nothing", { method: "HEAD", headers })).status).toBe(404);
});

test("several clouds in one process know nothing of each other", async () => {
  const [one, two] = [await start({ listen: true }), await start({ listen: true })];
  const first = await login(one);
  const second = await login(two);
  await create(one, first.token, "only here");
  expect(await names(one, first.token)).toContain("only here");
  expect(await names(two, second.token)).not.toContain("only here");
  expect((await two.fetch(networks, { headers: { "x-auth-token": first.token } })).status).toBe(401);
  expect(one.url).not.toBe(two.url);
});

test("a snapshot holds tokens, rows and what was still to happen; reset goes back to the beginning", async () => {
  const clock = new ManualClock();
  const simulator = await start({ clock, transitions: { fixed: 1000 } });
  const { token } = await login(simulator);
  const headers = { "x-auth-token": token };
  const image = items(
    (await reply(await simulator.fetch("/image/v2/images?name=cirros", { headers }))).json,
    "images",
  )[0];
  const server = { name: "s", flavorRef: "1", imageRef: at(image, "id"), networks: "none" };
  const version = { "x-openstack-nova-api-version": "2.93" };
  const body = JSON.stringify({ server });
  const asked = { method: "POST", headers: { ...headers, ...version }, body };
  const { json, text } = await reply(await simulator.fetch("/compute/v2.1/servers", asked));
  expect(text).toContain("adminPass");
  const path = `/compute/v2.1/servers/${String(at(json, "server", "id"))}`;
  const status = async () => at((await reply(await simulator.fetch(path, { headers }))).json, "server", "status");
  const building = simulator.snapshot();
  expect(await status()).toBe("BUILD");
  simulator.clock.advance(60_000);
  expect(await status()).toBe("ACTIVE");
  simulator.clock.reset();
  simulator.restore(building);
  expect(await status()).toBe("BUILD");
  simulator.machine.transitions = "instant";
  simulator.reset();
  expect(simulator.machine.transitions).toEqual({ fixed: 1000 });
  expect(simulator.requests.total).toBe(0);
  expect((await simulator.fetch(path, { headers })).status).toBe(401);
});

test("the same seed gives the same cloud", async () => {
  const ids = async (seed: number) => {
    const simulator = await start({ seed, clock: new ManualClock() });
    const { token, json } = await login(simulator);
    return JSON.stringify([token, json]);
  };
  expect(await ids(7)).toBe(await ids(7));
  expect(await ids(7)).not.toBe(await ids(8));
});

test("the clock runs on another, is moved, stands still and goes back", async () => {
  const base = new ManualClock();
  const begin = base.now();
  const clock = new VirtualClock({ base });
  const woken: string[] = [];
  const sleeping = [
    clock.sleep(1000).then(() => woken.push("a")),
    clock.sleep(5000).then(() => woken.push("b")),
    clock.sleep(60_000).then(() => woken.push("c")),
  ];
  base.advance(1000);
  await sleeping[0];
  clock.freeze();
  base.advance(10_000);
  expect(clock.now()).toBe(begin + 1000);
  expect(clock.sleeping).toBe(2);
  clock.advance(4000);
  await sleeping[1];
  expect(woken).toEqual(["a", "b"]);
  clock.run();
  base.advance(54_999);
  expect(clock.sleeping).toBe(1);
  base.advance(1);
  await sleeping[2];
  expect(clock.now()).toBe(begin + 60_000);
  clock.reset();
  expect(clock.now()).toBe(base.now());
  const ends = new AbortController();
  const given = clock.sleep(1, ends.signal);
  ends.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  expect(clock.sleeping).toBe(0);
});

test("a token ends when the clock is moved past it", async () => {
  const simulator = await start({ clock: new VirtualClock({ base: new ManualClock(), frozen: true }) });
  const { token } = await login(simulator);
  const ask = async () => (await simulator.fetch(networks, { headers: { "x-auth-token": token } })).status;
  simulator.clock.advance(3_599_000);
  expect(await ask()).toBe(200);
  simulator.clock.advance(1000);
  expect(await ask()).toBe(401);
});

test.each([
  [{}, ["block-storage", "volumev3"]],
  [{ profile: "modern" } as const, ["block-storage"]],
  [{ catalogue: "new" } as const, ["block-storage"]],
  [{ catalogue: "old" } as const, ["volumev3"]],
])("block storage in the catalogue: %j", async (options, types) => {
  const { json } = await login(await start(options));
  const catalog = at(json, "token", "catalog");
  const found = (Array.isArray(catalog) ? catalog : []).filter((one) => /volume|block/.test(String(at(one, "type"))));
  expect(found.map((one) => at(one, "type"))).toEqual(types);
  const old = found.find((one) => at(one, "type") === "volumev3");
  if (old !== undefined)
    expect(String(at(old, "endpoints", 0, "url"))).toMatch(
      new RegExp(`/volume/v3/${String(at(json, "token", "project", "id"))}$`),
    );
});
