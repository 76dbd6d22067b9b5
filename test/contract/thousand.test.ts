import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { signIn } from "../support/native.ts";

/** No N+1: what a query costs upstream follows from the number of pages, not of servers. */

const SERVERS = 1000;
/** The client's page of servers; a page costs one list of servers and one of their ports. */
const PAGE = 100;

describe("1 000 servers", () => {
  let simulator: Simulator;
  let gateway: TestGateway;

  beforeAll(async () => {
    simulator = await startSimulator();
    gateway = await startTestGateway({ simulator });
    const { admin, demo } = simulator.clouds();
    if (admin === undefined || demo === undefined) throw new Error("the default world lacks a user");
    const [root, tenant] = [await signIn(simulatedConfig("admin", admin)), await signIn(simulatedConfig("demo", demo))];
    const quota_set = { instances: -1, cores: -1, ram: -1 };
    expect((await root.call("compute", "PUT", `/os-quota-sets/${tenant.projectId}`, { quota_set })).status).toBe(200);
    const quota = { port: -1 };
    expect((await root.call("network", "PUT", `/quotas/${tenant.projectId}`, { quota })).status).toBe(200);
    const imageRef = await tenant.find("image", "/images", "images", "cirros");
    const flavorRef = await tenant.find("compute", "/flavors", "flavors", "m1.tiny");
    const networks = [{ uuid: await tenant.find("network", "/networks", "networks", "demo-net") }];
    for (let made = 0; made < SERVERS; made += 100) {
      const server = { name: `many-${made}`, imageRef, flavorRef, networks, min_count: 100 };
      expect((await tenant.call("compute", "POST", "/servers", { server })).status).toBe(202);
    }
  }, 60_000);

  afterAll(async () => {
    await gateway.close();
    await simulator.close();
  });

  test.each([
    ["REST", () => `${gateway.http}/vivnfm/v5/compute`, /"computeId"/g],
    ["OCCI uri-list", () => `${gateway.occi}/compute/`, /\/compute\/[0-9a-f-]{36}/g],
    ["OCCI JSON", () => `${gateway.occi}/compute/`, /"occi\.compute\.state"/g],
  ])("%s: at most two lists a page and nothing per server", async (door, url, item) => {
    const accept =
      { REST: "application/json", "OCCI uri-list": "text/uri-list", "OCCI JSON": "application/occi+json" }[door] ?? "";
    // The first call signs in and asks for versions.
    await fetch(url(), { headers: { accept } }).then((response) => response.text());
    simulator.requests.clear();
    const response = await fetch(url(), { headers: { accept } });
    const text = await response.text();
    expect(response.status).toBe(200);
    const records = simulator.requests.list();
    const perServer = records.filter(({ path }) => /\/servers\/[0-9a-f-]{36}|\/ports\/[0-9a-f-]{36}/.test(path));
    expect(perServer).toEqual([]);
    // Beside the pages: the flavours, images or networks that the answer names, once each.
    // A list is read from both ends: it begins with a short page, and where they meet there is one more of each.
    expect(records.length).toBeLessThanOrEqual(2 * (SERVERS / PAGE + 3) + 4);
    expect(text.match(item)).toHaveLength(SERVERS);
  });

  test("one server by its id costs no list of servers", async () => {
    const first = (await (await fetch(`${gateway.http}/vivnfm/v5/compute?filter=many-0-1`)).json()) as {
      queryResult: { computeId: { value: string } }[];
    };
    const id = first.queryResult[0]?.computeId.value ?? "";
    simulator.requests.clear();
    await fetch(`${gateway.http}/vivnfm/v5/compute?filter=(eq,computeId/value,${id})`);
    expect(simulator.requests.list().map(({ path }) => path)).not.toContain("/compute/v2.1/servers/detail");
    expect(simulator.requests.total).toBeLessThanOrEqual(4);
  });
});
