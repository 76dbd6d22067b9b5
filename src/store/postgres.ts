import { type ClientBase, Pool, type PoolClient } from "pg";
import { CloudError } from "../cloud/errors.ts";
import type { Log } from "../cloud/runtime.ts";
import type { Secret } from "../cloud/secret.ts";
import { type Database, type Dialect, type Plan, raw, type Sql, type SqlRow, string } from "./plan.ts";
import { postgresFailure } from "./postgresFailure.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Ends the transaction of a gateway that stopped answering, so that its locks do not stop the others. */
const IDLE_TIMEOUT_MS = 10_000;
const MAX_TRIES = 5;

const DIALECT: Dialect = {
  text: 'text COLLATE "C"',
  tableEnd: "",
  createSequence: ["CREATE SEQUENCE vimana_sequence"],
  bump: undefined,
  next: raw("nextval('vimana_sequence')"),
  // The number is "vimana" in ASCII.
  lockSchema: raw("SELECT pg_advisory_xact_lock(130213010370145)"),
};

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; a secret because of the password. */
  readonly url: Secret;
  /** Connections at most; 10 when absent. */
  readonly poolSize?: number | undefined;
  readonly log: Log;
}

/** A database that several gateways share. READ COMMITTED: each statement carries its own condition. */
export class PostgresDatabase implements Database {
  readonly kind = "postgres";
  readonly dialect = DIALECT;
  readonly #pool: Pool;

  constructor({ url, poolSize = 10, log }: PostgresOptions) {
    this.#pool = new Pool({
      connectionString: url.reveal(),
      max: poolSize,
      application_name: "vimana",
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      // For a server that is gone without a word; the server's own limit comes first.
      query_timeout: STATEMENT_TIMEOUT_MS * 1.5,
      idle_in_transaction_session_timeout: IDLE_TIMEOUT_MS,
    });
    // Without a listener a server's restart would end this process.
    this.#pool.on("error", (error) => log.warn({ error: error.message }, "an idle connection to the store broke"));
  }

  async read<T>(plan: () => Plan<T>): Promise<T> {
    try {
      return await run(plan(), (statement) => this.#pool.query(parameters(statement)));
    } catch (thrown) {
      throw postgresFailure(thrown).error;
    }
  }

  async transaction<T>(plan: () => Plan<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#transact(plan());
      } catch (thrown) {
        const failure = postgresFailure(thrown);
        if (!failure.isTransient || tries === MAX_TRIES) throw failure.error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #transact<T>(plan: Plan<T>): Promise<T> {
    const client = await this.#pool.connect();
    let isBroken = false;
    // A checked-out client reports a cut connection here as well as to its query; unheard, it would end the process.
    const onError = (): void => {
      isBroken = true;
    };
    client.on("error", onError);
    try {
      await client.query("BEGIN");
      const result = await run(plan, (statement) => client.query(parameters(statement)));
      await commit(client);
      return result;
    } catch (thrown) {
      isBroken = !(await rolledBack(client)) || isBroken;
      throw thrown;
    } finally {
      client.off("error", onError);
      client.release(isBroken);
    }
  }
}

type Ask = (statement: Sql) => Promise<{ readonly rows: readonly SqlRow[] }>;

async function run<T>(plan: Plan<T>, ask: Ask): Promise<T> {
  let step = plan.next([]);
  while (!step.done) step = plan.next((await ask(step.value)).rows);
  return step.value;
}

function parameters({ parts, values }: Sql): { text: string; values: unknown[] } {
  const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
  return { text, values: [...values] };
}

async function commit(client: ClientBase): Promise<void> {
  try {
    await client.query("COMMIT");
  } catch (thrown) {
    throw postgresFailure(thrown, "commit").error;
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    // The connection is of no use any more; the server rolls back when it notices, or when its own limits end it.
    return false;
  }
}

/** Refuses a database in another encoding than UTF-8: text would come back changed, or be refused halfway. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresDatabase> {
  const database = new PostgresDatabase(options);
  try {
    const encoding = await database.read(showEncoding);
    if (encoding === "UTF8") return database;
    throw new CloudError("VERSION_UNSUPPORTED", `the store's database has the encoding ${encoding}, and needs UTF8`);
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}

function* showEncoding(): Plan<string> {
  const [row] = yield raw("SHOW server_encoding");
  return string(row?.server_encoding);
}
