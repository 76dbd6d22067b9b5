/** Whatever is in a table, following the pages of a list gives each row once, in order. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { comparator, select } from "../../../src/simulator/core/list.ts";
import { flavors } from "../../../src/simulator/nova/flavors.ts";
import { at, items, type Rig, startRig } from "./rig.ts";

const row = fc.record({
  id: fc.string({ minLength: 1, maxLength: 3 }),
  name: fc.constantFrom("a", "b", "c"),
  size: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null)),
});
const order = fc.array(fc.record({ column: fc.constantFrom("name", "size", "id"), descending: fc.boolean() }), {
  maxLength: 2,
});

test("pages put together are the whole list", () => {
  const table = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 25 });
  fc.assert(
    fc.property(
      table,
      order,
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom("a", "b", undefined),
      (rows, by, limit, name) => {
        const where = name === undefined ? [] : [(one: { readonly [key: string]: unknown }) => one.name === name];
        const whole = rows.filter((one) => where.every((test) => test(one))).sort(comparator(by));
        const paged = [];
        let marker: string | undefined;
        for (let turn = 0; turn <= rows.length; turn++) {
          const page = select(rows, { where, order: by, limit, ...(marker === undefined ? {} : { marker }) });
          if ("unknownMarker" in page) throw new Error("the marker is gone");
          paged.push(...page.rows);
          marker = page.rows.at(-1)?.id;
          if (!page.more) break;
        }
        expect(paged).toEqual(whole);
      },
    ),
  );
});

test("a reversed page is the one before the marker", () => {
  const table = fc.uniqueArray(row, { selector: ({ id }) => id, minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(table, order, fc.nat(), fc.integer({ min: 1, max: 7 }), (rows, by, pick, limit) => {
      const whole = [...rows].sort(comparator(by));
      const index = pick % whole.length;
      const marker = whole[index]?.id ?? "";
      const page = select(rows, { where: [], order: by, limit, marker, reverse: true });
      if ("unknownMarker" in page) throw new Error("the marker is gone");
      expect(page.rows).toEqual(whole.slice(Math.max(0, index - limit), index));
      expect(page.more).toBe(index > limit);
    }),
  );
});

let rig: Rig;
let admin: string;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  admin = await rig.login("admin");
});
afterAll(() => rig.simulator.close());

test.each([1, 2, 3, 5, 7, 1000])("flavors in pages of %i, by their own links", async (limit) => {
  const seen: unknown[] = [];
  let next = `${rig.simulator.url}/compute/v2.1/flavors/detail?limit=${limit}&sort_key=memory_mb&sort_dir=desc`;
  for (let turn = 0; turn < 10 && next !== ""; turn++) {
    const { json } = await rig.ask(admin, next.slice(rig.simulator.url.length));
    seen.push(...items(json, "flavors").map((one) => at(one, "ram")));
    next = String(at(json, "flavors_links", 0, "href") ?? "");
  }
  expect(seen).toEqual([8192, 4096, 2048, 1024, 512]);
});

test.each([1, 2, 10])("images in pages of %i, by `next`", async (limit) => {
  const seen: unknown[] = [];
  let next = `/v2/images?limit=${limit}&sort=name:asc`;
  for (let turn = 0; turn < 10 && next !== ""; turn++) {
    const { json } = await rig.ask(admin, `/image${next}`);
    seen.push(...items(json, "images").map((one) => at(one, "name")));
    next = String(at(json, "next") ?? "");
  }
  expect(seen).toEqual(["cirros", "large-footprint", "ubuntu-22.04"]);
});

test("a reset brings back the default world, in no time", async () => {
  await rig.ask(admin, "/compute/v2.1/flavors/1", { method: "DELETE" });
  for (let index = 0; index < 1000; index++) {
    const template = rig.simulator.world.of(flavors).get("2");
    if (template !== undefined)
      rig.simulator.world.of(flavors).put({ ...template, id: `f${index}`, name: `f${index}` });
  }
  const started = performance.now();
  rig.simulator.reset();
  expect(performance.now() - started).toBeLessThan(10);
  expect((await rig.ask(admin, "/compute/v2.1/flavors")).status).toBe(401);
  const { json } = await rig.ask(await rig.login("admin"), "/compute/v2.1/flavors");
  expect(items(json, "flavors").map((one) => at(one, "id"))).toEqual(["1", "10", "2", "3", "4"]);
});
