import fc from "fast-check";
import { expect, test } from "vitest";
import { collect } from "../../src/cloud/index.ts";
import type { DocumentKey, Json, JsonObject, Lease, Store, WriteBatch } from "../../src/cloud/store.ts";
import { outcome, type Place } from "./storeAdapters.ts";

/** Random histories against a plain map: what a store answers is what the simplest thing would have answered. */

interface Known {
  readonly key: DocumentKey;
  readonly body: Json;
  readonly revision: number;
  readonly tag: string;
  readonly expiresAt: number | undefined;
}

class Model {
  readonly documents = new Map<string, Known>();
  /** Every lease that was ever given, newest last; the last of a name is the only one that may be held. */
  readonly leases: Lease[] = [];
  readonly messages: { readonly topic: string; readonly body: Json }[] = [];
  newest = 0;

  alive(key: DocumentKey, now: number): Known | undefined {
    const known = this.documents.get(JSON.stringify(key));
    return known !== undefined && (known.expiresAt ?? Infinity) > now ? known : undefined;
  }

  holds(lease: Lease, now: number): boolean {
    const last = this.leases.findLast(({ name }) => name === lease.name);
    return last !== undefined && last.token === lease.token && last.expiresAt > now;
  }

  replace(lease: Lease, expiresAt: number): void {
    this.leases.splice(
      this.leases.findIndex(({ token }) => token === lease.token),
      1,
      { ...lease, expiresAt },
    );
  }
}

interface Real {
  readonly place: Place;
  readonly stores: readonly Store[];
  /** Keeps the runs on one store apart. */
  readonly run: string;
}

type Step = fc.AsyncCommand<Model, Real>;
type Work = (model: Model, real: Real, store: Store, now: number) => Promise<void>;

const command = (text: string, connection: number, work: Work): Step => ({
  check: () => true,
  toString: () => text,
  async run(model, real) {
    const store = real.stores[connection % real.stores.length];
    if (store === undefined) throw new Error("no store");
    await work(model, real, store, real.place.clock.now());
  },
});

type Expected = "absent" | "any" | "current" | "stale";
interface Change {
  readonly id: string;
  readonly project: string;
  readonly expected: Expected;
  readonly body: JsonObject;
  readonly tag: string;
  readonly lifetime: number | undefined;
  readonly isDelete: boolean;
}

const STALE = 999_999_999;

/** Why the model refuses a change, if it does. */
function refusal(change: Change, there: Known | undefined): string | undefined {
  if (change.expected === "any") return undefined;
  if (change.expected === "absent") return change.isDelete || there === undefined ? undefined : "ALREADY_EXISTS";
  return change.expected === "current" && there !== undefined ? undefined : "CONFLICT";
}

function write(changes: readonly Change[], message: JsonObject | undefined, leaseAt: number | undefined): Work {
  return async (model, real, store, now) => {
    const distinct = [...new Map(changes.map((change) => [`${change.project} ${change.id}`, change])).values()];
    const lease = leaseAt === undefined ? undefined : model.leases[leaseAt % model.leases.length];
    const steps = distinct.map((change) => {
      const key = { kind: real.run, cloud: "c", project: change.project, id: change.id };
      const there = model.alive(key, now);
      const revision = change.expected === "current" ? (there?.revision ?? STALE) : STALE;
      return { change, key, there, revision };
    });
    const isFixed = ({ change }: { change: Change }): boolean =>
      change.expected === "current" || change.expected === "stale";
    const puts = steps.filter(({ change }) => !change.isDelete);
    const deletes = steps.filter(({ change }) => change.isDelete);
    const batch: WriteBatch = {
      puts: puts.map((step) => ({
        ...step.key,
        body: step.change.body,
        keys: { tag: step.change.tag },
        expected: isFixed(step) ? step.revision : step.change.expected === "absent" ? "absent" : "any",
        ...(step.change.lifetime === undefined ? {} : { expiresAt: now + step.change.lifetime }),
      })),
      deletes: deletes.map((step) => (isFixed(step) ? { ...step.key, revision: step.revision } : step.key)),
      ...(message === undefined ? {} : { messages: [{ topic: real.run, body: message }] }),
      ...(lease === undefined ? {} : { lease }),
    };
    const refusals = steps.map(({ change, there }) => refusal(change, there)).filter((reason) => reason !== undefined);
    if (lease !== undefined && !model.holds(lease, now)) refusals.splice(0, refusals.length, "CONFLICT");

    const result = await outcome(store.write(batch));
    if (typeof result === "string") {
      expect(refusals).toContain(result);
      return;
    }
    expect(refusals).toEqual([]);
    for (const { key } of deletes) model.documents.delete(JSON.stringify(key));
    const before = model.newest;
    result.forEach((document, index) => {
      const { key, change } = puts[index] ?? expect.fail("more documents than puts");
      const expiresAt = change.lifetime === undefined ? undefined : now + change.lifetime;
      expect(document).toMatchObject({ ...key, body: change.body, expiresAt });
      expect(document.revision).toBeGreaterThan(before);
      model.newest = Math.max(model.newest, document.revision);
      const known = { key, body: change.body, revision: document.revision, tag: change.tag, expiresAt };
      model.documents.set(JSON.stringify(key), known);
    });
    expect(result).toHaveLength(puts.length);
    if (message !== undefined) model.messages.push({ topic: real.run, body: message });
  };
}

