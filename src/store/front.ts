import { CloudError } from "../cloud/errors.ts";
import type { Listing } from "../cloud/page.ts";
import type { Clock, Ids } from "../cloud/runtime.ts";
import type {
  DocumentKey,
  DocumentPut,
  DocumentQuery,
  DocumentRemoval,
  Lease,
  OutboxMessage,
  OutboxTake,
  Store,
  StoredDocument,
  StoreHealth,
  WriteBatch,
} from "../cloud/store.ts";
import { checkKey, checkPlace, checkText, checkWhole, decodeBody, encodeBody, keyText } from "./encode.ts";
import type { DocumentRow, EncodedBatch, EncodedPut, Engine, PageQuery } from "./engine.ts";
import { closed, leaseLost } from "./refusals.ts";

/** Beyond a day nobody would wait for a dead holder. */
const MAX_LEASE_MS = 24 * 3600 * 1000;
const MAX_INDEX_KEYS = 16;

export interface FrontOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly maxDocumentBytes: number;
}

/** The port over any engine: validates, encodes, tells the time, turns pages into a stream. */
export class StoreFront implements Store {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #maxBytes: number;
  #isClosed = false;

  constructor(engine: Engine, options: FrontOptions) {
    this.#engine = engine;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#maxBytes = checkWhole("maxDocumentBytes", options.maxDocumentBytes, 1);
  }

  async get(key: DocumentKey): Promise<StoredDocument | undefined> {
    const row = await this.#open().get(checkKey(key), this.#clock.now());
    return row && decode(row);
  }

  async *list(query: DocumentQuery): Listing<StoredDocument> {
    const limit = checkWhole("pageSize", query.pageSize ?? 100, 1, 1000);
    const { pageSize: _, ...rest } = query;
    let next: PageQuery = checkQuery(rest);
    for (;;) {
      const rows = await this.#open().page(next, limit, this.#clock.now());
      for (const row of rows) yield decode(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) return;
      next = { ...next, after: last };
    }
  }

  async put(put: DocumentPut): Promise<StoredDocument> {
    const [document] = await this.write({ puts: [put] });
    if (document === undefined) throw new CloudError("INTERNAL", "the engine wrote nothing");
    return document;
  }

  async delete(removal: DocumentRemoval): Promise<boolean> {
    const { deleted } = await this.#open().write(this.#encode({ deletes: [removal] }), this.#clock.now());
    return deleted > 0;
  }

  async write(batch: WriteBatch): Promise<readonly StoredDocument[]> {
    const { rows } = await this.#open().write(this.#encode(batch), this.#clock.now());
    return rows.map(decodeWhenAsked);
  }

  async sweep(limit = 1000): Promise<number> {
    return this.#open().sweep(checkWhole("limit", limit, 1), this.#clock.now());
  }

  async acquireLease(name: string, owner: string, milliseconds: number): Promise<Lease | undefined> {
    checkText("name", name, 512);
    checkText("owner", owner, 512);
    const now = this.#clock.now();
    return this.#open().acquire(name, owner, now + checkTtl(milliseconds), now);
  }

