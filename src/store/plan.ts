/**
 * SQL as values. A plan yields statements and is given their rows, so that the same plan runs on SQLite, which answers at
 * once, and on PostgreSQL, which answers later; neither has to pretend to be the other.
 */

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, unknown>>;

/** Text with holes for values: one part more than values. */
export interface Sql {
  readonly parts: readonly string[];
  readonly values: readonly SqlValue[];
}

/** A run of statements; it may be run again from the start when a transaction has to be repeated. */
export type Plan<T> = Generator<Sql, T, readonly SqlRow[]>;

/** Where plans run. */
export interface Database {
  readonly kind: "sqlite" | "postgres";
  readonly dialect: Dialect;
  /** Statements that only read, each by itself. */
  read<T>(plan: () => Plan<T>): Promise<T>;
  /** All of the plan's statements in one transaction, or none when anything is thrown. */
  transaction<T>(plan: () => Plan<T>): Promise<T>;
  close(): Promise<void>;
}

/** Where the two databases' SQL differs. */
export interface Dialect {
  /** Text that is compared by its UTF-8 bytes. */
  readonly text: string;
  readonly tableEnd: string;
  readonly createSequence: readonly string[];
  /** Is run before `next`, where the sequence does not move by being read. */
  readonly bump: Sql | undefined;
  /** The store's next number, as an expression. */
  readonly next: Sql;
  /** Keeps other processes from migrating at the same time; undefined where a transaction already does. */
  readonly lockSchema: Sql | undefined;
}

/** ``sql`… WHERE id = ${id} AND ${condition}` ``: values become parameters, other statements are put in as text. */
export function sql(strings: TemplateStringsArray, ...holes: readonly (SqlValue | Sql)[]): Sql {
  const parts = [strings[0] ?? ""];
  const values: SqlValue[] = [];
  const glue = (text: string): void => {
    parts.push((parts.pop() ?? "") + text);
  };
  holes.forEach((hole, index) => {
    if (typeof hole === "object" && hole !== null) {
      glue(hole.parts[0] ?? "");
      parts.push(...hole.parts.slice(1));
      values.push(...hole.values);
      glue(strings[index + 1] ?? "");
    } else {
      values.push(hole);
      parts.push(strings[index + 1] ?? "");
    }
  });
  return { parts, values };
}

/** Text of our own, never of a caller. */
export const raw = (text: string): Sql => ({ parts: [text], values: [] });

export function join(pieces: readonly Sql[], separator: string): Sql {
  return pieces.reduce((whole, piece) => sql`${whole}${raw(separator)}${piece}`);
}

export function number(value: unknown): number {
  const read = Number(value);
  if (value === null || !Number.isSafeInteger(read)) throw new TypeError(`not a whole number: ${String(value)}`);
  return read;
}

export function string(value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`not text: ${String(value)}`);
  return value;
}
