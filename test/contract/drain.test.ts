import { afterAll, beforeAll, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { eventually } from "../support/eventually.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** A gateway that is told to stop takes no more calls and ends those that are under way. */

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startTestGateway({ simulator });
});
afterAll(() => simulator.close());

test("a call under way ends whole, later ones find nobody", async () => {
  const url = `${gateway.http}/vivnfm/v5/images`;
  expect((await fetch(url)).status).toBe(200);
  // The cloud does not answer the first list; the client of the cloud asks again, and the call ends well.
  const fault = simulator.faults.add({ match: { path: "/image/v2/images", nth: 1 }, effect: { status: 503 } });
  const underWay = fetch(url);
  await eventually(
    async () => fault.happened,
    (times) => times === 1,
  );
  const closed = gateway.gateway.close(20_000);
  const response = await underWay;
  expect(response.status).toBe(200);
  expect(await response.json()).toHaveProperty("softwareImagesInformation");
  await closed;
  await expect(fetch(url)).rejects.toThrow();
});
