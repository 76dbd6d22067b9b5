/**
 * One HTTP request to a cloud and its answer, and how steps wrap the sending of it.
 *
 * exchange      these types, and `compose`
 * transport     the innermost step: undici
 * stream        the same for bodies that are not held in memory
 * report        one log line and one event per HTTP request
 * identify      request ids and user agent
 * retry         what is repeated, when, as data
 * limit         how many requests are under way to a service at a time
 * break         a service that does not answer is left alone for a while
 * authorise     the token, renewed at most once
 * negotiate     the microversion
 * abort         what waits for the end of a call
 * fail          statuses and lost connections as CloudError
 * from-openstack  the only place where a status becomes a reason
 * redact        no secret in what is kept
 * pipeline      the list of the steps
 */
import type { Log } from "../../../cloud/index.ts";

export type ServiceType = "identity" | "compute" | "image" | "network" | "volume";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type Query = readonly (readonly [name: string, value: string])[];

/** Microversions of an operation: refused below `since`, never above `preferred`; the service's maximum in between. */
export interface VersionWish {
  readonly since?: string;
  readonly preferred: string;
}

/** What a resource asks of a service. */
export interface Operation {
  readonly service: ServiceType;
  /** For logs and metrics, e.g. `servers.list`. */
  readonly name: string;
  readonly method: Method;
  /** Segments below the service's endpoint; each is encoded, so that an id never leads elsewhere. */
  readonly path: readonly string[];
  readonly query?: Query;
  readonly body?: unknown;
  /** The body as bytes, read once: such a request is never sent again. */
  readonly data?: AsyncIterable<Uint8Array>;
  /** How many bytes `data` has, where that is known. */
  readonly dataBytes?: number;
  /** The answer's body is wanted as it comes, in `Answer.data`. */
  readonly isStreamed?: boolean;
  readonly version?: VersionWish;
  /** Said where the method misleads: a POST that may be repeated, such as a sign-in, or a PUT that may not. */
  readonly isRepeatable?: boolean;
}

/** For whom a request is made. */
export interface Context {
  readonly cloud: string;
  readonly region: string | undefined;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Where a request goes. */
export interface Address {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query, encoded. */
  readonly path: string;
}

export function hrefOf({ origin, path }: Address): string {
  return origin + path;
}

export interface Exchange {
  readonly operation: Operation;
  readonly context: Context;
  readonly url: Address;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated ones are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body of a success that was asked for as a stream. */
  readonly data?: AsyncIterable<Uint8Array>;
}

export type Send = (exchange: Exchange) => Promise<Answer>;

export type Step = (next: Send) => Send;

/** The first step is the outermost. */
export function compose(steps: readonly Step[], transport: Send): Send {
  return steps.reduceRight((next, step) => step(next), transport);
}

/** One service of one cloud and region. A cloud has one place to sign in, whatever region is asked for. */
export function serviceKey({ operation: { service }, context: { cloud, region } }: Exchange): string {
  return service === "identity" || region === undefined ? `${service} ${cloud}` : `${service} ${cloud}\n${region}`;
}

/** The cloud's own id of the request, under any of its names. */
export function requestIdOf(answer: Answer): string | undefined {
  return answer.headers["x-openstack-request-id"] ?? answer.headers["x-compute-request-id"];
}

/** How a request can be lost; `wasSent` tells whether the cloud may have seen it. */
export class Lost extends Error {
  override readonly name = "Lost";
  readonly kind: "connect" | "cut" | "timeout" | "too-large" | "aborted";
  readonly wasSent: boolean;

  constructor(kind: Lost["kind"], wasSent: boolean, message: string, cause: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.wasSent = wasSent;
  }
}
