import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { CloudError, type Clouds, Deadline } from "../cloud/index.ts";
import { jsonParts, type ToJson, writeAnswer } from "./answer.ts";
import { answerWriter } from "./answerJson.ts";
import type { Invoker, Route } from "./invoke.ts";
import { jsonToMessage } from "./json.ts";
import type { Caller } from "./operation.ts";
import type { HttpBinding, Schema } from "./operations.ts";
import type { PagesOptions } from "./pages.ts";
import { HTTP_PROBLEMS, toProblem, writeProblem } from "./problem.ts";
import { addressOf, headerOf, isJsonOrNone, isLoopback, readBody } from "./restHttp.ts";
import { assembleRequest } from "./restRequest.ts";
import { compileTemplate, type Template } from "./template.ts";

export interface RestOptions extends PagesOptions {
  readonly schema: Schema;
  readonly routes: readonly Route[];
  readonly invoker: Invoker;
  readonly clouds: Clouds;
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

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

/** The HTTP door: every operation's HTTP rules, and the program's own pages. */
export function createRest(options: RestOptions): RequestListener {
  const table = options.routes.flatMap((route) =>
    route.operation.bindings.map((binding) => ({
      route,
      binding,
      template: compileTemplate(binding.template),
      toJson: answerWriter(options.schema, route.operation.output, route.encodeResponse),
    })),
  );
  // With the first visitor: Express takes time and memory that no operation needs.
  let pages: Promise<RequestListener> | undefined;
  const openPages = async () => {
    const { createPages } = await import("./pages.ts");
    return createPages(options, (request, response) => void serve(options, [], request, response));
  };
  const listen = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const matches = matchPath(table, addressOf(request).path);
    if (matches.length > 0) return serve(options, matches, request, response);
    pages ??= openPages();
    (await pages)(request, response);
  };
  return (request, response) => {
    listen(request, response).catch(() => response.destroy());
  };
}

async function serve(
  options: RestOptions,
  matches: readonly Match[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = { request, response, requestId: options.newRequestId() };
  response.setHeader("X-Request-Id", exchange.requestId);
  try {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const match = matches.find(({ found }) => found.binding.method === method);
    if (match === undefined) refuse(exchange, matches);
    else await answer(options, match, exchange);
  } catch (thrown) {
    sendError(options, exchange, CloudError.from(thrown));
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

async function answer(options: RestOptions, match: Match, exchange: Exchange): Promise<void> {
  const { request, response, requestId } = exchange;
  const { route, binding } = match.found;
  if (binding.body !== "" && !isJsonOrNone(request)) {
    const problem = toProblem(
      new CloudError("MALFORMED", "the body must be application/json", { field: "Content-Type" }),
      requestId,
    );
    writeProblem(response, { ...problem, ...HTTP_PROBLEMS.UNSUPPORTED_MEDIA_TYPE });
    return;
  }
  const warnings: string[] = [];
  const { json, unknown } = assembleRequest(route.operation.input, {
    binding,
    pathValues: match.values,
    query: new URLSearchParams(addressOf(request).query),
    body: binding.body === "" ? new Uint8Array() : await readBody(request),
  });
  const message = jsonToMessage(options.schema, route.operation.input, json);
  for (const name of [...unknown, ...message.unknown]) warnings.push(`unknown and ignored: ${name}`);
  await options.invoker.invoke(route, message.bytes, callerOf(options, match.found, exchange), {
    door: "rest",
    warn: (text) => warnings.push(text),
    replayed: () => response.setHeader("Idempotency-Replayed", "true"),
    deliver: (answer) =>
      writeAnswer(response, jsonParts(match.found.toJson, route, answer), () => {
        if (warnings.length > 0)
          response.setHeader(
            "Warning",
            warnings.map((warning) => `299 vimana "${quotable(warning)}"`),
          );
      }),
  });
}

/** RFC 9110 §5.6.4: what a quoted string in a header may hold; the rest is percent-encoded. */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\%]/gu, (character) => encodeURIComponent(character));
}

function callerOf(options: RestOptions, found: RestRoute, { request, response, requestId }: Exchange): Caller {
  const end = new Deadline(options.defaultDeadline);
  response.on("close", () => {
    if (response.writableFinished) end.end();
    else end.abort(new DOMException("the caller went away", "AbortError"));
  });
  return {
    operation: found.route.operation.name,
    requestId,
    header: (name) => headerOf(request, name),
    isLoopback: isLoopback(request.socket.remoteAddress),
    signal: end.signal,
  };
}

function refuse({ request: { method }, response, requestId }: Exchange, matches: readonly Match[]): void {
  if (matches.length === 0) {
    writeProblem(response, toProblem(new CloudError("NOT_FOUND", "there is nothing at this path"), requestId));
    return;
  }
  const methods = matches.map(({ found }) => found.binding.method);
  const allow = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].sort();
  response.setHeader("Allow", allow.join(", "));
  if (method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  const problem = toProblem(new CloudError("UNSUPPORTED", `${method} is not offered here`), requestId);
  writeProblem(response, { ...problem, ...HTTP_PROBLEMS.METHOD_NOT_ALLOWED });
}

function sendError(options: RestOptions, { request, response, requestId }: Exchange, error: CloudError): void {
  // Half an answer is out: only a broken connection keeps the caller from taking it for the whole.
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  if (error.reason === "UNAUTHENTICATED") {
    response.setHeader("WWW-Authenticate", [`Keystone uri="${options.clouds.signInUrl()}"`, 'Basic realm="vimana"']);
  }
  if (error.retryAfterSeconds !== undefined) response.setHeader("Retry-After", Math.ceil(error.retryAfterSeconds));
  // What is left of a body that was refused would be taken for the next request.
  if (!request.complete) response.setHeader("Connection", "close");
  writeProblem(response, toProblem(error, requestId));
}
