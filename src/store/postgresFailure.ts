import { DatabaseError } from "pg";
import { CloudError } from "../cloud/errors.ts";
import { unavailable } from "./refusals.ts";

export interface PostgresFailure {
  readonly error: CloudError;
  /** The transaction was undone because of another one; done again it may well succeed. */
  readonly isTransient: boolean;
}

/** SQLSTATEs, and their classes (PostgreSQL: Appendix A), that say something about the server and not about our SQL. */
const MEANINGS: Readonly<Record<string, string>> = {
  "08": "cannot be reached: the connection broke",
  "25006": "is read-only",
  "28": "refuses the gateway's credentials",
  "3D000": "cannot be reached: the server has no such database",
  "40": "is busy: other transactions keep colliding with this one",
  "42501": "may not be accessed: the gateway's role lacks a privilege",
  "53100": "is full: the server's disk is used up",
  "53": "has no room for another connection or statement",
  "55P03": "is busy: another transaction holds a lock for too long",
  "57014": "is busy: a statement took too long",
  "57": "cannot be reached: the server stops or starts",
  "58": "cannot be written or read: the server's system fails",
  XX: "is damaged, or the server is",
};
const TRANSIENT = new Set(["40001", "40P01"]);

/** What `pg` threw, in our words. When a `commit` gets no clear answer, nobody here knows whether it happened. */
export function postgresFailure(thrown: unknown, during?: "commit"): PostgresFailure {
  if (thrown instanceof CloudError) return { error: thrown, isTransient: false };
  // Our own faults (a wrong row, say) must not look like the network's.
  if (!(thrown instanceof Error) || thrown instanceof TypeError) {
    return { error: CloudError.from(thrown), isTransient: false };
  }
  const state = sqlState(thrown);
  if (during === "commit" && (state === undefined || /^(08|57|58|XX)/.test(state))) {
    const error = new CloudError("AMBIGUOUS", "the connection to the store broke while it committed", {
      cause: thrown,
    });
    return { error, isTransient: false };
  }
  if (state === undefined) return { error: unavailable("cannot be reached", thrown), isTransient: false };
  const meaning = MEANINGS[state] ?? MEANINGS[state.slice(0, 2)];
  const error = meaning === undefined ? CloudError.from(thrown) : unavailable(meaning, thrown);
  return { error, isTransient: TRANSIENT.has(state) };
}

/** Absent when the server said nothing: the socket failed (its `code` is the system's), or a limit of time was passed. */
function sqlState(thrown: Error): string | undefined {
  return thrown instanceof DatabaseError ? thrown.code : undefined;
}
