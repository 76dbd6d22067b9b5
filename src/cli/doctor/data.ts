/** The gateway's data directory: whether a gateway can work with it. Nothing in it is changed. */
import { accessSync, constants, type Stats, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { StoredDocument } from "../../cloud/index.ts";
import { decodeOpen, KIND, OPEN } from "../../recovery/record.ts";
import { lookAtStore } from "../../store/inspect.ts";
import type { Finding, Grade } from "./finding.ts";

const UNFINISHED = "a gateway ends it, or takes it back: with a caller's token, at the next call of that project";

/** Less than this is soon nothing, bytes. */
const LITTLE = 64 * 1024 * 1024;

export function lookAtData(dataDir: string, now: number): readonly Finding[] {
  if (dataDir === "memory") return [found("directory", "note", "memory: the gateway forgets everything when it stops")];
  const stats = statSync(dataDir, { throwIfNoEntry: false });
  if (stats === undefined) return [ofAbsent(dataDir)];
  if (!stats.isDirectory()) return [found("directory", "fault", `${dataDir} is no directory`)];
  return [ofDirectory(dataDir, stats), ofDisk(dataDir), ...ofStore(dataDir, stats, now)];
}

function found(subject: string, grade: Grade, message: string, advice?: string): Finding {
  return { part: "data", subject, grade, message, ...(advice === undefined ? {} : { advice }) };
}

function ofAbsent(dataDir: string): Finding {
  const parent = nearest(dataDir);
  return isWritable(parent)
    ? found("directory", "ok", `${dataDir} is not there yet; the first start makes it`)
    : found("directory", "fault", `${dataDir} is not there, and ${parent} cannot be written to`);
}

function ofDirectory(dataDir: string, { mode }: Stats): Finding {
  if (!isWritable(dataDir)) return found("directory", "fault", `${dataDir} cannot be written to: writes are refused`);
  if ((mode & 0o077) === 0) return found("directory", "ok", dataDir);
  return found("directory", "warning", `others may enter ${dataDir}`, `chmod 700 ${dataDir}`);
}

function ofDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const grade = free === 0 ? "fault" : free < LITTLE ? "warning" : "ok";
  return found("disk", grade, `${Math.floor(free / 1024 / 1024)} MiB are free`);
}

function ofStore(dataDir: string, { uid }: Stats, now: number): readonly Finding[] {
  const self = process.getuid?.();
  // Reading as somebody else would leave files there that the gateway cannot write.
  if (self !== undefined && self !== uid)
    return [found("store", "note", `belongs to user ${uid}: run doctor as that user to have it looked at`)];
  const look = lookAtStore(dataDir, { kind: KIND, key: OPEN, now });
  if (look === undefined) return [found("store", "ok", "there is none yet")];
  const { file, stats, schema = 0, newestSchema, counts, documents, problem } = look;
  if (problem !== undefined) return [found("store", "fault", `${file}: ${problem}`)];
  if (schema > newestSchema) {
    const message = `${file} is of a newer Vimana (schema ${schema}; this one knows ${newestSchema})`;
    return [found("store", "fault", message)];
  }
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  const held = `${file}: ${kinds.length === 0 ? "empty" : kinds.join(", ")}`;
  const isOpen = (stats.mode & 0o077) !== 0;
  const store = isOpen
    ? found("store", "warning", `${held}; others may read it`, `chmod 600 ${file}`)
    : found("store", "ok", held);
  return [store, ...documents.map(ofUnfinished).filter((finding) => finding !== undefined)];
}

/** A write whose account is open: a call is at work on it, or was when its gateway ended. */
function ofUnfinished(document: StoredDocument): Finding | undefined {
  const write = decodeOpen(document);
  if (write === undefined) return undefined;
  const { operation, requestId, cloud, region, startedAt, steps, trouble } = write;
  const things = steps.map(({ does, kind, id, name }) => [does, kind, id ?? name ?? ""].join(" ").trim());
  const since = new Date(startedAt).toISOString();
  const facts = {
    operation,
    requestId,
    cloud,
    region,
    project: document.project,
    startedAt: since,
    rows: things,
    trouble,
  };
  const where = `cloud ${cloud}${region === undefined ? "" : `, ${region}`}, project ${document.project}`;
  const reason = trouble === undefined ? "" : `: ${trouble}`;
  return {
    ...found("unfinished", "warning", `${operation} ${requestId}, ${where}, since ${since}${reason}`, UNFINISHED),
    facts,
  };
}

/** The nearest directory above that is there. */
function nearest(path: string): string {
  const parent = dirname(path);
  return parent === path || statSync(parent, { throwIfNoEntry: false }) !== undefined ? parent : nearest(parent);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
