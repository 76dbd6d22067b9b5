/** One tenant, one region, one call: what every resource sends its requests through. */
import type { Clock, Ids, Log } from "../../cloud/index.ts";
import { Cache } from "./cache.ts";
import type { Facts } from "./capabilities/judge.ts";
import { findEndpoint } from "./catalogue.ts";
import type { CloudConfig } from "./config/config.ts";
import { budget } from "./deadline.ts";
import { type Discovery, openDiscovery } from "./discovery.ts";
import { urlBelow } from "./endpoint.ts";
import type { Bound } from "./identity/sign-ins.ts";
import { type JsonObject, parseObject } from "./json.ts";
import type { Answer, Context, Operation, Send } from "./pipeline/exchange.ts";
import type { FindRange, VersionRange } from "./pipeline/negotiate.ts";
import { authorisedPipeline, type Surroundings } from "./pipeline/pipeline.ts";

/** How long work goes on that was cut loose from its caller. */
const DETACHED_MS = 60_000;

/** What all sessions to one cloud have in common. */
export interface Shared {
  readonly config: CloudConfig;
  readonly around: Surroundings;
  readonly ids: Ids;
  readonly wire: Send;
  readonly closing: AbortSignal;
  readonly discovery: Discovery;
  /** Extensions that a network endpoint announces, by its address. */
  readonly extensions: Cache<ReadonlySet<string>>;
  /** What capabilities are judged by, for each tenant. */
  readonly facts: Cache<Facts>;
}

const KEPT_TENANTS = 1000;

export function openShared(
  config: CloudConfig,
  around: Surroundings,
  ids: Ids,
  wire: Send,
  closing: AbortSignal,
): Shared {
  const discovery = openDiscovery(around.clock, closing);
  const extensions = new Cache<ReadonlySet<string>>(around.clock, 64);
  const facts = new Cache<Facts>(around.clock, KEPT_TENANTS);
  return { config, around, ids, wire, closing, discovery, extensions, facts };
}

export class Session {
  readonly bound: Bound;
  readonly #shared: Shared;
  readonly #context: Context;

  constructor(shared: Shared, bound: Bound, context: Context) {
    this.#shared = shared;
    this.bound = bound;
    this.#context = context;
  }

  get clock(): Clock {
    return this.#shared.around.clock;
  }

  get log(): Log {
    return this.#context.log;
  }

  get region(): string | undefined {
    return this.#context.region;
  }

  /** The end of this session's requests. */
  get signal(): AbortSignal {
    return this.#context.signal;
  }

  /** The end of everything. */
  get closing(): AbortSignal {
    return this.#shared.closing;
  }

  get extensions(): Cache<ReadonlySet<string>> {
    return this.#shared.extensions;
  }

  get facts(): Cache<Facts> {
    return this.#shared.facts;
  }

  /** The versioned endpoint of a service; MISSING_SERVICE when there is none. */
  endpoint(service: Operation["service"]): URL {
    return findEndpoint(this.#shared.config, this.bound.signIn.catalogue, this.#context.region, service);
  }

  /** The microversions that a service offers; nothing when it has none. */
  versions(service: Operation["service"]): Promise<VersionRange | undefined> {
    const url = this.endpoint(service);
    const operation: Operation = { service, name: "versions.get", method: "GET", path: [] };
    return this.#finder(url)({ operation, context: this.#context, url, headers: {} });
  }

  async send(operation: Operation): Promise<Answer> {
    const endpoint = this.endpoint(operation.service);
    const { around, wire } = this.#shared;
    const send = authorisedPipeline(around, this.bound, this.#finder(endpoint), wire);
    const url = urlBelow(endpoint, operation.path, operation.query);
    return send({ operation, context: this.#context, url, headers: {} });
  }

  #finder(endpoint: URL): FindRange {
    const { around, discovery, wire } = this.#shared;
    // Version documents are asked for with the token: some services want one (cinder).
    return discovery(
      endpoint,
      authorisedPipeline(around, this.bound, async () => undefined, wire),
    );
  }

  /** Sends, and reads the answer's JSON object. */
  async ask(operation: Operation): Promise<JsonObject> {
    return parseObject((await this.send(operation)).text, `the answer to ${operation.name}`);
  }

  /** The same tenant with another end: nobody's cancellation, a budget of its own. */
  detached(): Session {
    return this.until(budget(DETACHED_MS, this.#shared.closing));
  }

  until(signal: AbortSignal): Session {
    return new Session(this.#shared, this.bound, { ...this.#context, signal });
  }
}
