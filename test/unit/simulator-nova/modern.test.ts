import { afterAll, beforeAll, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, startCloud } from "./cloud.ts";

/** What Nova from 2.94 on does otherwise, and that Zed does nothing of it (nova: rest_api_version_history). */
let cloud: Cloud;
let server: string;
beforeAll(async () => {
  cloud = await startCloud({ profile: "modern" });
  const { json } = await cloud.ask(cloud.demo, "/image/v2/images?name=ubuntu-22.04");
  const imageRef = at(items(json, "images")[0], "id");
  const hints = { "os:scheduler_hints": { build_near_host_ip: "192.0.2.1", custom: ["a"] } };
  const wanted = cloud.wanted({ imageRef, flavorRef: "2", availability_zone: "nova", networks: "none" });
  const made = await cloud.nova(cloud.demo, "POST", "/servers", { ...wanted, ...hints }, "2.100");
  server = String(at(made.json, "server", "id"));
});
afterAll(() => cloud.simulator.close());

const shown = async (version: string, member: string) =>
  at((await cloud.server(cloud.demo, server, version)).json, "server", member);

test("the versions are announced and taken", async () => {
  const roots = await cloud.nova(cloud.demo, "GET", "/");
  expect(at(roots.json, "version", "version")).toBe("2.100");
  expect((await cloud.nova(cloud.demo, "GET", "/flavors", undefined, "2.101")).status).toBe(406);
  const latest = await cloud.nova(cloud.demo, "GET", "/flavors", undefined, "latest");
  expect(latest.headers.get("openstack-api-version")).toBe("compute 2.100");
  const volume = await cloud.ask(cloud.demo, "/volume/");
  expect(at(volume.json, "versions", 0, "version")).toBe("3.71");
  const image = await cloud.ask("", "/image/");
  expect([at(image.json, "versions", 0, "id"), at(image.json, "versions", 0, "status")]).toEqual(["v2.16", "CURRENT"]);
  expect(at(image.json, "versions", 1, "status")).toBe("SUPPORTED");
});

test("2.94: a host name may be fully qualified, in create, update and rebuild", async () => {
  const name = "web.example.org";
  const create = (version: string) =>
    cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ hostname: name, networks: "none" }), version);
  expect((await create("2.93")).status).toBe(400);
  const made = await create("2.94");
  expect(made.status).toBe(202);
  const id = String(at(made.json, "server", "id"));
  expect(at((await cloud.server(cloud.demo, id, "2.94")).json, "server", "OS-EXT-SRV-ATTR:hostname")).toBe(name);
  const put = (hostname: string, version: string) =>
    cloud.nova(cloud.demo, "PUT", `/servers/${id}`, { server: { hostname } }, version);
  expect((await put("db.example.org", "2.93")).status).toBe(400);
  expect(at((await put("db.example.org", "2.94")).json, "server", "OS-EXT-SRV-ATTR:hostname")).toBe("db.example.org");
  expect((await put("with space", "2.94")).status).toBe(400);
  const imageRef = at((await cloud.server(cloud.demo, id)).json, "server", "image", "id");
  const rebuild = (version: string) => cloud.act(cloud.demo, id, { rebuild: { imageRef, hostname: name } }, version);
  expect((await rebuild("2.93")).status).toBe(400);
  expect((await rebuild("2.94")).status).toBe(202);
});

test("2.96: the zone that was asked for, or null", async () => {
  expect(await shown("2.95", "pinned_availability_zone")).toBeUndefined();
  expect(await shown("2.96", "pinned_availability_zone")).toBe("nova");
  const free = await cloud.boot(cloud.demo, { networks: "none" }, "2.96");
  expect(at((await cloud.server(cloud.demo, free, "2.96")).json, "server", "pinned_availability_zone")).toBeNull();
});

test("2.98: what the image was", async () => {
  expect(Object.keys(Object(await shown("2.97", "image"))).toSorted()).toEqual(["id", "links"]);
  const image = await shown("2.98", "image");
  expect(at(image, "properties")).toEqual({
    architecture: "x86_64",
    base_image_ref: at(image, "id"),
    container_format: "bare",
    disk_format: "qcow2",
    hw_disk_bus: "virtio",
    hw_vif_model: "virtio",
    min_disk: "20",
    min_ram: "256",
    os_distro: "ubuntu",
    os_version: "22.04",
  });
});

test("2.99: consoles by spice-direct", async () => {
  const ask = (version: string) =>
    cloud.nova(
      cloud.demo,
      "POST",
      `/servers/${server}/remote-consoles`,
      { remote_console: { protocol: "spice", type: "spice-direct" } },
      version,
    );
  expect((await ask("2.98")).status).toBe(400);
  const { status, json } = await ask("2.99");
  expect([status, at(json, "remote_console", "type")]).toEqual([200, "spice-direct"]);
});

test("2.100: the scheduler's hints, in one, in lists and in the answer of an update", async () => {
  const hints = { build_near_host_ip: "192.0.2.1", custom: ["a"] };
  expect(await shown("2.99", "scheduler_hints")).toBeUndefined();
  expect(await shown("2.100", "scheduler_hints")).toEqual(hints);
  const list = await cloud.nova(cloud.demo, "GET", "/servers/detail", undefined, "2.100");
  const found = items(list.json, "servers").find((one) => at(one, "id") === server);
  expect(at(found, "scheduler_hints")).toEqual(hints);
  const changed = await cloud.nova(cloud.demo, "PUT", `/servers/${server}`, { server: { name: "n" } }, "2.100");
  expect(at(changed.json, "server", "scheduler_hints")).toEqual(hints);
});

test("volume 3.71: a completion that nobody waits for", async () => {
  const ask = (token: string, method: string, path: string, body: unknown, version: string) =>
    cloud.ask(token, `/volume/v3${path}`, { method, body, headers: { "openstack-api-version": `volume ${version}` } });
  const made = await ask(cloud.demo, "POST", "/volumes", { volume: { size: 1 } }, "3.71");
  const path = `/volumes/${String(at(made.json, "volume", "id"))}/action`;
  const complete = async (token: string, version: string, error: unknown) =>
    (await ask(token, "POST", path, { "os-extend_volume_completion": { error } }, version)).text;
  expect(await complete(cloud.admin, "3.70", false)).toContain("itemNotFound");
  expect(await complete(cloud.admin, "3.71", false)).toContain("is not being extended with the help of Nova");
  expect(await complete(cloud.admin, "3.71", 7)).toContain("Invalid input");
  expect(await complete(cloud.demo, "3.71", false)).toContain("extend_volume_completion to be performed");
});

test("Zed knows none of it", async () => {
  const zed = await startCloud();
  expect((await zed.nova(zed.demo, "GET", "/servers", undefined, "2.94")).status).toBe(406);
  expect(at((await zed.ask("", "/image/")).json, "versions", 0, "id")).toBe("v2.15");
  await zed.simulator.close();
});
