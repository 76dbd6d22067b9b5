import { CloudError } from "../cloud/errors.ts";
import { unavailable } from "./refusals.ts";

export interface SqliteFailure {
  readonly error: CloudError;
  /** Another connection holds the lock: trying again helps, and nothing was changed. */
  readonly isBusy: boolean;
}

/** The primary result codes (sqlite.org/rescode.html) that say something about the store and not about our SQL. */
const MEANINGS: Readonly<Record<number, string>> = {
  3: "may not be accessed: permission denied",
  5: "is busy: another process has been writing for too long",
  6: "is busy: another connection has been writing for too long",
  8: "is read-only",
  10: "cannot be written or read: its disk fails",
  11: "is damaged",
  13: "is full: its disk, or the size it may have, is used up",
  14: "cannot be opened",
  26: "is no store of Vimana: the file holds something else",
};
const BUSY = new Set([5, 6]);
const IO_ERROR = 10;

/** What SQLite threw, in our words. `during` a commit a failing disk leaves open whether the change is in the file. */
export function sqliteFailure(thrown: unknown, during?: "commit"): SqliteFailure {
  const code = resultCode(thrown);
  if (code === undefined) return { error: CloudError.from(thrown), isBusy: false };
  if (code === IO_ERROR && during === "commit") {
    const error = new CloudError("AMBIGUOUS", "the store's disk failed while it committed", { cause: thrown });
    return { error, isBusy: false };
  }
  const meaning = MEANINGS[code];
  const error = meaning === undefined ? CloudError.from(thrown) : unavailable(meaning, thrown);
  return { error, isBusy: BUSY.has(code) };
}

/** `node:sqlite` gives SQLite's extended code; its low byte is the primary one. */
function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return undefined;
  return typeof thrown.errcode === "number" ? thrown.errcode & 0xff : undefined;
}
