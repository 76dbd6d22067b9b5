/**
 * What Vimana remembers itself, in memory, in a file, or in a PostgreSQL that several gateways share.
 *
 * index      opens a store
 * front      the port over any engine: checks, encodes, tells the time, pages
 * engine     what an adapter has to do
 * encode     what may be stored
 * refusals   the words for what is refused
 * memory     the engine without a disk
 * sql, statements, plan, schema   the engine of both databases: its logic, its SQL, SQL as values, migrations
 * sqlite, postgres   where plans run, and `…Failure`: what those throw, in our words
 */
import type { Clock, Ids, Log } from "../cloud/runtime.ts";
import { silentLog } from "../cloud/runtime.ts";
import type { Secret } from "../cloud/secret.ts";
import type { Store } from "../cloud/store.ts";
import type { Engine } from "./engine.ts";
import { StoreFront } from "./front.ts";
import type { Database } from "./plan.ts";
import { migrate } from "./schema.ts";

interface Common {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log?: Log;
  /** How large a body may be as JSON; 1 MiB when absent. */
  readonly maxDocumentBytes?: number;
}

export type StoreOptions = Common &
  (
    | { readonly kind: "memory" }
    | {
        readonly kind: "sqlite";
        /** Is made when it is not there; the file in it is `vimana.db`. It must not be on a network file system. */
        readonly dataDir: string;
        /** The file grows no further; then writes are UNAVAILABLE as on a full disk. */
        readonly maxBytes?: number;
      }
    | {
        readonly kind: "postgres";
        /** `postgres://user:password@host:port/database?sslmode=…` */
        readonly url: Secret;
        /** Connections at most; 10 when absent. */
        readonly poolSize?: number;
      }
  );

const DEFAULT_MAX_DOCUMENT_BYTES = 1024 * 1024;

/** Opens the store and brings its data to this version's schema; rejects with what is wrong, in words for an operator. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { clock, ids, maxDocumentBytes = DEFAULT_MAX_DOCUMENT_BYTES } = options;
  return new StoreFront(await openEngine(options), { clock, ids, maxDocumentBytes });
}

/** Each adapter is loaded when it is asked for: `pg` alone takes as long as a fifth of the start. */
async function openEngine(options: StoreOptions): Promise<Engine> {
  if (options.kind === "memory") return new (await import("./memory.ts")).MemoryEngine();
  const database = options.kind === "sqlite" ? await openSqlite(options) : await openPostgres(options);
  return engineOf(database);
}

async function openSqlite(options: StoreOptions & { readonly kind: "sqlite" }): Promise<Database> {
  const { openSqlite } = await import("./sqlite.ts");
  return openSqlite({ dataDir: options.dataDir, maxBytes: options.maxBytes, clock: options.clock });
}

async function openPostgres(options: StoreOptions & { readonly kind: "postgres" }): Promise<Database> {
  const { openPostgres } = await import("./postgres.ts");
  return openPostgres({ url: options.url, poolSize: options.poolSize, log: options.log ?? silentLog });
}

async function engineOf(database: Database): Promise<Engine> {
  try {
    await database.transaction(() => migrate(database.dialect));
    const { SqlEngine } = await import("./sql.ts");
    return new SqlEngine(database);
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}
