import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { JsonValue } from "@bufbuild/protobuf";
import { CloudError, type Listing, type Pages, pagesOf } from "../cloud/index.ts";
import { MAX_MESSAGE_BYTES, type Route } from "./invoke.ts";
import { isObject } from "./json.ts";

/**
 * Answers on their way to the caller. A handler may leave one list of its answer open, as a stream of pages: a unary
 * gRPC answer gathers it up to the message limit, REST writes it as it comes, no faster than the caller reads.
 */

/** An answer as the JSON of its door. */
export type ToJson = (answer: object) => JsonValue;

interface Open {
  readonly member: string;
  readonly pages: Pages<unknown>;
}

/** The list of an answer that is still open. */
function openList(answer: object): Open | undefined {
  for (const [member, value] of Object.entries(answer)) {
    if (isListing(value)) return { member, pages: pagesOf(value) };
  }
  return undefined;
}

function isListing(value: unknown): value is Listing<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * The whole answer as one message; messages of the same type that are joined are one whose lists are joined. An answer
 * is never cut: what clients could not receive is refused, with the way out (house, "Pages").
 */
export async function gather(route: Route, answer: object): Promise<Uint8Array> {
  const open = openList(answer);
  const parts = [route.encodeResponse(open === undefined ? answer : { ...answer, [open.member]: [] })];
  let bytes = parts[0]?.length ?? 0;
  checkSize(bytes);
  if (open === undefined) return Buffer.concat(parts);
  const empty = route.emptyResponse();
  for await (const page of open.pages) {
    const part = route.encodeResponse({ ...empty, [open.member]: page });
    bytes += part.length;
    checkSize(bytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function checkSize(bytes: number): void {
  if (bytes <= MAX_MESSAGE_BYTES) return;
  const limit = `and a message holds ${MAX_MESSAGE_BYTES}: narrow it with the filter`;
  throw new CloudError("TOO_LARGE", `the answer has more than ${MAX_MESSAGE_BYTES - 1} bytes ${limit}`);
}

/** The answer's JSON in parts of text that follow each other. */
export async function* jsonParts(toJson: ToJson, route: Route, answer: object): AsyncIterable<string> {
  const open = openList(answer);
  if (open === undefined) {
    yield JSON.stringify(toJson(answer));
    return;
  }
  const { member, pages } = open;
  const whole = toJson({ ...answer, [member]: [] });
  const empty = route.emptyResponse();
  const name = route.operation.output.fields.find(({ localName }) => localName === member)?.jsonName ?? member;
  const rest = isObject(whole) ? Object.entries(whole).filter(([key]) => key !== name) : [];
  yield `{${rest.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`).join("")}"${name}":[`;
  let separator = "";
  for await (const page of pages) {
    if (page.length === 0) continue;
    const part = toJson({ ...empty, [member]: page });
    const list = isObject(part) ? part[name] : undefined;
    yield `${separator}${JSON.stringify(list).slice(1, -1)}`;
    separator = ",";
  }
  yield "]}";
}

/**
 * What is held back: an answer up to this many characters goes out whole, with its length, or is an error as a whole. The
 * first page of a long list of servers (20) has more.
 */
const HELD = 8_192;

/** Writes JSON with status 200; kube-vim-api's clients know no other success. `head` is called before anything is sent. */
export async function writeAnswer(
  response: ServerResponse,
  parts: AsyncIterable<string>,
  head: () => void,
): Promise<void> {
  const start = () => {
    head();
    response.setHeader("Content-Type", "application/json; charset=utf-8");
  };
  let held = "";
  for await (const part of parts) {
    held += part;
    if (held.length < HELD) continue;
    if (!response.headersSent) start();
    const isTaken = response.write(held);
    held = "";
    // The rest of the list would change nothing of the answer to HEAD.
    if (response.req.method === "HEAD") break;
    if (!isTaken) await drained(response);
  }
  if (response.headersSent) {
    response.end(held);
    return;
  }
  start();
  const bytes = Buffer.byteLength(held);
  response.setHeader("Content-Length", bytes);
  // Text of ASCII is the same in Latin-1, which is the quicker to write.
  response.end(held, bytes === held.length ? "latin1" : "utf8");
}

/** Until the caller has taken what was written; a caller who has gone ends the call. */
async function drained(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  try {
    if (response.destroyed) leave();
    await once(response, "drain", { signal: gone.signal });
  } catch (cause) {
    throw new CloudError("CANCELLED", "the caller went away", { cause });
  } finally {
    response.off("close", leave);
  }
}
