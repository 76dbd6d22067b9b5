import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBothEnds, type RawPage, type TwoEnded } from "../../src/backends/openstack/both-ends.ts";

/** Lists that are read from both ends while the cloud makes and deletes things. */

/** A thing's place in the order never changes; the newest have the lowest. */
interface World {
  readonly begun: readonly number[];
  /** So many of the newest stand before all others, from whichever end; each until so many pages have been told. */
  readonly unsettled: readonly number[];
  /** Things without a place: they come first on every page that has room for them. */
  readonly placeless: readonly number[];
  /** Before each page that the cloud tells: what is made, and which of those that are there go. */
  readonly changes: readonly { readonly made: number; readonly gone: readonly number[] }[];
  readonly pageSizes: { readonly first: number; readonly start: number; readonly end: number };
  readonly mostHeld: number;
}

const anyWorld: fc.Arbitrary<World> = fc.record({
  begun: fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { maxLength: 60 }).map((all) => all.sort((a, b) => a - b)),
  unsettled: fc.array(fc.nat(12), { maxLength: 30 }),
  placeless: fc.constantFrom([], [], [-1_000_000], [1_000_000]),
  changes: fc.array(fc.record({ made: fc.nat(3), gone: fc.array(fc.nat(200), { maxLength: 8 }) }), { maxLength: 20 }),
  pageSizes: fc.record({
    first: fc.integer({ min: 1, max: 5 }),
    start: fc.integer({ min: 2, max: 9 }),
    end: fc.integer({ min: 2, max: 9 }),
  }),
  mostHeld: fc.integer({ min: 1, max: 40 }),
});

const idOf = (place: number): string => `at ${place}`;
const placeOf = (id: unknown): number => Number(String(id).slice("at ".length));

const ORDER: Pick<TwoEnded<number>, "isSettled" | "follows"> = {
  isSettled: ({ isEarly }) => isEarly !== true,
  follows: (json, before) => placeOf(json.id) > placeOf(before.id),
};

/** A cloud of such a world; how it sorts from the end is its own affair. */
function cloudOf(world: World, sorts: (places: number[]) => number[] = (places) => places.reverse()) {
  let there = [...world.begun];
  let newest = -1;
  let told = 0;
  const settling = new Map(world.unsettled.flatMap((pages, at) => (at < there.length ? [[there[at], pages]] : [])));
  const isSettled = (place: number) => (settling.get(place) ?? 0) <= told;
  const stays = new Set(there.slice(settling.size));
  const asked = { start: 0, end: 0 };
  const change = (): void => {
    const { made, gone } = world.changes[told] ?? { made: 0, gone: [] };
    told += 1;
    for (let at = 0; at < made; at += 1) {
      there = [newest, ...there];
      newest -= 1;
    }
    for (const at of gone) {
      const [lost] = there.splice(at % Math.max(1, there.length), 1);
      if (lost !== undefined) stays.delete(lost);
    }
  };
  const page = (from: "start" | "end", after: number | undefined, limit: number): RawPage => {
    change();
    asked[from] += 1;
    const sorted = (places: number[]) => (from === "start" ? places : sorts(places));
    const early = sorted(there.filter((place) => !isSettled(place)));
    const settled = sorted(there.filter(isSettled));
    // As Nova does it, a marker that is gone still has its place, and without one in their midst no early ones are told.
    const at = after === undefined ? -1 : early.indexOf(after);
    const isUp = (settled.at(-1) ?? 0) >= (settled[0] ?? 0);
    const isBehind = (place: number) => after === undefined || at >= 0 || (isUp ? place > after : place < after);
    const rest = [...(after === undefined || at >= 0 ? early.slice(at + 1) : []), ...settled.filter(isBehind)];
    const shown = [...world.placeless.slice(0, Math.max(0, limit - rest.length)), ...rest.slice(0, limit)];
    const items = shown.map((place) => ({ id: idOf(place), isEarly: early.includes(place) }));
    // A full page may be the last one all the same.
    return { items, hasMore: items.length === limit };
  };
  return { page, stays, asked };
}

async function readAll(
  world: World,
  cloud: ReturnType<typeof cloudOf>,
  step: (label: string) => Promise<void>,
  fails = false,
): Promise<number[]> {
  const { first, ...sizes } = world.pageSizes;
  const places: number[] = [];
  const list = fromBothEnds<number>(
    {
      fetch: async (from, before) => {
        const last = before.at(-1);
        await step(`ask ${from}`);
        if (fails && from === "end") throw new Error("the cloud fails");
        const page = cloud.page(from, last === undefined ? undefined : placeOf(last.id), sizes[from]);
        await step(`hear ${from}`);
        return page;
      },
      read: async (page) => {
        await step("read");
        return page.map(({ id }) => placeOf(id));
      },
      beyond: async (last) => cloud.page("start", placeOf(last.id), sizes.start).items,
      ...ORDER,
      mostHeld: world.mostHeld,
    },
    cloud.page("start", undefined, first),
  );
  for await (const page of list) {
    places.push(...page);
    await step("take");
  }
  return places;
}

