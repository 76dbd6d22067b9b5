import type { CloudError, Code, Reason } from "../cloud/index.ts";

/** The numbers of the gRPC codes (grpc/grpc doc/statuscodes.md). */
export const CODE_NUMBER = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const satisfies Record<Code, number>;

/** HTTP status and title of each reason on the REST doors (RFC 9457; statuses as SOL 013 §6 and grpc-gateway have them). */
export const PROBLEMS = {
  MALFORMED: [400, "Malformed input"],
  INVALID_VALUE: [400, "Invalid value"],
  MISSING_VALUE: [400, "Missing value"],
  UNKNOWN_ATTRIBUTE: [400, "Unknown attribute"],
  UNKNOWN_CATEGORY: [404, "Unknown category"],
  IMMUTABLE: [409, "Immutable"],
  SEVERAL_NETWORKS: [409, "Several networks"],
  TOO_LARGE: [413, "Too large"],
  NOT_FOUND: [404, "Not found"],
  ALREADY_EXISTS: [409, "Already exists"],
  IN_USE: [409, "In use"],
  STATE_CONFLICT: [409, "Wrong state"],
  CONFLICT: [409, "Conflict"],
  // draft-ietf-httpapi-idempotency-key-header-07 §2.7.
  KEY_REUSED: [422, "Key of another request"],
  // Not 429, which clients answer by trying again: a full quota does not empty itself.
  QUOTA_EXCEEDED: [403, "Quota exceeded"],
  RATE_LIMITED: [429, "Too many requests"],
  NO_VALID_HOST: [409, "No room"],
  RESOURCE_FAILED: [409, "Resource failed"],
  UNAUTHENTICATED: [401, "Not signed in"],
  FORBIDDEN: [403, "Forbidden"],
  UNSUPPORTED: [501, "Not supported"],
  MISSING_SERVICE: [501, "Service missing"],
  VERSION_UNSUPPORTED: [501, "Version not supported"],
  UNAVAILABLE: [503, "Cloud unavailable"],
  UPSTREAM_FAILED: [502, "Cloud failed"],
  AMBIGUOUS: [502, "Outcome unknown"],
  DEADLINE_EXCEEDED: [504, "Deadline exceeded"],
  CANCELLED: [499, "Cancelled"],
  INTERNAL: [500, "Internal error"],
} as const satisfies Record<Reason, readonly [number, string]>;

/** What the HTTP door refuses in a way that no reason has a status for. */
export const HTTP_PROBLEMS = {
  METHOD_NOT_ALLOWED: { status: 405, title: "Method not allowed" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "Unsupported media type" },
} as const;

/** A ProblemDetails (RFC 9457) that is at the same time the error body of grpc-gateway: `code`, `message`, `details`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly reason: Reason;
  readonly field?: string;
  readonly requestId: string;
  readonly code: number;
  readonly message: string;
  readonly details: readonly [];
}

export function toProblem(error: CloudError, requestId: string): Problem {
  const [status, title] = PROBLEMS[error.reason];
  const detail = describe(error);
  return {
    type: `urn:vimana:problem:${error.reason.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    detail,
    reason: error.reason,
    ...(error.field === undefined ? {} : { field: error.field }),
    requestId,
    code: CODE_NUMBER[error.code],
    message: detail,
    details: [],
  };
}

/** The message with the field in front. */
export function describe(error: CloudError): string {
  return error.field === undefined ? error.message : `${error.field}: ${error.message}`;
}
