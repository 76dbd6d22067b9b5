import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Log, LogFields } from "../../src/cloud/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Native, signIn } from "../support/native.ts";

/** Every write leaves one audit line, whichever door it came through and however it ended; reads leave none. */

let simulator: Simulator;
let gateway: TestGateway;
let native: Native;
const lines: LogFields[] = [];

function recorder(bound: LogFields): Log {
  const write = (fields: LogFields): void => {
    lines.push({ ...bound, ...fields });
  };
  return { debug: write, info: write, warn: write, error: write, child: (fields) => recorder({ ...bound, ...fields }) };
}

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startTestGateway({ simulator, log: recorder({}) });
  const { demo } = simulator.clouds();
  if (demo === undefined) throw new Error("the default world lacks a member");
  native = await signIn(simulatedConfig("demo", demo));
});
afterAll(async () => {
  await gateway.close();
  await simulator.close();
});
beforeEach(() => {
  lines.length = 0;
});

const audited = (): LogFields[] => lines.filter((line) => line.audit === true);
const send = (method: string, url: string, body?: string): Promise<Response> =>
  fetch(url, {
    method,
    headers: { "x-auth-token": native.token, "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });

test("REST: who, what and how it ended", async () => {
  const response = await send("DELETE", `${gateway.http}/vivnfm/v5/compute/no-such-machine`);
  const requestId = response.headers.get("x-request-id");
  expect(audited()).toEqual([
    expect.objectContaining({
      door: "rest",
      requestId,
      outcome: "NOT_FOUND",
      project: native.projectId,
      cloud: "simulator",
    }),
  ]);
});

test("OCCI", async () => {
  const response = await send("DELETE", `${gateway.occi}/compute/3d0c2d1c-3c2b-4f86-a12b-4b8f7f1c7f7d`);
  const requestId = response.headers.get("x-request-id");
  expect(audited()).toEqual([
    expect.objectContaining({ door: "occi", requestId, outcome: "NOT_FOUND", project: native.projectId }),
  ]);
});

test("the pass-through", async () => {
  const body = JSON.stringify({ keypair: { name: "audited" } });
  const response = await send("POST", `${gateway.http}/openstack/compute/v2.1/os-keypairs`, body);
  expect(response.status).toBe(200);
  // The line is written once the answer has gone out.
  await gateway.gateway.clouds.check("simulator", AbortSignal.timeout(5_000));
  expect(audited()).toEqual([
    expect.objectContaining({ door: "openstack", operation: "openstack/compute", outcome: "OK", status: 200 }),
  ]);
});

test("reads leave none, and no line holds the token", async () => {
  for (const url of [
    `${gateway.http}/vivnfm/v5/images`,
    `${gateway.occi}/compute/`,
    `${gateway.http}/openstack/image/v2/images`,
  ]) {
    expect((await send("GET", url)).status).toBe(200);
  }
  expect(audited()).toEqual([]);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  expect(JSON.stringify(lines)).not.toContain(native.token);
});
