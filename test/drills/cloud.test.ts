import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDrillDoors } from "../support/drillDoors.ts";
import { eventually } from "../support/eventually.ts";
import { openSite, partsOf, type Site } from "../support/site.ts";

/** What the cloud does to a gateway that runs by itself, and what callers at each door hear of it. */

const DOORS = ["grpc", "rest", "occi"] as const;

describe("in front of a cloud in trouble", () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ flags: ["--occi-delete-many", "10"] });
  });
  beforeEach(() => {
    site.simulator.reset();
  });
  afterAll(() => site.close());

  const signIns = (): number =>
    site.simulator.requests.count(({ method, path }) => method === "POST" && path.endsWith("/auth/tokens"));
  const gone = (path: RegExp) => eventually(async () => site.abandoned.some((one) => path.test(one)), Boolean, 20);

  test("a token that is refused to a hundred calls at once is renewed once", async () => {
    const { doors, simulator } = site;
    for (const door of doors.all) expect((await door.list()).reason).toBe("OK");
    // The cloud forgets every token.
    simulator.reset();
    const calls = Array.from({ length: 34 }, () => doors.all.map((door) => door.list())).flat();
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter(({ reason }) => reason !== "OK")).toEqual([]);
    expect(signIns()).toBe(1);
    expect(simulator.requests.count(({ status }) => status === 401)).toBeGreaterThan(1);
  });

  test.each(DOORS)("%s: faults that pass are not seen", async (name) => {
    const fault = site.simulator.faults.add({
      match: { service: "compute", path: "/servers" },
      effect: { status: 500 },
      count: 2,
    });
    expect(await site.doors[name].list()).toMatchObject({ reason: "OK" });
    expect(fault.happened).toBe(2);
  });

  test.each(DOORS)("%s: a fault that stays is told as the cloud's", async (name) => {
    site.simulator.faults.add({ match: { service: "compute", path: "/servers" }, effect: { status: 500 } });
    const { reason, requestId } = await site.doors[name].list();
    expect(reason).toBe("UPSTREAM_FAILED");
    expect(requestId).toMatch(/^req-/);
  });

  test("gRPC: the caller's deadline ends the call and the request to the cloud", async () => {
    site.simulator.faults.add({ match: { service: "compute", path: "/servers" }, effect: "hang-after" });
    const { reason, status } = await site.doors.grpc.list({ deadlineMs: 400 });
    expect([status, ["DEADLINE_EXCEEDED", "code 4"].includes(reason)]).toEqual([4, true]);
    expect(await gone(/^GET \/compute\/v2\.1\/servers/)).toBe(true);
  });

  test.each(DOORS)("%s: a caller who leaves ends the request to the cloud", async (name) => {
    const { doors, simulator, abandoned } = site;
    const before = abandoned.length;
    const fault = simulator.faults.add({ match: { service: "compute", path: "/servers" }, effect: "hang-after" });
    const leave = new AbortController();
    const call = doors[name].list({ signal: leave.signal });
    await eventually(
      async () => fault.happened,
      (times) => times > 0,
    );
    leave.abort();
    expect((await call).reason).not.toBe("OK");
    await eventually(
      async () => abandoned.length,
      (now) => now > before,
      20,
    );
    expect(abandoned.at(-1)).toMatch(/^GET \/compute\/v2\.1\/servers/);
  });

  test.each(DOORS)("%s: a create whose answer is cut off is found by its marker, once", async (name) => {
    const match = { service: "compute", method: "POST", path: /\/servers$/ };
    const fault = site.simulator.faults.add({ match, effect: "cut-after", count: 1 });
    const { reason, ids } = await site.doors[name].create("cut");
    expect([reason, fault.happened]).toEqual(["OK", 1]);
    expect(ids.length).toBeGreaterThan(0);
    expect(await site.servers()).toEqual(["cut"]);
    expect(site.simulator.requests.count(({ method, path }) => method === "POST" && path.endsWith("/servers"))).toBe(1);
  });

  describe("a full quota is QUOTA_EXCEEDED and nothing to try again", () => {
    const limit = async (service: "compute" | "network", quota: Record<string, number>): Promise<void> => {
      const [root, tenant] = [await site.admin(), await site.tenant()];
      const [path, body] =
        service === "compute"
          ? [`/os-quota-sets/${tenant.projectId}`, { quota_set: quota }]
          : [`/quotas/${tenant.projectId}`, { quota }];
      expect((await root.call(service, "PUT", path, body)).status).toBe(200);
    };

    test.each(DOORS)("%s: of the compute service (403)", async (name) => {
      await limit("compute", { instances: 0 });
      const { reason, message, retryAfter } = await site.doors[name].create("full");
      expect([reason, retryAfter]).toEqual(["QUOTA_EXCEEDED", undefined]);
      expect(message).toMatch(/quota exceeded/i);
      expect(await site.servers()).toEqual([]);
    });

    test.each(DOORS)("%s: of the network service (409)", async (name) => {
      await limit("network", { network: 1 });
      const { reason, retryAfter } = await site.doors[name].network("full");
      expect([reason, retryAfter]).toEqual(["QUOTA_EXCEEDED", undefined]);
    });

    test("OCCI: of the volume service (413)", async () => {
      const [root, tenant] = [await site.admin(), await site.tenant()];
      const path = `/os-quota-sets/${tenant.projectId}`;
      expect((await root.call("block-storage", "PUT", path, { quota_set: { volumes: 0 } })).status).toBe(200);
      const response = await fetch(`${site.gateway.occi}/storage/`, {
        method: "POST",
        headers: { accept: "application/occi+json", "content-type": "application/occi+json" },
        body: JSON.stringify({
          kind: "http://schemas.ogf.org/occi/infrastructure#storage",
          attributes: { "occi.storage.size": 1 },
        }),
      });
      expect([response.status, response.headers.get("retry-after")]).toEqual([403, null]);
      expect(await response.json()).toMatchObject({ reason: "QUOTA_EXCEEDED" });
    });
  });

  test.each(DOORS)("%s: where no host has room, the machine is unmade and the call says why", async (name) => {
    const [root, tenant] = [await site.admin(), await site.tenant()];
    const flavor = { name: "huge", vcpus: 4096, ram: 512, disk: 1 };
    const { body } = await root.call("compute", "POST", "/flavors", { flavor });
    const quota_set = { cores: -1 };
    await root.call("compute", "PUT", `/os-quota-sets/${tenant.projectId}`, { quota_set });
    const parts = { ...(await partsOf(tenant)), flavourId: (body.flavor as { id: string }).id };
    const doors = openDrillDoors(site.gateway, parts);
    const { reason, message } = await doors[name].create("nowhere");
    doors.close();
    expect(reason).toBe("NO_VALID_HOST");
    expect(message).toMatch(/no valid host/i);
    expect(await site.servers()).toEqual([]);
  });

  test("OCCI: half of a removal of many fails, and every item says how it ended", async () => {
    const { doors, simulator, gateway } = site;
    const names = ["one", "two", "three", "four"];
    for (const name of names) expect((await doors.occi.create(name)).reason).toBe("OK");
    const native = await site.tenant();
    const doomed = await Promise.all(
      ["two", "four"].map((name) => native.find("compute", "/servers", "servers", name)),
    );
    for (const id of doomed)
      simulator.faults.add({ match: { method: "DELETE", path: `/servers/${id}` }, effect: { status: 500 } });
    const headers = { accept: "application/occi+json" };
    const response = await fetch(`${gateway.occi}/compute/`, { method: "DELETE", headers });
    const { reason, results } = (await response.json()) as {
      reason: string;
      results: { path: string; outcome: string }[];
    };
    expect([response.status, reason]).toEqual([502, "UPSTREAM_FAILED"]);
    const failed = results.filter(({ outcome }) => outcome === "failed").map(({ path }) => path);
    expect(failed.sort()).toEqual(doomed.map((id) => `/compute/${id}`).sort());
    expect(results.filter(({ outcome }) => outcome === "done")).toHaveLength(2);
    expect(await site.servers()).toEqual(["four", "two"]);
    simulator.faults.clear();
    expect((await fetch(`${gateway.occi}/compute/`, { method: "DELETE", headers })).status).toBe(200);
    expect(await site.servers()).toEqual([]);
  });
});
