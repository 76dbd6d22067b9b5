import type { Clock } from "../../src/cloud/index.ts";

/** Time that passes only when somebody sleeps, and then at once. */
export function virtualClock(start = Date.now()): Clock & { advance(milliseconds: number): void } {
  let now = start;
  return {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      now += milliseconds;
      // Lets the requests that are under way go on, as real waiting would.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