function requireAll(world: World, places: readonly number[], stays: ReadonlySet<number>): void {
  expect(new Set(places).size, "each once").toBe(places.length);
  const staying = places.filter((place) => stays.has(place));
  expect(staying, "in order").toEqual([...staying].sort((a, b) => a - b));
  expect(
    world.placeless.filter((place) => !places.includes(place)),
    "none lost",
  ).toEqual([]);
  const began = (place: number) => place >= 0;
  expect(new Set(staying.filter(began)), "none lost").toEqual(new Set([...stays].filter(began)));
}

const runs = { numRuns: 2_000 };

test("whatever is made and deleted meanwhile, and however the pages overtake each other, what stays comes once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.scheduler(), async (world, scheduler) => {
      const cloud = cloudOf(world);
      const reading = readAll(world, cloud, (label) => scheduler.schedule(Promise.resolve(), label));
      requireAll(world, await scheduler.waitFor(reading), cloud.stays);
    }),
    runs,
  );
});

test("nothing depends on the end: a cloud that fails there tells the list all the same", async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.scheduler(), async (world, scheduler) => {
      const cloud = cloudOf(world);
      const reading = readAll(world, cloud, (label) => scheduler.schedule(Promise.resolve(), label), true);
      requireAll(world, await scheduler.waitFor(reading), cloud.stays);
    }),
    { numRuns: 300 },
  );
});

test("a cloud that cannot sort from the end is not believed", async () => {
  const still = anyWorld
    .map((world) => ({ ...world, changes: [], unsettled: [], placeless: [] }))
    // One thing alone has no order.
    .filter(({ pageSizes }) => pageSizes.first > 1 && pageSizes.end > 1);
  await fc.assert(
    fc.asyncProperty(still, fc.scheduler(), async (world, scheduler) => {
      const cloud = cloudOf(world, (places) => places);
      const reading = readAll(world, cloud, (label) => scheduler.schedule(Promise.resolve(), label));
      expect(await scheduler.waitFor(reading)).toEqual(world.begun);
    }),
    runs,
  );
});

test("where nothing changes the two meet in the middle, and no more pages are read than the list has, and one", async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.scheduler(), async (world, scheduler) => {
      const { first } = world.pageSizes;
      const size = world.pageSizes.start;
      const still = {
        ...world,
        changes: [],
        unsettled: [],
        placeless: [],
        pageSizes: { first, start: size, end: size },
        mostHeld: 1_000,
      };
      const cloud = cloudOf(still);
      const reading = readAll(still, cloud, (label) => scheduler.schedule(Promise.resolve(), label));
      expect(await scheduler.waitFor(reading)).toEqual(world.begun);
      const pages = Math.ceil(Math.max(0, world.begun.length - first) / size);
      // And the one that says that nothing follows the last thing.
      expect(cloud.asked.start - 1 + cloud.asked.end).toBeLessThanOrEqual(pages + 4);
    }),
    runs,
  );
});

test("no more is held than was allowed, and whoever stops after the first page has had nothing read from the end", async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.boolean(), async (world, isCurious) => {
      const cloud = cloudOf({ ...world, changes: [], unsettled: [], placeless: [] });
      const { first, ...sizes } = world.pageSizes;
      const list = fromBothEnds<number>(
        {
          fetch: async (from, before) => {
            const last = before.at(-1);
            return cloud.page(from, last === undefined ? undefined : placeOf(last.id), sizes[from]);
          },
          read: async (page) => page.map(({ id }) => placeOf(id)),
          beyond: async (last) => cloud.page("start", placeOf(last.id), sizes.start).items,
          ...ORDER,
          mostHeld: world.mostHeld,
        },
        cloud.page("start", undefined, first),
      );
      let taken = 0;
      for await (const _ of list) {
        taken += 1;
        // Long enough for the end to be read as far as it will be.
        for (let turn = 0; isCurious && turn < 500; turn += 1) await Promise.resolve();
        if (taken > 1 || !isCurious) break;
      }
      expect(cloud.asked.end).toBeLessThanOrEqual(isCurious ? Math.ceil(world.mostHeld / sizes.end) : 0);
    }),
    runs,
  );
});
