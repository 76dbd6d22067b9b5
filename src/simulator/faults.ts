/** Failures on order: which requests go wrong, and how. */
import { seeded } from "./machine.ts";

/** What a request must be for a rule to apply; what is left out matches everything. */
export interface FaultMatch {
  /** Project name, service type or prefix: `nova`, `compute`, `/compute`. */
  readonly service?: string;
  readonly method?: string;
  /** Part of the path below the host, query included, or a pattern for it. */
  readonly path?: string | RegExp;
  /** Only the nth request that matches otherwise, counted from 1. */
  readonly nth?: number;
}

/** An answer instead of the service's. */
export interface FaultStatus {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The service's own answer, whose body leaves in pieces of so many bytes, a pause of milliseconds before each. */
export interface FaultSlow {
  readonly slow: { readonly bytes: number; readonly every: number };
}

/** The service's own answer, cut off after so many bytes of its body. */
export interface FaultTruncate {
  readonly truncate: number;
}

/** What happens at once: besides the above, cut off or never answered, before or after the request was carried out. */
export type FaultNow =
  | FaultStatus
  | FaultSlow
  | FaultTruncate
  | "cut-before"
  | "cut-after"
  | "hang-before"
  | "hang-after";

/** A delay of milliseconds on the simulator's clock, and then the service's answer or `next`; or something at once. */
export type FaultEffect = FaultNow | { readonly delay: number; readonly next?: FaultNow };

export interface FaultRule {
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
  /** How often it happens at most; default: always. */
  readonly count?: number;
  /** From 0 to 1, from a seeded generator; default 1. */
  readonly probability?: number;
}

/** A rule in force. */
export interface Fault {
  /** `1`, `2`, …: how many rules there were before it. */
  readonly id: string;
  readonly rule: FaultRule;
  /** Requests that matched, and of those the ones that went wrong. */
  readonly seen: number;
  readonly happened: number;
  remove(): void;
}

export interface FaultTarget {
  readonly names: readonly string[];
  readonly method: string;
  readonly url: string;
}

class Entry implements Fault {
  readonly id: string;
  readonly rule: FaultRule;
  seen = 0;
  happened = 0;
  readonly #owner: Set<Entry>;
  constructor(id: string, rule: FaultRule, owner: Set<Entry>) {
    this.id = id;
    this.rule = rule;
    this.#owner = owner;
  }
  remove(): void {
    this.#owner.delete(this);
  }
}

function matches({ service, method, path }: FaultMatch, target: FaultTarget): boolean {
  if (service !== undefined && !target.names.includes(service)) return false;
  if (method !== undefined && method.toUpperCase() !== target.method) return false;
  if (path === undefined) return true;
  // A pattern sees no more than this, so that none takes long.
  return typeof path === "string" ? target.url.includes(path) : target.url.slice(0, 2048).search(path) !== -1;
}

export class Faults {
  readonly #rules = new Set<Entry>();
  #random: () => number;
  #added = 0;
  readonly #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
    this.#random = seeded(seed);
  }

  /** Adds a rule; the first rule that applies to a request wins. */
  add(rule: FaultRule): Fault {
    const entry = new Entry(String(++this.#added), rule, this.#rules);
    this.#rules.add(entry);
    return entry;
  }

  /** The rules in force. */
  list(): readonly Fault[] {
    return [...this.#rules];
  }

  get(id: string): Fault | undefined {
    return this.list().find((fault) => fault.id === id);
  }

  clear(): void {
    this.#rules.clear();
    this.#added = 0;
    this.#random = seeded(this.#seed);
  }

  /** What shall happen to this request, if anything. */
  next(target: FaultTarget): FaultEffect | undefined {
    for (const entry of this.#rules) {
      const { match, effect, count, probability } = entry.rule;
      if (!matches(match, target)) continue;
      entry.seen++;
      if (match.nth !== undefined && entry.seen !== match.nth) continue;
      if (count !== undefined && entry.happened >= count) continue;
      if (probability !== undefined && this.#random() >= probability) continue;
      entry.happened++;
      return effect;
    }
    return undefined;
  }
}
