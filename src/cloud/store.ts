/**
 * The port to what Vimana itself has to remember, because no cloud has a home for it: documents with optimistic writes,
 * leases with fencing tokens, and an outbox whose messages are born in the same transaction as the documents they tell of.
 *
 * A credential or a token never goes in here: bodies are plain JSON, and a `Secret` is refused by type and at run time.
 */
import type { Listing } from "./page.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Where a document lives. Two projects never see, nor collide with, each other's ids. */
export interface DocumentKey {
  /** What it is (`intent`, `idempotency`); at most 64 bytes. */
  readonly kind: string;
  /** The cloud's name, with its region where it has several (`prod/east`); empty when it belongs to no cloud. */
  readonly cloud: string;
  /** The project's id; empty when it belongs to none. */
  readonly project: string;
  /** At most 512 bytes of UTF-8; any text but NUL. */
  readonly id: string;
}

export interface StoredDocument extends DocumentKey {
  /** Greater after every write of any document, and never used twice: a deleted and remade document is not mistaken. */
  readonly revision: number;
  readonly body: JsonObject;
  /** Milliseconds since the epoch, by the writer's clock. */
  readonly createdAt: number;
  /** Never before `createdAt`, even when the clock is set back. */
  readonly updatedAt: number;
  /** From this moment on the document is absent, whether or not it was swept; undefined is for ever. */
  readonly expiresAt: number | undefined;
}

export interface DocumentPut extends DocumentKey {
  readonly body: JsonObject;
  /** What must be there for the write to happen: nothing (`absent`), that revision, or whatever (`any`). */
  readonly expected: "absent" | "any" | number;
  /** Names and values by which `list` finds the document; they replace those of the put before. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Replaces that of the put before; absent is for ever. */
  readonly expiresAt?: number;
}

export interface DocumentRemoval extends DocumentKey {
  /** Only when it still has this revision, else CONFLICT; without it, a document that is not there is no error. */
  readonly revision?: number;
}

export interface DocumentQuery {
  readonly kind: string;
  /** Only of this cloud; `project` without `cloud` is that project in every cloud. */
  readonly cloud?: string;
  readonly project?: string;
  /** Only documents that were put with this index key. */
  readonly key?: { readonly name: string; readonly value: string };
  /** Only documents behind this one, in the listing's order. */
  readonly after?: Omit<DocumentKey, "kind">;
  /** How many are read at a time; 1 to 1000, 100 when absent. */
  readonly pageSize?: number;
}

/** A right that one owner has until a moment. The token grows with every acquisition of any lease. */
export interface Lease {
  readonly name: string;
  readonly owner: string;
  readonly token: number;
  /** By the holder's clock; clocks of gateways that share a store must agree to well below the time they lease for. */
  readonly expiresAt: number;
}

export interface OutboxDraft {
  /** Who is meant to take it; at most 64 bytes. */
  readonly topic: string;
  readonly body: JsonObject;
}

export interface OutboxMessage extends OutboxDraft {
  /** A UUID by which a receiver knows a message that comes again. */
  readonly id: string;
  /** Grows along the outbox; messages of writes to one document keep the order of the writes. */
  readonly sequence: number;
  readonly createdAt: number;
}

/** Everything in it happens, or nothing does. One document may be named once. */
export interface WriteBatch {
  readonly puts?: readonly DocumentPut[];
  readonly deletes?: readonly DocumentRemoval[];
  readonly messages?: readonly OutboxDraft[];
  /** Only while this lease is held: a holder that was overtaken in its sleep gets CONFLICT and changes nothing. */
  readonly lease?: Lease;
}

export interface OutboxTake {
  readonly topic: string;
  /** The consumer's right to the topic: by convention one lease per topic, so that messages keep their order. */
  readonly lease: Lease;
  /** 1 to 1000. */
  readonly limit: number;
  /** Only messages behind this sequence: for stepping past one that cannot be delivered now. */
  readonly after?: number;
}

export interface StoreHealth {
  readonly kind: "memory" | "sqlite" | "postgres";
  /** The number of the newest migration that the data has been through. */
  readonly schema: number;
}

/**
 * Errors: ALREADY_EXISTS (create-only put of what is there), CONFLICT (another revision, or a lease that is lost),
 * TOO_LARGE, INVALID_VALUE and MISSING_VALUE with the field, UNAVAILABLE (unreachable, full, read-only, busy for too long),
 * AMBIGUOUS (the connection broke during the commit), VERSION_UNSUPPORTED (the data is of a newer Vimana).
 * When a promise is fulfilled the change survives the death of the process and of the machine.
 */
export interface Store {
  get(key: DocumentKey): Promise<StoredDocument | undefined>;
  /** In the byte order of cloud, project and id; what is there throughout comes exactly once, whatever else changes. */
  list(query: DocumentQuery): Listing<StoredDocument>;
  put(put: DocumentPut): Promise<StoredDocument>;
  /** Whether something was there to delete. */
  delete(removal: DocumentRemoval): Promise<boolean>;
  /** The documents put, in the order of `puts`. */
  write(batch: WriteBatch): Promise<readonly StoredDocument[]>;
  /** Frees the room of expired documents, at most `limit` (1000 when absent); how many went. */
  sweep(limit?: number): Promise<number>;

  /** Undefined while somebody holds it, the same owner included: only `renewLease` prolongs. */
  acquireLease(name: string, owner: string, milliseconds: number): Promise<Lease | undefined>;
  /** From now on for `milliseconds`; CONFLICT when it was lost or has expired. */
  renewLease(lease: Lease, milliseconds: number): Promise<Lease>;
  /** Whether it was still held. */
  releaseLease(lease: Lease): Promise<boolean>;

  /** The oldest messages; they stay, and come again, until they are acknowledged. */
  takeMessages(take: OutboxTake): Promise<readonly OutboxMessage[]>;
  /** Deletes delivered messages; how many were still there. CONFLICT when the lease is lost. */
  ackMessages(lease: Lease, messages: readonly OutboxMessage[]): Promise<number>;

  /** Tries a write and compares the schema; rejects with what is wrong. */
  check(): Promise<StoreHealth>;
  close(): Promise<void>;
}