const list = (tag: string | undefined, project: string | undefined, pageSize: number): Work => {
  return async (model, real, store, now) => {
    const key = tag === undefined ? {} : { key: { name: "tag", value: tag } };
    const query = { kind: real.run, pageSize, ...key, ...(project === undefined ? {} : { project }) };
    const wanted = [...model.documents.values()]
      .filter(({ key: { project: of } }) => project === undefined || of === project)
      .filter((known) => (tag === undefined || known.tag === tag) && model.alive(known.key, now) === known)
      .map(({ key: { project: of, id }, revision, body }) => ({ of, id, revision, body }));
    const order = (of: string, id: string): string => Buffer.from(`${of}\0${id}`).toString("hex");
    wanted.sort((a, b) => (order(a.of, a.id) < order(b.of, b.id) ? -1 : 1));
    const found = await collect(store.list(query));
    expect(found.map(({ project: of, id, revision, body }) => ({ of, id, revision, body }))).toEqual(wanted);
  };
};

const acquire = (name: string, ttl: number): Work => {
  return async (model, real, store, now) => {
    const full = `${real.run}/${name}`;
    const last = model.leases.findLast((lease) => lease.name === full);
    const lease = await store.acquireLease(full, "me", ttl);
    expect(lease === undefined).toBe(last !== undefined && last.expiresAt > now);
    if (lease === undefined) return;
    expect(lease).toMatchObject({ name: full, expiresAt: now + ttl });
    for (const { token } of model.leases) expect(lease.token).toBeGreaterThan(token);
    model.leases.push(lease);
  };
};

const withLease = (at: number, work: (lease: Lease, ...rest: Parameters<Work>) => Promise<void>): Work => {
  return async (model, ...rest) => {
    const lease = model.leases[at % model.leases.length];
    if (lease !== undefined) await work(lease, model, ...rest);
  };
};

const renew = (at: number, ttl: number): Work =>
  withLease(at, async (lease, model, _, store, now) => {
    const isHeld = model.holds(lease, now);
    const renewed = { ...lease, expiresAt: now + ttl };
    expect(await outcome(store.renewLease(lease, ttl))).toEqual(isHeld ? renewed : "CONFLICT");
    if (isHeld) model.replace(lease, renewed.expiresAt);
  });

const release = (at: number): Work =>
  withLease(at, async (lease, model, _, store, now) => {
    const isHeld = model.holds(lease, now);
    expect(await store.releaseLease(lease)).toBe(isHeld);
    if (isHeld) model.replace(lease, now);
  });

const drain = (at: number, limit: number): Work =>
  withLease(at, async (lease, model, real, store, now) => {
    const taken = await outcome(store.takeMessages({ topic: real.run, lease, limit }));
    if (typeof taken === "string") {
      expect([taken, model.holds(lease, now)]).toEqual(["CONFLICT", false]);
      return;
    }
    expect(model.holds(lease, now)).toBe(true);
    expect(taken.map(({ body }) => body)).toEqual(model.messages.slice(0, limit).map(({ body }) => body));
    expect(await store.ackMessages(lease, taken)).toBe(taken.length);
    model.messages.splice(0, taken.length);
  });

// In UTF-16 order the last two would change places; NFC and NFD of one letter are two ids.
const id = fc.constantFrom("a", "b", "é", "e\u0301", "\uffee", "\u{10000}");
const project = fc.constantFrom("", "p", "q");
const tag = fc.constantFrom("x", "y");
const body = fc
  .dictionary(fc.string({ unit: "grapheme", maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value): JsonObject => JSON.parse(JSON.stringify(value)));
const change: fc.Arbitrary<Change> = fc.record({
  id,
  project,
  expected: fc.constantFrom("absent", "any", "current", "current", "stale"),
  body,
  tag,
  lifetime: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
  isDelete: fc.boolean(),
});
const small = fc.nat({ max: 9 });
const ttl = fc.integer({ min: 1, max: 30 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

const STEPS: fc.Arbitrary<Step>[] = [
  fc
    .tuple(small, fc.array(change, { maxLength: 3 }), maybe(body), fc.option(small, { nil: undefined, freq: 2 }))
    .map(([at, ...rest]) => command(`write ${JSON.stringify(rest)}`, at, write(...rest))),
  fc
    .tuple(small, maybe(tag), maybe(project), fc.integer({ min: 1, max: 4 }))
    .map(([at, ...rest]) => command(`list ${JSON.stringify(rest)}`, at, list(...rest))),
  fc
    .tuple(small, fc.constantFrom("l", "m"), ttl)
    .map(([at, ...rest]) => command(`acquire ${rest}`, at, acquire(...rest))),
  fc.tuple(small, small, ttl).map(([at, ...rest]) => command(`renew ${rest}`, at, renew(...rest))),
  fc.tuple(small, small).map(([at, which]) => command(`release ${which}`, at, release(which))),
  fc
    .tuple(small, small, fc.integer({ min: 1, max: 3 }))
    .map(([at, ...rest]) => command(`drain ${rest}`, at, drain(...rest))),
  small.map((at) => command("sweep", at, async (_, __, store) => void (await store.sweep(2)))),
  ttl.map((by) => command(`advance ${by}`, 0, async (_, { place }) => place.clock.advance(by))),
];

export function randomHistories(fresh: () => Promise<Place>, numRuns: number): void {
  test("answers random histories like a map", { timeout: 120_000 }, async () => {
    const place = await fresh();
    const stores = [await place.open(), await place.open()];
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(STEPS, { maxCommands: 40, size: "max" }), async (commands) => {
        const real = { place, stores, run: `run${++runs}` };
        await fc.asyncModelRun(() => ({ model: new Model(), real }), commands);
      }),
      { numRuns },
    );
  });
}
