/** The simulated cloud's memory: tables of immutable rows and blobs, with snapshots that are shallow copies. */
import type { JsonObject, Row } from "./core/json.ts";
import { text } from "./core/json.ts";

/** Names a table and the type of its rows. Make one with `defineTable`. */
export interface TableKey<R extends Row = Row> {
  readonly name: string;
  /** Columns by which rows are looked up often; their values must be strings. */
  readonly indexes: readonly string[];
  /** Carries the type only. */
  readonly sample?: R;
}

export function defineTable<R extends Row>(name: string, indexes: readonly string[] = []): TableKey<R> {
  return { name, indexes };
}

export class Table<R extends Row = Row> {
  #rows = new Map<string, R>();
  readonly #indexes: readonly string[];
  readonly #index = new Map<string, Map<string, Set<string>>>();

  constructor(indexes: readonly string[]) {
    this.#indexes = indexes;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): R | undefined {
    return this.#rows.get(id);
  }

  /** All rows, oldest first. */
  all(): IterableIterator<R> {
    return this.#rows.values();
  }

  /** The first row that satisfies the test. */
  find(test: (row: R) => boolean): R | undefined {
    for (const row of this.#rows.values()) if (test(row)) return row;
    return undefined;
  }

  filter(test: (row: R) => boolean): R[] {
    const found: R[] = [];
    for (const row of this.#rows.values()) if (test(row)) found.push(row);
    return found;
  }

  /** Rows whose indexed column has the value. */
  by(column: string, value: string): R[] {
    if (!this.#indexes.includes(column)) return this.filter((row) => row[column] === value);
    const found: R[] = [];
    for (const id of this.#index.get(column)?.get(value) ?? []) {
      const row = this.#rows.get(id);
      if (row !== undefined) found.push(row);
    }
    return found;
  }

  put(row: R): R {
    const before = this.#rows.get(row.id);
    if (before !== undefined) this.#unindex(before);
    this.#rows.set(row.id, row);
    for (const column of this.#indexes) {
      const values = this.#index.getOrInsertComputed(column, () => new Map<string, Set<string>>());
      values.getOrInsertComputed(text(row[column]), () => new Set<string>()).add(row.id);
    }
    return row;
  }

  /** Replaces some columns of a row; undefined when there is no such row. */
  patch(id: string, changes: Partial<R> & JsonObject): R | undefined {
    const row = this.#rows.get(id);
    return row === undefined ? undefined : this.put({ ...row, ...changes });
  }

  delete(id: string): boolean {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    this.#unindex(row);
    return this.#rows.delete(id);
  }

  /** The rows as they are now; sharing them is safe because nobody changes a row. */
  copy(): ReadonlyMap<string, R> {
    return new Map(this.#rows);
  }

  restore(rows: ReadonlyMap<string, R>): void {
    this.#rows = new Map();
    this.#index.clear();
    for (const row of rows.values()) this.put(row);
  }

  #unindex(row: R): void {
    for (const column of this.#indexes) {
      const values = this.#index.get(column);
      const value = text(row[column]);
      const ids = values?.get(value);
      ids?.delete(row.id);
      if (ids?.size === 0) values?.delete(value);
    }
  }
}

/** A state of the whole world, to go back to. */
export interface Snapshot {
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, Row>>;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export class World {
  readonly #tables = new Map<string, Table>();
  #blobs = new Map<string, Uint8Array>();

  of<R extends Row>(key: TableKey<R>): Table<R> {
    const table = this.#tables.getOrInsertComputed(key.name, () => new Table<Row>(key.indexes));
    // The key's type parameter is the only description of the rows: nobody else can put into this table.
    return table as unknown as Table<R>;
  }

  /** Image data and the like, by a name that their row knows. */
  get blobs(): Map<string, Uint8Array> {
    return this.#blobs;
  }

  snapshot(): Snapshot {
    const tables = new Map<string, ReadonlyMap<string, Row>>();
    for (const [name, table] of this.#tables) tables.set(name, table.copy());
    return { tables, blobs: new Map(this.#blobs) };
  }

  restore(snapshot: Snapshot): void {
    for (const [name, table] of this.#tables) table.restore(snapshot.tables.get(name) ?? new Map());
    this.#blobs = new Map(snapshot.blobs);
  }
}
