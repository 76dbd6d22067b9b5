import { pino } from "pino";
import type { LogFields } from "../cloud/index.ts";

export type Level = "debug" | "info" | "warn" | "error";

/** What writes the lines in the end, and says `drop` when it could not take what it was given. */
export interface Destination {
  write(lines: string): unknown;
  on(event: "drop", listener: () => void): unknown;
  flushSync(): void;
}

interface Line {
  readonly level: Level;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly fields: LogFields;
  readonly more: LogFields;
  readonly message: string;
}

export interface LogLines {
  isOn(level: Level): boolean;
  add(level: Level, fields: LogFields, more: LogFields, message: string): void;
}

const HELD_MS = 20;
export const MOST_HELD = 250;

/**
 * Lines are put into words and written together, a moment after the first of them: by itself a line costs a twenty-fifth of a
 * call, and waking the thread that writes them a sixth. Another thread it is, so that a reader who stops reading stops nobody
 * else. What is lost because nobody read is counted, and the count is written as soon as there is room again.
 */
export function openLines(level: string, to: Destination): LogLines {
  let at = 0;
  let text = "";
  const words = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(at).toISOString()}"`,
      serializers: { error: pino.stdSerializers.err },
    },
    {
      write(line) {
        text += line;
      },
    },
  );
  let held: Line[] = [];
  let lost = 0;
  let isDropped = false;
  to.on("drop", () => {
    isDropped = true;
  });
  const flush = () => {
    const lines = held;
    if (lines.length === 0) return;
    held = [];
    text = "";
    at = Date.now();
    if (lost > 0) words.warn({ lost }, "lines were lost: nobody read the log");
    for (const { level, at: then, fields, more, message } of lines) {
      at = then;
      words[level]({ ...fields, ...more }, message);
    }
    isDropped = false;
    to.write(text);
    lost = isDropped ? lost + lines.length : 0;
  };
  process.once("exit", () => {
    flush();
    to.flushSync();
  });
  return {
    isOn: (level) => words.isLevelEnabled(level),
    add(level, fields, more, message) {
      if (!words.isLevelEnabled(level)) return;
      if (held.length === 0) setTimeout(flush, HELD_MS);
      if (held.push({ level, at: Date.now(), fields, more, message }) >= MOST_HELD) flush();
    },
  };
}
