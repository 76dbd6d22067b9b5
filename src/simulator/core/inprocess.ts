/** The pipeline as `fetch`: standard Request and Response, no socket. */
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../cloud/runtime.ts";
import type { Exchange, Outcome, Reply } from "./exchange.ts";
import { piecesOf } from "./listener.ts";

export interface InProcessOptions {
  readonly clock: Clock;
  /** Base address of the simulator, for links. */
  readonly url: string;
  /** Ends what hangs, when the simulator closes. */
  readonly closed: AbortSignal;
  pipeline(exchange: Exchange): Promise<Outcome>;
}

/** Statuses that may not have a body (Fetch Standard, "null body status"). */
const bare: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Takes what `fetch` takes, a path too; rejects with a TypeError where a connection would be cut, as `fetch` does. */
export function createFetch(
  options: InProcessOptions,
): (input: Request | URL | string, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const address = input instanceof Request ? input : new URL(input, options.url);
    const request = new Request(address, init);
    const ends = [request.signal, options.closed];
    for (const signal of ends) signal.throwIfAborted();
    const outcome = await unlessAborted(ends, options.pipeline(exchangeOf(request, options.url)));
    if (outcome === "cut")
      throw new TypeError("fetch failed", { cause: new Error("the simulator cut the connection") });
    return outcome === "hang"
      ? unlessAborted(ends, new Promise<never>(() => {}))
      : responseOf(outcome, request.method, options.clock);
  };
}

/** What the work gives, or the reason of the first signal that aborts. Nothing of it outlives the work. */
function unlessAborted<T>(signals: readonly AbortSignal[], work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    };
    const abort = ({ target }: Event): void => {
      leave();
      reject(target instanceof AbortSignal ? target.reason : undefined);
    };
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    work.finally(leave).then(resolve, reject);
  });
}

function exchangeOf(request: Request, url: string): Exchange {
  const { host, pathname, search } = new URL(request.url);
  const headers: IncomingHttpHeaders = { host };
  for (const [name, value] of request.headers) headers[name] = value;
  const { body } = request;
  return {
    method: request.method,
    url: pathname + search,
    headers,
    peer: "process",
    hasBody: body !== null,
    body: body ?? nothing(),
    arrivedAt: () => url,
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function responseOf(reply: Reply, method: string, clock: Clock): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(reply.headers))
    for (const one of typeof value === "string" ? [value] : value) headers.append(name, one);
  const init = { status: reply.status, headers };
  if (method === "HEAD" || reply.body === undefined || bare.has(reply.status)) return new Response(null, init);
  if (reply.slow === undefined && reply.truncate === undefined)
    return new Response(typeof reply.body === "string" ? reply.body : new Uint8Array(reply.body), init);
  const pieces = piecesOf(reply, clock);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (!done) controller.enqueue(value);
      else if (reply.truncate === undefined) controller.close();
      else controller.error(new TypeError("terminated", { cause: new Error("the simulator cut the connection") }));
    },
  });
  return new Response(stream, init);
}
