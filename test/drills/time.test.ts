import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../src/cloud/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { type DrillDoors, openDrillDoors } from "../support/drillDoors.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Native, signIn } from "../support/native.ts";
import { cloudOf, partsOf } from "../support/site.ts";
import { virtualClock } from "../support/virtualClock.ts";

/** What time does: tokens that end, pauses that are asked for, a cloud that is away for a minute, clocks that jump. */

const DOORS = ["grpc", "rest", "occi"] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Clocks of a gateway and of its cloud: what the gateway sleeps passes for both. */
function twoClocks() {
  const common = virtualClock();
  let shift = 0;
  let leap = 0;
  const gateway: Clock = {
    now: () => common.now() + shift,
    sleep: async (milliseconds, signal) => {
      await common.sleep(milliseconds, signal);
      shift += leap;
      leap = 0;
    },
  };
  return {
    cloud: common,
    gateway,
    /** Sets the gateway's clock alone, as an operator or NTP does. */
    jump: (milliseconds: number) => {
      shift += milliseconds;
    },
    /** The same at the end of the gateway's next pause. */
    jumpLater: (milliseconds: number) => {
      leap = milliseconds;
    },
    settle: () => {
      shift = 0;
      leap = 0;
    },
  };
}

describe("as time goes by", () => {
  const clocks = twoClocks();
  let simulator: Simulator;
  let gateway: TestGateway;
  let doors: DrillDoors;
  let native: Native;

  beforeAll(async () => {
    simulator = await startSimulator({ clock: clocks.cloud });
  });
  afterAll(() => simulator.close());

  beforeEach(async () => {
    simulator.reset();
    clocks.settle();
    const configs = { sky: simulatedConfig("sky", cloudOf(simulator, "demo")) };
    gateway = await startTestGateway({ configs, clock: clocks.gateway }, [
      "--cloud",
      "sky",
      "--anonymous-cloud",
      "sky",
    ]);
    native = await signIn(simulatedConfig("demo", cloudOf(simulator, "demo")));
    doors = openDrillDoors(gateway, await partsOf(native));
    return async () => {
      doors.close();
      await gateway.close();
    };
  });

  const signIns = (): number =>
    simulator.requests.count(({ method, path }) => method === "POST" && path.endsWith("/auth/tokens"));
  const ready = async (): Promise<number> => (await fetch(`${gateway.http}/readyz`)).status;
  const manyServers = async (count: number): Promise<void> => {
    const root = await signIn(simulatedConfig("admin", cloudOf(simulator, "admin")));
    const quota_set = { instances: -1, cores: -1, ram: -1 };
    await root.call("compute", "PUT", `/os-quota-sets/${native.projectId}`, { quota_set });
    const { imageId: imageRef, flavourId: flavorRef, networkId: uuid } = await partsOf(native);
    const server = { name: "many", imageRef, flavorRef, networks: [{ uuid }], min_count: count };
    expect((await native.call("compute", "POST", "/servers", { server })).status).toBe(202);
  };

  test.each(DOORS)(
    "%s: a token that ends in the middle of a list is renewed, and nothing is listed twice",
    async (name) => {
      await manyServers(150);
      expect((await doors[name].list()).reason).toBe("OK");
      simulator.requests.clear();
      // The second page comes after the token's hour.
      const match = { service: "compute", path: "marker=" };
      const fault = simulator.faults.add({ match, effect: { delay: 2 * HOUR }, count: 1 });
      const { reason, ids } = await doors[name].list();
      expect([reason, fault.happened, signIns()]).toEqual(["OK", 1, 1]);
      const { body } = await (await signIn(simulatedConfig("demo", cloudOf(simulator, "demo")))).call(
        "compute",
        "GET",
        "/servers",
      );
      const known = (body.servers as readonly { id: string }[]).map(({ id }) => id);
      expect(known).toHaveLength(150);
      expect(known.filter((id) => ids.includes(id))).toHaveLength(150);
      expect(ids.filter((id) => known.includes(id))).toHaveLength(150);
    },
  );

  test.each(DOORS)("%s: a caller's own token that ends is never renewed: the caller is told", async (name) => {
    const own = openDrillDoors(gateway, await partsOf(native), { "x-auth-token": native.token });
    expect((await own[name].list()).reason).toBe("OK");
    simulator.requests.clear();
    clocks.cloud.advance(2 * HOUR);
    expect((await own[name].list()).reason).toBe("UNAUTHENTICATED");
    own.close();
    expect(signIns()).toBe(0);
  });

  test.each(DOORS)("%s: Retry-After of a 429 is waited for, neither less nor more", async (name) => {
    expect((await doors[name].list()).reason).toBe("OK");
    const headers = { "retry-after": "7" };
    const fault = simulator.faults.add({
      match: { service: "compute", path: "/servers" },
      effect: { status: 429, headers },
      count: 1,
    });
    const from = clocks.cloud.now();
    expect((await doors[name].list()).reason).toBe("OK");
    expect([fault.happened, clocks.cloud.now() - from]).toEqual([1, 7_000]);
  });

  test.each(DOORS)("%s: a pause that is too long for the call is the caller's to make", async (name) => {
    const headers = { "retry-after": "3600" };
    simulator.faults.add({ match: { service: "compute", path: "/servers" }, effect: { status: 429, headers } });
    expect(await doors[name].list()).toMatchObject({ reason: "RATE_LIMITED", retryAfter: 3600 });
  });

  test("a cloud that is away for a minute: the circuit opens, one call at a time tries, and all goes on", async () => {
    expect((await doors.rest.list()).reason).toBe("OK");
    expect(await ready()).toBe(200);
    const down = simulator.faults.add({ match: {}, effect: "cut-before" });
    clocks.cloud.advance(10_000);
    const heard: string[] = [];
    for (let call = 0; call < 4; call += 1) for (const door of doors.all) heard.push((await door.list()).reason);
    expect(new Set(heard)).toEqual(new Set(["UNAVAILABLE"]));
    expect(await ready()).toBe(503);
    // Open: nothing is sent, and callers hear when to come back.
    const before = down.happened;
    const refused = await doors.rest.list();
    expect([refused.reason, down.happened]).toEqual(["UNAVAILABLE", before]);
    expect(refused.message).toMatch(/has failed \d+ times in a row and is left alone/);
    expect(refused.retryAfter).toBeGreaterThan(0);
    // A minute of calls every second: one request for each pause, and no more.
    for (let second = 0; second < 60; second += 1) {
      clocks.cloud.advance(1_000);
      expect((await doors.grpc.list()).reason).toBe("UNAVAILABLE");
    }
    expect(down.happened - before).toBeLessThanOrEqual(2 * 13);
    expect(down.happened - before).toBeGreaterThanOrEqual(5);
    down.remove();
    clocks.cloud.advance(10_000);
    for (const door of doors.all) expect((await door.list()).reason).toBe("OK");
    expect(await ready()).toBe(200);
  });

  describe.each([
    ["back an hour", -HOUR],
    ["forward a day", 24 * HOUR],
  ])("the gateway's clock jumps %s", (_what, jump) => {
    test.each(DOORS)("%s: calls go on, and machines stay", async (name) => {
      expect((await doors[name].create("before")).reason).toBe("OK");
      clocks.jump(jump);
      expect((await doors[name].list()).reason).toBe("OK");
      expect((await doors[name].create("after")).reason).toBe("OK");
      const { body } = await native.call("compute", "GET", "/servers");
      expect((body.servers as readonly { name: string }[]).map((one) => one.name).sort()).toEqual(["after", "before"]);
      // Whatever the clock says: when the cloud ends the token, it is renewed.
      clocks.cloud.advance(2 * HOUR);
      expect((await doors[name].list()).reason).toBe("OK");
    });

    test("what is known of a caller's token is asked again within a minute of the caller's time", async () => {
      const own = openDrillDoors(gateway, await partsOf(native), { "x-auth-token": native.token });
      expect((await own.rest.list()).reason).toBe("OK");
      clocks.jump(jump);
      clocks.cloud.advance(MINUTE + 1);
      simulator.requests.clear();
      expect((await own.rest.list()).reason).toBe("OK");
      own.close();
      expect(simulator.requests.count(({ method, path }) => method === "GET" && path.endsWith("/auth/tokens"))).toBe(1);
    });

    test("readiness is looked at again", async () => {
      expect(await ready()).toBe(200);
      clocks.jump(jump);
      simulator.faults.add({ match: { service: "identity" }, effect: "cut-before" });
      clocks.cloud.advance(10_000);
      expect(await ready()).toBe(503);
    });

    test("an open circuit is tried again", async () => {
      const down = simulator.faults.add({ match: {}, effect: "cut-before" });
      for (let call = 0; call < 6; call += 1) await doors.rest.list();
      clocks.jump(jump);
      down.remove();
      clocks.cloud.advance(10_000);
      expect((await doors.rest.list()).reason).toBe("OK");
    });
  });

  test.each(DOORS)("%s: the clock jumps a day ahead while a machine is being made: it is made", async (name) => {
    simulator.machine.transitions = { fixed: 3_000 };
    clocks.jumpLater(24 * HOUR);
    const from = clocks.gateway.now();
    const { reason } = await doors[name].create("slow");
    simulator.machine.transitions = "instant";
    expect(reason).toBe("OK");
    if (name !== "occi") expect(clocks.gateway.now() - from).toBeGreaterThan(24 * HOUR);
    const { body } = await native.call("compute", "GET", "/servers");
    const servers = body.servers as readonly { id: string; name: string }[];
    expect(servers.map((one) => one.name)).toEqual(["slow"]);
    // The same while it is being removed.
    simulator.machine.transitions = { fixed: 3_000 };
    clocks.jumpLater(24 * HOUR);
    expect((await doors[name].remove(servers[0]?.id ?? "")).reason).toBe("OK");
    simulator.machine.transitions = "instant";
  });
});
