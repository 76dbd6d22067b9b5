/** The HTTP side: one listener, a service per path prefix, faults, the request log. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { FaultEffect, Faults } from "../faults.ts";
import type { Requests } from "../requests.ts";
import { dispatch, type Mounted, mount, type Surroundings } from "./dispatch.ts";
import type { Answer, Call, Method } from "./types.ts";

export interface ListenerOptions extends Surroundings {
  readonly faults: Faults;
  readonly requests: Requests;
}

interface Target {
  readonly mounted: Mounted | undefined;
  readonly method: Method;
  readonly path: string;
  readonly search: string;
}

const methods: ReadonlySet<string> = new Set<Method>(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

function isMethod(method: string): method is Method {
  return methods.has(method);
}

/** A server that is not listening yet. */
export function createListener(options: ListenerOptions): Server {
  const services = new Map(options.services.map((service) => [service.prefix, mount(service)]));
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    take(request, response, services, options).catch((error: unknown) => {
      options.log.error({ error }, "simulator could not answer");
      response.destroy();
    });
  });
  return server;
}

function locate(request: IncomingMessage, services: ReadonlyMap<string, Mounted>): Target {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const whole = mark === -1 ? url : url.slice(0, mark);
  const end = whole.indexOf("/", 1);
  const mounted = services.get(end === -1 ? whole : whole.slice(0, end));
  const method = request.method ?? "GET";
  return {
    mounted: isMethod(method) ? mounted : undefined,
    method: isMethod(method) ? method : "GET",
    path: end === -1 ? "/" : whole.slice(end),
    search: mark === -1 ? "" : url.slice(mark),
  };
}

/** The host a client used, so that links lead back the way he came; only what can be a host and port. */
function originOf(request: IncomingMessage): string {
  const host = request.headers.host ?? "";
  if (/^[A-Za-z0-9.-]+(?::\d+)?$|^\[[0-9A-Fa-f:.]+\](?::\d+)?$/.test(host)) return `http://${host}`;
  const { localAddress = "127.0.0.1", localPort = 80 } = request.socket;
  return `http://${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  services: ReadonlyMap<string, Mounted>,
  options: ListenerOptions,
): Promise<void> {
  const target = locate(request, services);
  const started = options.clock.now();
  const { service } = target.mounted ?? {};
  const record = (status: number, call?: Call) =>
    options.requests.add({
      method: request.method ?? "",
      path: (request.url ?? "").split("?", 1)[0] ?? "",
      query: target.search,
      service: service?.name ?? "",
      status,
      project: call?.actor.projectId ?? "",
      requestId: call?.requestId ?? "",
      duration: options.clock.now() - started,
    });
  const names = service === undefined ? [] : [service.name, service.type, service.prefix];
  let effect = options.faults.next({ names, method: request.method ?? "", url: request.url ?? "" });
  if (typeof effect === "object" && "delay" in effect) {
    await options.clock.sleep(effect.delay);
    effect = effect.then;
  }
  if (typeof effect === "object" && "status" in effect) {
    await drain(request);
    record(effect.status);
    send(response, request.method, imposed(effect));
    return;
  }
  if (effect === "cut-before") {
    record(0);
    request.socket.destroy();
    return;
  }
  options.machine.run();
  const { answer, call } = answerTo(request, target, options);
  const said = answer instanceof Promise ? await answer : answer;
  if (effect === "cut-after" || effect === "hang-after") {
    record(0, call);
    if (effect === "cut-after") request.socket.destroy();
    return;
  }
  record(said.status, call);
  if (call === undefined) send(response, request.method, said);
  else
    send(response, request.method, {
      ...(await said),
      headers: { ...call.service.headers(call, said), ...said.headers },
    });
  if (!request.readableEnded) request.resume();
}

function answerTo(
  request: IncomingMessage,
  { mounted, method, path, search }: Target,
  options: ListenerOptions,
): { readonly call?: Call; readonly answer: Answer | Promise<Answer> } {
  if (mounted !== undefined)
    return dispatch(mounted, { request, method, path, search, origin: originOf(request) }, options);
  const message = { message: "No service of the simulator has this path, or none this method." };
  return { answer: { status: 404, body: message } };
}

async function drain(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
}

function imposed({ status, body, headers = {} }: Extract<FaultEffect, { readonly status: number }>): Answer {
  if (body === undefined) return { status, headers };
  if (body instanceof Uint8Array) return { status, headers, body };
  const plain = typeof body === "string";
  const bytes = Buffer.from(plain ? body : JSON.stringify(body));
  return { status, body: bytes, headers: { "content-type": plain ? "text/plain" : "application/json", ...headers } };
}

function send(response: ServerResponse, method: string | undefined, { status, body, headers }: Answer): void {
  const isBytes = body instanceof Uint8Array;
  const bytes = body === undefined || isBytes ? body : JSON.stringify(body);
  const head: Record<string, string | readonly string[]> = { ...headers };
  if (bytes !== undefined && !isBytes) head["content-type"] ??= "application/json";
  head["content-length"] ??= String(bytes === undefined ? 0 : Buffer.byteLength(bytes));
  response.writeHead(status, mutable(head));
  response.end(method === "HEAD" ? undefined : bytes);
}

function mutable(headers: Record<string, string | readonly string[]>): Record<string, string | string[]> {
  const copy: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) copy[name] = typeof value === "string" ? value : [...value];
  return copy;
}
