import express, { type Express, type Request, type Response } from "express";
import { CloudError, type Clouds, Deadline } from "../cloud/index.ts";
import { isLocalHost } from "./admit.ts";
import { jsonParts, type ToJson, writeAnswer } from "./answer.ts";
import { answerWriter } from "./answerJson.ts";
import { createDocs } from "./docs.ts";
import type { HealthState } from "./health.ts";
import { type Invoker, MAX_MESSAGE_BYTES, type Route } from "./invoke.ts";
import { jsonToMessage } from "./json.ts";
import type { Metrics } from "./metrics.ts";
import type { Caller } from "./operation.ts";
import type { HttpBinding, Schema } from "./operations.ts";
import { HTTP_PROBLEMS, type Problem, toProblem } from "./problem.ts";
import { assembleRequest } from "./restRequest.ts";
import { compileTemplate, type Template } from "./template.ts";

export interface RestOptions {
  readonly schema: Schema;
  readonly routes: readonly Route[];
  readonly invoker: Invoker;
  readonly health: HealthState;
  readonly clouds: Clouds;
  readonly newRequestId: () => string;
  readonly metrics: Metrics;
  /** Whether callers from elsewhere may read the metrics, too. */
  readonly showsMetricsToAll: boolean;
  /** Milliseconds that a call may take. */
  readonly defaultDeadline: number;
}

interface RestRoute {
  readonly route: Route;
  readonly binding: HttpBinding;
  readonly template: Template;
  readonly toJson: ToJson;
}

interface Match {
  readonly found: RestRoute;
  readonly values: ReadonlyMap<string, string>;
}

/** The HTTP door: every operation's HTTP rules, and the program's own health. */
export function createRest(options: RestOptions): Express {
  const table = options.routes.flatMap((route) =>
    route.operation.bindings.map((binding) => ({
      route,
      binding,
      template: compileTemplate(binding.template),
      toJson: answerWriter(options.schema, route.operation.output, route.encodeResponse),
    })),
  );
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // First, because it is what most requests are for; a path of no operation goes on to the others.
  app.use(async (request, response, next) => {
    if (matchPath(table, request.path).length === 0) next();
    else await serve(options, table, request, response);
  });
  app.get("/healthz", (_request, response) => {
    response.json({ status: "alive" });
  });
  app.get("/readyz", async (_request, response) => {
    const trouble = await options.health.readiness();
    response
      .status(trouble === undefined ? 200 : 503)
      .json(trouble === undefined ? { status: "ready" } : { status: "not ready", reason: trouble });
  });
  app.get("/metrics", (request, response) => sendMetrics(options, request, response));
  app.use(createDocs());
  app.use((request, response) => serve(options, table, request, response));
  return app;
}

async function sendMetrics(options: RestOptions, request: Request, response: Response): Promise<void> {
  // A page that rebinds its DNS name comes from loopback, too, but under that name.
  if (!options.showsMetricsToAll && !(isLoopback(request.socket.remoteAddress) && isLocalHost(request.get("host")))) {
    const error = new CloudError("FORBIDDEN", "metrics are for callers on the gateway's own machine");
    sendProblem(response, toProblem(error, options.newRequestId()));
    return;
  }
  const { type, text } = await options.metrics.read();
  response.setHeader("Content-Type", type);
  response.end(text);
}

async function serve(
  options: RestOptions,
  table: readonly RestRoute[],
  request: Request,
  response: Response,
): Promise<void> {
  const requestId = options.newRequestId();
  response.setHeader("X-Request-Id", requestId);
  try {
    const matches = matchPath(table, request.path);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const match = matches.find(({ found }) => found.binding.method === method);
    if (match === undefined) refuse(response, matches, requestId, request.method);
    else await answer(options, match, request, response, requestId);
  } catch (thrown) {
    sendError(options, response, CloudError.from(thrown), requestId);
  }
}

function matchPath(table: readonly RestRoute[], path: string): Match[] {
  const matches: Match[] = [];
  for (const found of table) {
    if (!path.startsWith(found.template.prefix)) continue;
    const values = found.template.match(path);
    if (values !== undefined) matches.push({ found, values });
  }
  // A literal segment wins over a variable one.
  return matches.sort((a, b) => a.values.size - b.values.size);
}

