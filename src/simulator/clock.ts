/** The simulator's time: that of a clock beneath, shifted, or standing still until somebody moves it. */
import type { Clock } from "../cloud/runtime.ts";

export interface VirtualClockOptions {
  /** The clock beneath. */
  readonly base: Clock;
  /** What it shows at first, in milliseconds since the epoch; absent: the time of the clock beneath. */
  readonly start?: number;
  /** Stands still from the beginning. */
  readonly frozen?: boolean;
}

/** The longest wait of a timer of JavaScript. */
const longest = 2 ** 31 - 1;

interface Sleeper {
  readonly due: number;
  wake(): void;
  /** Ends the waiting on the clock beneath. */
  timer: AbortController | undefined;
}

/** Sleepers wake when the time they wait for is reached, by itself or because the clock was moved. */
export class VirtualClock implements Clock {
  readonly #options: VirtualClockOptions;
  readonly #sleepers = new Set<Sleeper>();
  /** Added to the clock beneath while it runs. */
  #offset = 0;
  /** What it shows while it stands still. */
  #frozen: number | undefined;

  constructor(options: VirtualClockOptions) {
    this.#options = options;
    this.#begin();
  }

  now(): number {
    return this.#frozen ?? this.#options.base.now() + this.#offset;
  }

  get frozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** How many wait. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Stands still; what waits, waits until the clock is moved or runs again. */
  freeze(): void {
    this.#frozen = this.now();
    this.#rearm();
  }

  /** Runs on from what it shows. */
  run(): void {
    if (this.#frozen === undefined) return;
    this.#offset = this.#frozen - this.#options.base.now();
    this.#frozen = undefined;
    this.#rearm();
  }

  /** Moves it forward by milliseconds, whether it stands or runs. */
  advance(milliseconds: number): void {
    this.set(this.now() + milliseconds);
  }

  /** Makes it show a time, in milliseconds since the epoch; an earlier one, too. */
  set(time: number): void {
    if (this.#frozen === undefined) this.#offset = time - this.#options.base.now();
    else this.#frozen = time;
    this.#rearm();
  }

  /** Back to how it began. Who waits goes on waiting for the time he named. */
  reset(): void {
    this.#begin();
    this.#rearm();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = (): void => {
        this.#sleepers.delete(sleeper);
        sleeper.timer?.abort();
        signal?.removeEventListener("abort", abort);
      };
      const sleeper: Sleeper = {
        due: this.now() + milliseconds,
        timer: undefined,
        wake: () => {
          leave();
          resolve();
        },
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.add(sleeper);
      this.#arm(sleeper);
    });
  }

  #begin(): void {
    const { base, start, frozen = false } = this.#options;
    this.#offset = start === undefined ? 0 : start - base.now();
    this.#frozen = frozen ? (start ?? base.now()) : undefined;
  }

  #rearm(): void {
    for (const sleeper of this.#sleepers) {
      sleeper.timer?.abort();
      sleeper.timer = undefined;
      this.#arm(sleeper);
    }
  }

  #arm(sleeper: Sleeper): void {
    const left = sleeper.due - this.now();
    if (left <= 0) {
      sleeper.wake();
      return;
    }
    if (this.frozen) return;
    const timer = new AbortController();
    sleeper.timer = timer;
    this.#options.base.sleep(Math.min(left, longest), timer.signal).then(
      // Timers may be a little early: it looks again.
      () => {
        if (!timer.signal.aborted) this.#arm(sleeper);
      },
      () => {},
    );
  }
}
