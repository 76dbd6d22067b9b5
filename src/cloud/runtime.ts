/**
 * What every part of Vimana asks of its surroundings: time, identifiers and a log. They are arguments, never globals,
 * so that a test decides what time it is (house rule 4).
 */

/** Time. `now` is milliseconds since the epoch; `sleep` ends early with the signal's reason when it aborts. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Fresh identifiers: `uuid` is a random RFC 9562 version 4 UUID in lower case with hyphens. */
export interface Ids {
  uuid(): string;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** A structured log. Fields must never hold a secret in the clear; wrap it in `Secret`. */
export interface Log {
  /** True where nobody reads debug lines, so that their fields need not be made. */
  readonly isQuiet?: boolean;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  isQuiet: true,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
