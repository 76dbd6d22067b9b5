import { describe, expect, test } from "vitest";
import type { DocumentPut, Lease, Store } from "../../src/cloud/store.ts";
import { keyOf, outcome, type Place } from "./storeAdapters.ts";

const put = (id: string): DocumentPut => ({ ...keyOf(id), body: {}, expected: "any" });

async function acquire(store: Store, name: string, owner = "me"): Promise<Lease> {
  const lease = await store.acquireLease(name, owner, 1000);
  if (lease === undefined) throw new Error(`${name} is held`);
  return lease;
}

export function leases(fresh: () => Promise<Place>): void {
  describe("leases", () => {
    test("are held by one until they expire", async () => {
      const place = await fresh();
      const [a, b] = [await place.open(), await place.open()];
      const first = await acquire(a, "l", "a");
      expect(first).toMatchObject({ name: "l", owner: "a", expiresAt: place.clock.now() + 1000 });
      expect(await b.acquireLease("l", "b", 1000)).toBeUndefined();
      expect(await a.acquireLease("l", "a", 1000)).toBeUndefined();
      expect(await b.acquireLease("L", "b", 1000)).toBeDefined();
      place.clock.advance(999);
      expect(await b.acquireLease("l", "b", 1000)).toBeUndefined();
      place.clock.advance(1);
      const second = await acquire(b, "l", "b");
      expect(second.token).toBeGreaterThan(first.token);
    });

    test("are renewed and released by their holder only", async () => {
      const place = await fresh();
      const store = await place.open();
      const first = await acquire(store, "l");
      place.clock.advance(900);
      const renewed = await store.renewLease(first, 500);
      expect(renewed).toEqual({ ...first, expiresAt: place.clock.now() + 500 });
      place.clock.advance(499);
      expect(await store.acquireLease("l", "b", 1000)).toBeUndefined();
      place.clock.advance(1);
      expect(await outcome(store.renewLease(renewed, 500))).toBe("CONFLICT");
      expect(await store.releaseLease(renewed)).toBe(false);
      const second = await acquire(store, "l");
      expect(await outcome(store.renewLease(first, 500))).toBe("CONFLICT");
      expect(await store.releaseLease(first)).toBe(false);
      expect(await store.acquireLease("l", "b", 1000)).toBeUndefined();
      expect(await store.releaseLease(second)).toBe(true);
      expect(await store.releaseLease(second)).toBe(false);
      expect((await acquire(store, "l")).token).toBeGreaterThan(second.token);
    });

    test("fence the writes of a holder that was overtaken", async () => {
      const place = await fresh();
      const store = await place.open();
      const slow = await acquire(store, "l", "slow");
      await store.write({ lease: slow, puts: [put("1")] });
      place.clock.advance(1000);
      const batch = { puts: [put("2")], deletes: [keyOf("1")], messages: [{ topic: "t", body: {} }] };
      expect(await outcome(store.write({ ...batch, lease: slow }))).toBe("CONFLICT");
      const fast = await acquire(store, "l", "fast");
      expect(await outcome(store.write({ ...batch, lease: slow }))).toBe("CONFLICT");
      expect(await store.get(keyOf("1"))).toBeDefined();
      expect(await store.get(keyOf("2"))).toBeUndefined();
      await store.write({ ...batch, lease: fast });
      expect(await store.get(keyOf("1"))).toBeUndefined();
    });

    test("are refused when they make no sense", async () => {
      const store = await (await fresh()).open();
      for (const ttl of [0, -1, 0.5, Number.NaN, 86_400_001]) {
        await expect(store.acquireLease("l", "me", ttl)).rejects.toMatchObject({ field: "milliseconds" });
      }
      await expect(store.acquireLease("", "me", 1)).rejects.toMatchObject({ field: "name" });
    });
  });

  describe("the outbox", () => {
    test("gives messages in order, again and again, until they are acknowledged", async () => {
      const place = await fresh();
      const store = await place.open();
      const lease = await acquire(store, "outbox/t");
      for (const n of [1, 2, 3, 4]) {
        await store.write({
          puts: [put("1")],
          messages: [
            { topic: "t", body: { n } },
            { topic: "u", body: { n } },
          ],
        });
      }
      const take = { topic: "t", lease, limit: 3 };
      const taken = await store.takeMessages(take);
      expect(taken.map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(taken[0]).toMatchObject({
        topic: "t",
        createdAt: place.clock.now(),
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(await store.takeMessages(take)).toEqual(taken);
      const after = taken[1]?.sequence ?? 0;
      expect((await store.takeMessages({ ...take, after })).map(({ body }) => body)).toEqual([{ n: 3 }, { n: 4 }]);
      expect(await store.ackMessages(lease, taken.slice(0, 2))).toBe(2);
      expect(await store.ackMessages(lease, taken)).toBe(1);
      expect(await store.ackMessages(lease, [])).toBe(0);
      expect((await store.takeMessages(take)).map(({ body }) => body)).toEqual([{ n: 4 }]);
      expect(await store.takeMessages({ ...take, topic: "u" })).toHaveLength(3);
    });

    test("is closed to a consumer that was overtaken", async () => {
      const place = await fresh();
      const store = await place.open();
      const slow = await acquire(store, "outbox/t");
      await store.write({ messages: [{ topic: "t", body: {} }] });
      const taken = await store.takeMessages({ topic: "t", lease: slow, limit: 1 });
      place.clock.advance(1000);
      const fast = await acquire(store, "outbox/t");
      expect(await outcome(store.takeMessages({ topic: "t", lease: slow, limit: 1 }))).toBe("CONFLICT");
      expect(await outcome(store.ackMessages(slow, taken))).toBe("CONFLICT");
      expect(await store.takeMessages({ topic: "t", lease: fast, limit: 1 })).toEqual(taken);
    });

    test("takes a thousand at a time and no more", async () => {
      const store = await (await fresh()).open();
      const lease = await acquire(store, "outbox/t");
      const messages = Array.from({ length: 1001 }, (_, n) => ({ topic: "t", body: { n } }));
      await store.write({ messages });
      const taken = await store.takeMessages({ topic: "t", lease, limit: 1000 });
      expect(taken.map(({ body }) => body)).toEqual(messages.slice(0, 1000).map(({ body }) => body));
      expect(await store.ackMessages(lease, taken)).toBe(1000);
      expect(await store.takeMessages({ topic: "t", lease, limit: 1 })).toHaveLength(1);
      await expect(store.takeMessages({ topic: "t", lease, limit: 1001 })).rejects.toMatchObject({ field: "limit" });
    });
  });
}