  async renewLease(lease: Lease, milliseconds: number): Promise<Lease> {
    const now = this.#clock.now();
    const expiresAt = now + checkTtl(milliseconds);
    if (!(await this.#open().renew(checkLease(lease), expiresAt, now))) throw leaseLost(lease);
    return { ...lease, expiresAt };
  }

  async releaseLease(lease: Lease): Promise<boolean> {
    return this.#open().release(checkLease(lease), this.#clock.now());
  }

  async takeMessages(take: OutboxTake): Promise<readonly OutboxMessage[]> {
    const topic = checkText("topic", take.topic, 64);
    const limit = checkWhole("limit", take.limit, 1, 1000);
    const after = checkWhole("after", take.after ?? 0, 0);
    const rows = await this.#open().take(checkLease(take.lease), topic, after, limit, this.#clock.now());
    return rows.map(({ text, ...row }) => ({ ...row, body: decodeBody(text) }));
  }

  async ackMessages(lease: Lease, messages: readonly OutboxMessage[]): Promise<number> {
    const sequences = messages.map(({ sequence }) => checkWhole("sequence", sequence, 1));
    if (sequences.length > 1000) throw new CloudError("TOO_LARGE", "more than 1000 messages at a time");
    return this.#open().ack(checkLease(lease), sequences, this.#clock.now());
  }

  async check(): Promise<StoreHealth> {
    return this.#open().check(this.#clock.now());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#engine.close();
  }

  #open(): Engine {
    if (this.#isClosed) throw closed();
    return this.#engine;
  }

  #encode(batch: WriteBatch): EncodedBatch {
    const puts = (batch.puts ?? []).map((put) => this.#encodePut(put));
    const deletes = (batch.deletes ?? []).map((removal) => ({
      key: checkKey(removal),
      revision: removal.revision === undefined ? undefined : checkWhole("revision", removal.revision, 1),
    }));
    const named = puts.length + deletes.length < 2 ? [] : [...puts, ...deletes].map(({ key }) => keyText(key));
    if (new Set(named).size < named.length) {
      throw new CloudError("INVALID_VALUE", "one document is written twice in one batch", { field: "puts" });
    }
    const messages = (batch.messages ?? []).map(({ topic, body }) => ({
      id: this.#ids.uuid(),
      topic: checkText("topic", topic, 64),
      text: encodeBody("body", body, this.#maxBytes),
    }));
    return { puts, deletes, messages, lease: batch.lease && checkLease(batch.lease) };
  }

  #encodePut(put: DocumentPut): EncodedPut {
    const { expected } = put;
    if (expected !== "absent" && expected !== "any") checkWhole("expected", expected, 1);
    const keys = Object.entries(put.keys ?? {});
    if (keys.length > MAX_INDEX_KEYS) {
      throw new CloudError("TOO_LARGE", `more than ${MAX_INDEX_KEYS} index keys`, { field: "keys" });
    }
    for (const [name, value] of keys) checkIndexKey(name, value);
    return {
      key: checkKey(put),
      text: encodeBody("body", put.body, this.#maxBytes),
      expected,
      keys,
      expiresAt: put.expiresAt === undefined ? undefined : checkWhole("expiresAt", put.expiresAt, 0),
    };
  }
}

export function decode({ text, ...row }: DocumentRow): StoredDocument {
  return { ...row, body: decodeBody(text) };
}

/** Most who write a document never look at what they have written. */
function decodeWhenAsked(row: DocumentRow): StoredDocument {
  const { kind, cloud, project, id, revision, createdAt, updatedAt, expiresAt } = row;
  return {
    kind,
    cloud,
    project,
    id,
    revision,
    createdAt,
    updatedAt,
    expiresAt,
    get body() {
      return decodeBody(row.text);
    },
  };
}

function checkIndexKey(name: string, value: string): void {
  checkText("keys.name", name, 64);
  checkText(`keys.${name}`, value, 512, 0);
}

function checkTtl(milliseconds: number): number {
  return checkWhole("milliseconds", milliseconds, 1, MAX_LEASE_MS);
}

function checkLease(lease: Lease): Lease {
  checkText("lease.name", lease.name, 512);
  checkWhole("lease.token", lease.token, 1);
  return lease;
}

function checkQuery(query: PageQuery): PageQuery {
  checkText("kind", query.kind, 64);
  if (query.cloud !== undefined) checkText("cloud", query.cloud, 256, 0);
  if (query.project !== undefined) checkText("project", query.project, 256, 0);
  if (query.key !== undefined) checkIndexKey(query.key.name, query.key.value);
  return query.after === undefined ? query : { ...query, after: checkPlace(query.after) };
}
