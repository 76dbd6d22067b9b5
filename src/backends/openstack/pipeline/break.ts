/**
 * A circuit breaker for each service of each cloud and region: a service that does not answer is left alone for a while,
 * so that callers hear of it at once, and then tried with a single request.
 */
import { type Clock, CloudError } from "../../../cloud/index.ts";
import { type Exchange, Lost, type Step, serviceKey } from "./exchange.ts";

export interface BreakerPolicy {
  /** Requests in a row that fail before the circuit opens; a retry is a request. */
  readonly failures: number;
  readonly pauseMs: number;
}

/** The pause is shorter than a lost create is looked for (once.ts). */
export const BREAKER: BreakerPolicy = { failures: 10, pauseMs: 5_000 };

/** Answers that a proxy gives for a service that is not there, or a service for itself; any other is from one at work. */
const OUTAGES: ReadonlySet<number> = new Set([502, 503, 504]);

export function breaking(policy: BreakerPolicy, clock: Clock): Step {
  const circuits = new Map<string, Circuit>();
  return (next) => async (exchange) => {
    const key = serviceKey(exchange);
    const isProbe = circuits.get(key)?.enter(exchange, clock.now()) ?? false;
    const fail = () => {
      const known = circuits.get(key);
      const circuit = known ?? new Circuit(policy);
      circuits.set(key, circuit);
      // The circuit of a probe that was overtaken by a success is gone.
      circuit.fail(clock.now(), isProbe && known !== undefined);
    };
    try {
      const answer = await next(exchange);
      if (OUTAGES.has(answer.status)) fail();
      else circuits.delete(key);
      return answer;
    } catch (thrown) {
      // A caller who gives up, or an answer that is too large, says nothing about the service.
      const isOutage = thrown instanceof Lost && thrown.kind !== "aborted" && thrown.kind !== "too-large";
      if (isOutage) fail();
      else if (isProbe) circuits.get(key)?.giveUpProbe();
      throw thrown;
    }
  };
}

/** Closed until it has failed often enough; open until a time; after that open to one request at a time. */
class Circuit {
  readonly #policy: BreakerPolicy;
  #failures = 0;
  #openUntil: number | undefined;
  #isProbed = false;

  constructor(policy: BreakerPolicy) {
    this.#policy = policy;
  }

  /** Whether the request is the one that tries the service again; UNAVAILABLE while nobody may. */
  enter({ operation }: Exchange, now: number): boolean {
    if (this.#openUntil === undefined) return false;
    const pause = this.#openUntil - now;
    // More than a whole pause is left where the clock was set back.
    const rest = Math.max(pause > this.#policy.pauseMs ? 0 : pause, this.#isProbed ? 1 : 0);
    if (rest <= 0) {
      this.#isProbed = true;
      return true;
    }
    const message = `${operation.service}: the service has failed ${this.#failures} times in a row and is left alone`;
    throw new CloudError("UNAVAILABLE", message, { retryAfterSeconds: Math.ceil(rest / 1000) });
  }

  fail(now: number, isProbe: boolean): void {
    this.#failures += 1;
    if (isProbe) this.#isProbed = false;
    const isFresh = this.#openUntil === undefined && this.#failures >= this.#policy.failures;
    if (isFresh || isProbe) this.#openUntil = now + this.#policy.pauseMs;
  }

  giveUpProbe(): void {
    this.#isProbed = false;
  }
}
