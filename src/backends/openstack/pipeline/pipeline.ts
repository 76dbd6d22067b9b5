/** The steps that every request passes, from the outermost to the wire. */
import type { Clock } from "../../../cloud/index.ts";
import { authorising, type TokenSource } from "./authorise.ts";
import { type BreakerPolicy, breaking } from "./break.ts";
import { compose, type Send, type Step } from "./exchange.ts";
import { failing } from "./fail.ts";
import { identifying } from "./identify.ts";
import { type LimitPolicy, limiting } from "./limit.ts";
import { type FindRange, negotiating } from "./negotiate.ts";
import { type RequestEvent, reporting } from "./report.ts";
import { type Randomness, type RetryPolicy, retrying } from "./retry.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly random: Randomness;
  readonly retry: RetryPolicy;
  /** What requests have in common with all others to the same service, whoever sends them. */
  readonly guards: readonly Step[];
  readonly onRequest: ((event: RequestEvent) => void) | undefined;
}

/** Made once for all clouds: these steps remember. A request waits in line first, and then hears of a service that is out. */
export function guarding(limit: LimitPolicy, breaker: BreakerPolicy, clock: Clock): readonly Step[] {
  return [limiting(limit), breaking(breaker, clock)];
}

/** Requests in the name of a tenant. */
export function authorisedPipeline(around: Surroundings, source: TokenSource, findRange: FindRange, wire: Send): Send {
  return compose(
    [
      failing(around.clock),
      negotiating(findRange),
      authorising(source),
      retrying(around.retry, around.clock, around.random),
      ...around.guards,
      identifying,
      reporting(around.clock, around.onRequest),
    ],
    wire,
  );
}

/** Requests without a token: signing in, asking for versions. */
export function anonymousPipeline(around: Surroundings, wire: Send): Send {
  return compose(
    [
      failing(around.clock),
      retrying(around.retry, around.clock, around.random),
      ...around.guards,
      identifying,
      reporting(around.clock, around.onRequest),
    ],
    wire,
  );
}
