/** Snapshots with names, as many as the bound allows. */
import type { Snapshot } from "./world.ts";

export interface NamedSnapshot {
  readonly name: string;
  /** When it was made, on the simulator's clock: milliseconds since the epoch. */
  readonly created: number;
  /** How many rows it holds, of all tables. */
  readonly rows: number;
  readonly state: Snapshot;
}

export class Snapshots {
  readonly #named = new Map<string, NamedSnapshot>();
  /** How many there may be. */
  readonly limit: number;

  constructor(limit = 64) {
    this.limit = limit;
  }

  /** Oldest first. */
  list(): readonly NamedSnapshot[] {
    return [...this.#named.values()];
  }

  get(name: string): NamedSnapshot | undefined {
    return this.#named.get(name);
  }

  /** Keeps a state under a name; false when there is no room for one more. A name that is taken gets the new state. */
  keep(name: string, state: Snapshot, created: number): boolean {
    if (!this.#named.has(name) && this.#named.size >= this.limit) return false;
    this.#named.delete(name);
    const rows = [...state.tables.values()].reduce((sum, table) => sum + table.size, 0);
    this.#named.set(name, { name, created, rows, state });
    return true;
  }

  delete(name: string): boolean {
    return this.#named.delete(name);
  }
}
