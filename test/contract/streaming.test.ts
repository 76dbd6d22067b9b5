import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { signIn } from "../support/native.ts";

/** A list leaves the gateway while the cloud is still being read; what goes wrong half way is not taken for the whole. */

const IMAGES = 300;
/** So many bytes of properties that two pages of images are no message any more. */
const LARGE = 16_000;

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startTestGateway({ simulator, limits: { retry: { attempts: 1 } } });
  const { demo } = simulator.clouds();
  if (demo === undefined) throw new Error("the default world lacks a user");
  const tenant = await signIn(simulatedConfig("demo", demo));
  for (let made = 0; made < IMAGES; made += 1) {
    const image = { name: `many-${made}`, container_format: "bare", disk_format: "raw", note: "x".repeat(LARGE) };
    expect((await tenant.call("image", "POST", "/images", image)).status).toBe(201);
  }
});

afterEach(() => simulator.faults.clear());

afterAll(async () => {
  await gateway.close();
  await simulator.close();
});

const images = (filter = "") => fetch(`${gateway.http}/vivnfm/v5/images${filter}`);
/** Every page of images but the first. */
const LATER_PAGE = { service: "image", method: "GET", path: "marker=" };

test("the answer begins before the cloud's last page is asked for, and is whole in the end", async () => {
  simulator.requests.clear();
  const response = await images();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const asked = simulator.requests.count(({ path }) => path.endsWith("/images"));
  const { softwareImagesInformation } = (await response.json()) as { softwareImagesInformation: { name: string }[] };
  expect(new Set(softwareImagesInformation.map(({ name }) => name)).size).toBeGreaterThanOrEqual(IMAGES);
  expect(asked).toBeLessThan(simulator.requests.count(({ path }) => path.endsWith("/images")));
});

test("a failure half way breaks the connection", async () => {
  simulator.faults.add({ match: LATER_PAGE, effect: { status: 503 } });
  const response = await images();
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test("a failure before much was sent is an error like any other", async () => {
  simulator.faults.add({ match: LATER_PAGE, effect: { status: 503 } });
  const response = await images("?filter=cirros");
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ reason: "UNAVAILABLE" });
});

test("a short answer has its length", async () => {
  const response = await images("?filter=cirros");
  expect(Number(response.headers.get("content-length"))).toBe((await response.text()).length);
});

test("HEAD reads no further than it must", async () => {
  simulator.requests.clear();
  const response = await fetch(`${gateway.http}/vivnfm/v5/images`, { method: "HEAD" });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(simulator.requests.count(({ path }) => path.endsWith("/images"))).toBe(1);
});

test("gRPC refuses what is no message any more", async () => {
  const client = new Client(gateway.grpc, credentials.createInsecure());
  const ended = await new Promise((resolve) => {
    client.makeUnaryRequest(
      "/kubenvf.kubevim.api.pb.vi_vnfm/QueryImages",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.alloc(0),
      resolve,
    );
  });
  client.close();
  expect(ended).toMatchObject({ code: 8, details: expect.stringContaining("narrow it with the filter") });
});
