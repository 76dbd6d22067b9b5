import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../../src/cloud/index.ts";
import type { DocumentPut, Store } from "../../../src/cloud/store.ts";
import { systemIds } from "../../../src/gateway/runtime.ts";
import { StoreFront } from "../../../src/store/front.ts";
import { openStore } from "../../../src/store/index.ts";
import { SqlEngine } from "../../../src/store/sql.ts";
import { SqliteDatabase } from "../../../src/store/sqlite.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** What only the file can do wrong. */

let dataDir: string;
const stores: Store[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "vimana-sqlite-"));
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function open(options: { dataDir?: string; maxBytes?: number; clock?: Clock } = {}): Promise<Store> {
  const store = await openStore({ kind: "sqlite", dataDir, clock: virtualClock(), ids: systemIds, ...options });
  stores.push(store);
  return store;
}

const keyOf = (id: string) => ({ kind: "thing", cloud: "", project: "", id });
const put = (id: string, size = 1): DocumentPut => ({
  ...keyOf(id),
  body: { text: "x".repeat(size) },
  expected: "absent",
});
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** Writes until the store refuses; how many documents were acknowledged. */
async function fill(store: Store): Promise<number> {
  for (let n = 0; n < 2000; n++) {
    try {
      await store.write({ puts: [put(`${n} left`, 20_000), put(`${n} right`, 20_000)] });
    } catch (thrown) {
      expect(thrown).toMatchObject({ reason: "UNAVAILABLE", message: expect.stringMatching(/^the store is full: /) });
      return n;
    }
  }
  return expect.fail("never full");
}

async function isWhole(store: Store, count: number): Promise<void> {
  const ids: string[] = [];
  for await (const { id } of store.list({ kind: "thing" })) ids.push(id);
  const expected = Array.from({ length: count }, (_, n) => [`${n} left`, `${n} right`]).flat();
  expect(ids.sort()).toEqual(expected.sort());
}

describe("the file", () => {
  test("is for its owner only, side files included, whatever the umask", async () => {
    const deep = join(dataDir, "deep", "data");
    const umask = process.umask(0);
    try {
      const store = await open({ dataDir: deep });
      await store.put(put("1"));
      expect(modeOf(deep)).toBe("700");
      const files = readdirSync(deep).map((name) => [name, modeOf(join(deep, name))]);
      expect(Object.fromEntries(files)).toEqual({ "vimana.db": "600", "vimana.db-shm": "600", "vimana.db-wal": "600" });
    } finally {
      process.umask(umask);
    }
  });

  test("is closed to others again when somebody opened it", async () => {
    await (await open()).close();
    chmodSync(join(dataDir, "vimana.db"), 0o644);
    await open();
    expect(modeOf(join(dataDir, "vimana.db"))).toBe("600");
  });

  test("keeps a write-ahead log, so that readers and the writer do not wait for each other", async () => {
    await (await open()).close();
    const connection = new DatabaseSync(join(dataDir, "vimana.db"));
    expect(connection.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    connection.close();
  });

  test("that cannot be made is named", async () => {
    writeFileSync(join(dataDir, "file"), "");
    const place = join(dataDir, "file", "data");
    await expect(open({ dataDir: place })).rejects.toMatchObject({
      reason: "UNAVAILABLE",
      message: expect.stringContaining(`cannot be opened at ${place}/vimana.db: ENOTDIR`),
    });
  });

  test("of something else is left alone", async () => {
    writeFileSync(join(dataDir, "vimana.db"), "a letter to a friend, longer than a header ".repeat(99));
    await expect(open()).rejects.toMatchObject({
      reason: "UNAVAILABLE",
      message: expect.stringContaining("is no store of Vimana"),
    });
  });
});

describe("room", () => {
  test("that is used up is told, nothing is half written, and what is there stays readable", async () => {
    const store = await open({ maxBytes: 1_000_000 });
    const count = await fill(store);
    expect(count).toBeGreaterThan(10);
    await isWhole(store, count);
    await expect(store.put(put("small", 20_000))).rejects.toMatchObject({ reason: "UNAVAILABLE" });
    // Deleting makes room again, without a restart.
    await store.write({ deletes: [keyOf("0 left"), keyOf("0 right")] });
    await store.write({ puts: [put("0 left", 20_000), put("0 right", 20_000)] });
    await isWhole(store, count);
    await store.close();
    expect(statSync(join(dataDir, "vimana.db")).size).toBeLessThanOrEqual(1_000_000);
  });

  test.skipIf(!canMount())("on a disk that is really full is told the same way", async () => {
    const disk = join(dataDir, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", disk]);
    try {
      const store = await open({ dataDir: disk });
      const count = await fill(store);
      expect(count).toBeGreaterThan(5);
      await isWhole(store, count);
      await expect(store.put(put("big", 900_000))).rejects.toMatchObject({ reason: "UNAVAILABLE" });
      await store.close();
      await isWhole(await open({ dataDir: disk }), count);
      await stores.pop()?.close();
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

test("a store that has become read-only is read, and says what it is", async () => {
  await (await open()).put(put("1"));
  const connection = new DatabaseSync(join(dataDir, "vimana.db"));
  connection.exec("PRAGMA query_only = ON");
  const clock = virtualClock();
  const engine = new SqlEngine(new SqliteDatabase(connection, clock));
  const store = new StoreFront(engine, { clock, ids: systemIds, maxDocumentBytes: 1000 });
  stores.push(store);
  const refusal = { reason: "UNAVAILABLE", message: "the store is read-only" };
  await expect(store.put(put("2"))).rejects.toMatchObject(refusal);
  await expect(store.check()).rejects.toMatchObject(refusal);
  await expect(store.acquireLease("l", "me", 1)).rejects.toMatchObject(refusal);
  expect(await store.get(keyOf("1"))).toBeDefined();
});

describe("another process in the middle of a write", () => {
  async function blocked(sleep: (other: DatabaseSync) => void): Promise<{ store: Store; other: DatabaseSync }> {
    const other = new DatabaseSync(join(dataDir, "vimana.db"), { timeout: 0 });
    const clock = { ...virtualClock(), sleep: async () => sleep(other) };
    const store = await open({ clock });
    other.exec("BEGIN IMMEDIATE");
    return { store, other };
  }

  test("is waited for, and read past", async () => {
    let pauses = 0;
    const { store, other } = await blocked((connection) => {
      if (++pauses === 3) connection.exec("COMMIT");
    });
    expect(await store.get(keyOf("1"))).toBeUndefined();
    expect(pauses).toBe(0);
    await store.put(put("1"));
    expect(pauses).toBe(3);
    other.close();
  });

  test("is not waited for without end", async () => {
    const { store, other } = await blocked(() => {});
    await expect(store.put(put("1"))).rejects.toMatchObject({
      reason: "UNAVAILABLE",
      message: expect.stringContaining("another process has been writing for too long"),
    });
    other.exec("ROLLBACK");
    await store.put(put("1"));
    other.close();
  });
});

/** Root in a container may still not mount. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const place = mkdtempSync(join(tmpdir(), "vimana-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", place], { stdio: "ignore" });
    execFileSync("umount", [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
