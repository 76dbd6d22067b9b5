import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { CloudError } from "../cloud/errors.ts";
import type { Clock } from "../cloud/runtime.ts";
import { type Database, type Dialect, type Plan, raw, type Sql, type SqlRow } from "./plan.ts";
import { closed, unavailable } from "./refusals.ts";
import { sqliteFailure } from "./sqliteFailure.ts";

/** SQLite waits this long by itself, with the event loop standing still; longer waits happen between tries. */
const BUSY_TIMEOUT_MS = 50;
const BUSY_TRIES = 60;
const BUSY_PAUSE_MS = 25;
const PAGE_BYTES = 4096;
/** Statements have few shapes, but a list in one of them may have any length. */
const MAX_PREPARED = 200;

const DIALECT: Dialect = {
  text: "TEXT",
  tableEnd: " WITHOUT ROWID",
  createSequence: ["CREATE TABLE vimana_sequence (value BIGINT NOT NULL)", "INSERT INTO vimana_sequence VALUES (0)"],
  bump: raw("UPDATE vimana_sequence SET value = value + 1"),
  next: raw("(SELECT value FROM vimana_sequence)"),
  lockSchema: undefined,
};

export interface SqliteOptions {
  readonly dataDir: string;
  /** The file grows no further; then writes are UNAVAILABLE as on a full disk. */
  readonly maxBytes?: number | undefined;
  readonly clock: Clock;
}

/**
 * One file, written by one transaction at a time, from however many processes. Synchronous: a commit to the disk keeps the
 * event loop for a fraction of a millisecond, less than handing it to a thread and back would cost.
 */
export class SqliteDatabase implements Database {
  readonly kind = "sqlite";
  readonly dialect = DIALECT;
  readonly #connection: DatabaseSync;
  readonly #clock: Clock;
  readonly #prepared = new Map<string, StatementSync>();

  /** For a connection that is set up already; `openSqlite` makes one. */
  constructor(connection: DatabaseSync, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  async read<T>(plan: () => Plan<T>): Promise<T> {
    return this.patiently(() => this.#run(plan()));
  }

  async transaction<T>(plan: () => Plan<T>): Promise<T> {
    return this.patiently(() => {
      // IMMEDIATE: a transaction that becomes a writer halfway could find that its reads are stale, and fail.
      this.#connection.exec("BEGIN IMMEDIATE");
      try {
        const result = this.#run(plan());
        this.#commit();
        return result;
      } catch (thrown) {
        // SQLite has rolled back by itself after some errors (a full disk is one).
        if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
        throw thrown;
      }
    });
  }

  async close(): Promise<void> {
    this.#prepared.clear();
    this.#connection.close();
  }

  /** Tries again while another process writes, letting this one go on in between. */
  async patiently<T>(work: () => T): Promise<T> {
    for (let tries = 1; ; tries++) {
      if (!this.#connection.isOpen) throw closed();
      try {
        return work();
      } catch (thrown) {
        const failure = sqliteFailure(thrown);
        if (!failure.isBusy || tries === BUSY_TRIES) throw failure.error;
      }
      await this.#clock.sleep(BUSY_PAUSE_MS);
    }
  }

  #commit(): void {
    try {
      this.#connection.exec("COMMIT");
    } catch (thrown) {
      throw sqliteFailure(thrown, "commit").error;
    }
  }

  #run<T>(plan: Plan<T>): T {
    let step = plan.next([]);
    while (!step.done) step = plan.next(this.#all(step.value));
    return step.value;
  }

  #all({ parts, values }: Sql): readonly SqlRow[] {
    const text = parts.join("?");
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      if (this.#prepared.size === MAX_PREPARED) this.#prepared.clear();
      statement = this.#connection.prepare(text);
      this.#prepared.set(text, statement);
    }
    return statement.all(...values);
  }
}

/** The file under the data directory, for the owner's eyes only; SQLite gives its side files (WAL) the same mode. */
export async function openSqlite({ dataDir, maxBytes, clock }: SqliteOptions): Promise<SqliteDatabase> {
  const file = join(dataDir, "vimana.db");
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
  } catch (cause) {
    throw unavailable(`cannot be opened at ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  const database = new SqliteDatabase(connection, clock);
  try {
    // FULL: what is acknowledged survives the loss of power, too. NORMAL would be enough for a crash of the process.
    await database.patiently(() => connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
    if (maxBytes !== undefined)
      connection.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE_BYTES))}`);
  } catch (thrown) {
    connection.close();
    const error = CloudError.from(thrown);
    throw new CloudError(error.reason, `${error.message} (${file})`, { cause: error });
  }
  return database;
}