async function answer(
  options: RestOptions,
  match: Match,
  request: Request,
  response: Response,
  requestId: string,
): Promise<void> {
  const { route, binding } = match.found;
  // `is` says null for a request without a body.
  if (binding.body !== "" && request.is("application/json") === false) {
    const problem = toProblem(
      new CloudError("MALFORMED", "the body must be application/json", { field: "Content-Type" }),
      requestId,
    );
    sendProblem(response, { ...problem, ...HTTP_PROBLEMS.UNSUPPORTED_MEDIA_TYPE });
    return;
  }
  const warnings: string[] = [];
  const { json, unknown } = assembleRequest(route.operation.input, {
    binding,
    pathValues: match.values,
    query: new URLSearchParams(request.originalUrl.split("?")[1] ?? ""),
    body: await readBody(request, binding),
  });
  const message = jsonToMessage(options.schema, route.operation.input, json);
  for (const name of [...unknown, ...message.unknown]) warnings.push(`unknown and ignored: ${name}`);
  const caller = callerOf(options, match.found, request, response, requestId);
  await options.invoker.invoke(route, message.bytes, caller, {
    door: "rest",
    warn: (text) => warnings.push(text),
    replayed: () => response.setHeader("Idempotency-Replayed", "true"),
    deliver: (answer) =>
      writeAnswer(response, jsonParts(match.found.toJson, route, answer), () => {
        for (const warning of warnings) response.append("Warning", `299 vimana "${quotable(warning)}"`);
      }),
  });
}

/** RFC 9110 §5.6.4: what a quoted string in a header may hold; the rest is percent-encoded. */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\%]/gu, (character) => encodeURIComponent(character));
}

/** Milliseconds for a body to arrive; the door has no limit of its own, because of the images that pass through it. */
const BODY_DEADLINE = 60_000;

async function readBody(request: Request, binding: HttpBinding): Promise<Uint8Array> {
  if (binding.body === "") return new Uint8Array();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new CloudError("DEADLINE_EXCEEDED", "did not arrive in time", { field: "body" })),
    BODY_DEADLINE,
  );
  try {
    return await Promise.race([collectBody(request), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function collectBody(request: Request): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_MESSAGE_BYTES)
      throw new CloudError("TOO_LARGE", `the body is over ${MAX_MESSAGE_BYTES} bytes`, { field: "body" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function callerOf(
  options: RestOptions,
  found: RestRoute,
  request: Request,
  response: Response,
  requestId: string,
): Caller {
  const end = new Deadline(options.defaultDeadline);
  response.on("close", () => {
    if (response.writableFinished) end.end();
    else end.abort(new DOMException("the caller went away", "AbortError"));
  });
  return {
    operation: found.route.operation.name,
    requestId,
    header: (name) => request.get(name),
    isLoopback: isLoopback(request.socket.remoteAddress),
    signal: end.signal,
  };
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
}

function refuse(response: Response, matches: readonly Match[], requestId: string, method: string): void {
  if (matches.length === 0) {
    sendProblem(response, toProblem(new CloudError("NOT_FOUND", "there is nothing at this path"), requestId));
    return;
  }
  const methods = matches.map(({ found }) => found.binding.method);
  const allow = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].sort();
  response.setHeader("Allow", allow.join(", "));
  if (method === "OPTIONS") {
    response.status(204).end();
    return;
  }
  const problem = toProblem(new CloudError("UNSUPPORTED", `${method} is not offered here`), requestId);
  sendProblem(response, { ...problem, ...HTTP_PROBLEMS.METHOD_NOT_ALLOWED });
}

function sendError(options: RestOptions, response: Response, error: CloudError, requestId: string): void {
  if (error.reason === "UNAUTHENTICATED") {
    response.setHeader("WWW-Authenticate", [`Keystone uri="${options.clouds.signInUrl()}"`, 'Basic realm="vimana"']);
  }
  if (error.retryAfterSeconds !== undefined) response.setHeader("Retry-After", Math.ceil(error.retryAfterSeconds));
  // What is left of a body that was refused would be taken for the next request.
  if (!response.req.complete) response.setHeader("Connection", "close");
  sendProblem(response, toProblem(error, requestId));
}

function sendProblem(response: Response, problem: Problem): void {
  // Half an answer is out: only a broken connection keeps the caller from taking it for the whole.
  if (response.headersSent && !response.writableEnded) response.destroy();
  if (response.headersSent || response.destroyed) return;
  response.status(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}
