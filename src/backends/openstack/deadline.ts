/** Work that outlives one caller still has an end: signals that abort after a budget of the injected clock. */
import { type Clock, CloudError } from "../../cloud/index.ts";
import { gaveUp } from "./pipeline/fail.ts";

/** Aborts after the budget, or when `closing` does. */
export function budget(clock: Clock, milliseconds: number, closing: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const end = () => controller.abort(new CloudError("DEADLINE_EXCEEDED", `not done within ${milliseconds} ms`));
  clock.sleep(milliseconds, closing).then(end, () => controller.abort(gaveUp(closing.reason)));
  return controller.signal;
}

/** Runs something that several callers share, or that must go on without its caller, within a budget. */
export async function withBudget<Value>(
  clock: Clock,
  milliseconds: number,
  closing: AbortSignal,
  run: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const done = new AbortController();
  try {
    return await run(budget(clock, milliseconds, AbortSignal.any([closing, done.signal])));
  } finally {
    done.abort();
  }
}
