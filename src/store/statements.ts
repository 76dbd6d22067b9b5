import type { DocumentKey, Lease } from "../cloud/store.ts";
import type { DocumentRow, EncodedMessage, EncodedPut, EncodedRemoval, MessageRow, PageQuery } from "./engine.ts";
import { join, number, raw, type Sql, type SqlRow, sql, string } from "./plan.ts";

/**
 * Every statement of the SQL engine. A condition is always part of the statement that writes, never a read before it:
 * that is what makes it hold when two connections race (PostgreSQL: "Transaction Isolation" §13.2.1).
 */

const COLUMNS = raw("kind, cloud, project, id, revision, body, created_at, updated_at, expires_at");

const isAt = ({ kind, cloud, project, id }: DocumentKey): Sql =>
  sql`kind = ${kind} AND cloud = ${cloud} AND project = ${project} AND id = ${id}`;

const isAlive = (now: number): Sql => sql`(d.expires_at IS NULL OR d.expires_at > ${now})`;

export const getDocument = (key: DocumentKey, now: number): Sql =>
  sql`SELECT ${COLUMNS} FROM vimana_document d WHERE ${isAt(key)} AND ${isAlive(now)}`;

export function pageOfDocuments(query: PageQuery, limit: number, now: number): Sql {
  const { kind, cloud, project, key, after } = query;
  const wanted = [sql`d.kind = ${kind}`, isAlive(now)];
  if (cloud !== undefined) wanted.push(sql`d.cloud = ${cloud}`);
  if (project !== undefined) wanted.push(sql`d.project = ${project}`);
  if (after !== undefined) {
    wanted.push(sql`(d.cloud, d.project, d.id) > (${after.cloud}, ${after.project}, ${after.id})`);
  }
  if (key !== undefined) wanted.push(sql`k.name = ${key.name} AND k.value = ${key.value}`);
  const joined = key === undefined ? raw("") : raw("JOIN vimana_document_key k USING (kind, cloud, project, id)");
  return sql`SELECT ${COLUMNS} FROM vimana_document d ${joined} WHERE ${join(wanted, " AND ")} ORDER BY d.cloud, d.project, d.id LIMIT ${limit}`;
}

/** Returns the row written, or nothing when what is there is not what was expected. */
export function putDocument(put: EncodedPut, now: number, next: Sql): Sql {
  const { key, text, expected } = put;
  const expiresAt = put.expiresAt ?? null;
  if (typeof expected === "number") {
    return sql`UPDATE vimana_document AS d SET revision = ${next}, body = ${text}, expires_at = ${expiresAt},
      updated_at = ${later(now)} WHERE ${isAt(key)} AND d.revision = ${expected} AND ${isAlive(now)}
      RETURNING ${COLUMNS}`;
  }
  // An expired document that was not swept yet is overwritten, and begins anew.
  const allowed = expected === "any" ? raw("") : sql`WHERE NOT ${isAlive(now)}`;
  return sql`INSERT INTO vimana_document AS d VALUES (${key.kind}, ${key.cloud}, ${key.project}, ${key.id},
      ${next}, ${text}, ${now}, ${now}, ${expiresAt})
    ON CONFLICT (kind, cloud, project, id) DO UPDATE SET revision = excluded.revision, body = excluded.body,
      created_at = CASE WHEN ${isAlive(now)} THEN d.created_at ELSE excluded.created_at END,
      updated_at = CASE WHEN ${isAlive(now)} THEN ${later(now)} ELSE excluded.updated_at END,
      expires_at = excluded.expires_at ${allowed} RETURNING ${COLUMNS}`;
}

const later = (now: number): Sql => sql`CASE WHEN d.updated_at > ${now} THEN d.updated_at ELSE ${now} END`;

export const forgetKeys = (key: DocumentKey): Sql => sql`DELETE FROM vimana_document_key WHERE ${isAt(key)}`;

