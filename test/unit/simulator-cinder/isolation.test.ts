/** Two tenants never see or touch each other's volumes, snapshots and backups; a reader changes nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items, type Rig, startRig } from "../simulator/rig.ts";
import { type Cinder, cinder } from "./cinder.ts";

let rig: Rig;
let demo: Cinder;
let other: Cinder;
let reader: Cinder;
let admin: Cinder;
let ids: Readonly<Record<string, string>>;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  demo = cinder(rig, await rig.login("demo"));
  other = cinder(rig, await rig.login("other"));
  reader = cinder(rig, await rig.login("demo-reader"));
  admin = cinder(rig, await rig.login("admin"));
  const volume = await demo.volume();
  await demo.status(volume);
  const snapshot = await demo.post("/snapshots", { snapshot: { volume_id: volume } });
  const backup = await demo.post("/backups", { backup: { volume_id: volume } });
  const attachment = await demo.post("/attachments", { attachment: { volume_uuid: await demo.volume() } });
  ids = {
    volume,
    snapshot: String(at(snapshot.json, "snapshot", "id")),
    backup: String(at(backup.json, "backup", "id")),
    attachment: String(at(attachment.json, "attachment", "id")),
  };
});
afterAll(() => rig.simulator.close());

const writes: readonly (readonly [string, string, unknown])[] = [
  ["PUT", "/volumes/{volume}", { volume: { name: "x" } }],
  ["DELETE", "/volumes/{volume}", undefined],
  ["POST", "/volumes/{volume}/action", { "os-extend": { new_size: 2 } }],
  ["POST", "/volumes/{volume}/action", { "os-reserve": {} }],
  ["POST", "/volumes/{volume}/metadata", { metadata: { a: "b" } }],
  ["POST", "/volumes", { volume: { source_volid: "{volume}" } }],
  ["POST", "/volumes", { volume: { snapshot_id: "{snapshot}" } }],
  ["POST", "/snapshots", { snapshot: { volume_id: "{volume}" } }],
  ["PUT", "/snapshots/{snapshot}", { snapshot: { name: "x" } }],
  ["DELETE", "/snapshots/{snapshot}", undefined],
  ["POST", "/backups", { backup: { volume_id: "{volume}" } }],
  ["PUT", "/backups/{backup}", { backup: { name: "x" } }],
  ["POST", "/attachments", { attachment: { volume_uuid: "{volume}" } }],
];

function fill(text: string): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole);
}

async function attempt(who: Cinder, [method, path, body]: (typeof writes)[number]): Promise<number> {
  const filled = body === undefined ? {} : { body: JSON.parse(fill(JSON.stringify(body))) };
  return (await who.ask(fill(path), { method, ...filled })).status;
}

describe.each(writes)("%s %s", (...one) => {
  test("of another project is not there", async () => {
    const before = await demo.show(ids.volume ?? "");
    expect(await attempt(other, one)).toBe(404);
    expect(await demo.show(ids.volume ?? "")).toEqual(before);
  });

  test("is nothing for a reader", async () => {
    expect(await attempt(reader, one)).toBe(403);
  });
});

test.each(["/volumes/{volume}", "/volumes/{volume}/metadata", "/snapshots/{snapshot}", "/backups/{backup}"])(
  "GET %s of another project is not there",
  async (path) => {
    expect((await other.ask(fill(path))).status).toBe(404);
    expect((await reader.ask(fill(path))).status).toBe(200);
  },
);

test.each(["volumes", "snapshots", "backups", "attachments"])("%s of others are in no list", async (kind) => {
  for (const query of ["", "?all_tenants=1", "/detail", "/detail?all_tenants=1"])
    expect(items((await other.ask(`/${kind}${query}`)).json, kind)).toEqual([]);
  expect(items((await admin.ask(`/${kind}`)).json, kind)).toEqual([]);
  expect(items((await admin.ask(`/${kind}?all_tenants=1`)).json, kind)).not.toEqual([]);
});

test("an attachment is not there, though a real Zed shows it to whoever knows its id", async () => {
  expect((await other.ask(fill("/attachments/{attachment}"))).status).toBe(404);
  expect((await other.ask(fill("/attachments/{attachment}"), { method: "DELETE" })).status).toBe(404);
  const body = { attachment: { connector: { host: "h" } } };
  expect((await other.ask(fill("/attachments/{attachment}"), { method: "PUT", body })).status).toBe(404);
});

test("a type that is not public is there for whom it was given to", async () => {
  const made = await admin.post("/types", { volume_type: { name: "own", "os-volume-type-access:is_public": false } });
  const id = at(made.json, "volume_type", "id");
  expect((await other.ask(`/types/${id}`)).status).toBe(404);
  expect((await other.post("/volumes", { volume: { size: 1, volume_type: "own" } })).status).toBe(404);
  const project = at(await other.show(await other.volume()), "os-vol-tenant-attr:tenant_id");
  expect((await admin.post(`/types/${id}/action`, { addProjectAccess: { project } })).status).toBe(202);
  expect((await other.post("/volumes", { volume: { size: 1, volume_type: "own" } })).status).toBe(202);
  expect((await demo.ask(`/types/${id}`)).status).toBe(404);
});
