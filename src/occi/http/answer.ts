import type { ServerResponse } from "node:http";
import type { Clock, CloudError } from "../../cloud/index.ts";
import { Refusal, refusedAs } from "../refusal.ts";
import { isHeaderText } from "../render/headers.ts";
import { JSON_RENDERING } from "../render/json.ts";
import { PLAIN } from "../render/plain.ts";
import type { Rendered } from "../render/rendering.ts";
import { hold, isConditional, isKnown, Tag } from "./conditions.ts";
import type { Answer } from "./exchange.ts";
import type { Acceptable } from "./negotiate.ts";

/** A rendering that was chosen and worked. */
interface Chosen {
  readonly contentType: string;
  readonly rendered: Rendered;
}

/** How an answer is written, beside what it is. */
export interface Writing {
  readonly isHead: boolean;
  readonly clock: Clock;
  /** The end of the request. */
  readonly signal: AbortSignal;
}

/** Milliseconds that the first part of a list is held back, in case the rest follows at once and has a tag with it. */
const HELD_MS = 10;

/**
 * The best acceptable rendering that can carry the answer whole. After a write the client must hear of it, so a text it
 * did not ask for is better than a refusal that looks as if nothing had happened (RFC 9110 §12.4.1 allows that).
 */
export async function choose(answer: Answer, acceptable: readonly Acceptable[]): Promise<Chosen> {
  const spare = [PLAIN, JSON_RENDERING].map((rendering) => ({ rendering, contentType: rendering.mediaType }));
  let refusal: unknown;
  for (const { rendering, contentType } of answer.isDone === true ? [...acceptable, ...spare] : acceptable) {
    try {
      return { contentType, rendered: await answer.render(rendering) };
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.refused.code !== "not-acceptable") throw thrown;
      refusal ??= thrown;
    }
  }
  throw refusal;
}

export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  acceptable: readonly Acceptable[],
  { isHead, clock, signal }: Writing,
): Promise<void> {
  const { contentType, rendered: chosen } = await choose(answer, acceptable);
  const { tagged } = answer;
  // Who has set a condition waits for its outcome, and who asks for nothing but the headers for all of them.
  const isPatient = isHead || (tagged !== undefined && isConditional(tagged));
  const late = isPatient ? undefined : () => clock.sleep(HELD_MS, signal);
  const { body, tag } = tagged === undefined ? { body: chosen.body, tag: undefined } : await hold(chosen, late);
  if (tagged !== undefined && tag !== undefined && isKnown(tagged, [tag])) {
    response.statusCode = 304;
    response.setHeader("ETag", tag).setHeader("Vary", "Accept").end();
    return;
  }
  // HTTP/1.0 has no trailers.
  const isFollowed = tagged !== undefined && tag === undefined && !isHead && response.req.httpVersion !== "1.0";
  const head = () => {
    response.statusCode = answer.status;
    response.setHeader("Content-Type", contentType);
    if (tagged !== undefined) response.setHeader("Vary", "Accept");
    if (tag !== undefined) response.setHeader("ETag", tag);
    if (isFollowed) response.setHeader("Trailer", "ETag");
    for (const [name, value] of Object.entries({ ...answer.headers, ...chosen.headers }))
      response.setHeader(name, value);
  };
  if (typeof body === "string") {
    head();
    const bytes = Buffer.byteLength(body);
    response.setHeader("Content-Length", bytes);
    if (isHead) response.end();
    // As bytes: a text would make Node write the headers before it in UTF-8 too, and they are Latin-1. One of ASCII is both, and
    // goes out with them in one piece.
    else if (bytes === body.length) response.end(body, "latin1");
    else response.end(Buffer.from(body));
    return;
  }
  await writeStream(response, body, head, isHead, isFollowed ? new Tag(chosen) : undefined);
}

/** Nothing is sent before the first part is there, so that a cloud that refuses is heard as a refusal. */
async function writeStream(
  response: ServerResponse,
  body: AsyncIterable<string>,
  head: () => void,
  isHead: boolean,
  tag: Tag | undefined,
): Promise<void> {
  let isOpen = false;
  for await (const part of body) {
    if (part === "") continue;
    if (!isOpen) head();
    isOpen = true;
    if (isHead) break;
    const bytes = Buffer.from(part);
    tag?.add(bytes);
    const isTaken = response.write(bytes);
    if (response.destroyed) return;
    if (!isTaken) await drained(response);
  }
  if (!isOpen) head();
  if (tag !== undefined) response.addTrailers({ ETag: tag.end() });
  response.end();
}

/** Until the client has taken what was written, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off("drain", end).off("close", end);
      resolve();
    };
    response.on("drain", end).on("close", end);
  });
}

/** A refusal in the rendering that the client takes, else as text; never more than the error itself says. */
export function writeError(
  response: ServerResponse,
  error: CloudError,
  requestId: string,
  acceptable: readonly Acceptable[],
): void {
  const { status, code } = refusedAs(error);
  const choice = acceptable.find(({ rendering }) => rendering.name !== "uris");
  const { rendering, contentType } = choice ?? { rendering: PLAIN, contentType: PLAIN.mediaType };
  const { headers, body } = rendering.error({ error, status, code, requestId });
  const own = error instanceof Refusal ? error.headers : {};
  response.statusCode = status;
  response.setHeader("Content-Type", contentType);
  for (const [name, value] of Object.entries({ ...headers, ...own })) response.setHeader(name, value);
  const retry = error.retryAfterSeconds ?? (status === 503 ? RETRY_SECONDS : undefined);
  if (retry !== undefined) response.setHeader("Retry-After", Math.ceil(retry));
  response.end(typeof body === "string" ? Buffer.from(body) : undefined);
}

/** When the cloud does not say, clients come back after this. */
const RETRY_SECONDS = 10;

/** RFC 9111 §5.5's general form, which RFC 7234 numbers 299. */
export function warningHeader(message: string): string | undefined {
  const text = message.replaceAll(/[\\"]/g, "'");
  return isHeaderText(text) ? `299 - "${text}"` : undefined;
}
