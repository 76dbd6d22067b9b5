/** What happens to every request: control, faults, the machine, the service that its path names, the request log. */
import { channel } from "node:diagnostics_channel";
import type { FaultEffect, Faults } from "../faults.ts";
import type { Requests } from "../requests.ts";
import { dispatch, type Mounted, type Surroundings } from "./dispatch.ts";
import type { Exchange, Outcome, Reply } from "./exchange.ts";
import type { Answer, Call, Method } from "./types.ts";

export interface PipelineOptions extends Surroundings {
  readonly mounted: readonly Mounted[];
  readonly faults: Faults;
  readonly requests: Requests;
  /** Answers what is below `/_sim`; absent: such paths are unknown. */
  control?(exchange: Exchange): Promise<Reply>;
}

/** What is published on `answers`. */
export interface Answered {
  readonly call: Call;
  readonly answer: Answer;
}

/** Every answer that a service gives, for who wants to judge it; costs nothing while nobody listens. */
export const answers = channel("vimana.simulator.answer");

interface Target {
  readonly mounted: Mounted | undefined;
  readonly method: Method;
  /** The part of the path before the second slash: `/compute`. */
  readonly prefix: string;
  readonly path: string;
  readonly search: string;
}

const methods: ReadonlySet<string> = new Set<Method>(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

function isMethod(method: string): method is Method {
  return methods.has(method);
}

function locate({ method, url }: Exchange, services: ReadonlyMap<string, Mounted>): Target {
  const mark = url.indexOf("?");
  const whole = mark === -1 ? url : url.slice(0, mark);
  const end = whole.indexOf("/", 1);
  const prefix = end === -1 ? whole : whole.slice(0, end);
  return {
    mounted: isMethod(method) ? services.get(prefix) : undefined,
    method: isMethod(method) ? method : "GET",
    prefix,
    path: end === -1 ? "/" : whole.slice(end),
    search: mark === -1 ? "" : url.slice(mark),
  };
}

/** The host a client used, so that links lead back the way he came; only what can be a host and port. */
function originOf({ headers: { host = "" }, arrivedAt }: Exchange): string {
  if (/^[A-Za-z0-9.-]+(?::\d+)?$|^\[[0-9A-Fa-f:.]+\](?::\d+)?$/.test(host)) return `http://${host}`;
  return arrivedAt();
}

/** Keystone v2.0 has tokens in paths. */
function withoutSecrets(path: string): string {
  return path.replace(/(\/v2\.0\/tokens\/)[^/]+/, "$1***");
}

/** The way of a request from its first byte to its outcome. */
export function createPipeline(options: PipelineOptions): (exchange: Exchange) => Promise<Outcome> {
  const services = new Map(options.mounted.map((one) => [one.service.prefix, one]));
  return (exchange) => take(exchange, locate(exchange, services), options);
}

async function take(exchange: Exchange, target: Target, options: PipelineOptions): Promise<Outcome> {
  if (target.prefix === "/_sim" && options.control !== undefined) return options.control(exchange);
  const started = options.clock.now();
  const { service } = target.mounted ?? {};
  const record = (status: number, call?: Call) =>
    options.requests.add({
      method: exchange.method,
      path: withoutSecrets(exchange.url.split("?", 1)[0] ?? ""),
      query: target.search,
      service: service?.name ?? "",
      operation: call?.operation ?? "",
      status,
      project: call?.actor.projectId ?? "",
      requestId: call?.requestId ?? "",
      duration: options.clock.now() - started,
    });
  const names = service === undefined ? [] : [service.name, service.type, service.prefix];
  let effect = options.faults.next({ names, method: exchange.method, url: exchange.url });
  if (typeof effect === "object" && "delay" in effect) {
    await options.clock.sleep(effect.delay);
    effect = effect.next;
  }
  if (typeof effect === "object" && "status" in effect) {
    for await (const _ of exchange.body);
    record(effect.status);
    return rendered(imposed(effect));
  }
  if (effect === "cut-before" || effect === "hang-before") {
    record(0);
    return effect === "cut-before" ? "cut" : "hang";
  }
  options.machine.run();
  const { answer, call } = answerTo(exchange, target, options);
  const said: Answer = answer instanceof Promise ? await answer : answer;
  if (effect === "cut-after" || effect === "hang-after") {
    record(0, call);
    return effect === "cut-after" ? "cut" : "hang";
  }
  record(said.status, call);
  if (call !== undefined && answers.hasSubscribers) answers.publish({ call, answer: said } satisfies Answered);
  const reply = rendered(
    call === undefined ? said : { ...said, headers: { ...call.service.headers(call, said), ...said.headers } },
  );
  return typeof effect === "object" ? { ...reply, ...effect } : reply;
}

function answerTo(
  exchange: Exchange,
  { mounted, method, path, search }: Target,
  options: PipelineOptions,
): { readonly call?: Call; readonly answer: Answer | Promise<Answer> } {
  if (mounted !== undefined)
    return dispatch(mounted, { request: exchange, method, path, search, origin: originOf(exchange) }, options);
  const message = { message: "No service of the simulator has this path, or none this method." };
  return { answer: { status: 404, body: message } };
}

function imposed({ status, body, headers = {} }: Extract<FaultEffect, { readonly status: number }>): Answer {
  if (body === undefined) return { status, headers };
  if (body instanceof Uint8Array) return { status, headers, body };
  const plain = typeof body === "string";
  const bytes = Buffer.from(plain ? body : JSON.stringify(body));
  return { status, body: bytes, headers: { "content-type": plain ? "text/plain" : "application/json", ...headers } };
}

/** An answer as it leaves, with the headers that depend on its body. */
export function rendered({ status, body, headers }: Answer): Reply {
  const isBytes = body instanceof Uint8Array;
  const bytes = body === undefined || isBytes ? body : JSON.stringify(body);
  const head: Record<string, string | readonly string[]> = { ...headers };
  if (bytes !== undefined && !isBytes) head["content-type"] ??= "application/json";
  head["content-length"] ??= String(bytes === undefined ? 0 : Buffer.byteLength(bytes));
  return bytes === undefined ? { status, headers: head } : { status, headers: head, body: bytes };
}
