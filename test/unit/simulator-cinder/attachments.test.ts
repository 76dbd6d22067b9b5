/** Attachments: the API, the older actions, and what Nova holds. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  attachmentsOfServer,
  beginDetaching,
  type Context,
  completeAttachment,
  createVolumeFor,
  deleteVolumeFor,
  detachVolume,
  reserveVolume,
  rollDetaching,
} from "../../../src/simulator/cinder/attach.ts";
import { at, items, type Rig, startRig } from "../simulator/rig.ts";
import { type Cinder, cinder, message } from "./cinder.ts";

const server = "11111111-1111-4111-8111-111111111111";
const another = "22222222-2222-4222-8222-222222222222";
const connector = { host: "h", mountpoint: "/dev/vdb" };

let rig: Rig;
let demo: Cinder;
let nova: Context;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  demo = cinder(rig, await rig.login("demo"));
  const { world, machine } = rig.simulator;
  nova = { world, machine, ids: { uuid: () => crypto.randomUUID() }, now: rig.clock.now() };
});
afterAll(() => rig.simulator.close());

async function available(draft: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = await demo.volume(draft);
  expect(await demo.status(id)).toBe("available");
  return id;
}

describe("the attachments API", () => {
  test("reserve, connect, complete, delete", async () => {
    const id = await available();
    const made = await demo.post("/attachments", { attachment: { volume_uuid: id, instance_uuid: server } });
    const path = `/attachments/${at(made.json, "attachment", "id")}`;
    expect(await demo.status(id)).toBe("reserved");
    const again = await demo.post("/attachments", { attachment: { volume_uuid: id, instance_uuid: another } });
    expect(message(again)).toContain(
      "must be available or downloading to reserve, but the current status is reserved.",
    );
    await demo.ask(path, { method: "PUT", body: { attachment: { connector } } });
    expect(await demo.status(id)).toBe("attaching");
    expect((await demo.post(`${path}/action`, { "os-complete": {} })).status).toBe(204);
    expect(await demo.show(id)).toMatchObject({
      status: "in-use",
      attachments: [{ server_id: server, device: "/dev/vdb", host_name: null }],
    });
    expect((await demo.ask(`/volumes/${id}`, { method: "DELETE" })).status).toBe(400);
    expect((await demo.ask(path, { method: "DELETE" })).json).toEqual({ attachments: [] });
    expect(await demo.status(id)).toBe("available");
  });

  test("is not there before 3.27, and completing not before 3.44", async () => {
    const id = await available();
    const body = { attachment: { volume_uuid: id } };
    expect((await demo.post("/attachments", body, "3.26")).status).toBe(404);
    const made = await demo.post("/attachments", body, "3.27");
    const path = `/attachments/${at(made.json, "attachment", "id")}/action`;
    expect((await demo.post(path, { "os-complete": {} }, "3.43")).status).toBe(404);
  });

  test("a connection that fails leaves nothing reserved", async () => {
    const id = await available({ metadata: { "rig:fail": "initialize_connection" } });
    const failed = await demo.post("/attachments", { attachment: { volume_uuid: id, connector } });
    expect(failed.status).toBe(500);
    expect(await demo.status(id)).toBe("available");
    expect(items((await demo.ask("/attachments")).json, "attachments")).toEqual([]);
  });
});

describe("the older actions", () => {
  test("os-attach and os-detach", async () => {
    const id = await available();
    const attach = { "os-attach": { instance_uuid: server, mountpoint: "/dev/vdb" } };
    expect((await demo.act(id, attach)).status).toBe(202);
    expect(await demo.show(id)).toMatchObject({
      status: "in-use",
      metadata: { readonly: "False", attached_mode: "rw" },
    });
    const other = { "os-attach": { instance_uuid: another, mountpoint: "/dev/vdb" } };
    expect((await demo.act(id, other)).status).toBe(400);
    expect((await demo.act(id, { "os-detach": {} })).status).toBe(202);
    expect(await demo.show(id)).toMatchObject({ status: "available", metadata: { readonly: "False" } });
  });

  test("os-reserve excludes, os-unreserve gives back", async () => {
    const id = await available();
    expect((await demo.act(id, { "os-reserve": {} })).status).toBe(202);
    expect(message(await demo.act(id, { "os-reserve": {} }))).toBe(
      "Invalid volume: Volume status must be available to reserve, but the status is attaching.",
    );
    expect((await demo.act(id, { "os-unreserve": {} })).status).toBe(202);
    expect(await demo.status(id)).toBe("available");
  });

  test("a volume that may only be read is not attached to be written", async () => {
    const id = await available();
    await demo.act(id, { "os-update_readonly_flag": { readonly: true } });
    const attach = (mode: string) =>
      demo.act(id, { "os-attach": { instance_uuid: server, mountpoint: "/dev/vdb", mode } });
    expect((await attach("rw")).status).toBe(400);
    expect((await attach("ro")).status).toBe(202);
  });
});

describe("what Nova holds", () => {
  async function attached(draft: Readonly<Record<string, unknown>> = {}): Promise<readonly [string, string]> {
    const id = await available(draft);
    const { id: attachment } = reserveVolume(nova, id, server);
    completeAttachment(nova, attachment, { device: "/dev/vdb", host: "compute-1" });
    return [id, attachment];
  }

  test("no user takes away (CVE-2023-2088)", async () => {
    const [id, attachment] = await attached();
    const said = `ConflictNovaUsingAttachment: Detach volume from instance ${server} using the Compute API`;
    const tries = [
      await demo.ask(`/attachments/${attachment}`, { method: "DELETE" }),
      await demo.act(id, { "os-detach": {} }),
      await demo.act(id, { "os-detach": { attachment_id: attachment } }),
      await demo.act(id, { "os-terminate_connection": { connector: {} } }),
    ];
    for (const one of tries) expect([one.status, message(one)]).toEqual([409, said]);
    expect(await demo.status(id)).toBe("in-use");
  });

  test("is detached by Nova, or kept when that fails", async () => {
    const [id] = await attached();
    beginDetaching(nova, id);
    expect(await demo.status(id)).toBe("detaching");
    rollDetaching(nova, id);
    expect(await demo.status(id)).toBe("in-use");
    beginDetaching(nova, id);
    detachVolume(nova, id, server);
    expect(await demo.status(id)).toBe("available");
    expect(attachmentsOfServer(nova.world, server)).toEqual([]);
  });

  test("a multiattach volume is in use until the last server lets go", async () => {
    const [id] = await attached({ volume_type: "multiattach" });
    const second = reserveVolume(nova, id, another);
    completeAttachment(nova, second.id, { device: "/dev/vdc", host: "compute-2" });
    expect(items(await demo.show(id), "attachments")).toHaveLength(2);
    detachVolume(nova, id, server);
    expect(await demo.status(id)).toBe("in-use");
    detachVolume(nova, id, another);
    expect(await demo.status(id)).toBe("available");
  });

  test("reserving twice is refused in Cinder's words", async () => {
    const [id] = await attached();
    expect(() => reserveVolume(nova, id, another)).toThrow(/Invalid volume: Volume .* status must be available/);
  });

  test("a new volume for a server is made, attached, and goes with it", async () => {
    const project = String(at(await demo.show(await available()), "os-vol-tenant-attr:tenant_id"));
    const { id } = createVolumeFor(
      nova,
      { projectId: project, userId: project },
      { source: { kind: "blank" }, size: 2, type: "fast" },
    );
    expect(await demo.show(id)).toMatchObject({ status: "available", size: 2, volume_type: "fast" });
    deleteVolumeFor(nova, id);
    expect((await demo.ask(`/volumes/${id}`)).status).toBe(404);
  });
});
