import type { DocumentKey, Lease, StoreHealth } from "../cloud/store.ts";
import { compareText, keyText } from "./encode.ts";
import type { DocumentRow, EncodedBatch, EncodedPut, Engine, MessageRow, PageQuery, Written } from "./engine.ts";
import { alreadyThere, changedMeanwhile, leaseLost } from "./refusals.ts";
import { NEWEST_SCHEMA } from "./schema.ts";

interface Entry {
  readonly row: DocumentRow;
  readonly keys: readonly (readonly [name: string, value: string])[];
}

/** A store that dies with the process: for tests, and for a gateway that is told to keep nothing. */
export class MemoryEngine implements Engine {
  readonly #documents = new Map<string, Entry>();
  readonly #leases = new Map<string, Lease>();
  readonly #messages = new Map<number, MessageRow>();
  #sequence = 0;

  async get(key: DocumentKey, now: number): Promise<DocumentRow | undefined> {
    return this.#alive(keyText(key), now)?.row;
  }

  async page(query: PageQuery, limit: number, now: number): Promise<readonly DocumentRow[]> {
    return [...this.#documents.values()]
      .filter(({ row, keys }) => isAlive(row, now) && matches(query, row, keys))
      .map(({ row }) => row)
      .sort(comparePlaces)
      .slice(0, limit);
  }

  async write(batch: EncodedBatch, now: number): Promise<Written> {
    if (batch.lease !== undefined) this.#fence(batch.lease, now);
    for (const put of batch.puts) this.#expect(put, now);
    for (const { key, revision } of batch.deletes) {
      if (revision !== undefined && this.#alive(keyText(key), now)?.row.revision !== revision)
        throw changedMeanwhile(key);
    }
    // Nothing below can fail: that is what makes the batch atomic.
    let deleted = 0;
    for (const { key } of batch.deletes) {
      const name = keyText(key);
      if (this.#alive(name, now) !== undefined) deleted++;
      this.#documents.delete(name);
    }
    const rows = batch.puts.map((put) => this.#put(put, now));
    for (const message of batch.messages) {
      const sequence = ++this.#sequence;
      this.#messages.set(sequence, { ...message, sequence, createdAt: now });
    }
    return { rows, deleted };
  }

  async sweep(limit: number, now: number): Promise<number> {
    const expired = [...this.#documents].filter(([, { row }]) => !isAlive(row, now)).slice(0, limit);
    for (const [name] of expired) this.#documents.delete(name);
    return expired.length;
  }

  async acquire(name: string, owner: string, expiresAt: number, now: number): Promise<Lease | undefined> {
    const held = this.#leases.get(name);
    if (held !== undefined && held.expiresAt > now) return undefined;
    const lease = { name, owner, token: ++this.#sequence, expiresAt };
    this.#leases.set(name, lease);
    return lease;
  }

  async renew(lease: Lease, expiresAt: number, now: number): Promise<boolean> {
    if (!this.#holds(lease, now)) return false;
    this.#leases.set(lease.name, { ...lease, expiresAt });
    return true;
  }

  async release(lease: Lease, now: number): Promise<boolean> {
    return this.#holds(lease, now) && this.#leases.delete(lease.name);
  }

  async take(lease: Lease, topic: string, after: number, limit: number, now: number): Promise<readonly MessageRow[]> {
    this.#fence(lease, now);
    return [...this.#messages.values()]
      .filter((message) => message.topic === topic && message.sequence > after)
      .slice(0, limit);
  }

  async ack(lease: Lease, sequences: readonly number[], now: number): Promise<number> {
    this.#fence(lease, now);
    return sequences.filter((sequence) => this.#messages.delete(sequence)).length;
  }

  async check(): Promise<StoreHealth> {
    return { kind: "memory", schema: NEWEST_SCHEMA };
  }

  async close(): Promise<void> {}

  #alive(name: string, now: number): Entry | undefined {
    const entry = this.#documents.get(name);
    return entry !== undefined && isAlive(entry.row, now) ? entry : undefined;
  }

  #expect(put: EncodedPut, now: number): void {
    if (put.expected === "any") return;
    const there = this.#alive(keyText(put.key), now)?.row.revision;
    if (put.expected === "absent") {
      if (there !== undefined) throw alreadyThere(put.key);
    } else if (there !== put.expected) {
      throw changedMeanwhile(put.key);
    }
  }

  #put({ key, text, keys, expiresAt }: EncodedPut, now: number): DocumentRow {
    const name = keyText(key);
    const before = this.#alive(name, now)?.row;
    const row: DocumentRow = {
      ...key,
      revision: ++this.#sequence,
      text,
      createdAt: before?.createdAt ?? now,
      updatedAt: Math.max(now, before?.updatedAt ?? now),
      expiresAt,
    };
    this.#documents.set(name, { row, keys });
    return row;
  }

  #holds(lease: Lease, now: number): boolean {
    const held = this.#leases.get(lease.name);
    return held !== undefined && held.token === lease.token && held.expiresAt > now;
  }

  #fence(lease: Lease, now: number): void {
    if (!this.#holds(lease, now)) throw leaseLost(lease);
  }
}

function isAlive(row: DocumentRow, now: number): boolean {
  return row.expiresAt === undefined || row.expiresAt > now;
}

function matches(query: PageQuery, row: DocumentRow, keys: Entry["keys"]): boolean {
  const { key } = query;
  return (
    row.kind === query.kind &&
    (query.cloud === undefined || row.cloud === query.cloud) &&
    (query.project === undefined || row.project === query.project) &&
    (key === undefined || keys.some(([name, value]) => name === key.name && value === key.value)) &&
    (query.after === undefined || comparePlaces(row, query.after) > 0)
  );
}

function comparePlaces(a: Omit<DocumentKey, "kind">, b: Omit<DocumentKey, "kind">): number {
  return compareText(a.cloud, b.cloud) || compareText(a.project, b.project) || compareText(a.id, b.id);
}
