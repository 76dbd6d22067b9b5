/** One HTTP request whose body, or whose answer's, is not held in memory; it goes no faster than its slower end. */
import { Readable } from "node:stream";
import type { Agent, Dispatcher } from "undici";
import { CloudError } from "../../../cloud/index.ts";
import { type Answer, type Exchange, Lost } from "./exchange.ts";

export function isStream({ operation }: Exchange): boolean {
  return operation.data !== undefined || operation.isStreamed === true;
}

export async function sendStream(agent: Agent, exchange: Exchange, answerBytes: number): Promise<Answer> {
  const { operation, context, url } = exchange;
  const { signal } = context;
  if (signal.aborted) throw new Lost("aborted", false, "given up before it was sent", signal.reason);
  const source = operation.data === undefined ? undefined : watch(operation.data);
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: url.path,
      method: operation.method,
      headers: { ...exchange.headers, ...headersOfData(exchange) },
      body: source === undefined ? null : Readable.from(source.data, { objectMode: false }),
      signal,
    });
    const answer = { status: statusCode, headers: plainHeaders(headers) };
    const isWanted = operation.isStreamed === true && statusCode >= 200 && statusCode < 300;
    if (isWanted) return { ...answer, text: "", data: received(body, exchange) };
    return { ...answer, text: await textOf(body, answerBytes) };
  } catch (thrown) {
    if (source?.failure !== undefined) throw source.failure;
    throw lostStream(thrown, signal, source?.isBegun === true || operation.data === undefined);
  }
}

function headersOfData({ operation }: Exchange): Readonly<Record<string, string>> {
  if (operation.data === undefined) return {};
  const size = operation.dataBytes;
  return {
    "content-type": "application/octet-stream",
    ...(size === undefined ? {} : { "content-length": String(size) }),
  };
}

interface Source {
  readonly data: AsyncIterable<Uint8Array>;
  isBegun: boolean;
  /** Why the data ended before their end: the caller's fault and not the cloud's. */
  failure: CloudError | undefined;
}

function watch(data: AsyncIterable<Uint8Array>): Source {
  const source: Source = { data: read(), isBegun: false, failure: undefined };
  async function* read() {
    source.isBegun = true;
    try {
      yield* data;
    } catch (cause) {
      source.failure =
        cause instanceof CloudError ? cause : new CloudError("CANCELLED", "the data broke off", { cause });
      throw cause;
    }
  }
  return source;
}

async function* received(body: Dispatcher.ResponseData["body"], exchange: Exchange): AsyncGenerator<Uint8Array> {
  const { service, name } = exchange.operation;
  try {
    for await (const chunk of body) yield chunk;
  } catch (thrown) {
    const lost = lostStream(thrown, exchange.context.signal, true);
    const reason = lost.kind === "aborted" ? "CANCELLED" : "UNAVAILABLE";
    throw new CloudError(reason, `${service}: ${name} broke off: ${lost.message}`, { cause: lost });
  }
}

async function textOf(body: Dispatcher.ResponseData["body"], most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new Lost("too-large", true, `more than ${most} bytes`, undefined);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function lostStream(thrown: unknown, signal: AbortSignal, wasSent: boolean): Lost {
  if (thrown instanceof Lost) return thrown;
  if (signal.aborted) return new Lost("aborted", wasSent, "given up by the caller", thrown);
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  // Undici reads no data before it has a connection.
  const isUnconnected =
    "code" in error && /^(?:ECONNREFUSED|ENOTFOUND|UND_ERR_CONNECT_TIMEOUT)$/.test(String(error.code));
  return lostBy(error, wasSent && !isUnconnected);
}

/** Headers by the lower-case names that undici gives them, repeated ones joined. */
export function plainHeaders(
  incoming: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const name in incoming) {
    const value = incoming[name];
    if (value !== undefined) plain[name] = typeof value === "string" ? value : value.join(", ");
  }
  return plain;
}

/** What undici says, as a lost request. */
export function lostBy(error: Error, wasSent: boolean): Lost {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (!wasSent) return new Lost("connect", false, `no connection (${code})`, error);
  const isTimeout = code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT";
  return isTimeout
    ? new Lost("timeout", true, `no answer in time (${code})`, error)
    : new Lost("cut", true, `the connection was cut (${code})`, error);
}
