import { afterEach, beforeEach, expect, test } from "vitest";
import type { DocumentPut } from "../../src/cloud/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import { openStore } from "../../src/store/index.ts";
import { systemIds } from "../../src/gateway/runtime.ts";
import { simulatedConfig } from "../support/backends.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Native, signIn } from "../support/native.ts";
import { virtualClock } from "../support/virtualClock.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import type { Store } from "../../src/cloud/store.ts";

/**
 * What a gateway that was killed has left in the store: listed to its own project and to administrators, ended by the
 * gateway's own credential where that is of the project, and by the project's next call otherwise.
 */

const MARKER = "5d1f7b6e-4a5b-4a07-9e61-7c0a2b4d8f13";
/** The gateway looks every few seconds. */
const PATIENCE = { timeout: 30_000 };
const clock = virtualClock();
let simulator: Simulator;
let store: Store;
let gateway: TestGateway | undefined;
let demo: Native;
let other: Native;
let admin: Native;

beforeEach(async () => {
  simulator = await startSimulator({ clock });
  store = await openStore({ kind: "memory", clock, ids: systemIds });
  const configs = simulator.clouds();
  const native = (name: string): Promise<Native> => {
    const cloud = configs[name];
    if (cloud === undefined) throw new Error(`no ${name}`);
    return signIn(simulatedConfig(name, cloud));
  };
  [demo, other, admin] = [await native("demo"), await native("other"), await native("admin")];
});

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await simulator.close();
});

/** As a gateway that is gone left it, half of an allocation: the network is there, the answer was never sent. */
async function leave(as: Native, id: string): Promise<void> {
  const network = { name: "left", description: `vimana:marker=${MARKER}` };
  await as.call("network", "POST", "/networks", { network });
  const step = { does: "make", kind: "network", marker: MARKER, since: clock.now(), name: "left" };
  const body = {
    state: "open",
    operation: "some.Service/Make",
    requestId: id,
    startedAt: clock.now(),
    cloud: "demo",
    region: "RegionOne",
    userId: "somebody",
    owner: "another-gateway  7",
    attempts: 0,
    steps: [step],
  };
  const place = { kind: "write", cloud: "demo/RegionOne", project: as.projectId, id };
  const put: DocumentPut = { ...place, body, keys: { state: "open" }, expected: "absent" };
  await store.put(put);
}

async function start(): Promise<TestGateway> {
  const cloud = simulator.clouds().demo;
  if (cloud === undefined) throw new Error("no demo");
  const configs = { demo: simulatedConfig("demo", cloud) };
  gateway = await startTestGateway({ configs, clock, store }, ["--cloud", "demo", "--recovery-settle", "0"]);
  return gateway;
}

const left = async (as: Native): Promise<number> => {
  const { body } = await as.call("network", "GET", "/networks?name=left");
  return (body.networks as unknown[]).length;
};

const ask = async (at: TestGateway, as: Native, query = "") => {
  const response = await fetch(`${at.http}/v1/unfinished_writes${query}`, { headers: { "x-auth-token": as.token } });
  return { status: response.status, body: (await response.json()) as { writes?: object[]; reason?: string } };
};

test("what the gateway's own credential can end is ended by itself", { timeout: 90_000 }, async () => {
  await leave(demo, "req-1");
  expect(await left(demo)).toBe(1);
  const at = await start();
  await expect.poll(() => left(demo), PATIENCE).toBe(0);
  await expect.poll(() => ask(at, demo), PATIENCE).toEqual({ status: 200, body: { writes: [], hasMore: false } });
});

test("what belongs to another project is listed, to it and to administrators, until it calls", {
  timeout: 90_000,
}, async () => {
  await leave(other, "req-2");
  const at = await start();
  // The gateway has looked and found that it is not its own to end.
  await expect.poll(async () => (await ask(at, admin, "?allProjects=true")).body.writes, PATIENCE).toHaveLength(1);
  const [write] = (await ask(at, admin, "?allProjects=true")).body.writes ?? [];
  expect(write).toMatchObject({
    requestId: "req-2",
    operation: "some.Service/Make",
    projectId: other.projectId,
    state: "WRITE_STATE_CUT_SHORT",
    steps: [{ kind: "STEP_KIND_MAKE", resource: "network", marker: MARKER, name: "left" }],
  });
  expect((await ask(at, demo)).body.writes).toEqual([]);
  expect(await ask(at, demo, "?allProjects=true")).toMatchObject({ status: 403, body: { reason: "FORBIDDEN" } });
  expect(await left(other)).toBe(1);
  // Any call of the project, by any door: this one reads.
  await expect
    .poll(async () => {
      await fetch(`${at.http}/vivnfm/v5/images`, { headers: { "x-auth-token": other.token } });
      return left(other);
    }, PATIENCE)
    .toBe(0);
  await expect.poll(async () => (await ask(at, other)).body.writes, PATIENCE).toEqual([]);
});
