import type { Dialect, Plan } from "./plan.ts";
import { number, raw, sql } from "./plan.ts";
import { newerSchema } from "./refusals.ts";

/** A step forward, as statements. Published steps are never edited: data has already been through them. */
export type Migration = (dialect: Dialect) => readonly string[];

/** The first takes an empty database to schema 1, the second would take that to 2, and so on. */
export const MIGRATIONS: readonly Migration[] = [
  ({ text, tableEnd, createSequence }) => [
    ...createSequence,
    `CREATE TABLE vimana_document (
      kind ${text} NOT NULL, cloud ${text} NOT NULL, project ${text} NOT NULL, id ${text} NOT NULL,
      revision BIGINT NOT NULL, body ${text} NOT NULL,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, expires_at BIGINT,
      PRIMARY KEY (kind, cloud, project, id))`,
    "CREATE INDEX vimana_document_expiry ON vimana_document (expires_at) WHERE expires_at IS NOT NULL",
    `CREATE TABLE vimana_document_key (
      kind ${text} NOT NULL, name ${text} NOT NULL, value ${text} NOT NULL,
      cloud ${text} NOT NULL, project ${text} NOT NULL, id ${text} NOT NULL,
      PRIMARY KEY (kind, name, value, cloud, project, id),
      FOREIGN KEY (kind, cloud, project, id) REFERENCES vimana_document ON DELETE CASCADE)${tableEnd}`,
    "CREATE INDEX vimana_document_key_owner ON vimana_document_key (kind, cloud, project, id)",
    `CREATE TABLE vimana_lease (
      name ${text} NOT NULL PRIMARY KEY, owner ${text} NOT NULL, token BIGINT NOT NULL, expires_at BIGINT NOT NULL)`,
    `CREATE TABLE vimana_outbox (
      sequence BIGINT NOT NULL PRIMARY KEY, id ${text} NOT NULL, topic ${text} NOT NULL, body ${text} NOT NULL,
      created_at BIGINT NOT NULL)`,
    "CREATE INDEX vimana_outbox_topic ON vimana_outbox (topic, sequence)",
    // A row for `check` to write, so that a full or read-only disk shows before a document needs it.
    "CREATE TABLE vimana_probe (checked_at BIGINT NOT NULL)",
    "INSERT INTO vimana_probe VALUES (0)",
  ],
];

export const NEWEST_SCHEMA = MIGRATIONS.length;

/** Brings the data forward, in one transaction, and tells the schema; refuses data of a newer Vimana. */
export function* migrate(dialect: Dialect, migrations: readonly Migration[] = MIGRATIONS): Plan<number> {
  if (dialect.lockSchema !== undefined) yield dialect.lockSchema;
  yield sql`CREATE TABLE IF NOT EXISTS vimana_schema (version BIGINT NOT NULL)`;
  const [row] = yield sql`SELECT version FROM vimana_schema`;
  const found = row === undefined ? 0 : number(row.version);
  if (found > migrations.length) throw newerSchema(found, migrations.length);
  if (row === undefined) yield sql`INSERT INTO vimana_schema VALUES (0)`;
  for (const migration of migrations.slice(found)) {
    for (const statement of migration(dialect)) yield raw(statement);
  }
  if (found < migrations.length) yield sql`UPDATE vimana_schema SET version = ${migrations.length}`;
  return migrations.length;
}
