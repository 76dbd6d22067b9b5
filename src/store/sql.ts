import type { DocumentKey, Lease, StoreHealth } from "../cloud/store.ts";
import { compareText, keyText } from "./encode.ts";
import type {
  DocumentRow,
  EncodedBatch,
  EncodedPut,
  EncodedRemoval,
  Engine,
  MessageRow,
  PageQuery,
  Written,
} from "./engine.ts";
import type { Database, Plan, Sql, SqlRow } from "./plan.ts";
import { number } from "./plan.ts";
import { alreadyThere, changedMeanwhile, leaseLost, newerSchema, unavailable } from "./refusals.ts";
import { NEWEST_SCHEMA } from "./schema.ts";
import * as statements from "./statements.ts";

/** The engine of both databases. */
export class SqlEngine implements Engine {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: DocumentKey, now: number): Promise<DocumentRow | undefined> {
    const [row] = await this.#rows(statements.getDocument(key, now));
    return row && statements.documentOf(row);
  }

  async page(query: PageQuery, limit: number, now: number): Promise<readonly DocumentRow[]> {
    const rows = await this.#rows(statements.pageOfDocuments(query, limit, now));
    return rows.map(statements.documentOf);
  }

  async write(batch: EncodedBatch, now: number): Promise<Written> {
    return this.#database.transaction(() => this.#write(batch, now));
  }

  async sweep(limit: number, now: number): Promise<number> {
    return this.#count(statements.sweepDocuments(limit, now));
  }

  async acquire(name: string, owner: string, expiresAt: number, now: number): Promise<Lease | undefined> {
    const { dialect } = this.#database;
    return this.#database.transaction(function* () {
      if (dialect.bump !== undefined) yield dialect.bump;
      const [row] = yield statements.acquireLease(name, owner, expiresAt, now, dialect.next);
      return row && { name, owner, token: number(row.token), expiresAt };
    });
  }

  async renew(lease: Lease, expiresAt: number, now: number): Promise<boolean> {
    return (await this.#count(statements.renewLease(lease, expiresAt, now))) > 0;
  }

  async release(lease: Lease, now: number): Promise<boolean> {
    return (await this.#count(statements.releaseLease(lease, now))) > 0;
  }

  async take(lease: Lease, topic: string, after: number, limit: number, now: number): Promise<readonly MessageRow[]> {
    return this.#database.read(function* () {
      if ((yield statements.readLease(lease, now)).length === 0) throw leaseLost(lease);
      return (yield statements.takeMessages(topic, after, limit)).map(statements.messageOf);
    });
  }

  async ack(lease: Lease, sequences: readonly number[], now: number): Promise<number> {
    return this.#database.transaction(function* () {
      if ((yield statements.fence(lease, now)).length === 0) throw leaseLost(lease);
      return sequences.length === 0 ? 0 : (yield statements.deleteMessages(sequences)).length;
    });
  }

  async check(now: number): Promise<StoreHealth> {
    const schema = await this.#database.transaction(function* () {
      yield statements.probe(now);
      const [row] = yield statements.readSchema;
      if (row === undefined) throw unavailable("has lost its schema");
      return number(row.version);
    });
    // A newer gateway brought the data forward under our feet: what we would write may no longer be right.
    if (schema > NEWEST_SCHEMA) throw newerSchema(schema, NEWEST_SCHEMA);
    return { kind: this.#database.kind, schema };
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async #rows(statement: Sql): Promise<readonly SqlRow[]> {
    return this.#database.read(() => runOne(statement));
  }

  async #count(statement: Sql): Promise<number> {
    return (await this.#database.transaction(() => runOne(statement))).length;
  }

  *#write(batch: EncodedBatch, now: number): Plan<Written> {
    if (batch.lease !== undefined && (yield statements.fence(batch.lease, now)).length === 0) {
      throw leaseLost(batch.lease);
    }
    // Always in the same order, so that two batches on the same documents wait for each other and do not deadlock.
    const puts = batch.puts.map((put) => ({ put, name: keyText(put.key) }));
    const deletes = batch.deletes.map((removal) => ({ removal, name: keyText(removal.key) }));
    const steps: readonly ((typeof puts)[number] | (typeof deletes)[number])[] = [...puts, ...deletes];
    const rows = new Map<string, DocumentRow>();
    let deleted = 0;
    for (const step of steps.toSorted((a, b) => compareText(a.name, b.name))) {
      if ("put" in step) rows.set(step.name, yield* this.#put(step.put, now));
      else deleted += yield* this.#delete(step.removal, now);
    }
    // After the documents: the locks on these put the messages of concurrent writes to one document in their order.
    for (const message of batch.messages) {
      yield* this.#bump();
      yield statements.appendMessage(message, now, this.#database.dialect.next);
    }
    return { rows: puts.flatMap(({ name }) => rows.get(name) ?? []), deleted };
  }

  *#put(put: EncodedPut, now: number): Plan<DocumentRow> {
    yield* this.#bump();
    const [row] = yield statements.putDocument(put, now, this.#database.dialect.next);
    if (row === undefined) throw put.expected === "absent" ? alreadyThere(put.key) : changedMeanwhile(put.key);
    yield statements.forgetKeys(put.key);
    if (put.keys.length > 0) yield statements.rememberKeys(put);
    return statements.documentOf(row);
  }

  *#delete(removal: EncodedRemoval, now: number): Plan<number> {
    const [row] = yield statements.deleteDocument(removal, now);
    if (row === undefined && removal.revision !== undefined) throw changedMeanwhile(removal.key);
    if (row === undefined) return 0;
    const expiresAt = row.expires_at;
    return expiresAt === null || number(expiresAt) > now ? 1 : 0;
  }

  *#bump(): Plan<void> {
    const { bump } = this.#database.dialect;
    if (bump !== undefined) yield bump;
  }
}

function* runOne(statement: Sql): Plan<readonly SqlRow[]> {
  return yield statement;
}
