/** Whatever clients do, in whatever order and at whatever time: no 500, statuses that follow the table, sums that agree. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { volumes } from "../../../src/simulator/cinder/rows.ts";
import { follows, resettable } from "../../../src/simulator/cinder/states.ts";
import { at, items, type Rig, startRig } from "../simulator/rig.ts";
import { type Cinder, cinder } from "./cinder.ts";

const server = "11111111-1111-4111-8111-111111111111";

/** What a client may do to the volume that `pick` chooses. */
const operations: Readonly<Record<string, (demo: Cinder, id: string) => Promise<{ readonly status: number }>>> = {
  create: (demo) => demo.post("/volumes", { volume: { size: 1 } }),
  failing: (demo) => demo.post("/volumes", { volume: { size: 1, metadata: { "rig:fail": "create_volume" } } }),
  stubborn: (demo) =>
    demo.post("/volumes", { volume: { size: 1, metadata: { "rig:fail": "delete_volume,extend_volume" } } }),
  shared: (demo) => demo.post("/volumes", { volume: { size: 1, volume_type: "multiattach" } }),
  image: (demo) => demo.post("/volumes", { volume: { size: 1, imageRef: "cirros" } }),
  clone: (demo, id) => demo.post("/volumes", { volume: { source_volid: id } }),
  delete: (demo, id) => demo.ask(`/volumes/${id}`, { method: "DELETE" }),
  cascade: (demo, id) => demo.ask(`/volumes/${id}?cascade=true`, { method: "DELETE" }),
  extend: (demo, id) => demo.act(id, { "os-extend": { new_size: 2 } }),
  retype: (demo, id) => demo.act(id, { "os-retype": { new_type: "fast", migration_policy: "on-demand" } }),
  upload: (demo, id) => demo.act(id, { "os-volume_upload_image": { image_name: "x", force: true } }),
  snapshot: (demo, id) => demo.post("/snapshots", { snapshot: { volume_id: id } }),
  reserve: (demo, id) => demo.act(id, { "os-reserve": {} }),
  unreserve: (demo, id) => demo.act(id, { "os-unreserve": {} }),
  attach: (demo, id) => demo.act(id, { "os-attach": { instance_uuid: server, mountpoint: "/dev/vdb" } }),
  begin: (demo, id) => demo.act(id, { "os-begin_detaching": {} }),
  roll: (demo, id) => demo.act(id, { "os-roll_detaching": {} }),
  detach: (demo, id) => demo.act(id, { "os-detach": {} }),
  attachment: (demo, id) => demo.post("/attachments", { attachment: { volume_uuid: id, instance_uuid: server } }),
  connected: (demo, id) =>
    demo.post("/attachments", { attachment: { volume_uuid: id, connector: { host: "h", mountpoint: "/dev/vdc" } } }),
  complete: async (demo, id) => {
    const { json } = await demo.ask(`/attachments?volume_id=${id}`);
    return demo.post(`/attachments/${at(items(json, "attachments")[0], "id")}/action`, { "os-complete": {} });
  },
  drop: async (demo, id) => {
    const { json } = await demo.ask(`/attachments?volume_id=${id}`);
    return demo.ask(`/attachments/${at(items(json, "attachments")[0], "id")}`, { method: "DELETE" });
  },
};

const step = fc.record({
  name: fc.constantFrom(...Object.keys(operations)),
  pick: fc.nat({ max: 9 }),
  wait: fc.constantFrom(0, 0, 300, 5000),
});

let rig: Rig;
let demo: Cinder;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.simulator.close());

test("random sequences of operations never leave the state table", async () => {
  const begun = rig.simulator.world.snapshot();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      rig.simulator.world.restore(begun);
      rig.simulator.machine.rewind();
      rig.simulator.machine.transitions = { fixed: 300 };
      // Each run lasts longer than what is left of a token of the one before.
      demo = cinder(rig, await rig.login("demo"));
      for (const { name, pick, wait } of steps) {
        const all = [...rig.simulator.world.of(volumes).all()];
        const id = all[pick % Math.max(all.length, 1)]?.id ?? "none";
        const { status } = (await operations[name]?.(demo, id)) ?? { status: 0 };
        // A step outside the table throws in the simulator, which answers 500.
        expect(status, name).toBeLessThan(500);
        expect(status, name).not.toBe(401);
        rig.clock.advance(wait);
        await demo.ask("/volumes");
      }
      const known: readonly string[] = [...resettable, "reverting"];
      const rows = [...rig.simulator.world.of(volumes).all()];
      for (const volume of rows) expect(known).toContain(volume.status);
      const { json } = await demo.ask("/limits");
      expect(at(json, "limits", "absolute", "totalVolumesUsed")).toBe(rows.length);
      await expectSettled();
    }),
    { numRuns: 50 },
  );
});

/** When nothing is under way any more, a volume that is in use has an attachment, and one that is not has none. */
async function expectSettled(): Promise<void> {
  rig.clock.advance(60_000);
  const { json } = await demo.ask("/volumes/detail");
  for (const volume of items(json, "volumes")) {
    const passing = ["creating", "downloading", "extending", "retyping", "uploading", "deleting"];
    expect(passing).not.toContain(at(volume, "status"));
    if (at(volume, "status") === "available") expect(items(volume, "attachments")).toEqual([]);
    const held = items((await demo.ask(`/attachments?volume_id=${at(volume, "id")}`)).json, "attachments");
    if (at(volume, "status") === "in-use") expect(held).not.toEqual([]);
  }
}

test("the table leads nowhere that is not in it", () => {
  const known: readonly string[] = [...resettable, "reverting"];
  for (const next of Object.values(follows)) for (const status of next ?? []) expect(known).toContain(status);
});
