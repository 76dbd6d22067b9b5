/** How many requests are under way to one service of one cloud and region at a time; the others wait in line. */
import { CloudError } from "../../../cloud/index.ts";
import { onAbort } from "./abort.ts";
import { type Exchange, Lost, type Step, serviceKey } from "./exchange.ts";

export interface LimitPolicy {
  readonly concurrent: number;
  /** How many may wait before others are turned away. */
  readonly waiting: number;
}

/** As many as there are connections to an origin; a cloud's API workers are fewer than that. */
export const LIMIT: LimitPolicy = { concurrent: 32, waiting: 1000 };

export function limiting(policy: LimitPolicy): Step {
  const lines = new Map<string, Line>();
  return (next) => async (exchange) => {
    const key = serviceKey(exchange);
    const line = lines.get(key) ?? new Line(policy);
    lines.set(key, line);
    const turn = line.enter(exchange);
    if (turn !== undefined) await turn;
    try {
      return await next(exchange);
    } finally {
      line.leave();
      if (line.isIdle) lines.delete(key);
    }
  };
}

class Line {
  readonly #policy: LimitPolicy;
  readonly #waiting = new Set<() => void>();
  #underWay = 0;

  constructor(policy: LimitPolicy) {
    this.#policy = policy;
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting.size === 0;
  }

  /** Nothing to wait for where there is room. */
  enter({ operation, context }: Exchange): Promise<void> | undefined {
    if (this.#underWay < this.#policy.concurrent) {
      this.#underWay += 1;
      return undefined;
    }
    if (this.#waiting.size >= this.#policy.waiting) {
      const message = `${operation.service}: ${this.#waiting.size} requests are waiting already`;
      throw new CloudError("UNAVAILABLE", message, { retryAfterSeconds: 1 });
    }
    const { signal } = context;
    return new Promise<void>((resolve, reject) => {
      const start = () => {
        forget();
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(start);
        reject(new Lost("aborted", false, "given up while waiting in line", signal.reason));
      };
      if (signal.aborted) return giveUp();
      const forget = onAbort(signal, giveUp);
      this.#waiting.add(start);
    });
  }

  /** The place goes to whoever waits longest. */
  leave(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#underWay -= 1;
      return;
    }
    this.#waiting.delete(first);
    first();
  }
}
