import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import type { Clock, Ids, Log } from "../cloud/index.ts";

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

/** JSON lines on standard error, so that standard output stays what the program says to a person. */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: pino.stdSerializers.err } },
    pino.destination(2),
  );
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
