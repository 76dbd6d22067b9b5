/** Nova and Cinder together: volumes to and from servers, and servers that boot from volumes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Ask, at, items, type Reply, type Rig, startRig } from "../simulator/rig.ts";
import { type Cinder, cinder, message } from "./cinder.ts";

let rig: Rig;
let token: string;
let demo: Cinder;
let image: string;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  rig.simulator.machine.transitions = "instant";
  token = await rig.login("demo");
  demo = cinder(rig, token);
  image = String(at(items((await rig.ask(token, "/image/v2/images?name=cirros")).json, "images")[0], "id"));
});
afterAll(() => rig.simulator.close());

function nova(path: string, options: Ask = {}, version = "2.90"): Promise<Reply> {
  const headers = { "openstack-api-version": `compute ${version}` };
  return rig.ask(token, `/compute/v2.1${path}`, { headers, ...options });
}

function create(more: Readonly<Record<string, unknown>>, version?: string): Promise<Reply> {
  const server = { name: "one", flavorRef: "1", networks: "none", ...more };
  return nova("/servers", { method: "POST", body: { server } }, version);
}

async function boot(more: Readonly<Record<string, unknown>> = { imageRef: image }): Promise<string> {
  const made = await create(more);
  if (made.status !== 202) throw new Error(`boot was answered with ${made.status}: ${made.text}`);
  return String(at(made.json, "server", "id"));
}

const server = async (id: string, version?: string) => at((await nova(`/servers/${id}`, {}, version)).json, "server");
const attach = (id: string, volumeId: string, more: object = {}, version?: string) =>
  nova(
    `/servers/${id}/os-volume_attachments`,
    { method: "POST", body: { volumeAttachment: { volumeId, ...more } } },
    version,
  );
const remove = (path: string) => nova(path, { method: "DELETE" });

async function available(draft: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = await demo.volume(draft);
  expect(await demo.status(id)).toBe("available");
  return id;
}

describe("os-volume_attachments", () => {
  test("both sides move together", async () => {
    const id = await boot();
    const volume = await available();
    expect(at(await server(id), "status")).toBe("ACTIVE");
    rig.simulator.machine.transitions = { fixed: 1000 };
    const made = await attach(id, volume, { tag: "data", delete_on_termination: true });
    expect(at(made.json, "volumeAttachment")).toEqual({
      id: volume,
      serverId: id,
      volumeId: volume,
      device: "/dev/sdb",
      tag: "data",
      delete_on_termination: true,
    });
    expect(await demo.status(volume)).toBe("reserved");
    rig.clock.advance(1000);
    expect(await demo.show(volume)).toMatchObject({
      status: "in-use",
      attachments: [{ server_id: id, device: "/dev/sdb" }],
    });
    expect(at(await server(id), "os-extended-volumes:volumes_attached")).toEqual([
      { id: volume, delete_on_termination: true },
    ]);
    expect((await remove(`/servers/${id}/os-volume_attachments/${volume}`)).status).toBe(202);
    expect(await demo.status(volume)).toBe("detaching");
    expect((await remove(`/servers/${id}/os-volume_attachments/${volume}`)).status).toBe(400);
    rig.clock.advance(1000);
    expect(await demo.status(volume)).toBe("available");
    expect(at(await server(id), "os-extended-volumes:volumes_attached")).toEqual([]);
  });

  test.each([
    ["2.1", ["id", "volumeId", "serverId", "device"]],
    ["2.70", ["id", "volumeId", "serverId", "device", "tag"]],
    ["2.79", ["id", "volumeId", "serverId", "device", "tag", "delete_on_termination"]],
    ["2.89", ["volumeId", "serverId", "device", "tag", "delete_on_termination", "attachment_id", "bdm_uuid"]],
  ])("its shape at %s", async (version, keys) => {
    const id = await boot();
    const volume = await available();
    await server(id);
    await attach(id, volume);
    const { json } = await nova(`/servers/${id}/os-volume_attachments/${volume}`, {}, version);
    expect(Object.keys(Object(at(json, "volumeAttachment"))).sort()).toEqual([...keys].sort());
  });

  test("what cannot be attached", async () => {
    const id = await boot();
    const [volume, shared] = [await available(), await available({ volume_type: "multiattach" })];
    await server(id);
    expect((await attach(id, "00000000-0000-0000-0000-000000000000")).status).toBe(404);
    await attach(id, volume);
    expect(message(await attach(id, volume))).toBe(
      `Invalid volume: volume ${volume} is already attached to instances: ${id}`,
    );
    expect(message(await attach(id, shared, {}, "2.59"))).toContain("starting with compute API version 2.60");
    const taken = await attach(id, shared, { device: "/dev/vdb" });
    expect([taken.status, message(taken)]).toEqual([409, "The supplied device path (/dev/vdb) is in use."]);
    await demo.act(shared, { "os-reserve": {} });
    expect((await attach(id, shared)).status).toBe(400);
  });

  test("a connection that fails gives the volume back", async () => {
    const id = await boot();
    const volume = await available({ metadata: { "rig:fail": "initialize_connection" } });
    await server(id);
    expect((await attach(id, volume)).status).toBe(200);
    expect(await demo.status(volume)).toBe("available");
    expect((await nova(`/servers/${id}/os-volume_attachments`)).json).toEqual({ volumeAttachments: [] });
  });

  test("delete_on_termination can be changed, and decides what goes with the server", async () => {
    const id = await boot();
    const [kept, gone] = [await available(), await available()];
    await server(id);
    await attach(id, kept);
    await attach(id, gone);
    await server(id);
    const body = { volumeAttachment: { volumeId: gone, delete_on_termination: true } };
    expect((await nova(`/servers/${id}/os-volume_attachments/${gone}`, { method: "PUT", body })).status).toBe(202);
    const swap = { volumeAttachment: { volumeId: kept } };
    expect((await nova(`/servers/${id}/os-volume_attachments/${gone}`, { method: "PUT", body: swap })).status).toBe(
      403,
    );
    await remove(`/servers/${id}`);
    expect(await demo.status(kept)).toBe("available");
    expect((await demo.ask(`/volumes/${gone}`)).status).toBe(404);
  });
});

describe("boot from volume", () => {
  const root = { destination_type: "volume", boot_index: 0 };

  test("an existing volume is reserved at once, in use when the server runs, and not its to lose", async () => {
    const volume = await available({ imageRef: image });
    rig.simulator.machine.transitions = { fixed: 1000 };
    const id = await boot({
      flavorRef: "10",
      block_device_mapping_v2: [{ ...root, source_type: "volume", uuid: volume }],
    });
    expect(await demo.status(volume)).toBe("reserved");
    expect(await server(id)).toMatchObject({ status: "BUILD", image: "", "os-extended-volumes:volumes_attached": [] });
    rig.clock.advance(1000);
    expect(await server(id)).toMatchObject({
      status: "ACTIVE",
      image: "",
      "os-extended-volumes:volumes_attached": [{ id: volume, delete_on_termination: false }],
    });
    expect(await demo.show(volume)).toMatchObject({ status: "in-use", attachments: [{ device: "/dev/sda" }] });
    expect(message(await remove(`/servers/${id}/os-volume_attachments/${volume}`))).toBe(
      "Cannot detach a root device volume",
    );
    await remove(`/servers/${id}`);
    rig.clock.advance(5000);
    expect(await demo.status(volume)).toBe("available");
  });

  test("new volumes are waited for, and go with the server when told so", async () => {
    const source = await available({ imageRef: image });
    const snapshot = String(
      at((await demo.post("/snapshots", { snapshot: { volume_id: source } })).json, "snapshot", "id"),
    );
    expect(at((await demo.ask(`/snapshots/${snapshot}`)).json, "snapshot", "status")).toBe("available");
    rig.simulator.machine.transitions = { fixed: 1000 };
    const id = await boot({
      block_device_mapping_v2: [
        {
          ...root,
          source_type: "image",
          uuid: image,
          volume_size: 1,
          volume_type: "fast",
          delete_on_termination: true,
        },
        { source_type: "snapshot", uuid: snapshot, destination_type: "volume", boot_index: -1 },
        { source_type: "blank", destination_type: "volume", volume_size: 2, delete_on_termination: true },
      ],
    });
    rig.clock.advance(1500);
    expect(at(await server(id), "status")).toBe("BUILD");
    rig.clock.advance(10_000);
    expect(at(await server(id), "status")).toBe("ACTIVE");
    const disks = items((await nova(`/servers/${id}/os-volume_attachments`)).json, "volumeAttachments");
    expect(disks.map((disk) => at(disk, "device"))).toEqual(["/dev/sda", "/dev/sdb", "/dev/sdc"]);
    expect(await demo.show(String(at(disks[0], "volumeId")))).toMatchObject({ bootable: "true", volume_type: "fast" });
    expect(at(await demo.show(String(at(disks[2], "volumeId"))), "name")).toBe(`${id}-blank-vol`);
    await remove(`/servers/${id}`);
    rig.clock.advance(10_000);
    await server(id);
    rig.clock.advance(10_000);
    const left = items((await demo.ask("/volumes")).json, "volumes").map((one) => at(one, "id"));
    expect(left.sort()).toEqual([source, String(at(disks[1], "volumeId"))].sort());
  });

  test("a quota that is full shows when the build ends, and leaves no volume", async () => {
    const id = await boot({
      block_device_mapping_v2: [
        { source_type: "blank", destination_type: "volume", volume_size: 1, delete_on_termination: true },
        { ...root, source_type: "image", uuid: image, volume_size: 2000, delete_on_termination: true },
      ],
    });
    const failed = await server(id);
    expect(at(failed, "status")).toBe("ERROR");
    expect(at(failed, "fault", "message")).toContain(
      `Build of instance ${id} aborted: VolumeSizeExceedsAvailableQuota`,
    );
    await server(id);
    expect(items((await demo.ask("/volumes")).json, "volumes")).toEqual([]);
  });

  test.each([
    [[{ source_type: "volume", destination_type: "volume", uuid: "{boot}" }], "Boot sequence for the instance"],
    [[{ ...root, source_type: "volume", uuid: "{plain}" }], "is not bootable."],
    [[{ ...root, source_type: "volume", uuid: "nope" }], "failed to get volume nope."],
    [[{ ...root, source_type: "volume" }], "Missing device UUID."],
    [[{ ...root, source_type: "volume", uuid: "{boot}", volume_type: "fast" }], "volume type to existing volume"],
    [[{ ...root, source_type: "image", uuid: "{image}" }], "need to have a non-zero size specified"],
    [
      [{ ...root, source_type: "image", uuid: "{image}", volume_size: 1, volume_type: "no" }],
      "Volume type no could not",
    ],
    [[{ ...root, source_type: "blank" }], "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"],
    [[{ ...root, source_type: "image", uuid: "{image}", volume_size: 0 }], "0 is less than the minimum of 1"],
  ])("refuses %j", async (devices, said) => {
    const ids: Readonly<Record<string, string>> = {
      boot: await available({ imageRef: image }),
      plain: await available(),
      image,
    };
    const filled = JSON.stringify(devices).replaceAll(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole);
    const refused = await create({ block_device_mapping_v2: JSON.parse(filled) });
    expect(refused.status).toBe(400);
    expect(message(refused)).toContain(said);
    expect(await demo.status(ids.boot ?? "")).toBe("available");
    expect((await nova("/servers")).json).toEqual({ servers: [] });
  });

  test("a volume in use is refused, and nothing is left reserved", async () => {
    const [busy, free] = [await available({ imageRef: image }), await available()];
    await demo.act(busy, { "os-reserve": {} });
    const refused = await create({
      block_device_mapping_v2: [
        { source_type: "volume", uuid: free, destination_type: "volume", boot_index: -1 },
        { ...root, source_type: "volume", uuid: busy },
      ],
    });
    expect(refused.status).toBe(400);
    expect(message(refused)).toContain(
      "must be available or downloading to reserve, but the current status is attaching.",
    );
    expect(await demo.status(free)).toBe("available");
  });

  test("another project's volume cannot be booted or attached", async () => {
    const other = cinder(rig, await rig.login("other"));
    const volume = await other.volume({ imageRef: "cirros" });
    await other.status(volume);
    const refused = await create({ block_device_mapping_v2: [{ ...root, source_type: "volume", uuid: volume }] });
    expect(message(refused)).toBe(`Block Device Mapping is Invalid: failed to get volume ${volume}.`);
    const id = await boot();
    await server(id);
    expect((await attach(id, volume)).status).toBe(404);
    expect(await other.status(volume)).toBe("available");
  });
});
