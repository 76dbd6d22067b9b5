/** Hosts, zones and moves: what an administrator says of hosts decides where servers are. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  cloud.simulator.reset();
  cloud = { ...cloud, ...(await signedIn()) };
});
afterAll(() => cloud.simulator.close());

async function signedIn() {
  const [demo, other, admin] = await Promise.all(["demo", "other", "admin"].map((name) => cloud.login(name)));
  return { demo: demo ?? "", other: other ?? "", admin: admin ?? "" };
}

const hosts = ["compute-1", "compute-2", "compute-3"];

async function hostOf(id: string): Promise<unknown> {
  return at((await cloud.server(cloud.admin, id)).json, "server", "OS-EXT-SRV-ATTR:host");
}

async function disable(host: string): Promise<void> {
  const body = { host, binary: "nova-compute" };
  expect((await cloud.nova(cloud.admin, "PUT", "/os-services/disable", body)).status).toBe(200);
}

test("nothing is put on hosts whose service is disabled, and what needs a host fails without one", async () => {
  for (const host of hosts.slice(1)) await disable(host);
  const here = await cloud.boot(cloud.demo);
  expect(await hostOf(here)).toBe("compute-1");
  expect((await cloud.act(cloud.admin, here, { migrate: null })).status).toBe(400);
  await disable("compute-1");
  expect(await cloud.status(cloud.demo, await cloud.boot(cloud.demo))).toBe("ERROR");
  const shown = items((await cloud.nova(cloud.admin, "GET", "/os-hypervisors")).json, "hypervisors");
  expect(shown.map((one) => at(one, "status"))).toEqual(["disabled", "disabled", "disabled"]);
});

test("an aggregate gives its hosts a zone, where servers can ask to be", async () => {
  const wanted = { availability_zone: "there" };
  expect((await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted(wanted))).status).toBe(400);
  const made = await cloud.nova(cloud.admin, "POST", "/os-aggregates", { aggregate: { name: "a", ...wanted } });
  const path = `/os-aggregates/${at(made.json, "aggregate", "id")}`;
  await cloud.nova(cloud.admin, "POST", `${path}/action`, { add_host: { host: "compute-2" } });
  const server = await cloud.boot(cloud.demo, wanted);
  expect(await hostOf(server)).toBe("compute-2");
  expect(at((await cloud.server(cloud.demo, server)).json, "server", "OS-EXT-AZ:availability_zone")).toBe("there");
  const zones = items((await cloud.nova(cloud.demo, "GET", "/os-availability-zone")).json, "availabilityZoneInfo");
  expect(zones.map((one) => at(one, "zoneName")).sort()).toEqual(["nova", "there"]);
  expect((await cloud.nova(cloud.admin, "DELETE", path)).status).toBe(400);
});

test("a migration goes to another host, and back when it is reverted", async () => {
  const server = await cloud.boot(cloud.demo);
  const before = await hostOf(server);
  expect((await cloud.act(cloud.demo, server, { migrate: null })).status).toBe(403);
  expect((await cloud.act(cloud.admin, server, { migrate: null })).status).toBe(202);
  expect(await cloud.status(cloud.demo, server)).toBe("VERIFY_RESIZE");
  expect(await hostOf(server)).not.toBe(before);
  await cloud.act(cloud.demo, server, { revertResize: null });
  expect([await cloud.status(cloud.demo, server), await hostOf(server)]).toEqual(["ACTIVE", before]);
  const live = { "os-migrateLive": { host: null, block_migration: false, disk_over_commit: false } };
  expect((await cloud.act(cloud.admin, server, live)).status).toBe(202);
  expect(await cloud.status(cloud.demo, server)).toBe("ACTIVE");
  expect(await hostOf(server)).not.toBe(before);
  const moves = items((await cloud.nova(cloud.admin, "GET", "/os-migrations")).json, "migrations");
  expect(moves.map((one) => at(one, "status"))).toEqual(["reverted", "completed"]);
});

test("a shelved server has no host, and its disk is an image until it is taken from the shelf", async () => {
  const server = await cloud.boot(cloud.demo);
  const shelved = async () => items((await cloud.ask(cloud.demo, "/image/v2/images?name=one-shelved")).json, "images");
  await cloud.act(cloud.demo, server, { shelve: null });
  expect([await cloud.status(cloud.demo, server), await hostOf(server)]).toEqual(["SHELVED_OFFLOADED", null]);
  expect((await shelved()).map((image) => at(image, "status"))).toEqual(["active"]);
  await cloud.act(cloud.demo, server, { unshelve: null });
  expect(await cloud.status(cloud.demo, server)).toBe("ACTIVE");
  expect(hosts).toContain(await hostOf(server));
  expect(await shelved()).toEqual([]);
});

test("backups are rotated", async () => {
  const server = await cloud.boot(cloud.demo);
  for (const name of ["first", "second", "third"]) {
    const body = { createBackup: { name, backup_type: "daily", rotation: 2 } };
    expect((await cloud.act(cloud.demo, server, body)).status).toBe(202);
    await cloud.status(cloud.demo, server);
  }
  const kept = items((await cloud.ask(cloud.demo, "/image/v2/images?backup_type=daily")).json, "images");
  expect(kept.map((image) => at(image, "name")).sort()).toEqual(["second", "third"]);
});
