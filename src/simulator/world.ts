/** The simulated cloud's memory: tables of immutable rows and blobs, with snapshots that share what has not changed since. */
import { gotOrMade } from "./core/gotOrMade.ts";
import type { JsonObject, Row } from "./core/json.ts";
import { text } from "./core/json.ts";

/** Names a table and the type of its rows. Make one with `defineTable`. */
export interface TableKey<R extends Row = Row> {
  readonly name: string;
  /** Columns by which rows are looked up often; their values must be strings. */
  readonly indexes: readonly string[];
  /** Further names to look up by: what a row is found under, several times if need be. */
  readonly derived: Derived<R>;
  /** Carries the type only. */
  readonly sample?: R;
}

/** By the index's name, what a row is found under there. */
type Derived<R extends Row> = Readonly<Record<string, { keys(row: R): readonly string[] }>>;

export function defineTable<R extends Row>(
  name: string,
  indexes: readonly string[] = [],
  derived: Derived<R> = {},
): TableKey<R> {
  return { name, indexes, derived };
}

/** Ids by the value of a column. A bucket of an older epoch is shared with a snapshot: it is copied before it is changed. */
interface Bucket {
  readonly ids: Set<string>;
  readonly epoch: number;
}
type Index = Map<string, Map<string, Bucket>>;

export class Table<R extends Row = Row> {
  #rows = new Map<string, R>();
  #index: Index = new Map();
  readonly #indexes: ReadonlyMap<string, (row: R) => readonly string[]>;
  /** Whether a snapshot holds the maps, too: then the next write begins with copies of them. */
  #shared = false;
  #epoch = 0;
  /** The parts of the snapshots, each known by its rows. */
  readonly #states = new WeakMap<ReadonlyMap<string, R>, { readonly rows: Map<string, R>; readonly index: Index }>();

  readonly #changed: () => void;

  constructor({ indexes, derived }: Pick<TableKey<R>, "indexes" | "derived">, changed: () => void) {
    this.#changed = changed;
    const plain = indexes.map((column) => [column, (row: R) => [text(row[column])]] as const);
    const more = Object.entries(derived).map(([name, { keys }]) => [name, keys] as const);
    this.#indexes = new Map([...plain, ...more]);
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

  /** How many rows `by` would find. */
  count(column: string, value: string): number {
    return this.#indexes.has(column)
      ? (this.#index.get(column)?.get(value)?.ids.size ?? 0)
      : this.by(column, value).length;
  }

  /** Rows whose indexed column has the value. */
  by(column: string, value: string): R[] {
    if (!this.#indexes.has(column)) return this.filter((row) => row[column] === value);
    const found: R[] = [];
    for (const id of this.#index.get(column)?.get(value)?.ids ?? []) {
      const row = this.#rows.get(id);
      if (row !== undefined) found.push(row);
    }
    return found;
  }

  put(row: R): R {
    this.#own();
    const before = this.#rows.get(row.id);
    this.#rows.set(row.id, row);
    for (const [column, keysOf] of this.#indexes) {
      const keys = keysOf(row);
      if (before !== undefined) {
        const old = keysOf(before);
        if (old.length === keys.length && old.every((key, index) => key === keys[index])) continue;
        this.#unindex(row.id, column, old);
      }
      for (const key of keys) this.#bucket(column, key).add(row.id);
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
    this.#own();
    for (const [column, keysOf] of this.#indexes) this.#unindex(id, column, keysOf(row));
    return this.#rows.delete(id);
  }

  /** The rows as they are now, in no time: they are copied when somebody writes, and nobody changes a row. */
  copy(): ReadonlyMap<string, R> {
    this.#shared = true;
    this.#states.set(this.#rows, { rows: this.#rows, index: this.#index });
    return this.#rows;
  }

  /** Back to what `copy` returned, or to any other rows. */
  restore(rows: ReadonlyMap<string, R>): void {
    this.#changed();
    const state = this.#states.get(rows);
    this.#rows = state?.rows ?? new Map();
    this.#index = state?.index ?? new Map();
    this.#shared = state !== undefined;
    if (state === undefined) for (const row of rows.values()) this.put(row);
  }

  #own(): void {
    this.#changed();
    if (!this.#shared) return;
    this.#shared = false;
    this.#epoch++;
    this.#rows = new Map(this.#rows);
    this.#index = new Map([...this.#index].map(([column, values]) => [column, new Map(values)]));
  }

  #bucket(column: string, value: string): Set<string> {
    const values = gotOrMade(this.#index, column, () => new Map<string, Bucket>());
    const found = values.get(value);
    if (found?.epoch === this.#epoch) return found.ids;
    const bucket = { ids: new Set(found?.ids), epoch: this.#epoch };
    values.set(value, bucket);
    return bucket.ids;
  }

  #unindex(id: string, column: string, keys: readonly string[]): void {
    for (const key of keys) {
      const ids = this.#bucket(column, key);
      ids.delete(id);
      if (ids.size === 0) this.#index.get(column)?.delete(key);
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
  #revision = 0;
  readonly #changed = (): void => {
    this.#revision++;
  };

  /** Another number after any change of a table. */
  get revision(): number {
    return this.#revision;
  }

  of<R extends Row>(key: TableKey<R>): Table<R> {
    const table = gotOrMade(this.#tables, key.name, () => new Table<R>(key, this.#changed) as unknown as Table);
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
