import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemIds } from "../../../src/gateway/runtime.ts";
import { openStore } from "../../../src/store/index.ts";
import { MIGRATIONS, migrate, NEWEST_SCHEMA } from "../../../src/store/schema.ts";
import { openSqlite, type SqliteDatabase } from "../../../src/store/sqlite.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** Data goes forward through numbered migrations, whole ones, and never back. */

let dataDir: string;
const clock = virtualClock();

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "vimana-schema-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const open = () => openStore({ kind: "sqlite", dataDir, clock, ids: systemIds });

function ask(text: string): readonly unknown[] {
  const connection = new DatabaseSync(join(dataDir, "vimana.db"));
  try {
    return connection.prepare(text).all();
  } finally {
    connection.close();
  }
}

async function raw<T>(work: (database: SqliteDatabase) => Promise<T>): Promise<T> {
  const database = await openSqlite({ dataDir, clock });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const key = { kind: "thing", cloud: "", project: "", id: "1" };

test("data of an older schema is brought forward and kept", async () => {
  const store = await open();
  const written = await store.put({ ...key, body: { n: 1 }, expected: "absent" });
  await store.close();
  const next = [...MIGRATIONS, () => ["ALTER TABLE vimana_lease ADD COLUMN note TEXT", "CREATE TABLE later (a TEXT)"]];
  const migrated = await raw((database) => database.transaction(() => migrate(database.dialect, next)));
  expect(migrated).toBe(NEWEST_SCHEMA + 1);
  expect(ask("SELECT version FROM vimana_schema")).toEqual([{ version: NEWEST_SCHEMA + 1 }]);
  expect(ask("SELECT revision FROM vimana_document")).toEqual([{ revision: written.revision }]);
  // Twice is once.
  await raw((database) => database.transaction(() => migrate(database.dialect, next)));
});

test("a migration that fails leaves the data where it was", async () => {
  await (await open()).close();
  const next = [...MIGRATIONS, () => ["CREATE TABLE later (a TEXT)"], () => ["CREATE NONSENSE"]];
  await expect(raw((database) => database.transaction(() => migrate(database.dialect, next)))).rejects.toThrow();
  expect(ask("SELECT version FROM vimana_schema")).toEqual([{ version: NEWEST_SCHEMA }]);
  expect(ask("SELECT name FROM sqlite_schema WHERE name = 'later'")).toEqual([]);
  await (await open()).close();
});

test("data of a newer schema is refused, by open and by the check of a store that is open, and not touched", async () => {
  const store = await open();
  ask(`UPDATE vimana_schema SET version = ${NEWEST_SCHEMA + 6}`);
  const refusal = {
    reason: "VERSION_UNSUPPORTED",
    message: expect.stringContaining(
      `schema ${NEWEST_SCHEMA + 6} and this version knows schemas up to ${NEWEST_SCHEMA}`,
    ),
  };
  await expect(store.check()).rejects.toMatchObject(refusal);
  await store.close();
  await expect(open()).rejects.toMatchObject(refusal);
  expect(ask("SELECT version FROM vimana_schema")).toEqual([{ version: NEWEST_SCHEMA + 6 }]);
});

test("the published schema is the one that was published", async () => {
  await (await open()).close();
  const columns = ask(
    "SELECT m.name || '.' || c.name AS name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid",
  );
  expect(columns.map((row) => Object.values(row ?? {})[0])).toMatchInlineSnapshot(`
    [
      "vimana_document.kind",
      "vimana_document.cloud",
      "vimana_document.project",
      "vimana_document.id",
      "vimana_document.revision",
      "vimana_document.body",
      "vimana_document.created_at",
      "vimana_document.updated_at",
      "vimana_document.expires_at",
      "vimana_document_key.kind",
      "vimana_document_key.name",
      "vimana_document_key.value",
      "vimana_document_key.cloud",
      "vimana_document_key.project",
      "vimana_document_key.id",
      "vimana_lease.name",
      "vimana_lease.owner",
      "vimana_lease.token",
      "vimana_lease.expires_at",
      "vimana_outbox.sequence",
      "vimana_outbox.id",
      "vimana_outbox.topic",
      "vimana_outbox.body",
      "vimana_outbox.created_at",
      "vimana_probe.checked_at",
      "vimana_schema.version",
      "vimana_sequence.value",
    ]
  `);
});
