/** Settings of the gateway as options of a verb. */
import { ConfigError, type Setting } from "../gateway/settings.ts";
import { FieldError } from "../simulator/fields.ts";
import { type Option, UsageError } from "./verb.ts";

export function optionsOf(table: Readonly<Record<string, Setting>>): Readonly<Record<string, Option>> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { help, env, default: usual, flag }]) => [
      name,
      { help, env, default: usual, ...(flag === true ? {} : { value: "value" }) },
    ]),
  );
}

/** What went wrong at the start because of what the user said; anything else is thrown again. */
export function startError(thrown: unknown): UsageError {
  if (thrown instanceof FieldError) return new UsageError(`preset: ${thrown.message}`, { cause: thrown });
  if (
    thrown instanceof ConfigError ||
    (thrown instanceof Error && /EADDRINUSE|EACCES|No address added/.test(thrown.message))
  )
    return new UsageError(thrown.message, { cause: thrown });
  throw thrown;
}
