import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { Finished } from "./invoke.ts";

/**
 * What the program counts, for Prometheus. Every label's values come from a closed list: operations and reasons from
 * the code, clouds from the configuration, regions from a cloud's catalogue, statuses by their first digit.
 */
export interface Metrics {
  /** A call of an operation has ended. */
  readonly onFinished: (finished: Finished) => void;
  /** A request to a cloud has ended. */
  readonly onRequest: (event: UpstreamRequest) => void;
  /** Everything in Prometheus' text format, with its media type. */
  read(): Promise<{ readonly type: string; readonly text: string }>;
}

/** What is counted of a request to a cloud. */
export interface UpstreamRequest {
  readonly cloud: string;
  readonly region: string | undefined;
  readonly service: string;
  readonly operation: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly ms: number;
}

/** Seconds: a cached list takes milliseconds, an allocate waits 30 s for its machine, the deadline is 120 s. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Signing in comes before the region is held against the catalogue: there it is still the caller's own word. */
const WITHOUT_REGION = "identity";

export function createMetrics(): Metrics {
  // Not the package's global registry: two gateways in one process count apart.
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({
    name: "vimana_calls_total",
    help: "Calls of operations, by how they ended",
    labelNames: ["door", "operation", "outcome"] as const,
    registers,
  });
  const callSeconds = new Histogram({
    name: "vimana_call_duration_seconds",
    help: "How long calls of operations take",
    labelNames: ["door", "operation"] as const,
    buckets: CALL_BUCKETS,
    registers,
  });
  const requests = new Counter({
    name: "vimana_upstream_requests_total",
    help: "HTTP requests to clouds, repeated ones included, by the class of their status; none: no answer",
    labelNames: ["cloud", "region", "service", "operation", "status"] as const,
    registers,
  });
  const requestSeconds = new Histogram({
    name: "vimana_upstream_request_duration_seconds",
    help: "How long clouds take to answer",
    labelNames: ["cloud", "region", "service", "operation"] as const,
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const countCall = ({ door, operation, outcome, milliseconds }: Finished) => {
    calls.inc({ door, operation, outcome });
    callSeconds.observe({ door, operation }, milliseconds / 1000);
  };
  const countRequest = ({ cloud, region, service, operation, status, ms }: UpstreamRequest) => {
    const labels = { cloud, region: service === WITHOUT_REGION ? "" : (region ?? ""), service, operation };
    requests.inc({ ...labels, status: classOf(status) });
    requestSeconds.observe(labels, ms / 1000);
  };
  const finished = new Batch(countCall);
  const asked = new Batch(countRequest);
  let hasProcess = false;
  return {
    onFinished: (event) => finished.add(event),
    onRequest: (event) => asked.add(event),
    async read() {
      finished.end();
      asked.end();
      // With the first reader, because watching the event loop costs something and never ends.
      if (!hasProcess) collectDefaultMetrics({ register: registry });
      hasProcess = true;
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** Events are counted many at a time, since one alone costs several times as much, and a call would wait for it. */
class Batch<Event> {
  readonly #count: (event: Event) => void;
  #events: Event[] = [];

  constructor(count: (event: Event) => void) {
    this.#count = count;
  }

  add(event: Event): void {
    this.#events.push(event);
    if (this.#events.length === BATCH) this.end();
  }

  end(): void {
    const events = this.#events;
    this.#events = [];
    for (const event of events) this.#count(event);
  }
}

const BATCH = 256;

function classOf(status: number): string {
  return status === 0 ? "none" : `${Math.floor(status / 100)}xx`;
}