export function rememberKeys({ key, keys }: EncodedPut): Sql {
  const rows = keys.map(
    ([name, value]) => sql`(${key.kind}, ${name}, ${value}, ${key.cloud}, ${key.project}, ${key.id})`,
  );
  return sql`INSERT INTO vimana_document_key (kind, name, value, cloud, project, id) VALUES ${join(rows, ", ")}`;
}

/** Returns what was deleted, expired or not; with a revision only that one, alive. */
export function deleteDocument({ key, revision }: EncodedRemoval, now: number): Sql {
  const still = revision === undefined ? raw("") : sql`AND d.revision = ${revision} AND ${isAlive(now)}`;
  return sql`DELETE FROM vimana_document AS d WHERE ${isAt(key)} ${still} RETURNING expires_at`;
}

/** The outer condition is asked again of a row that somebody prolonged while this statement waited for it. */
export const sweepDocuments = (limit: number, now: number): Sql =>
  sql`DELETE FROM vimana_document WHERE (kind, cloud, project, id) IN (
      SELECT kind, cloud, project, id FROM vimana_document WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ${limit})
    AND expires_at <= ${now} RETURNING id`;

export const acquireLease = (name: string, owner: string, expiresAt: number, now: number, next: Sql): Sql =>
  sql`INSERT INTO vimana_lease AS l (name, owner, token, expires_at) VALUES (${name}, ${owner}, ${next}, ${expiresAt})
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at
    WHERE l.expires_at <= ${now} RETURNING token`;

const isHeld = ({ name, token }: Lease, now: number): Sql =>
  sql`name = ${name} AND token = ${token} AND expires_at > ${now}`;

export const renewLease = (lease: Lease, expiresAt: number, now: number): Sql =>
  sql`UPDATE vimana_lease SET expires_at = ${expiresAt} WHERE ${isHeld(lease, now)} RETURNING token`;

export const releaseLease = (lease: Lease, now: number): Sql =>
  sql`DELETE FROM vimana_lease WHERE ${isHeld(lease, now)} RETURNING token`;

/** Writes nothing new, but keeps the lease's row locked until the transaction ends: nobody takes it over meanwhile. */
export const fence = (lease: Lease, now: number): Sql =>
  sql`UPDATE vimana_lease SET token = token WHERE ${isHeld(lease, now)} RETURNING token`;

export const readLease = (lease: Lease, now: number): Sql =>
  sql`SELECT token FROM vimana_lease WHERE ${isHeld(lease, now)}`;

export const appendMessage = ({ id, topic, text }: EncodedMessage, now: number, next: Sql): Sql =>
  sql`INSERT INTO vimana_outbox (sequence, id, topic, body, created_at) VALUES (${next}, ${id}, ${topic}, ${text}, ${now})`;

export const takeMessages = (topic: string, after: number, limit: number): Sql =>
  sql`SELECT sequence, id, topic, body, created_at FROM vimana_outbox
    WHERE topic = ${topic} AND sequence > ${after} ORDER BY sequence LIMIT ${limit}`;

export const deleteMessages = (sequences: readonly number[]): Sql =>
  sql`DELETE FROM vimana_outbox WHERE sequence IN (${join(
    sequences.map((sequence) => sql`${sequence}`),
    ", ",
  )}) RETURNING sequence`;

export const probe = (now: number): Sql => sql`UPDATE vimana_probe SET checked_at = ${now}`;

export const readSchema: Sql = sql`SELECT version FROM vimana_schema`;

export function documentOf(row: SqlRow): DocumentRow {
  const expiresAt = row.expires_at;
  return {
    kind: string(row.kind),
    cloud: string(row.cloud),
    project: string(row.project),
    id: string(row.id),
    revision: number(row.revision),
    text: string(row.body),
    createdAt: number(row.created_at),
    updatedAt: number(row.updated_at),
    expiresAt: expiresAt === null ? undefined : number(expiresAt),
  };
}

export function messageOf(row: SqlRow): MessageRow {
  return {
    sequence: number(row.sequence),
    id: string(row.id),
    topic: string(row.topic),
    text: string(row.body),
    createdAt: number(row.created_at),
  };
}
