/** What clients asked: a bounded log in which tests count calls. No headers and no bodies: they hold secrets. */
import { gotOrMade } from "./core/gotOrMade.ts";

export interface RequestRecord {
  readonly method: string;
  /** Path below the host: `/compute/v2.1/flavors`. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
  /** The service's name, or empty when the path belongs to none. */
  readonly service: string;
  /** Which of its operations: `GET /v2.1/flavors`; empty when it was none, or was answered by a fault. */
  readonly operation: string;
  /** Status answered; 0 when the client got no answer. */
  readonly status: number;
  /** The project of the caller's token, or empty. */
  readonly project: string;
  readonly requestId: string;
  /** Milliseconds between taking the request and answering it. */
  readonly duration: number;
}

export class Requests {
  readonly #limit: number;
  #records: RequestRecord[] = [];
  #total = 0;
  readonly #covered = new Map<string, Map<string, number>>();

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  add(record: RequestRecord): void {
    this.#total++;
    if (record.operation !== "") {
      const counts = gotOrMade(this.#covered, record.service, () => new Map<string, number>());
      counts.set(record.operation, (counts.get(record.operation) ?? 0) + 1);
    }
    this.#records.push(record);
    // Cut in blocks, so that a full log costs nothing per request.
    if (this.#records.length >= 2 * this.#limit) this.#records = this.#records.slice(-this.#limit);
  }

  /** How many requests were recorded since the last clear, forgotten ones included. */
  get total(): number {
    return this.#total;
  }

  /** How often an operation of a service was asked since the last clear. */
  times(service: string, operation: string): number {
    return this.#covered.get(service)?.get(operation) ?? 0;
  }

  /** The latest records, oldest first. */
  list(test: (record: RequestRecord) => boolean = () => true): readonly RequestRecord[] {
    return this.#records.slice(-this.#limit).filter(test);
  }

  count(test: (record: RequestRecord) => boolean = () => true): number {
    return this.list(test).length;
  }

  clear(): void {
    this.#records = [];
    this.#total = 0;
    this.#covered.clear();
  }
}
