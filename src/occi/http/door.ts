import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { CloudError, Deadline, type Flow, type Store, type Writes } from "../../cloud/index.ts";
import type { Admit, Call, Caller } from "../../gateway/operation.ts";
import { asText, type Message } from "../message.ts";
import { openScope, targetOf } from "../operate/index.ts";
import { Pages } from "../operate/pages.ts";
import { detached } from "../operate/scope.ts";
import { Tasks, type TasksOptions } from "../operate/tasks.ts";
import { refusedAs } from "../refusal.ts";
import type { Context, FlavourPolicy } from "../table.ts";
import { warningHeader, writeAnswer, writeError } from "./answer.ts";
import { readConditions } from "./conditions.ts";
import type { Exchange } from "./exchange.ts";
import { checkHeaders, DEFAULT_LIMITS, type Limits, readFilters, readMessages } from "./input.ts";
import { ACCEPT_HEADER, type Acceptable, negotiate } from "./negotiate.ts";
import { perform } from "./perform.ts";
import { isWriting, readPreferences } from "./prefer.ts";
import { readQuery } from "./query.ts";
import { allowed, operationFor, routesOf } from "./routes.ts";
import { Turns } from "./turns.ts";
import { urlsOf } from "./urls.ts";
import { checkVersion, serverHeader } from "./version.ts";

export interface OcciDoorOptions {
  readonly admit: Admit;
  /** Public address of a cloud's sign-in, for `WWW-Authenticate`; of the default cloud when none is named. */
  readonly signInUrl: (cloud?: string) => string;
  readonly flow: Flow;
  /** Keeps what no cloud has a home for: mixins of users. */
  readonly store: Store;
  readonly writes: Writes;
  /** This gateway among those that share the store: tasks of one that is no more are lost. */
  readonly presence: TasksOptions["presence"];
  readonly newRequestId: () => string;
  /** Of the product, for `Server`. */
  readonly version: string;
  /** What clients call this door, when a proxy changes `Host`; `http://` or `https://` and an authority. */
  readonly baseUrl?: string;
  readonly limits?: Partial<Limits>;
  readonly flavourPolicy?: FlavourPolicy;
  /** A cloud that may make flavours for the caller's tenant, where the policy is to make them. */
  readonly flavourMaker?: Context["flavourMaker"];
  /** How many entities one deletion may remove (collections, `/`); 0, the default, allows none but single ones. */
  readonly deleteMany?: number;
  /** Whether everything below `/` or another path may be deleted in the same way; not by default. */
  readonly deleteAll?: boolean;
  /** Milliseconds that a request may take; the default is two minutes. */
  readonly deadline?: number;
  readonly onFinished?: (event: FinishedEvent) => void;
}

/** One finished request, for metrics and audit. */
export interface FinishedEvent {
  /** `occi/<METHOD>`. */
  readonly operation: string;
  readonly requestId: string;
  readonly status: number;
  readonly milliseconds: number;
  /** The request's path. */
  readonly target: string;
  /** Why it was refused. */
  readonly error?: CloudError;
  /** Absent when the caller was not let in. */
  readonly cloud?: Call["cloud"];
}

const DEFAULT_DEADLINE = 120_000;
/** Of a write whose client does not wait for it. */
const TASK_DEADLINE = 600_000;
/** Node's own limit must not be below the door's; give it to `http.createServer`. */
export const OCCI_SERVER_OPTIONS = { maxHeaderSize: DEFAULT_LIMITS.headerBytes } as const;

/** A listener of `node:http`. It finds its way by kinds and not by routes, so that a router would only stand before it. */
export function createOcciDoor(options: OcciDoorOptions): RequestListener {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { store, presence, flow } = options;
  const tasks = new Tasks({ store, presence, ...flow });
  const open = { ...options, limits, tasks, pages: new Pages(flow.clock), turns: new Turns() };
  return (request, response) => {
    serve(open, request, response).catch((thrown) => {
      flow.log.error({ error: thrown }, "internal error");
      response.destroy();
    });
  };
}

