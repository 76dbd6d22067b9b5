import { type DestinationStream, pino } from "pino";

const HELD_MS = 20;
/** Characters. */
const MOST_HELD = 65_536;

/** What writes the lines in the end, and says `drop` when it could not take what it was given. */
export interface Destination {
  write(lines: string): unknown;
  on(event: "drop", listener: () => void): unknown;
  flushSync(): void;
}

/**
 * Lines are written together, a moment after the first of them. Another thread writes to standard error, so that a reader who
 * stops reading stops nobody else; waking it for every call would cost a sixth of the call. What is lost because nobody read
 * is counted, and the count is written as soon as there is room again.
 */
export function inBatches(to: Destination): DestinationStream {
  let held = "";
  let lost = 0;
  let isDropped = false;
  to.on("drop", () => {
    isDropped = true;
  });
  const flush = () => {
    const lines = held;
    held = "";
    if (lines === "") return;
    isDropped = false;
    to.write(lost === 0 ? lines : lossOf(lost) + lines);
    lost = isDropped ? lost + lines.split("\n").length - 1 : 0;
  };
  process.once("exit", () => {
    flush();
    to.flushSync();
  });
  return {
    write(line) {
      if (held === "") setTimeout(flush, HELD_MS);
      held += line;
      if (held.length > MOST_HELD) flush();
    },
  };
}

function lossOf(lost: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: pino.levels.values.warn, time, lost, msg: "lines were lost: nobody read the log" })}\n`;
}
