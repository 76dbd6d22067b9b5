import { CloudError } from "./errors.ts";
import type { Clock } from "./runtime.ts";

export interface WaitOptions<Item> {
  readonly clock: Clock;
  /** Reads the present state; NOT_FOUND ends the wait unless `gone` is asked for. */
  readonly read: () => Promise<Item>;
  readonly done: (item: Item) => boolean;
  /** Milliseconds until the wait is given up. */
  readonly timeout: number;
}

/** Pauses between two looks, in milliseconds: quick at first, because a simulator or a stop is done at once. */
const PAUSES = [50, 100, 200, 300, 500, 750, 1000] as const;
const LONGEST_PAUSE = 1500;
/** Milliseconds; whoever reads gives up sooner. */
const LONGEST_READ = 120_000;

/** The item once it is done, or as it was when the time was up: the caller decides what a late item means. */
export async function waitFor<Item>(options: WaitOptions<Item>): Promise<{ item: Item; isDone: boolean }> {
  const { clock, read, done, timeout } = options;
  let left = timeout;
  for (let look = 0; ; look += 1) {
    const from = clock.now();
    const item = await read();
    if (done(item)) return { item, isDone: true };
    const pause = PAUSES[look] ?? LONGEST_PAUSE;
    if (pause > left) return { item, isDone: false };
    await clock.sleep(pause);
    const took = clock.now() - from;
    // A clock that was set meanwhile tells nothing of how long it took.
    left -= took < pause || took > pause + LONGEST_READ ? pause : took;
  }
}

/** Waits until reading says NOT_FOUND; DEADLINE_EXCEEDED when the time is up first. */
export async function waitUntilGone(clock: Clock, read: () => Promise<unknown>, timeout: number): Promise<void> {
  const { isDone } = await waitFor({
    clock,
    timeout,
    read: async () => {
      try {
        await read();
        return false;
      } catch (thrown) {
        if (CloudError.is(thrown, "NOT_FOUND")) return true;
        throw thrown;
      }
    },
    done: (isGone) => isGone,
  });
  if (!isDone) throw new CloudError("DEADLINE_EXCEEDED", "the resource was told to go and is still there");
}
