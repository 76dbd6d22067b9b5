/** A look at a data directory that changes nothing in it, for whoever looks for a fault. */
import { type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DocumentQuery, StoredDocument } from "../cloud/store.ts";
import { decode } from "./front.ts";
import { NEWEST_SCHEMA } from "./schema.ts";
import { sqliteFailure } from "./sqliteFailure.ts";
import { documentOf, pageOfDocuments } from "./statements.ts";

/** Documents that are read at most. */
const MOST = 1000;

export interface StoreLook {
  readonly file: string;
  readonly stats: Stats;
  /** Absent where the file could not be read; `problem` then says why. */
  readonly schema: number | undefined;
  readonly newestSchema: number;
  /** Documents by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** The documents of the kind and key that were asked for. */
  readonly documents: readonly StoredDocument[];
  readonly problem: string | undefined;
}

/** Nothing where there is no store yet. A gateway may be at work on it meanwhile. */
export function lookAtStore(
  dataDir: string,
  { kind, key, now }: Required<Pick<DocumentQuery, "kind" | "key">> & { readonly now: number },
): StoreLook | undefined {
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
      const counts = Object.fromEntries(rows.map((row) => [String(row.kind), Number(row.count)]));
      const { parts, values } = pageOfDocuments({ kind, key }, MOST, now);
      const found = connection.prepare(parts.join("?")).all(...values);
      const documents = found.map((row) => decode(documentOf(row)));
      return {
        ...look,
        schema,
        counts,
        documents,
        problem: damage === "ok" ? undefined : `is damaged: ${String(damage)}`,
      };
    } finally {
      connection.close();
    }
  } catch (thrown) {
    return { ...look, schema: undefined, counts: {}, documents: [], problem: sqliteFailure(thrown).error.message };
  }
}
