import type { JsonObject } from "@bufbuild/protobuf";
import { MAX_MESSAGE_BYTES } from "./invoke.ts";
import { joined, readComments } from "./openapiComments.ts";
import { createExamples } from "./openapiExamples.ts";
import { pathsOf } from "./openapiOperations.ts";
import { PROBLEM_SCHEMA, problemResponses, statusesByCode } from "./openapiProblems.ts";
import { createSchemas } from "./openapiSchemas.ts";
import type { Operation, Schema } from "./operations.ts";
import { LIMITS } from "./validate.ts";

/**
 * OpenAPI 3.1 of the HTTP door, from the descriptors and from the tables that the door itself works by.
 *
 * openapi            the documents: one per API, which is the part of a path up to its version
 * openapiOperations  paths, parameters, bodies
 * openapiSchemas     messages and enumerations
 * openapiProblems    errors
 * openapiExamples    an example per operation
 * openapiComments    the proto's comments
 */

/** A document and the name that it is stored and served by. */
export interface OpenApi {
  /** `vivnfm-v5` */
  readonly name: string;
  readonly document: JsonObject;
}

/** The same descriptors always give the same bytes. */
export function openApiDocuments(schema: Schema): OpenApi[] {
  const offered = schema.operations.filter(({ bindings }) => bindings.length > 0);
  const groups = Map.groupBy(offered, (operation) => rootOf(operation));
  return [...groups]
    .map(([root, operations]) => ({ name: nameOf(root), document: describeApi(schema, root, operations) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `/vivnfm/v5`: the path up to its version; its first part, where it has none. */
function rootOf(operation: Operation): string {
  const roots = operation.bindings.map(
    ({ template }) => (/^(?:\/[a-z0-9_]+)*?\/v\d+(?=\/)/.exec(template) ?? /^\/[a-z0-9_]+/.exec(template))?.[0],
  );
  const [root] = roots;
  if (root === undefined || roots.some((other) => other !== root)) {
    throw new Error(`${operation.name}: all of its paths must begin alike`);
  }
  return root;
}

/** Of the paths, or else of the package: `v1`. */
function versionOf(root: string, [operation]: readonly Operation[]): string {
  return /v\d+$/.exec(root)?.[0] ?? operation?.service.split(".").at(-2) ?? "";
}

function nameOf(root: string): string {
  return root.slice(1).replaceAll("/", "-");
}

function describeApi(schema: Schema, root: string, operations: readonly Operation[]): JsonObject {
  const comments = readComments(schema.registry);
  const schemas = createSchemas(schema, comments);
  const paths = pathsOf({ schema, schemas, comments, examples: createExamples(schema) }, operations, root);
  const services = [...new Set(operations.map(({ method }) => method.parent))];
  const hasWrite = operations.some(({ isReading }) => !isReading);
  const hasBody = operations.some(({ bindings }) => bindings.some(({ body }) => body !== ""));
  return {
    openapi: "3.1.1",
    info: {
      title: `Vimana ${root.slice(1).replaceAll("/", " ")}`,
      version: versionOf(root, operations),
      description: joined(...services.map(comments), CONVENTIONS),
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The gateway that serves this document." }],
    security: [{ token: [] }, { bearer: [] }, { basic: [] }, {}],
    paths,
    components: {
      schemas: { ProblemDetails: PROBLEM_SCHEMA, ...schemas.components },
      responses: problemResponses(hasBody),
      parameters: { ...PARAMETERS, ...(hasWrite ? { IdempotencyKey: IDEMPOTENCY_KEY } : {}) },
      headers: { ...HEADERS, ...(hasWrite ? { Replayed: REPLAYED } : {}) },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

const CONVENTIONS = joined(
  "Success is always 200 with the answer's object. Members that requests have and the gateway does not know are ignored and named in a `Warning` header. Requests may spell members as the proto does (`compute_id`); answers never do. What is absent from an answer is `null` or left out; texts, numbers and lists are there even when they are empty. A required number, boolean or enumeration that a request leaves out counts as zero.",
  `At most ${LIMITS.elements} elements in one list or map of a request, ${LIMITS.textBytes} bytes in one text, ${MAX_MESSAGE_BYTES} bytes in one body.`,
  `Descriptions name gRPC codes, which the HTTP door answers with these statuses:\n\n${statusesByCode()}`,
);

/** What `readCredentials` and `admit` read beside the request. */
const PARAMETERS: JsonObject = {
  Cloud: headerParameter(
    "vimana-cloud",
    "One of the gateway's clouds by its name in clouds.yaml; its default when absent.",
  ),
  Region: headerParameter("vimana-region", "A region of that cloud; its configured one when absent."),
  Project: headerParameter(
    "vimana-project",
    "Name or id of the project that Basic credentials of a user are scoped to; when absent the user's default project, or else the gateway's own.",
  ),
};

const IDEMPOTENCY_KEY: JsonObject = {
  ...headerParameter(
    "idempotency-key",
    "Names this write: sent again within 24 hours, by the same project and with the same request, it gets the first answer and does nothing. With another request it is 422. A failed call frees its key.",
  ),
  schema: { type: "string", pattern: "^[!-~]{1,255}$" },
};

function headerParameter(name: string, description: string): JsonObject {
  return { name, in: "header", description, schema: { type: "string" } };
}

const HEADERS: JsonObject = {
  RequestId: {
    description: "Names this call in the gateway's logs, in errors, and towards the cloud.",
    schema: { type: "string", pattern: "^req-[0-9a-f-]{36}$" },
  },
  Warning: {
    description: '`299 vimana "…"` for each thing beside the answer that the caller should know (RFC 7234 §5.5).',
    schema: { type: "string" },
  },
  SignIn: {
    description: "Where tokens come from, as Keystone tells it, and that Basic is taken.",
    schema: { type: "string" },
  },
  RetryAfter: {
    description: "Seconds after which it is worth to try again, where the cloud says so.",
    schema: { type: "integer", minimum: 0 },
  },
};

const REPLAYED: JsonObject = {
  description: "`true` when an earlier call with the same `Idempotency-Key` got this answer.",
  schema: { type: "string", enum: ["true"] },
};

const SECURITY_SCHEMES: JsonObject = {
  token: { type: "apiKey", in: "header", name: "X-Auth-Token", description: "A token of the cloud's Keystone." },
  bearer: { type: "http", scheme: "bearer", description: "The same token in `Authorization: Bearer`." },
  basic: {
    type: "http",
    scheme: "basic",
    description:
      "Id and secret of an application credential, or name (`user` or `user@domain`) and password of a user. Without any credentials only callers on the gateway's own machine are let in, where the operator allows it.",
  },
};
