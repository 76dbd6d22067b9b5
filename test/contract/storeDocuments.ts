import { describe, expect, test } from "vitest";
import { collect, Secret } from "../../src/cloud/index.ts";
import type { DocumentPut, Store } from "../../src/cloud/store.ts";
import { keyOf, outcome, type Place } from "./storeAdapters.ts";

const put = (id: string, rest: Partial<DocumentPut> = {}): DocumentPut => ({
  ...keyOf(id),
  body: { id },
  expected: "absent",
  ...rest,
});

const idsOf = async (store: Store, query: Parameters<Store["list"]>[0]): Promise<string[]> =>
  (await collect(store.list(query))).map(({ cloud, project, id }) => `${cloud} ${project} ${id}`);

export function documents(fresh: () => Promise<Place>): void {
  describe("documents", () => {
    test("come back as they were put", async () => {
      const place = await fresh();
      const store = await place.open();
      const key = keyOf("ünï/ \u{1f600}'\"\\%_;--");
      const body = { text: "\u0000\u{1f600}\u2028", deep: [{ a: [null, true, 1.5e-7, -3] }], "": {}, __proto__x: "y" };
      const written = await store.put({ ...key, body, expected: "absent", expiresAt: place.clock.now() + 5 });
      const now = place.clock.now();
      expect(written).toEqual({
        ...key,
        body,
        revision: written.revision,
        createdAt: now,
        updatedAt: now,
        expiresAt: now + 5,
      });
      expect(await (await place.open()).get(key)).toEqual(written);
    });

    test("are kept apart by every part of their key", async () => {
      const store = await (await fresh()).open();
      const others = [{ kind: "other" }, { cloud: "" }, { project: "" }, { cloud: "p1", project: "prod/east" }];
      await store.put(put("1"));
      for (const other of others) {
        expect(await store.get(keyOf("1", other))).toBeUndefined();
        expect(await store.delete(keyOf("1", other))).toBe(false);
        await store.put({ ...put("1", { body: other }), ...other });
      }
      for (const other of others) expect((await store.get(keyOf("1", other)))?.body).toEqual(other);
      expect((await store.get(keyOf("1")))?.body).toEqual({ id: "1" });
    });

    test("are put only over what was expected", async () => {
      const store = await (await fresh()).open();
      expect(await outcome(store.put(put("1", { expected: 1 })))).toBe("CONFLICT");
      const first = await store.put(put("1"));
      expect(await outcome(store.put(put("1")))).toBe("ALREADY_EXISTS");
      const second = await store.put(put("1", { expected: first.revision, body: { n: 2 } }));
      expect(second.revision).toBeGreaterThan(first.revision);
      expect(await outcome(store.put(put("1", { expected: first.revision, body: { n: 3 } })))).toBe("CONFLICT");
      expect(await store.get(keyOf("1"))).toEqual(second);
      const third = await store.put(put("1", { expected: "any", body: { n: 4 } }));
      expect(third.revision).toBeGreaterThan(second.revision);
      expect(await outcome(store.delete({ ...keyOf("1"), revision: second.revision }))).toBe("CONFLICT");
      expect(await store.delete({ ...keyOf("1"), revision: third.revision })).toBe(true);
      expect(await outcome(store.delete({ ...keyOf("1"), revision: third.revision }))).toBe("CONFLICT");
      expect(await store.delete(keyOf("1"))).toBe(false);
      const again = await store.put(put("1"));
      expect(again.revision).toBeGreaterThan(third.revision);
    });

    test("are updated no earlier than before when the clock is set back", async () => {
      const place = await fresh();
      const store = await place.open();
      const first = await store.put(put("1"));
      place.clock.advance(-3_600_000);
      const second = await store.put(put("1", { expected: first.revision }));
      const third = await store.put(put("1", { expected: "any" }));
      for (const { createdAt, updatedAt } of [second, third]) {
        expect({ createdAt, updatedAt }).toEqual({ createdAt: first.createdAt, updatedAt: first.updatedAt });
      }
    });

    test("are absent from the moment they expire, swept or not", async () => {
      const place = await fresh();
      const store = await place.open();
      const expiresAt = place.clock.now() + 10;
      const keys = { state: "open" };
      const [first] = await store.write({ puts: ["1", "2", "3", "4"].map((id) => put(id, { expiresAt, keys })) });
      await store.put(put("stays", { keys }));
      place.clock.advance(9);
      expect(await store.sweep()).toBe(0);
      expect(await outcome(store.put(put("1")))).toBe("ALREADY_EXISTS");
      place.clock.advance(1);
      expect(await store.get(keyOf("1"))).toBeUndefined();
      expect(await idsOf(store, { kind: "thing" })).toEqual(["prod/east p1 stays"]);
      expect(await outcome(store.put(put("1", { expected: first?.revision ?? 0 })))).toBe("CONFLICT");
      expect(await outcome(store.delete({ ...keyOf("1"), revision: first?.revision ?? 0 }))).toBe("CONFLICT");
      expect(await store.delete(keyOf("4"))).toBe(false);
      const remade = await store.put(put("1"));
      expect(remade).toMatchObject({ createdAt: expiresAt, expiresAt: undefined });
      expect(await store.put(put("2", { expected: "any" }))).toMatchObject({
        createdAt: expiresAt,
        updatedAt: expiresAt,
      });
      expect(await idsOf(store, { kind: "thing", key: { name: "state", value: "open" } })).toHaveLength(1);
      expect(await store.sweep()).toBe(1);
      expect(await store.sweep()).toBe(0);
      expect(await idsOf(store, { kind: "thing" })).toHaveLength(3);
    });

    test("are swept a number at a time", async () => {
      const place = await fresh();
      const store = await place.open();
      const expiresAt = place.clock.now();
      await store.write({ puts: Array.from({ length: 5 }, (_, n) => put(String(n), { expiresAt })) });
      expect([await store.sweep(2), await store.sweep(2), await store.sweep(2)]).toEqual([2, 2, 1]);
    });

    test("are written together or not at all", async () => {
      const store = await (await fresh()).open();
      const old = await store.put(put("old", { keys: { k: "v" } }));
      const failing = [{ ...keyOf("old"), revision: old.revision + 1 }];
      const batch = { puts: [put("a"), put("b")], messages: [{ topic: "t", body: {} }] };
      expect(await outcome(store.write({ ...batch, deletes: failing }))).toBe("CONFLICT");
      expect(await outcome(store.write({ ...batch, puts: [put("a"), put("old")] }))).toBe("ALREADY_EXISTS");
      expect(await idsOf(store, { kind: "thing" })).toEqual(["prod/east p1 old"]);
      const lease = await store.acquireLease("t", "me", 1000);
      if (lease === undefined) throw new Error("no lease");
      expect(await store.takeMessages({ topic: "t", lease, limit: 9 })).toEqual([]);
      const written = await store.write({ ...batch, puts: [put("b"), put("a")], deletes: [keyOf("old")] });
      expect(written.map(({ id }) => id)).toEqual(["b", "a"]);
      expect(await idsOf(store, { kind: "thing" })).toEqual(["prod/east p1 a", "prod/east p1 b"]);
      expect(await store.takeMessages({ topic: "t", lease, limit: 9 })).toHaveLength(1);
      expect(await store.write({})).toEqual([]);
    });

    test("are refused by name when they cannot be kept", async () => {
      const place = await fresh();
      const store = await place.open({ maxDocumentBytes: 100 });
      // What the types forbid reaches the store from parsed JSON and from careless callers all the same.
      const odd = (value: unknown): DocumentPut => Object.assign(put("1"), { body: { a: { b: [value] } } });
      for (const value of [Number.NaN, undefined, 1n, () => 1, new Secret("s"), new Date(0), new Map(), "\ud800"]) {
        await expect(store.put(odd(value))).rejects.toMatchObject({ reason: "INVALID_VALUE", field: "body.a.b[0]" });
      }
      await expect(store.put(put("1", { body: { a: "é".repeat(50) } }))).rejects.toMatchObject({ reason: "TOO_LARGE" });
      await expect(store.put(put("1", { body: { a: "é".repeat(46) } }))).resolves.toBeDefined();
      await expect(store.get(keyOf("a\0b"))).rejects.toMatchObject({ reason: "INVALID_VALUE", field: "id" });
      await expect(store.get(keyOf("\ud800"))).rejects.toMatchObject({ reason: "INVALID_VALUE", field: "id" });
      await expect(store.get(keyOf("é".repeat(257)))).rejects.toMatchObject({ reason: "INVALID_VALUE", field: "id" });
      await expect(store.get(keyOf(""))).rejects.toMatchObject({ reason: "MISSING_VALUE", field: "id" });
      await expect(store.put(put("2", { expected: 0.5 }))).rejects.toMatchObject({ field: "expected" });
      await expect(store.put(put("2", { expiresAt: Number.NaN }))).rejects.toMatchObject({ field: "expiresAt" });
      await expect(store.put(put("2", { keys: { k: "\0" } }))).rejects.toMatchObject({ field: "keys.k" });
      const twice = { puts: [put("2")], deletes: [keyOf("2")] };
      await expect(store.write(twice)).rejects.toMatchObject({ reason: "INVALID_VALUE", field: "puts" });
      expect(await idsOf(store, { kind: "thing" })).toHaveLength(1);
    });
  });

  describe("lists", () => {
    test("have the order of bytes, pages or not, and any filter", async () => {
      const store = await (await fresh()).open();
      // In UTF-16 order the last two would change places.
      const ids = ["A", "Z", "a", "aa", "b", "é", "\uffee", "\u{10000}"];
      const places = [
        { cloud: "", project: "" },
        { cloud: "c", project: "p" },
        { cloud: "c", project: "p2" },
        { cloud: "d", project: "p" },
      ];
      const puts = places.flatMap((place) =>
        ids.map((id) => put(id, { ...place, keys: { first: [...id][0] ?? "", all: "" } })),
      );
      await store.write({ puts: puts.toReversed() });
      await store.put(put("A", { kind: "other", cloud: "c", project: "p", keys: { all: "" } }));
      const expected = (of: typeof puts): string[] => of.map(({ cloud, project, id }) => `${cloud} ${project} ${id}`);
      for (const pageSize of [1, 7, 32, 1000]) {
        expect(await idsOf(store, { kind: "thing", pageSize })).toEqual(expected(puts));
        const ofCloud = puts.filter(({ cloud }) => cloud === "c");
        expect(await idsOf(store, { kind: "thing", cloud: "c", pageSize })).toEqual(expected(ofCloud));
        const ofProject = puts.filter(({ project }) => project === "p");
        expect(await idsOf(store, { kind: "thing", project: "p", pageSize })).toEqual(expected(ofProject));
        const key = { name: "first", value: "a" };
        const keyed = puts.filter(({ id }) => id.startsWith("a"));
        expect(await idsOf(store, { kind: "thing", key, pageSize })).toEqual(expected(keyed));
        const after = { cloud: "c", project: "p", id: "b" };
        expect(await idsOf(store, { kind: "thing", after, pageSize })).toEqual(expected(puts.slice(13)));
      }
      expect(await idsOf(store, { kind: "none" })).toEqual([]);
      expect(await idsOf(store, { kind: "thing", key: { name: "first", value: "q" } })).toEqual([]);
    });

    test("forget the index keys of the put before, and those of the deleted", async () => {
      const store = await (await fresh()).open();
      const key = (value: string) => ({ kind: "thing", key: { name: "state", value } });
      await store.put(put("1", { keys: { state: "open" } }));
      await store.put(put("2", { keys: { state: "open" } }));
      await store.put(put("1", { expected: "any", keys: { state: "done" } }));
      await store.delete(keyOf("2"));
      await store.put(put("2"));
      expect(await idsOf(store, key("open"))).toEqual([]);
      expect(await idsOf(store, key("done"))).toEqual(["prod/east p1 1"]);
    });

    test("give once what is there throughout, while others come and go", async () => {
      const store = await (await fresh()).open();
      const id = (n: number): string => String(n).padStart(3, "0");
      await store.write({ puts: Array.from({ length: 30 }, (_, n) => put(id(n * 10))) });
      const seen: string[] = [];
      for await (const document of store.list({ kind: "thing", pageSize: 4 })) {
        seen.push(document.id);
        const n = Number(document.id);
        if (n % 10 !== 0) continue;
        await store.put(put(id(n + 5)));
        await store.delete(keyOf(id(n + 5 - 10)));
        await store.put(put(document.id, { expected: "any" }));
      }
      expect(seen.filter((name) => Number(name) % 10 === 0)).toEqual(Array.from({ length: 30 }, (_, n) => id(n * 10)));
      expect(new Set(seen).size).toBe(seen.length);
    });

    test("read no further than their reader", async () => {
      const store = await (await fresh()).open();
      await store.write({ puts: [put("1"), put("2"), put("3")] });
      for await (const { id } of store.list({ kind: "thing", pageSize: 1 })) {
        expect(id).toBe("1");
        break;
      }
      await expect(collect(store.list({ kind: "thing", pageSize: 0 }))).rejects.toMatchObject({ field: "pageSize" });
      await expect(collect(store.list({ kind: "" }))).rejects.toMatchObject({ field: "kind" });
    });
  });

  test("a closed store says so, and checks before", async () => {
    const store = await (await fresh()).open();
    expect(await store.check()).toMatchObject({ schema: 1 });
    await store.close();
    await store.close();
    await expect(store.check()).rejects.toMatchObject({ reason: "UNAVAILABLE", message: "the store is closed" });
    await expect(store.get(keyOf("1"))).rejects.toMatchObject({ reason: "UNAVAILABLE" });
    await expect(collect(store.list({ kind: "thing" }))).rejects.toMatchObject({ reason: "UNAVAILABLE" });
  });
}
