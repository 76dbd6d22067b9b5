/** The innermost step: one HTTP request on a kept-alive connection, cancelled with its caller. Follows no redirect. */
import { Agent, type Dispatcher } from "undici";
import { onAbort } from "./abort.ts";
import { type Answer, type Exchange, Lost, type Send } from "./exchange.ts";
import { isStream, lostBy, plainHeaders, sendStream } from "./stream.ts";

export interface TransportLimits {
  /** Connections per origin. */
  readonly connections: number;
  readonly connectMs: number;
  /** From the request's end to the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of the answer's body. */
  readonly bodyMs: number;
  readonly answerBytes: number;
}

export const TRANSPORT_LIMITS: TransportLimits = {
  connections: 64,
  connectMs: 10_000,
  // Nova answers a page of 100 servers in 0.8 s at worst when idle; a busy cloud takes many times that.
  headersMs: 60_000,
  bodyMs: 30_000,
  answerBytes: 64 * 1024 * 1024,
};

/** What the connections to one cloud are secured with. */
export interface Tls {
  /** Only ever false where the operator wrote `verify: false`. */
  readonly verify: boolean;
  /** Certificates, PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Transport {
  readonly send: Send;
  close(): Promise<void>;
}

export function openTransport(tls: Tls, limits: TransportLimits = TRANSPORT_LIMITS): Transport {
  const agent = new Agent({
    connections: limits.connections,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.bodyMs,
    connect: {
      timeout: limits.connectMs,
      rejectUnauthorized: tls.verify,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
    },
  });
  return {
    send: (exchange) =>
      isStream(exchange)
        ? sendStream(agent, exchange, limits.answerBytes)
        : sendOnce(agent, exchange, limits.answerBytes),
    // What is still under way at the end is cut: whoever waits has been told to stop.
    close: () => agent.destroy(),
  };
}

function sendOnce(agent: Agent, exchange: Exchange, answerBytes: number): Promise<Answer> {
  const { operation, context, url } = exchange;
  const { signal } = context;
  if (signal.aborted) return Promise.reject(new Lost("aborted", false, "given up before it was sent", signal.reason));
  const body = operation.body === undefined ? null : JSON.stringify(operation.body);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let wasSent = false;
    let started: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: Readonly<Record<string, string>> = {};
    const lose = (lost: Lost) => {
      forget();
      reject(lost);
      started?.abort(lost);
    };
    const forget = onAbort(signal, () => lose(new Lost("aborted", wasSent, "given up by the caller", signal.reason)));
    agent.dispatch(
      {
        origin: url.origin,
        path: url.path,
        method: operation.method,
        headers: { ...exchange.headers, ...(body === null ? {} : { "content-type": "application/json" }) },
        body,
      },
      {
        // Called when a connection stands and the request is about to be written: from here on the cloud may see it.
        onRequestStart: (controller) => {
          started = controller;
          if (signal.aborted) return controller.abort(new Error("given up"));
          wasSent = true;
        },
        onResponseStart: (_controller, statusCode, incoming) => {
          status = statusCode;
          headers = plainHeaders(incoming);
        },
        onResponseData: (_controller, chunk) => {
          size += chunk.length;
          if (size > answerBytes) lose(new Lost("too-large", true, `more than ${answerBytes} bytes`, undefined));
          else pieces.push(chunk);
        },
        onResponseEnd: () => {
          forget();
          resolve({ status, headers, text: textOf(pieces, size) });
        },
        onResponseError: (_controller, error) => lose(lostBy(error, wasSent)),
      },
    );
  });
}

/** A text of several pieces would be made whole by its reader, at the cost of another copy. */
function textOf(pieces: readonly Buffer[], size: number): string {
  const [only, ...others] = pieces;
  if (only === undefined) return "";
  return (others.length === 0 ? only : Buffer.concat(pieces, size)).toString("utf8");
}
