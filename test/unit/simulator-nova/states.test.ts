/** No sequence of actions leaves the table of states, and an action that is refused changes nothing. */
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, fault, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ transitions: { fixed: 1000 } });
});
afterAll(() => cloud.simulator.close());

/** From nova/api/openstack/common.py, written again: the test shares no table with what it tests. */
const legal: Readonly<Record<string, readonly string[]>> = {
  BUILD: ["building/spawning/0"],
  ACTIVE: [
    "active/null/1",
    "active/powering-off/1",
    "active/pausing/1",
    "active/suspending/1",
    "active/image_snapshot/1",
  ],
  PASSWORD: ["active/updating_password/1"],
  REBOOT: ["active/rebooting/1"],
  HARD_REBOOT: ["active/rebooting_hard/1"],
  RESIZE: ["active/resize_prep/1", "stopped/resize_prep/4"],
  REBUILD: ["active/rebuilding/1", "stopped/rebuilding/4"],
  VERIFY_RESIZE: ["resized/null/1", "resized/null/4", "resized/resize_confirming/1", "resized/resize_confirming/4"],
  REVERT_RESIZE: ["resized/resize_reverting/1", "resized/resize_reverting/4"],
  SHUTOFF: ["stopped/null/4", "stopped/powering-on/4", "stopped/rebooting_hard/4", "stopped/image_snapshot/4"],
  PAUSED: ["paused/null/3", "paused/unpausing/3", "paused/rebooting_hard/3", "paused/image_snapshot/3"],
  SUSPENDED: ["suspended/null/7", "suspended/resuming/7", "suspended/rebooting_hard/7", "suspended/image_snapshot/7"],
};

const steps = fc.constantFrom<unknown[]>(
  { "os-start": null },
  { "os-stop": null },
  { reboot: { type: "SOFT" } },
  { reboot: { type: "HARD" } },
  { pause: null },
  { unpause: null },
  { suspend: null },
  { resume: null },
  { resize: { flavorRef: "2" } },
  { resize: { flavorRef: "1" } },
  { confirmResize: null },
  { revertResize: null },
  { lock: null },
  { unlock: null },
  { changePassword: { adminPass: "x" } },
  { createImage: { name: "snapshot" } },
  "rebuild",
  "wait",
  "wait",
  "wait",
);

test("any sequence of actions", { timeout: 60_000 }, async () => {
  const { server: wanted } = cloud.wanted();
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (sequence) => {
      const id = await cloud.boot(cloud.demo);
      for (const step of sequence) {
        const before = at((await cloud.server(cloud.demo, id, "2.93")).json, "server");
        if (step === "wait") cloud.clock.advance(1000);
        else {
          const action = step === "rebuild" ? { rebuild: { imageRef: wanted.imageRef } } : step;
          const { status } = await cloud.act(cloud.demo, id, action);
          const after = at((await cloud.server(cloud.demo, id, "2.93")).json, "server");
          expect([202, 204, 400, 409]).toContain(status);
          if (status >= 400) expect(after).toEqual(before);
        }
        const now = at((await cloud.server(cloud.demo, id)).json, "server");
        const state = ["vm", "task", "power"].map((name) => String(at(now, `OS-EXT-STS:${name}_state`))).join("/");
        expect(legal[String(at(now, "status"))]).toContain(state);
      }
      await cloud.nova(cloud.admin, "DELETE", `/servers/${id}`);
      cloud.clock.advance(1000);
      expect((await cloud.server(cloud.demo, id)).status).toBe(404);
    }),
    { numRuns: 40 },
  );
  const ports = await cloud.ask(cloud.demo, "/network/v2.0/ports");
  expect(items(ports.json, "ports").map((one) => at(one, "device_owner"))).toEqual(["network:router_interface"]);
});

