/** A bounded memory of what is costly to ask: entries expire, the longest unused goes first, one flight per key. */
import type { Clock } from "../../cloud/index.ts";

export interface Fresh<Value> {
  readonly value: Value;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

interface Entry<Value> extends Fresh<Value> {
  readonly since: number;
}

export class Cache<Value> {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #flights = new Map<string, Promise<Value>>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const now = this.#clock.now();
    // A clock that was set back makes nothing live longer.
    if (entry.until <= now || now < entry.since) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  keep(key: string, fresh: Fresh<Value>): void {
    this.#entries.set(key, { ...fresh, since: this.#clock.now() });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break;
      this.#entries.delete(oldest);
    }
  }

  /** The value, made when there is none; whoever asks meanwhile shares the making. Failures are not remembered. */
  obtain(key: string, make: () => Promise<Fresh<Value>>): Promise<Value> {
    const known = this.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const flight = this.#flights.get(key);
    if (flight !== undefined) return flight;
    const started = this.#make(key, make).finally(() => this.#flights.delete(key));
    this.#flights.set(key, started);
    return started;
  }

  async #make(key: string, make: () => Promise<Fresh<Value>>): Promise<Value> {
    const made = await make();
    this.keep(key, made);
    return made.value;
  }
}
