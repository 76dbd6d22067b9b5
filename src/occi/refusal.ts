import { CloudError, type CloudErrorOptions, type Reason } from "../cloud/index.ts";

/** How a reason looks in OCCI: the HTTP status, and the word that clients can rely on. */
export interface Refused {
  readonly status: number;
  readonly code: string;
}

/** GFD.185 §3.6.8 and GFD.223 §5.4, and one decision where they disagree; a forgotten reason does not compile. */
export const REFUSED: Readonly<Record<Reason, Refused>> = {
  MALFORMED: { status: 400, code: "malformed" },
  INVALID_VALUE: { status: 400, code: "invalid-value" },
  MISSING_VALUE: { status: 400, code: "missing-value" },
  UNKNOWN_ATTRIBUTE: { status: 400, code: "unknown-attribute" },
  UNKNOWN_CATEGORY: { status: 404, code: "unknown-category" },
  IMMUTABLE: { status: 403, code: "immutable" },
  // grycap/im reads 409 on a create as "name a network" and tries again.
  SEVERAL_NETWORKS: { status: 409, code: "several-networks" },
  TOO_LARGE: { status: 413, code: "too-large" },
  NOT_FOUND: { status: 404, code: "not-found" },
  ALREADY_EXISTS: { status: 409, code: "already-exists" },
  IN_USE: { status: 409, code: "in-use" },
  STATE_CONFLICT: { status: 409, code: "state-conflict" },
  CONFLICT: { status: 409, code: "conflict" },
  KEY_REUSED: { status: 422, code: "key-reused" },
  // Not 409: that one is taken by networks.
  QUOTA_EXCEEDED: { status: 403, code: "quota-exceeded" },
  RATE_LIMITED: { status: 429, code: "rate-limited" },
  NO_VALID_HOST: { status: 503, code: "no-valid-host" },
  RESOURCE_FAILED: { status: 500, code: "resource-failed" },
  UNAUTHENTICATED: { status: 401, code: "unauthenticated" },
  FORBIDDEN: { status: 403, code: "forbidden" },
  UNSUPPORTED: { status: 501, code: "unsupported" },
  MISSING_SERVICE: { status: 501, code: "missing-service" },
  VERSION_UNSUPPORTED: { status: 501, code: "version-unsupported" },
  UNAVAILABLE: { status: 503, code: "unavailable" },
  UPSTREAM_FAILED: { status: 502, code: "upstream-failed" },
  AMBIGUOUS: { status: 504, code: "ambiguous" },
  DEADLINE_EXCEEDED: { status: 504, code: "deadline-exceeded" },
  // What nginx says of a client that went away; nobody is left to read it but the log.
  CANCELLED: { status: 499, code: "cancelled" },
  INTERNAL: { status: 500, code: "internal" },
};

/** What became of one entity in an operation on many. */
export interface Result {
  readonly path: string;
  readonly outcome: "done" | "failed" | "not tried";
  /** Of a failure: the word of its error, and its message. */
  readonly code?: string;
  readonly message?: string;
}

export interface RefusalOptions extends CloudErrorOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly results?: readonly Result[];
}

/** A refusal that HTTP or OCCI gives a status of its own, which the reason alone cannot tell. */
export class Refusal extends CloudError {
  readonly refused: Refused;
  readonly headers: Readonly<Record<string, string>>;
  readonly results: readonly Result[];

  constructor(reason: Reason, refused: Refused, message: string, options: RefusalOptions = {}) {
    super(reason, message, options);
    this.refused = refused;
    this.headers = options.headers ?? {};
    this.results = options.results ?? [];
  }
}

export function refusedAs(error: CloudError): Refused {
  return error instanceof Refusal ? error.refused : REFUSED[error.reason];
}

export function methodNotAllowed(method: string, allowed: readonly string[]): Refusal {
  const refused = { status: 405, code: "method-not-allowed" };
  const headers = { Allow: allowed.join(", ") };
  return new Refusal("UNSUPPORTED", refused, `${method} is not possible here`, { headers });
}

export function notAcceptable(message: string): Refusal {
  return new Refusal("INVALID_VALUE", { status: 406, code: "not-acceptable" }, message, { field: "accept" });
}

export function unsupportedMediaType(message: string): Refusal {
  const refused = { status: 415, code: "unsupported-media-type" };
  return new Refusal("INVALID_VALUE", refused, message, { field: "content-type" });
}

export function headersTooLarge(message: string): Refusal {
  return new Refusal("TOO_LARGE", { status: 431, code: "headers-too-large" }, message);
}

/** GFD.185 §3.4.4: an action that the present state does not allow is 400, not 409. */
export function notApplicable(message: string): Refusal {
  return new Refusal("STATE_CONFLICT", { status: 400, code: "action-not-applicable" }, message, { field: "action" });
}
