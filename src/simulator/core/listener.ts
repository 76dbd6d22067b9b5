/** The pipeline behind a TCP port. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Clock, Log } from "../../cloud/runtime.ts";
import type { Exchange, Outcome, Reply } from "./exchange.ts";

const { createServer } = process.getBuiltinModule("node:http");

export interface ListenerOptions {
  readonly clock: Clock;
  readonly log: Log;
  pipeline(exchange: Exchange): Promise<Outcome>;
}

/** A server that is not listening yet. */
export function createListener({ clock, log, pipeline }: ListenerOptions): Server {
  return createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    pipeline(exchangeOf(request))
      .then((outcome) => settle(outcome, request, response, clock))
      .catch((error: unknown) => {
        log.error({ error }, "simulator could not answer");
        response.destroy();
      });
  });
}

function exchangeOf(request: IncomingMessage): Exchange {
  const { method = "GET", url = "/", headers, socket } = request;
  return {
    method,
    url,
    headers,
    peer: /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? "") ? "loopback" : "remote",
    hasBody: headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0",
    body: request,
    arrivedAt: () => {
      const { localAddress = "127.0.0.1", localPort = 80 } = socket;
      return `http://${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
    },
  };
}

async function settle(
  outcome: Outcome,
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
): Promise<void> {
  if (outcome === "cut") request.socket.destroy();
  if (typeof outcome === "string") return;
  response.writeHead(outcome.status, mutable(outcome.headers));
  if (request.method === "HEAD" || outcome.body === undefined) response.end();
  else if (outcome.slow === undefined && outcome.truncate === undefined) response.end(outcome.body);
  else {
    response.flushHeaders();
    for await (const piece of piecesOf(outcome, clock)) {
      if (response.destroyed) return;
      // Written out before the connection may be cut.
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    }
    if (outcome.truncate === undefined) response.end();
    else request.socket.destroy();
  }
  if (!request.readableEnded) request.resume();
}

/** A body as slow and as short as the reply says. */
export async function* piecesOf({ body = "", slow, truncate }: Reply, clock: Clock): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body).subarray(0, truncate);
  const size = slow?.bytes ?? bytes.length;
  for (let start = 0; start < bytes.length; start += size) {
    if (slow !== undefined) await clock.sleep(slow.every);
    yield bytes.subarray(start, start + size);
  }
}

function mutable(headers: Reply["headers"]): Record<string, string | string[]> {
  const copy: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) copy[name] = typeof value === "string" ? value : [...value];
  return copy;
}
