/**
 * What an adapter has to do: `StoreFront` has validated, encoded and put the time on everything before it arrives here,
 * so that no rule of the port is written once per database.
 */
import type { DocumentKey, DocumentPut, DocumentQuery, Lease, StoreHealth } from "../cloud/store.ts";

/** A document as it is kept: the body is JSON text. */
export interface DocumentRow extends DocumentKey {
  readonly revision: number;
  readonly text: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
}

export interface EncodedPut {
  readonly key: DocumentKey;
  readonly text: string;
  readonly expected: DocumentPut["expected"];
  readonly keys: readonly (readonly [name: string, value: string])[];
  readonly expiresAt: number | undefined;
}

export interface EncodedRemoval {
  readonly key: DocumentKey;
  readonly revision: number | undefined;
}

export interface EncodedMessage {
  readonly id: string;
  readonly topic: string;
  readonly text: string;
}

export interface MessageRow extends EncodedMessage {
  readonly sequence: number;
  readonly createdAt: number;
}

export interface EncodedBatch {
  readonly puts: readonly EncodedPut[];
  readonly deletes: readonly EncodedRemoval[];
  readonly messages: readonly EncodedMessage[];
  readonly lease: Lease | undefined;
}

export interface Written {
  /** In the order of the batch's puts. */
  readonly rows: readonly DocumentRow[];
  readonly deleted: number;
}

export type PageQuery = Omit<DocumentQuery, "pageSize">;

export interface Engine {
  get(key: DocumentKey, now: number): Promise<DocumentRow | undefined>;
  page(query: PageQuery, limit: number, now: number): Promise<readonly DocumentRow[]>;
  write(batch: EncodedBatch, now: number): Promise<Written>;
  sweep(limit: number, now: number): Promise<number>;
  acquire(name: string, owner: string, expiresAt: number, now: number): Promise<Lease | undefined>;
  /** Whether the lease was held, and now is until `expiresAt`. */
  renew(lease: Lease, expiresAt: number, now: number): Promise<boolean>;
  release(lease: Lease, now: number): Promise<boolean>;
  take(lease: Lease, topic: string, after: number, limit: number, now: number): Promise<readonly MessageRow[]>;
  ack(lease: Lease, sequences: readonly number[], now: number): Promise<number>;
  check(now: number): Promise<StoreHealth>;
  close(): Promise<void>;
}
