/** Volumes: how they come and go in time, what they are made of, what is refused. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items, type Rig, startRig } from "../simulator/rig.ts";
import { type Cinder, cinder, message } from "./cinder.ts";

let rig: Rig;
let demo: Cinder;
let admin: Cinder;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  rig.simulator.machine.transitions = "instant";
  demo = cinder(rig, await rig.login("demo"));
  admin = cinder(rig, await rig.login("admin"));
});
afterAll(() => rig.simulator.close());

describe("states follow the clock", () => {
  test("creating, available, deleting, gone", async () => {
    rig.simulator.machine.transitions = { fixed: 1000 };
    const id = await demo.volume();
    expect(await demo.status(id)).toBe("creating");
    rig.clock.advance(999);
    expect(await demo.status(id)).toBe("creating");
    rig.clock.advance(1);
    expect(await demo.status(id)).toBe("available");
    expect((await demo.ask(`/volumes/${id}`, { method: "DELETE" })).status).toBe(202);
    expect(await demo.status(id)).toBe("deleting");
    rig.clock.advance(1000);
    expect((await demo.ask(`/volumes/${id}`)).status).toBe(404);
  });

  test("rig:delay holds the operation, whatever the mode", async () => {
    const id = await demo.volume({ metadata: { "rig:delay": "20" } });
    rig.clock.advance(19_999);
    expect(await demo.status(id)).toBe("creating");
    rig.clock.advance(1);
    expect(await demo.status(id)).toBe("available");
  });

  test.each([
    ["create_volume", "error", async () => undefined],
    ["extend_volume", "error_extending", (id: string) => demo.act(id, { "os-extend": { new_size: 2 } })],
    ["delete_volume", "error_deleting", (id: string) => demo.ask(`/volumes/${id}`, { method: "DELETE" })],
  ])("rig:fail %s ends in %s", async (call, status, begin) => {
    const id = await demo.volume({ metadata: { "rig:fail": call } });
    expect(["available", "error"]).toContain(await demo.status(id));
    await begin(id);
    expect(await demo.status(id)).toBe(status);
  });

  test("an extension counts when it is done", async () => {
    const id = await demo.volume();
    rig.simulator.machine.transitions = { fixed: 500 };
    await demo.show(id);
    expect((await demo.act(id, { "os-extend": { new_size: 3 } })).status).toBe(202);
    expect(await demo.show(id)).toMatchObject({ status: "extending", size: 1 });
    rig.clock.advance(500);
    expect(await demo.show(id)).toMatchObject({ status: "available", size: 3 });
  });
});

describe("sources", () => {
  test("an image makes it bootable and remembers its properties", async () => {
    const { json } = await rig.ask(await rig.login("demo"), "/image/v2/images?name=ubuntu-22.04");
    const id = await demo.volume({ imageRef: at(items(json, "images")[0], "id") });
    expect(await demo.show(id)).toMatchObject({
      bootable: "true",
      volume_image_metadata: { image_name: "ubuntu-22.04", os_distro: "ubuntu", min_disk: "1" },
    });
  });

  test("a snapshot's volume has its size, and is not smaller", async () => {
    const source = await demo.volume({ size: 2 });
    await demo.act(source, { "os-set_bootable": { bootable: true } });
    const made = await demo.post("/snapshots", { snapshot: { volume_id: source } });
    const snapshot_id = at(made.json, "snapshot", "id");
    const id = await demo.volume({ size: null, snapshot_id });
    expect(await demo.show(id)).toMatchObject({ size: 2, snapshot_id, bootable: "true", volume_type: "standard" });
    const small = await demo.post("/volumes", { volume: { size: 1, snapshot_id } });
    expect(small.status).toBe(400);
    expect(message(small)).toContain("cannot be smaller than the snapshot size 2GB");
  });

  test("a large image needs a large volume", async () => {
    const refused = await demo.post("/volumes", { volume: { size: 1, imageRef: "large-footprint" } });
    expect(message(refused)).toBe(
      "Invalid input received: Volume size 1GB cannot be smaller than the image minDisk size 40GB.",
    );
  });

  test("an upload becomes an active image of the project", async () => {
    const id = await demo.volume();
    const made = await demo.act(id, { "os-volume_upload_image": { image_name: "up", visibility: "private" } });
    const image = String(at(made.json, "os-volume_upload_image", "image_id"));
    const { json } = await rig.ask(await rig.login("demo"), `/image/v2/images/${image}`);
    expect(json).toMatchObject({ name: "up", status: "active", visibility: "private", disk_format: "raw" });
    expect(await demo.status(id)).toBe("available");
  });
});

describe("microversions", () => {
  test("only its own header counts, and a foreign one alone is an error", async () => {
    const foreign = await demo.ask("/volumes", { version: "", headers: { "openstack-api-version": "compute 2.90" } });
    expect(foreign.status).toBe(400);
    expect(foreign.headers.has("openstack-api-version")).toBe(false);
    const both = { "openstack-api-version": "compute 2.90,volume 3.59" };
    const { headers } = await demo.ask("/volumes", { version: "", headers: both });
    expect(headers.get("openstack-api-version")).toBe("volume 3.59");
    expect(headers.get("vary")).toBe("OpenStack-API-Version");
    const high = await demo.ask("/volumes", { version: "3.71" });
    expect([high.status, message(high)]).toEqual([
      406,
      "Version 3.71 is not supported by the API. Minimum is 3.0 and maximum is 3.70.",
    ]);
  });

  test("attributes come with their version", async () => {
    const id = await demo.volume();
    const keys = async (version: string) =>
      Object.keys(Object(at((await demo.ask(`/volumes/${id}`, { version })).json, "volume")));
    expect(await keys("3.0")).not.toContain("group_id");
    expect(await keys("3.13")).toContain("group_id");
    expect(await keys("3.62")).not.toContain("volume_type_id");
    expect(await keys("3.65")).toContain("consumes_quota");
  });

  test("unknown members are let through before 3.53, and refused since", async () => {
    const body = { volume: { size: 1, foo: 1 } };
    expect((await demo.post("/volumes", body, "3.52")).status).toBe(202);
    expect(message(await demo.post("/volumes", body, "3.53"))).toContain("('foo' was unexpected)");
  });
});

describe("lists", () => {
  test("pages follow each other to the end", async () => {
    const made = new Set<string>();
    for (let count = 0; count < 5; count++) made.add(await demo.volume({ name: `v${count}` }));
    const seen: unknown[] = [];
    let path: string | undefined = "/volumes?limit=2&sort=name:asc";
    while (path !== undefined) {
      const { json }: { json: unknown } = await demo.ask(path);
      seen.push(...items(json, "volumes").map((one) => at(one, "name")));
      const next = at(json, "volumes_links", 0, "href");
      path = typeof next === "string" ? next.slice(next.indexOf("/v3") + 3) : undefined;
    }
    expect(seen).toEqual(["v0", "v1", "v2", "v3", "v4"]);
    expect(made.size).toBe(5);
  });

  test("filters, counts and the summary agree", async () => {
    await demo.volume({ metadata: { a: "b" } });
    await demo.volume({ size: 3 });
    const listed = await demo.ask("/volumes?size=3&with_count=true&limit=1");
    expect(at(listed.json, "count")).toBe(1);
    expect(items((await demo.ask("/volumes?metadata=%7B%22a%22:%22b%22%7D")).json, "volumes")).toHaveLength(1);
    expect(message(await demo.ask("/volumes?foo=1"))).toBe("Invalid filters foo are found in query options.");
    expect(at((await demo.ask("/volumes/summary")).json, "volume-summary")).toEqual({
      total_count: 2,
      total_size: 4,
      metadata: { a: ["b"] },
    });
  });
});

describe("refusals", () => {
  test("a full quota is 413 with retryAfter 0", async () => {
    const project = at(await demo.show(await demo.volume()), "os-vol-tenant-attr:tenant_id");
    const set = { quota_set: { volumes: 1, gigabytes: 5 } };
    expect((await admin.ask(`/os-quota-sets/${project}`, { method: "PUT", body: set })).status).toBe(200);
    const full = await demo.post("/volumes", { volume: { size: 1 } });
    expect(full.status).toBe(413);
    expect(full.json).toEqual({
      overLimit: {
        code: 413,
        message: "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'.",
        retryAfter: "0",
      },
    });
    const large = await demo.act(String(at(items((await demo.ask("/volumes")).json, "volumes")[0], "id")), {
      "os-extend": { new_size: 9 },
    });
    expect(message(large)).toContain("Requested 8G, quota is 5G and 1G has been consumed.");
    const low = await admin.ask(`/os-quota-sets/${project}`, { method: "PUT", body: { quota_set: { volumes: 0 } } });
    expect(message(low)).toContain("Current usage is 1 and the requested limit is 0.");
  });

  test("a volume with snapshots goes only in cascade", async () => {
    const id = await demo.volume();
    await demo.post("/snapshots", { snapshot: { volume_id: id } });
    expect((await demo.ask(`/volumes/${id}`, { method: "DELETE" })).status).toBe(400);
    expect((await demo.ask(`/volumes/${id}?cascade=true`, { method: "DELETE" })).status).toBe(202);
    expect((await demo.ask(`/volumes/${id}`)).status).toBe(404);
    expect(items((await demo.ask("/snapshots")).json, "snapshots")).toEqual([]);
  });

  test("retype needs another type, and a migration to reach another back end", async () => {
    const id = await demo.volume();
    expect((await demo.act(id, { "os-retype": { new_type: "standard" } })).status).toBe(400);
    await demo.act(id, { "os-retype": { new_type: "fast" } });
    expect(await demo.show(id)).toMatchObject({ status: "available", volume_type: "standard" });
    await demo.act(id, { "os-retype": { new_type: "fast", migration_policy: "on-demand" } });
    expect(await demo.show(id)).toMatchObject({ status: "available", volume_type: "fast" });
    await demo.act(id, { "os-retype": { new_type: "multiattach", migration_policy: "on-demand" } });
    expect(await demo.show(id)).toMatchObject({ multiattach: true });
  });

  test("backups are accepted and end in error", async () => {
    const made = await demo.post("/backups", { backup: { volume_id: await demo.volume() } });
    expect(made.status).toBe(202);
    const { json } = await demo.ask(`/backups/${at(made.json, "backup", "id")}`);
    expect(at(json, "backup")).toMatchObject({
      status: "error",
      fail_reason: "Service not found for creating backup.",
    });
  });
});

test("metadata are replaced, merged and guarded by their Etag", async () => {
  const id = await demo.volume({ metadata: { a: "ü" } });
  const path = `/volumes/${id}/metadata`;
  const etag = (await demo.ask(path)).headers.get("etag") ?? "";
  expect((await demo.post(path, { metadata: { b: "2" } })).json).toEqual({ metadata: { a: "ü", b: "2" } });
  const stale = await demo.ask(path, { method: "PUT", body: { metadata: {} }, headers: { "if-match": etag } });
  expect(stale.status).toBe(412);
  expect((await demo.ask(path, { method: "PUT", body: { metadata: { c: "3" } } })).json).toEqual({
    metadata: { c: "3" },
  });
  expect((await demo.ask(`${path}/c`, { method: "DELETE" })).status).toBe(200);
  expect((await demo.ask(`${path}/c`)).status).toBe(404);
});

test("the catalogue has both names, and both forms of the URL lead to the same", async () => {
  const token = await rig.login("demo");
  const { json } = await rig.ask(token, "/identity/v3/auth/catalog");
  const urls = Object.fromEntries(
    items(json, "catalog").map((one) => [at(one, "type"), String(at(one, "endpoints", 0, "url"))]),
  );
  expect(urls["block-storage"]).toMatch(/\/volume\/v3$/);
  expect(urls.volumev3).toMatch(/\/volume\/v3\/[0-9a-f]{32}$/);
  const id = await demo.volume({ name: "x" });
  const project = (urls.volumev3 ?? "").split("/").at(-1);
  expect(at((await demo.ask(`/${project}/volumes/${id}`)).json, "volume", "name")).toBe("x");
  const foreign = await admin.ask(`/${project}/volumes`);
  expect([foreign.status, message(foreign)]).toEqual([400, "Malformed request url"]);
});