/** What becomes known of a request on its way, so that a refusal at any point can be told and logged properly. */
interface State {
  readonly requestId: string;
  readonly warnings: string[];
  acceptable: readonly Acceptable[];
  call?: Call;
}

/** The options, and what the door keeps between requests. */
interface Open extends OcciDoorOptions {
  readonly limits: Limits;
  readonly pages: Pages;
  readonly turns: Turns;
  readonly tasks: Tasks;
}

async function serve(options: Open, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { flow, onFinished } = options;
  const since = flow.clock.now();
  const method = request.method ?? "GET";
  const state: State = { requestId: options.newRequestId(), warnings: [], acceptable: [] };
  const isTask = isWriting(method) && readPreferences(headerOf(request, "prefer")).isAsync;
  const end = new Deadline(isTask ? TASK_DEADLINE : (options.deadline ?? DEFAULT_DEADLINE));
  response.once("close", () => {
    if (response.writableFinished) {
      // A task is not over with its answer.
      if (!isTask || response.statusCode !== 202) end.end();
    } else if (!isTask) end.abort(new DOMException("the caller went away", "AbortError"));
  });
  const { signal } = end;
  response.setHeader("Server", serverHeader(options.version));
  response.setHeader("Accept", ACCEPT_HEADER);
  response.setHeader("X-Request-Id", state.requestId);
  // Titles are written by anybody; no browser shall take a text for a page.
  response.setHeader("X-Content-Type-Options", "nosniff");
  let error: CloudError | undefined;
  try {
    await answer(options, request, response, state, signal);
  } catch (thrown) {
    error = CloudError.from(thrown);
    refuse(options, request, response, state, error);
  }
  const status = response.statusCode;
  const milliseconds = flow.clock.now() - since;
  logLine(state.call?.log ?? flow.log, state.requestId, request, { status, milliseconds, error });
  onFinished?.({
    operation: `occi/${method}`,
    requestId: state.requestId,
    status,
    milliseconds,
    target: request.url?.split("?", 1)[0] ?? "/",
    ...(error === undefined ? {} : { error }),
    ...(state.call === undefined ? {} : { cloud: state.call.cloud }),
  });
}

async function answer(
  options: Open,
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  const { limits, pages, turns } = options;
  const { headers, method = "GET" } = request;
  checkVersion(headers["user-agent"]);
  checkHeaders(request, limits);
  state.acceptable = negotiate(headers.accept);
  // A proxy may send the whole URL (RFC 9112 §3.2.2).
  const [sent = "/", ...rest] = (request.url ?? "/").replace(/^https?:\/\/[^/?]+/i, "").split("?");
  // grycap/im puts a slash before the paths of links that begin with one already, and takes 404 for success.
  const path = sent.startsWith("//") ? sent.slice(1) : sent;
  if (method === "OPTIONS") {
    response.setHeader("Allow", allowed(routesOf(targetOf(path))).join(", "));
    response.statusCode = 200;
    response.end();
    return;
  }
  const urls = urlsOf(request, options.baseUrl);
  const admitted = await options.admit(callerOf(request, state.requestId, signal));
  const warn = (message: string) => {
    state.warnings.push(message);
    admitted.warn(message);
  };
  const call: Call = { ...admitted, warn };
  state.call = call;
  const scope = await openScope({
    call,
    flow: options.flow,
    store: options.store,
    flavourPolicy: options.flavourPolicy ?? "smallest-fit",
    flavourMaker: options.flavourMaker,
    deleteMany: options.deleteMany ?? 0,
    deleteAll: options.deleteAll ?? false,
    pathOf: urls.pathOf,
  });
  const target = targetOf(path, scope.mixins.defined);
  const operation = operationFor(routesOf(target), method);
  const query = readQuery(rest.join("?"), limits, method);
  let messages: Promise<Awaited<ReturnType<typeof readMessages>>> | undefined;
  let filters: Promise<Message> | undefined;
  const { name, region, tenant } = call.cloud;
  const place = [name, region, tenant.projectId, path];
  const exchange: Exchange = {
    scope,
    query,
    conditions: readConditions((name) => headerOf(request, name)),
    acceptable: state.acceptable,
    absolute: urls.absolute,
    pageUrl: (page, number) => urls.absolute(`${path}?page=${page}&number=${number}`),
    slice: async (what, page, open) => {
      const filters = asText(await exchange.filters());
      const key = JSON.stringify([what, ...place, call.cloud.tenant.userId, filters]);
      return pages.take(key, page, () => open(detached(scope)));
    },
    alone: (work) => turns.take(JSON.stringify(place), work),
    taskOf: (id) => options.tasks.read(call.cloud, id),
    filters: () => {
      filters ??= readFilters(request, limits);
      return filters;
    },
    messages: () => {
      messages ??= readMessages(request, limits);
      return messages;
    },
  };
  const header = (name: string) => headerOf(request, name);
  const { writes, tasks } = options;
  const run = { writes, method, header, url: [path, ...rest].join("?"), warnings: state.warnings };
  const result = await perform({ ...run, tasks, target, path }, operation, exchange);
  addWarnings(response, state);
  await writeAnswer(response, result, state.acceptable, {
    isHead: method === "HEAD",
    clock: options.flow.clock,
    signal,
  });
}

