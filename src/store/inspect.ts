/** A look at a data directory that changes nothing in it, for whoever looks for a fault. */
import { type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { NEWEST_SCHEMA } from "./schema.ts";
import { sqliteFailure } from "./sqliteFailure.ts";

export interface StoreLook {
  readonly file: string;
  readonly stats: Stats;
  /** Absent where the file could not be read; `problem` then says why. */
  readonly schema: number | undefined;
  readonly newestSchema: number;
  /** Documents by kind. */
  readonly documents: Readonly<Record<string, number>>;
  readonly problem: string | undefined;
}

/** Nothing where there is no store yet. A gateway may be at work on it meanwhile. */
export function lookAtStore(dataDir: string): StoreLook | undefined {
  const file = join(dataDir, "vimana.db");
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const look = { file, stats, newestSchema: NEWEST_SCHEMA };
  try {
    const connection = new DatabaseSync(file, { readOnly: true, timeout: 1_000 });
    try {
      const damage = connection.prepare("PRAGMA quick_check(1)").get()?.quick_check;
      const schema = Number(connection.prepare("SELECT version FROM vimana_schema").get()?.version);
      const rows = connection.prepare("SELECT kind, count(*) AS count FROM vimana_document GROUP BY kind").all();
      const documents = Object.fromEntries(rows.map(({ kind, count }) => [String(kind), Number(count)]));
      return { ...look, schema, documents, problem: damage === "ok" ? undefined : `is damaged: ${String(damage)}` };
    } finally {
      connection.close();
    }
  } catch (thrown) {
    return { ...look, schema: undefined, documents: {}, problem: sqliteFailure(thrown).error.message };
  }
}