describe("in time", () => {
  let id: string;
  beforeEach(async () => {
    id = await cloud.boot(cloud.demo);
  });

  test("a server is built, and has no addresses before", async () => {
    const building = (await cloud.server(cloud.demo, id)).json;
    expect([at(building, "server", "status"), at(building, "server", "addresses")]).toEqual(["BUILD", {}]);
    cloud.clock.advance(999);
    expect(await cloud.status(cloud.demo, id)).toBe("BUILD");
    cloud.clock.advance(1);
    const ready = (await cloud.server(cloud.demo, id)).json;
    expect(at(ready, "server", "status")).toBe("ACTIVE");
    expect(at(ready, "server", "addresses", "demo-net", 0, "OS-EXT-IPS:type")).toBe("fixed");
    await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`);
  });

  test("nothing is done to a server that is not built", async () => {
    expect(fault(await cloud.act(cloud.demo, id, { "os-stop": null }))).toEqual([
      409,
      `Cannot 'stop' instance ${id} while it is in vm_state building`,
    ]);
    await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`);
  });

  test("a server that goes stays as it was, being deleted, and then is gone", async () => {
    cloud.clock.advance(1000);
    expect((await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`)).status).toBe(204);
    const going = (await cloud.server(cloud.demo, id)).json;
    expect([at(going, "server", "status"), at(going, "server", "OS-EXT-STS:task_state")]).toEqual([
      "ACTIVE",
      "deleting",
    ]);
    cloud.clock.advance(1000);
    expect(fault(await cloud.server(cloud.demo, id))).toEqual([404, `Instance ${id} could not be found.`]);
  });

  test("a locked server is left alone, but not by administrators", async () => {
    cloud.clock.advance(1000);
    await cloud.act(cloud.demo, id, { lock: { locked_reason: "why" } }, "2.73");
    const seen = (await cloud.server(cloud.demo, id, "2.93")).json;
    expect([at(seen, "server", "locked"), at(seen, "server", "locked_reason")]).toEqual([true, "why"]);
    const locked = [409, `Instance ${id} is locked`];
    expect(fault(await cloud.act(cloud.demo, id, { "os-stop": null }))).toEqual(locked);
    expect(fault(await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`))).toEqual(locked);
    expect((await cloud.nova(cloud.admin, "DELETE", `/servers/${id}`)).status).toBe(204);
  });
});

describe("misbehaves on request", () => {
  test("rig:fail=spawn ends in ERROR with a fault, and leaves no port", async () => {
    const id = await cloud.boot(cloud.demo, { metadata: { "rig:fail": "spawn" } });
    cloud.clock.advance(1000);
    const server = at((await cloud.server(cloud.demo, id)).json, "server");
    expect([at(server, "status"), at(server, "hostId"), at(server, "fault", "code")]).toEqual(["ERROR", "", 500]);
    expect(at(server, "fault", "message")).toBe(
      `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${id}.`,
    );
    expect(items((await cloud.ask(cloud.demo, `/network/v2.0/ports?device_id=${id}`)).json, "ports")).toEqual([]);
    expect((await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`)).status).toBe(204);
    expect((await cloud.server(cloud.demo, id)).status).toBe(404);
  });

  test("a failed stop leaves the server running, a failed suspend in ERROR", async () => {
    const id = await cloud.boot(cloud.demo, { metadata: { "rig:fail": "power_off, suspend" } });
    cloud.clock.advance(1000);
    await cloud.act(cloud.demo, id, { "os-stop": null });
    cloud.clock.advance(1000);
    expect(await cloud.status(cloud.demo, id)).toBe("ACTIVE");
    await cloud.act(cloud.demo, id, { suspend: null });
    cloud.clock.advance(1000);
    expect(await cloud.status(cloud.demo, id)).toBe("ERROR");
    const { json } = await cloud.nova(cloud.demo, "GET", `/servers/${id}/os-instance-actions`);
    expect(items(json, "instanceActions").map((one) => [at(one, "action"), at(one, "message")])).toEqual([
      ["suspend", "Error"],
      ["stop", "Error"],
      ["create", null],
    ]);
    await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`);
  });

  test("rig:delay is heard in every mode", async () => {
    const id = await cloud.boot(cloud.demo, { metadata: { "rig:delay": "7" } });
    cloud.clock.advance(6999);
    expect(await cloud.status(cloud.demo, id)).toBe("BUILD");
    cloud.clock.advance(1);
    expect(await cloud.status(cloud.demo, id)).toBe("ACTIVE");
    await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`);
  });

  test("no host fits a flavor that is too large", async () => {
    const flavor = { id: "huge", name: "huge", ram: 99_999_999, vcpus: 1, disk: 1 };
    await cloud.nova(cloud.admin, "POST", "/flavors", { flavor });
    const { json } = await cloud.ask(cloud.demo, "/identity/v3/auth/projects");
    const project = String(at(json, "projects", 0, "id"));
    await cloud.nova(cloud.admin, "PUT", `/os-quota-sets/${project}`, { quota_set: { ram: -1 } });
    const id = await cloud.boot(cloud.demo, { flavorRef: "huge" });
    cloud.clock.advance(1000);
    const server = at((await cloud.server(cloud.demo, id)).json, "server");
    expect([at(server, "status"), at(server, "fault", "message")]).toEqual(["ERROR", "No valid host was found. "]);
  });
});
