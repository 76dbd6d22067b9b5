import { describe, expect, test } from "vitest";
import { Pages } from "../../../src/occi/operate/pages.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** Pages of a list whose reads are counted. */

function counted(size: number) {
  const seen = { opened: 0, read: 0, closed: 0 };
  async function* open(): AsyncIterable<number> {
    seen.opened += 1;
    try {
      for (let at = 1; at <= size; at += 1) {
        seen.read += 1;
        yield at;
      }
    } finally {
      seen.closed += 1;
    }
  }
  return { seen, open };
}

describe("pages", () => {
  test("a walk through them reads the list once", async () => {
    const pages = new Pages(virtualClock(0));
    const { seen, open } = counted(95);
    const found: number[] = [];
    for (let page = 1; ; page += 1) {
      const { items, hasMore } = await pages.take("k", { page, number: 10 }, open);
      found.push(...items);
      if (!hasMore) break;
    }
    expect(found).toEqual(Array.from({ length: 95 }, (_, at) => at + 1));
    expect(seen).toEqual({ opened: 1, read: 95, closed: 1 });
  });

  test("a page that nobody kept is counted from the beginning, and one beyond the end is empty", async () => {
    const pages = new Pages(virtualClock(0));
    const { open } = counted(25);
    expect(await pages.take("k", { page: 3, number: 10 }, open)).toEqual({
      items: [21, 22, 23, 24, 25],
      hasMore: false,
    });
    expect(await pages.take("k", { page: 4, number: 10 }, open)).toEqual({ items: [], hasMore: false });
    expect((await pages.take("k", { page: 2, number: 10 }, open)).items[0]).toBe(11);
    expect((await pages.take("k", { page: 2, number: 10 }, open)).items[0]).toBe(11);
  });

  test("an old cursor is closed and not used, and so is the oldest of too many", async () => {
    let now = 0;
    const pages = new Pages({ ...virtualClock(0), now: () => now });
    const { seen, open } = counted(30);
    await pages.take("k", { page: 1, number: 10 }, open);
    now = 31_000;
    expect((await pages.take("k", { page: 2, number: 10 }, open)).items[0]).toBe(11);
    expect(seen).toMatchObject({ opened: 2, closed: 1 });
    for (let key = 0; key < 100; key += 1) await pages.take(String(key), { page: 1, number: 10 }, open);
    expect(seen.opened - seen.closed).toBe(32);
  });

  test("nobody gets another's list", async () => {
    const pages = new Pages(virtualClock(0));
    const { open } = counted(30);
    const { open: other } = counted(5);
    await pages.take("mine", { page: 1, number: 10 }, open);
    expect(await pages.take("yours", { page: 2, number: 10 }, other)).toEqual({ items: [], hasMore: false });
  });

  test("a cursor that fails is read again from the beginning; a list that fails is a failure", async () => {
    const pages = new Pages(virtualClock(0));
    async function* brittle(): AsyncIterable<number> {
      for (let at = 1; at <= 11; at += 1) yield at;
      throw new Error("the sign-in has ended");
    }
    await pages.take("k", { page: 1, number: 10 }, brittle);
    const { open } = counted(30);
    expect((await pages.take("k", { page: 2, number: 10 }, open)).items[0]).toBe(11);
    await expect(pages.take("k", { page: 2, number: 10 }, brittle)).rejects.toThrow("ended");
  });
});
