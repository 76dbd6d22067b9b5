import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { collect } from "../../src/cloud/index.ts";
import type { Store } from "../../src/cloud/store.ts";
import { Random } from "../support/random.ts";
import { type Address, keyOf, type Place } from "./storeAdapters.ts";

/** Several processes on one store, and what is left when they die. */

const CHILD = new URL("storeChild.ts", import.meta.url).pathname;

function start(mode: "count" | "lease" | "write", address: Address, times = 0): ChildProcess {
  const options = { stdio: ["ignore", "pipe", "inherit"] as const };
  return spawn(process.execPath, [CHILD, mode, JSON.stringify(address), String(times)], {
    ...options,
    stdio: [...options.stdio],
  });
}

const ended = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));

/** The numbers that the writer was told are written; resolves once there are so many of them, or it ended. */
async function acknowledged(child: ChildProcess, count: number, into: number[]): Promise<void> {
  if (child.stdout === null) throw new Error("no output");
  const lines = createInterface(child.stdout);
  await new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      into.push(Number(line));
      if (into.length >= count) resolve();
    });
    lines.once("close", resolve);
  });
}

/** Every number up to the newest is there with both halves and its message, and so is what was acknowledged. */
async function verify(store: Store, acks: readonly number[]): Promise<number> {
  const newest = Number((await store.get(keyOf("last")))?.body.n ?? 0);
  expect(Math.max(0, ...acks)).toBeLessThanOrEqual(newest);
  const expected = Array.from({ length: newest }, (_, index) => index + 1);
  const upToNewest = (numbers: unknown[]): number[] =>
    numbers
      .map(Number)
      .filter((n) => n <= newest)
      .sort((a, b) => a - b);
  for (const kind of ["left", "right"]) {
    const found = await collect(store.list({ kind, pageSize: 1000 }));
    expect(upToNewest(found.map(({ body }) => body.n))).toEqual(expected);
  }
  const lease = await store.acquireLease("verify", "test", 1000);
  if (lease === undefined) throw new Error("no lease");
  const numbers: unknown[] = [];
  for (let after = 0; ; ) {
    const messages = await store.takeMessages({ topic: "t", lease, limit: 1000, after });
    numbers.push(...messages.map(({ body }) => body.n));
    const last = messages.at(-1);
    if (last === undefined) break;
    after = last.sequence;
  }
  await store.releaseLease(lease);
  expect(upToNewest(numbers)).toEqual(expected);
  return newest;
}

export function processes(fresh: () => Promise<Place & { readonly address: Address }>): void {
  describe("with several processes", { timeout: 120_000 }, () => {
    for (const [mode, id] of [
      ["count", "counter"],
      ["lease", "leased"],
    ] as const) {
      test(`loses no ${mode}`, async () => {
        const place = await fresh();
        // Opened by all at once, on data without a schema.
        const children = [1, 2, 3].map(() => start(mode, place.address, 50));
        expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0]);
        const store = await place.open();
        expect((await store.get(keyOf(id)))?.body).toEqual({ n: 150 });
      });
    }

    test("keeps what it acknowledged, and no half of anything, when a writer is killed", async () => {
      const place = await fresh();
      const seed = Number(process.env.VIMANA_SEED ?? Date.now() % 2 ** 32);
      console.error(`store: writers are killed by seed ${seed}`);
      const random = new Random(seed);
      const acks: number[] = [];
      for (let round = 0; round < 8; round++) {
        const writer = start("write", place.address);
        const isOver = ended(writer);
        await acknowledged(writer, acks.length + 1 + random.below(40), acks);
        // At any moment of the write that follows, not just behind an acknowledgement.
        for (let turn = random.below(200); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
        writer.kill("SIGKILL");
        expect(await isOver).toBe("SIGKILL");
        const store = await place.open();
        await verify(store, acks);
        await store.close();
      }
      expect(acks.length).toBeGreaterThan(8);
    });
  });
}

/** The server itself dies under a writer, and comes back. */
export function serverCrash(
  fresh: () => Promise<Place & { readonly address: Address }>,
  server: () => { crash(): Promise<void>; start(): Promise<void> },
): void {
  test("keeps what it acknowledged when the server crashes", { timeout: 120_000 }, async () => {
    const place = await fresh();
    const store = await place.open();
    const writer = start("write", place.address);
    const isOver = ended(writer);
    const acks: number[] = [];
    await acknowledged(writer, 20, acks);
    await server().crash();
    await expect(store.check()).rejects.toMatchObject({ reason: "UNAVAILABLE" });
    await expect(store.get(keyOf("last"))).rejects.toMatchObject({ reason: "UNAVAILABLE" });
    await server().start();
    const before = await verify(store, acks);
    await acknowledged(writer, acks.length + 5, acks);
    writer.kill("SIGKILL");
    await isOver;
    expect(await verify(store, acks)).toBeGreaterThan(before);
  });
}
