/** What is sent again, when and how often: all of it is data. */
import type { Clock } from "../../../cloud/index.ts";
import { type Answer, type Exchange, Lost, type Method, type Step } from "./exchange.ts";

export interface RetryPolicy {
  /** Methods that may be sent twice. A POST only when its operation says so, or when nothing of it left. */
  readonly methods: readonly Method[];
  readonly statuses: readonly number[];
  readonly attempts: number;
  /** Full jitter: a random part of `firstMs` doubled with each attempt, at most `mostMs`. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** No attempt starts later than this after the first one. */
  readonly budgetMs: number;
}

export const RETRY: RetryPolicy = {
  methods: ["GET", "PUT", "DELETE"],
  statuses: [408, 429, 498, 500, 502, 503, 504],
  attempts: 4,
  firstMs: 200,
  mostMs: 5_000,
  budgetMs: 30_000,
};

/** At least 0, less than 1. */
export type Randomness = () => number;

export function retrying(policy: RetryPolicy, clock: Clock, random: Randomness): Step {
  return (next) => async (exchange) => {
    if (exchange.operation.data !== undefined) return next(exchange);
    const latest = clock.now() + policy.budgetMs;
    let wasSent = false;
    for (let attempt = 1; ; attempt += 1) {
      let wait: number | undefined;
      try {
        const answer = await next(exchange);
        // A DELETE whose first answer was lost has done its work when the second finds nothing.
        if (wasSent && exchange.operation.method === "DELETE" && answer.status === 404)
          return { ...answer, status: 204 };
        wasSent = true;
        wait = pauseAfterAnswer(policy, exchange, answer, attempt, random, clock.now());
        if (wait === undefined || clock.now() + wait > latest) return answer;
      } catch (thrown) {
        if (thrown instanceof Lost && thrown.wasSent) wasSent = true;
        wait = pauseAfterLoss(policy, exchange, thrown, attempt, random);
        if (wait === undefined || clock.now() + wait > latest) throw thrown;
      }
      try {
        await clock.sleep(wait, exchange.context.signal);
      } catch (thrown) {
        throw new Lost("aborted", wasSent, "given up between two attempts", thrown);
      }
    }
  };
}

function isRepeatable(policy: RetryPolicy, { operation }: Exchange): boolean {
  return operation.isRepeatable ?? policy.methods.includes(operation.method);
}

function backoff(policy: RetryPolicy, attempt: number, random: Randomness): number {
  return Math.floor(random() * Math.min(policy.mostMs, policy.firstMs * 2 ** (attempt - 1)));
}

function pauseAfterAnswer(
  policy: RetryPolicy,
  exchange: Exchange,
  answer: Answer,
  attempt: number,
  random: Randomness,
  now: number,
): number | undefined {
  if (attempt >= policy.attempts || !policy.statuses.includes(answer.status)) return undefined;
  if (!isRepeatable(policy, exchange)) return undefined;
  const asked = retryAfterSeconds(answer, now);
  return asked === undefined ? backoff(policy, attempt, random) : asked * 1000;
}

function pauseAfterLoss(
  policy: RetryPolicy,
  exchange: Exchange,
  thrown: unknown,
  attempt: number,
  random: Randomness,
): number | undefined {
  if (!(thrown instanceof Lost) || thrown.kind === "aborted" || thrown.kind === "too-large") return undefined;
  if (attempt >= policy.attempts) return undefined;
  if (thrown.wasSent && !isRepeatable(policy, exchange)) return undefined;
  return backoff(policy, attempt, random);
}

/** `Retry-After` in seconds, given as a number or as a date (RFC 9110 §10.2.3). */
export function retryAfterSeconds(answer: Answer, now: number): number | undefined {
  const value = answer.headers["retry-after"];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