function addWarnings(response: ServerResponse, { warnings }: State): void {
  const values = warnings.flatMap((message) => warningHeader(message) ?? []);
  if (values.length > 0) response.setHeader("Warning", values);
}

function callerOf(request: IncomingMessage, requestId: string, signal: AbortSignal): Caller {
  const { method, socket } = request;
  return {
    operation: `occi/${method}`,
    requestId,
    header: (name) => headerOf(request, name),
    isLoopback: isLoopback(socket.remoteAddress),
    signal,
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const bare = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  return bare === "::1" || /^127(?:\.\d{1,3}){3}$/.test(bare);
}

function refuse(
  options: OcciDoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
  error: CloudError,
): void {
  // Half an answer is out: only a broken connection keeps the client from taking it for the whole.
  if (response.headersSent) {
    response.destroy(error);
    return;
  }
  addWarnings(response, state);
  if (refusedAs(error).status === 401) response.setHeader("WWW-Authenticate", challenges(options, request));
  // What is left of a body that nobody will read must not be taken for the next request.
  if (!request.complete) response.setHeader("Connection", "close");
  writeError(response, error, state.requestId, state.acceptable);
}

/** rOCCI-api and grycap/im read the first line with regular expressions: quotes and blanks are as they want them. */
function challenges({ signInUrl }: OcciDoorOptions, { headers }: IncomingMessage): readonly string[] {
  const cloud = headers["vimana-cloud"];
  const basic = 'Basic realm="OCCI"';
  for (const name of typeof cloud === "string" ? [cloud, undefined] : [undefined]) {
    try {
      return [`Keystone uri='${signInUrl(name)}'`, basic];
    } catch {
      // A cloud that nobody configured has no sign-in; the default one does.
    }
  }
  return [basic];
}

function logLine(
  log: Flow["log"],
  requestId: string,
  { method, url }: IncomingMessage,
  { status, milliseconds, error }: { status: number; milliseconds: number; error: CloudError | undefined },
): void {
  const fields = { method, path: url, status, milliseconds, requestId };
  if (error === undefined) log.info(fields, "answered");
  // What is not offered is the client's to know, not a fault.
  else if (status >= 500 && status !== 501)
    log.error(
      { ...fields, reason: error.reason, error: error.message, cause: error.cause, upstream: error.upstream },
      "failed",
    );
  else log.info({ ...fields, reason: error.reason, error: error.message }, "refused");
}
