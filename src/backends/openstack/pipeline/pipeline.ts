/** The steps that every request passes, from the outermost to the wire. */
import type { Clock } from "../../../cloud/index.ts";
import { authorising, type TokenSource } from "./authorise.ts";
import { compose, type Send } from "./exchange.ts";
import { failing } from "./fail.ts";
import { identifying } from "./identify.ts";
import { type FindRange, negotiating } from "./negotiate.ts";
import { type RequestEvent, reporting } from "./report.ts";
import { type Randomness, type RetryPolicy, retrying } from "./retry.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly random: Randomness;
  readonly retry: RetryPolicy;
  readonly onRequest: ((event: RequestEvent) => void) | undefined;
}

/** Requests in the name of a tenant. */
export function authorisedPipeline(around: Surroundings, source: TokenSource, findRange: FindRange, wire: Send): Send {
  return compose(
    [
      failing(around.clock),
      negotiating(findRange),
      authorising(source),
      retrying(around.retry, around.clock, around.random),
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
      identifying,
      reporting(around.clock, around.onRequest),
    ],
    wire,
  );
}
