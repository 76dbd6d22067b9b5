import fc from "fast-check";
import { expect, test } from "vitest";
import { defineTable, type Snapshot, World } from "../../src/simulator/world.ts";

/** The world's copy-on-write tables against plain maps that are copied each time. */
const things = defineTable("things", ["owner"]);
const owners = ["a", "b", "c"];
type Step = readonly ["put" | "delete" | "snapshot" | "restore", number, number];
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom("put", "put", "put", "delete", "snapshot", "restore"),
  fc.nat({ max: 8 }),
  fc.nat({ max: 2 }),
);

test("snapshots never change, whatever is written after them, and restore is exact", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World();
      const table = world.of(things);
      let model = new Map<string, string>();
      const kept: { readonly state: Snapshot; readonly model: ReadonlyMap<string, string> }[] = [];
      for (const [what, id, owner] of steps) {
        const name = owners[owner] ?? "";
        if (what === "put") {
          table.put({ id: String(id), owner: name });
          model.set(String(id), name);
        } else if (what === "delete") expect(table.delete(String(id))).toBe(model.delete(String(id)));
        else if (what === "snapshot") kept.push({ state: world.snapshot(), model: new Map(model) });
        else {
          const back = kept[id % Math.max(kept.length, 1)];
          if (back !== undefined) {
            world.restore(back.state);
            model = new Map(back.model);
          }
        }
        expect([...table.all()].map((row) => [row.id, row.owner])).toEqual([...model]);
        for (const one of owners) {
          const expected = [...model].filter(([, value]) => value === one).map(([key]) => key);
          const found = table.by("owner", one).map((row) => row.id);
          expect(found.toSorted()).toEqual(expected.toSorted());
        }
      }
    }),
    { numRuns: 300 },
  );
});
