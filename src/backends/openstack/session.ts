/** One tenant, one region, one call: what every resource sends its requests through. */
import type { Clock, Ids, Log } from "../../cloud/index.ts";
import { Ahead } from "./ahead.ts";
import { Cache } from "./cache.ts";
import type { Facts } from "./capabilities/judge.ts";
import { findEndpoint } from "./catalogue.ts";
import type { CloudConfig } from "./config/config.ts";
import { budget } from "./deadline.ts";
import { type Discovery, openDiscovery } from "./discovery.ts";
import { addressBelow } from "./endpoint.ts";
import type { Bound } from "./identity/sign-ins.ts";
import type { CatalogueEntry } from "./identity/token.ts";
import { type JsonObject, parseObject } from "./json.ts";
import { Memory } from "./memory.ts";
import { Pace } from "./pace.ts";
import type { Address, Answer, Context, Exchange, Operation, Send } from "./pipeline/exchange.ts";
import type { VersionRange } from "./pipeline/negotiate.ts";
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
  /** Places for what is fetched before it is waited for. */
  readonly ahead: Ahead;
  /** How quickly it tells the names of servers. */
  readonly names: Pace;
  /** Where services are, by catalogue, region and service. */
  readonly endpoints: WeakMap<readonly CatalogueEntry[], Map<string, Address>>;
  /** What capabilities are judged by, for each tenant. */
  readonly facts: Cache<Facts>;
  /** What writes were drafted by lately. */
  readonly memory: Memory;
}

const KEPT_TENANTS = 1000;
/** A cloud has a few workers for each API; so many requests of ours beyond what callers wait for keep them busy. */
const PLACES_AHEAD = 8;

/** The rig's Nova tells 100 names in 0.06 s. */
const FEW_NAMES = 100;
/** Nova's own maximum (`[api] max_limit`). */
export const NAMES_PAGE = 1000;

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
  return {
    config,
    around,
    ids,
    wire,
    closing,
    discovery,
    extensions,
    facts,
    endpoints: new WeakMap(),
    ahead: new Ahead(PLACES_AHEAD),
    names: new Pace(FEW_NAMES, NAMES_PAGE),
    memory: new Memory(around.clock),
  };
}

export class Session {
  readonly bound: Bound;
  readonly #shared: Shared;
  readonly #context: Context;
  #pipeline: Send | undefined;

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

  get ahead(): Ahead {
    return this.#shared.ahead;
  }

  get names(): Pace {
    return this.#shared.names;
  }

  get memory(): Memory {
    return this.#shared.memory;
  }

  get facts(): Cache<Facts> {
    return this.#shared.facts;
  }

  /** The versioned endpoint of a service; MISSING_SERVICE when there is none. */
  endpoint(service: Operation["service"]): Address {
    const { config, endpoints } = this.#shared;
    const { catalogue } = this.bound.signIn;
    const { region } = this.#context;
    const known = endpoints.get(catalogue) ?? new Map<string, Address>();
    endpoints.set(catalogue, known);
    const key = `${service} ${region ?? ""}`;
    const found = known.get(key) ?? findEndpoint(config, catalogue, region, service);
    known.set(key, found);
    return found;
  }

  /** The microversions that a service offers; nothing when it has none. */
  versions(service: Operation["service"]): Promise<VersionRange | undefined> {
    const url = this.endpoint(service);
    const operation: Operation = { service, name: "versions.get", method: "GET", path: [] };
    return this.#findRange({ operation, context: this.#context, url, headers: {} });
  }

  async send(operation: Operation): Promise<Answer> {
    const { around, wire } = this.#shared;
    this.#pipeline ??= authorisedPipeline(around, this.bound, (exchange) => this.#findRange(exchange), wire);
    const url = addressBelow(this.endpoint(operation.service), operation.path, operation.query);
    return this.#pipeline({ operation, context: this.#context, url, headers: {} });
  }

  #findRange(exchange: Exchange): Promise<VersionRange | undefined> {
    const { around, discovery, wire } = this.#shared;
    // Version documents are asked for with the token: some services want one (cinder).
    const ask: Send = (asked) => authorisedPipeline(around, this.bound, async () => undefined, wire)(asked);
    return discovery(this.endpoint(exchange.operation.service), ask)(exchange);
  }

  /** Sends, and reads the answer's JSON object. */
  async ask(operation: Operation, read = parseObject): Promise<JsonObject> {
    return read((await this.send(operation)).text, `the answer to ${operation.name}`);
  }

  /** The same tenant with another end: nobody's cancellation, a budget of its own. Nobody waits for its lists either. */
  detached(): Session {
    const shared = { ...this.#shared, ahead: new Ahead(0) };
    return new Session(shared, this.bound, { ...this.#context, signal: budget(DETACHED_MS, shared.closing) });
  }

  until(signal: AbortSignal): Session {
    return new Session(this.#shared, this.bound, { ...this.#context, signal });
  }
}
