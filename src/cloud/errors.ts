/**
 * The one error that crosses Vimana: a closed list of reasons, each of which fixes its gRPC code. Every door renders a
 * reason through its own `Record<Reason, …>`, so a forgotten reason does not compile (house, "The four types").
 */

/** The sixteen canonical codes without OK, by name (grpc/grpc doc/statuscodes.md). */
export type Code =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** Every reason with its code. A comment tells when to use it. */
export const CODE_OF_REASON = {
  /** The input does not parse. */
  MALFORMED: "INVALID_ARGUMENT",
  /** A value is outside of what the field allows. */
  INVALID_VALUE: "INVALID_ARGUMENT",
  /** A required value is absent. */
  MISSING_VALUE: "INVALID_ARGUMENT",
  /** An attribute, member or parameter that nobody here knows. */
  UNKNOWN_ATTRIBUTE: "INVALID_ARGUMENT",
  /** A kind, mixin or other category that nobody here knows. */
  UNKNOWN_CATEGORY: "NOT_FOUND",
  /** A change of something that is fixed for life. */
  IMMUTABLE: "FAILED_PRECONDITION",
  /** The caller named no network and the cloud offers several. */
  SEVERAL_NETWORKS: "FAILED_PRECONDITION",
  /** The message, the body or the answer is over a limit. */
  TOO_LARGE: "RESOURCE_EXHAUSTED",
  NOT_FOUND: "NOT_FOUND",
  ALREADY_EXISTS: "ALREADY_EXISTS",
  /** Something else still needs the resource. */
  IN_USE: "FAILED_PRECONDITION",
  /** The resource is in a state that does not allow the operation. */
  STATE_CONFLICT: "FAILED_PRECONDITION",
  /** Somebody else changed the resource meanwhile. */
  CONFLICT: "ABORTED",
  /** An idempotency key that belongs to another request. */
  KEY_REUSED: "INVALID_ARGUMENT",
  /** A quota of the tenant is used up; waiting does not help. */
  QUOTA_EXCEEDED: "RESOURCE_EXHAUSTED",
  /** Too many requests; waiting helps. */
  RATE_LIMITED: "RESOURCE_EXHAUSTED",
  /** The cloud has no room for the machine. */
  NO_VALID_HOST: "RESOURCE_EXHAUSTED",
  /** What was made ended in an error state. */
  RESOURCE_FAILED: "ABORTED",
  UNAUTHENTICATED: "UNAUTHENTICATED",
  FORBIDDEN: "PERMISSION_DENIED",
  /** Neither the gateway nor the cloud offers this; the message says which and why. */
  UNSUPPORTED: "UNIMPLEMENTED",
  /** The cloud's catalogue lacks the service. */
  MISSING_SERVICE: "UNIMPLEMENTED",
  /** The service is too old or too new for the operation. */
  VERSION_UNSUPPORTED: "UNIMPLEMENTED",
  /** The cloud cannot be reached, or says that it is overloaded. */
  UNAVAILABLE: "UNAVAILABLE",
  /** The cloud answered with a fault of its own. */
  UPSTREAM_FAILED: "UNAVAILABLE",
  /** A write was cut and its outcome could not be found out. */
  AMBIGUOUS: "UNKNOWN",
  DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
  CANCELLED: "CANCELLED",
  /** A fault of the gateway itself; the message never tells more than that. */
  INTERNAL: "INTERNAL",
} as const satisfies Record<string, Code>;

export type Reason = keyof typeof CODE_OF_REASON;

/** What the cloud answered, kept for logs and for operators; never holds a secret. */
export interface Upstream {
  readonly service: string;
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly body?: string;
  readonly requestId?: string;
}

/** Something that a failed write could not unmake. */
export interface LeftBehind {
  readonly kind: string;
  readonly id: string;
}

export interface CloudErrorOptions {
  /** The input that is at fault, in the caller's own words (`interfaceData[0].networkId`). */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
  readonly upstream?: Upstream;
  readonly leftBehind?: readonly LeftBehind[];
  readonly cause?: unknown;
}

export class CloudError extends Error {
  override readonly name = "CloudError";
  readonly reason: Reason;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly upstream: Upstream | undefined;
  readonly leftBehind: readonly LeftBehind[];

  constructor(reason: Reason, message: string, options: CloudErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.field = options.field;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.upstream = options.upstream;
    this.leftBehind = options.leftBehind ?? [];
  }

  get code(): Code {
    return CODE_OF_REASON[this.reason];
  }

  /** The same error, also naming what could not be unmade. */
  withLeftBehind(leftBehind: readonly LeftBehind[]): CloudError {
    if (leftBehind.length === 0) return this;
    const list = leftBehind.map((left) => `${left.kind} ${left.id}`).join(", ");
    return new CloudError(this.reason, `${this.message}; could not be unmade: ${list}`, {
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
      ...(this.upstream === undefined ? {} : { upstream: this.upstream }),
      leftBehind: [...this.leftBehind, ...leftBehind],
      cause: this,
    });
  }

  /**
   * Anything thrown, as a `CloudError`: called once, at the edge. What is not ours becomes INTERNAL and tells the
   * caller nothing; the cause stays for the log.
   */
  static from(thrown: unknown): CloudError {
    if (thrown instanceof CloudError) return thrown;
    if (thrown instanceof Error && thrown.name === "AbortError") {
      return new CloudError("CANCELLED", "the caller gave up", { cause: thrown });
    }
    if (thrown instanceof Error && thrown.name === "TimeoutError") {
      return new CloudError("DEADLINE_EXCEEDED", "the deadline passed", { cause: thrown });
    }
    return new CloudError("INTERNAL", "internal error", { cause: thrown });
  }

  static is(thrown: unknown, ...reasons: readonly Reason[]): thrown is CloudError {
    return thrown instanceof CloudError && reasons.includes(thrown.reason);
  }
}
