import type { JsonObject } from "@bufbuild/protobuf";
import { CloudError, CODE_OF_REASON, type Code, type Reason } from "../cloud/index.ts";
import { CODE_NUMBER, HTTP_PROBLEMS, PROBLEMS, type Problem, toProblem } from "./problem.ts";

/** Errors as the doors' own table has them: one response per status, one schema for all. */

/** Nobody is left to read the answer to a call whose caller went away. */
const UNSEEN: ReadonlySet<Reason> = new Set(["CANCELLED"]);
const REASONS = Object.keys(PROBLEMS).filter((name): name is Reason => name in PROBLEMS && !isUnseen(name));
const EXAMPLE_REQUEST_ID = "req-3f2b8c1e-5d94-4a07-9e61-7c0a2b4d8f13";

export const PROBLEM_SCHEMA: JsonObject = {
  type: "object",
  description:
    "What went wrong (RFC 9457, and at the same time the error body of grpc-gateway). Clients should decide by `reason`.",
  required: ["type", "title", "status", "detail", "reason", "requestId", "code", "message", "details"],
  properties: {
    type: { type: "string", format: "uri", description: "`urn:vimana:problem:` and the reason." },
    title: { type: "string", description: "The status and reason in a few words, the same for each call." },
    status: { type: "integer", description: "The HTTP status." },
    detail: { type: "string", description: "What was wrong with this call, with the field in front." },
    reason: { type: "string", enum: REASONS, description: "Why, from a closed list." },
    field: { type: "string", description: "The input at fault, as a path of JSON names; absent when there is none." },
    requestId: { type: "string", description: "The `X-Request-Id` of this answer, under which the gateway logged it." },
    code: { type: "integer", minimum: 1, maximum: 16, description: "The gRPC code's number." },
    message: { type: "string", description: "The same as `detail`, for clients of grpc-gateway." },
    details: { type: "array", maxItems: 0, items: { type: "object" }, description: "Always empty." },
  } satisfies Record<keyof Problem, JsonObject>,
};

function isUnseen(name: string): boolean {
  return [...UNSEEN].some((reason) => reason === name);
}

/** The statuses that an operation may end in, in order; a body adds one. */
export function errorStatuses(hasBody: boolean): readonly number[] {
  const statuses = new Set<number>(REASONS.map((reason) => PROBLEMS[reason][0]));
  if (hasBody) statuses.add(HTTP_PROBLEMS.UNSUPPORTED_MEDIA_TYPE.status);
  return [...statuses].sort((a, b) => a - b);
}

export function errorResponses(hasBody: boolean): JsonObject {
  return Object.fromEntries(
    errorStatuses(hasBody).map((status) => [status, { $ref: `#/components/responses/${responseName(status)}` }]),
  );
}

/** `components.responses`: what each status means. */
export function problemResponses(hasBody: boolean): JsonObject {
  return Object.fromEntries(errorStatuses(hasBody).map((status) => [responseName(status), problemResponse(status)]));
}

function responseName(status: number): string {
  return `Problem${status}`;
}

function problemResponse(status: number): JsonObject {
  const reasons = REASONS.filter((reason) => PROBLEMS[reason][0] === status);
  const door = Object.values(HTTP_PROBLEMS).find((one) => one.status === status);
  const titles = [...reasons.map((reason) => `${PROBLEMS[reason][1]} (\`${reason}\`)`), ...(door ? [door.title] : [])];
  return {
    description: `${titles.join(", ")}.`,
    headers: {
      "X-Request-Id": { $ref: "#/components/headers/RequestId" },
      ...(reasons.includes("UNAUTHENTICATED") ? { "WWW-Authenticate": { $ref: "#/components/headers/SignIn" } } : {}),
      ...(reasons.some(mayPassByWaiting) ? { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } : {}),
    },
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/ProblemDetails" },
        example: exampleProblem(status, reasons[0]),
      },
    },
  };
}

function mayPassByWaiting(reason: Reason): boolean {
  return reason === "RATE_LIMITED" || reason === "UNAVAILABLE" || reason === "CONFLICT";
}

function exampleProblem(status: number, reason: Reason | undefined): JsonObject {
  if (reason === undefined) {
    const error = new CloudError("MALFORMED", "the body must be application/json", { field: "Content-Type" });
    return { ...toProblem(error, EXAMPLE_REQUEST_ID), ...HTTP_PROBLEMS.UNSUPPORTED_MEDIA_TYPE, details: [] };
  }
  const error = new CloudError(reason, PROBLEMS[reason][1].toLowerCase());
  return { ...toProblem(error, EXAMPLE_REQUEST_ID), status, details: [] };
}

/** Comments speak of gRPC codes: which status each of them is here. */
export function statusesByCode(): string {
  const codes = Object.keys(CODE_NUMBER).filter((name): name is Code => name in CODE_NUMBER);
  return codes
    .flatMap((code) => {
      const statuses = new Set(
        REASONS.filter((reason) => CODE_OF_REASON[reason] === code).map((one) => PROBLEMS[one][0]),
      );
      return statuses.size === 0 ? [] : [`- \`${code}\`: ${[...statuses].sort().join(", ")}`];
    })
    .join("\n");
}
