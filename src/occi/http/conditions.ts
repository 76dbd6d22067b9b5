import { createHash } from "node:crypto";
import { CloudError } from "../../cloud/index.ts";
import { Refusal } from "../refusal.ts";
import type { Rendered, Rendering } from "../render/rendering.ts";
import { RENDERINGS } from "./negotiate.ts";

/**
 * Entity tags (RFC 9110 §8.8, §13). A tag is strong: it is made of the very bytes of a rendering, states and messages
 * too, so it changes with anything that a reader could see, and each rendering has its own. A write is held against the
 * tags of all renderings, so a tag that was read in one may guard a write in another. What is read and what is written
 * are two requests to the cloud, which knows no conditions: a change between the two is not seen.
 *
 * A collection's tag is that of all its members together; a long one streams and has no tag: there only `*` is true.
 */

export interface Conditions {
  /** Tags with their quotes, `*` for any; absent when the client set no such condition. */
  readonly ifMatch: readonly string[] | undefined;
  readonly ifNoneMatch: readonly string[] | undefined;
}

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const LIST = /(?:W\/)?"[^"]*"|[^\s,]+/g;

export function readConditions(header: (name: string) => string | undefined): Conditions {
  return {
    ifMatch: readTags("if-match", header("if-match")),
    ifNoneMatch: readTags("if-none-match", header("if-none-match")),
  };
}

function readTags(name: string, value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const tags = value.match(LIST) ?? [];
  const isAny = tags.length === 1 && tags[0] === "*";
  if (tags.length === 0 || (!isAny && !tags.every((tag) => TAG.test(tag)))) {
    throw new CloudError("MALFORMED", `${name} holds "${value}", which is neither * nor a list of tags`, {
      field: name,
    });
  }
  return tags;
}

export function tagOf({ headers, body }: Rendered): string | undefined {
  if (typeof body !== "string") return undefined;
  // JSON has no line end in it, so that the text begins after the first one.
  const hash = createHash("sha256")
    .update(`${JSON.stringify(headers)}\n`)
    .update(body)
    .digest("base64url");
  return `"${hash.slice(0, 27)}"`;
}

export type Render = (rendering: Rendering) => Rendered | Promise<Rendered>;

/** The tags of all renderings that can carry the thing. */
async function tagsOf(render: Render): Promise<readonly string[]> {
  const tags: string[] = [];
  for (const rendering of RENDERINGS) {
    try {
      const tag = tagOf(await hold(await render(rendering)));
      if (tag !== undefined) tags.push(tag);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
    }
  }
  return tags;
}

/** How much of a list is kept in memory for the sake of its tag; a longer one is sent as it is read and has none. */
const MOST_HELD = 256 * 1024;

/** A stream that is short enough becomes a text. */
export async function hold({ headers, body }: Rendered): Promise<Rendered> {
  if (typeof body === "string") return { headers, body };
  const parts = body[Symbol.asyncIterator]();
  let text = "";
  for (;;) {
    const { value, done } = await parts.next();
    if (done === true) return { headers, body: text };
    text += value;
    if (text.length > MOST_HELD) return { headers, body: rest(text, parts) };
  }
}

async function* rest(first: string, parts: AsyncIterator<string>): AsyncIterable<string> {
  yield first;
  for (;;) {
    const { value, done } = await parts.next();
    if (done === true) return;
    yield value;
  }
}

/** If-Match compares strongly: a weak tag matches nothing (RFC 9110 §13.1.1). */
function holdsMatch(wanted: readonly string[], tags: readonly string[]): boolean {
  return wanted.some((tag) => tags.includes(tag));
}

/** If-None-Match compares weakly (RFC 9110 §13.1.2). */
export function isKnown({ ifNoneMatch = [] }: Conditions, tags: readonly string[]): boolean {
  return ifNoneMatch[0] === "*" || ifNoneMatch.some((tag) => tags.includes(tag.replace(/^W\//, "")));
}

export function isConditional({ ifMatch, ifNoneMatch }: Conditions): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

/** Before a read: `If-None-Match` is answered later, with the rendering that is chosen. */
export async function requireMatch({ ifMatch }: Conditions, render: Render | undefined): Promise<void> {
  if (ifMatch === undefined) return;
  const isThere = render !== undefined;
  if (isThere && (ifMatch[0] === "*" || holdsMatch(ifMatch, await tagsOf(render)))) return;
  throw failed("if-match", "it is not as the tag says");
}

/** Before a write; without `render` nothing is there. */
export async function requireForWrite(conditions: Conditions, render: Render | undefined): Promise<void> {
  await requireMatch(conditions, render);
  const { ifNoneMatch } = conditions;
  if (ifNoneMatch === undefined || render === undefined) return;
  if (ifNoneMatch[0] !== "*" && !isKnown(conditions, await tagsOf(render))) return;
  throw failed("if-none-match", "it is there, and as the tag says");
}

function failed(field: string, message: string): Refusal {
  return new Refusal("CONFLICT", { status: 412, code: "precondition-failed" }, message, { field });
}
