import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import type { Clock, Ids, Log, LogFields } from "../cloud/index.ts";
import { type LogLines, openLines } from "./logLines.ts";

/** The real surroundings: the only place where time, randomness and the log's output are taken from the machine. */

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    try {
      await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      throw signal?.reason ?? cause;
    }
  },
};

export const systemIds: Ids = { uuid: () => randomUUID() };

/** Bytes that wait for a reader; what comes then is lost, and counted. */
const MOST_UNREAD = 16 * 1024 * 1024;

/** JSON lines on standard error, so that standard output stays what the program says to a person; or in a file. */
export function createLog(level: string, file?: string): Log {
  const to = pino.destination({ dest: file ?? 2, append: true, sync: file !== undefined, maxLength: MOST_UNREAD });
  return new LineLog(openLines(level, to), {});
}

/** A child is nothing but its fields, since every call has one and most say nothing; pino's own are costly to make. */
class LineLog implements Log {
  readonly #lines: LogLines;
  readonly #fields: LogFields;

  constructor(lines: LogLines, fields: LogFields) {
    this.#lines = lines;
    this.#fields = fields;
  }

  get isQuiet(): boolean {
    return !this.#lines.isOn("debug");
  }

  debug(fields: LogFields, message: string): void {
    this.#lines.add("debug", this.#fields, fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#lines.add("info", this.#fields, fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#lines.add("warn", this.#fields, fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#lines.add("error", this.#fields, fields, message);
  }

  child(fields: LogFields): Log {
    return new LineLog(this.#lines, { ...this.#fields, ...fields });
  }
}

/** Does the work again and again, each time so long after the last; returns the way to end it, which waits for what runs. */
export function every(milliseconds: number, work: () => Promise<void>): () => Promise<void> {
  const ended = new AbortController();
  const options = { ref: false, signal: ended.signal };
  const running = (async () => {
    while (!ended.signal.aborted) {
      await work();
      await sleep(milliseconds, undefined, options).catch(() => {});
    }
  })();
  return () => {
    ended.abort();
    return running;
  };
}

/** The version of this product, as its package says. */
export function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const told = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
  return String(told);
}
