import { createHash, type Hash, hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { CloudError } from "../../cloud/index.ts";
import { Refusal } from "../refusal.ts";
import type { Rendered, Rendering } from "../render/rendering.ts";
import { RENDERINGS } from "./negotiate.ts";

/**
 * Entity tags (RFC 9110 §8.8, §13). A tag is strong: it is made of the very bytes of a rendering, states and messages
 * too, so it changes with anything that a reader could see, and each rendering has its own. A write is held against the
 * tags of all renderings, so a tag that was read in one may guard a write in another. What is read and what is written
 * are two requests to the cloud, which knows no conditions. Conditional writes of one
 * gateway at one path take turns, so that of two with the same tag one is refused; another change between the two is not seen.
 *
 * A collection's tag is that of all its members together. A list is held back for it, so that it can stand before the list; one
 * that is long, or takes the cloud long, is sent as it is read, and its tag follows it in a trailer (RFC 9110 §8.8.3, §6.5).
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

const ALGORITHM = "sha256";

/** What a tag is made of before the text. JSON has no line end in it, so that the text begins after the first one. */
function beginning({ headers }: Pick<Rendered, "headers">): string {
  return `${JSON.stringify(headers)}\n`;
}

function written(digest: string): string {
  return `"${digest.slice(0, 27)}"`;
}

/** A tag in the making: of the headers that a rendering has of its own, and of its text, part by part. */
export class Tag {
  readonly #hash: Hash;

  constructor(rendered: Pick<Rendered, "headers">) {
    this.#hash = createHash(ALGORITHM).update(beginning(rendered));
  }

  /** Text, or its UTF-8. */
  add(part: string | Uint8Array): this {
    this.#hash.update(part);
    return this;
  }

  end(): string {
    return written(this.#hash.digest("base64url"));
  }
}

export async function tagOf({ headers, body }: Rendered): Promise<string> {
  // Of a whole text it is the same, and takes a fraction of the time.
  if (typeof body === "string") return written(hash(ALGORITHM, beginning({ headers }) + body, "base64url"));
  const tag = new Tag({ headers });
  for await (const part of body) tag.add(part);
  return tag.end();
}

export type Render = (rendering: Rendering) => Rendered | Promise<Rendered>;

/** The tags of all renderings that can carry the thing. */
async function tagsOf(render: Render): Promise<readonly string[]> {
  const tags: string[] = [];
  for (const rendering of RENDERINGS) {
    try {
      tags.push(await tagOf(await render(rendering)));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
    }
  }
  return tags;
}

/** How many characters of a list are held back for the sake of its tag. */
const MOST_HELD = 256 * 1024;

/** A text with its tag, or a stream whose tag nobody knows yet. */
export type Held =
  | { readonly body: string; readonly tag: string }
  | { readonly body: AsyncIterable<string>; readonly tag?: undefined };

/**
 * A stream that is short becomes a text. `late` is called when a first part is there and the next is not; when it is over,
 * what has come is held back no longer.
 */
export async function hold({ headers, body }: Rendered, late?: () => Promise<unknown>): Promise<Held> {
  if (typeof body === "string") return { body, tag: await tagOf({ headers, body }) };
  const parts = body[Symbol.asyncIterator]();
  // Made along with the text: while the cloud is at the next part.
  const tag = new Tag({ headers });
  let text = "";
  let end: Promise<undefined> | undefined;
  for (;;) {
    const next = parts.next();
    let found = text === "" || late === undefined ? await next : await Promise.race([next, setImmediate(undefined)]);
    if (found === undefined && late !== undefined) {
      end ??= late().then(() => undefined);
      found = await Promise.race([next, end]);
    }
    if (found === undefined) return { body: rest(text, parts, next) };
    if (found.done === true) return { body: text, tag: tag.end() };
    text += found.value;
    if (text.length > MOST_HELD) return { body: rest(text, parts, parts.next()) };
    tag.add(found.value);
  }
}

async function* rest(
  first: string,
  parts: AsyncIterator<string>,
  second: Promise<IteratorResult<string>>,
): AsyncIterable<string> {
  // It may fail before anybody looks at it.
  second.catch(() => {});
  try {
    yield first;
    for (let next = second; ; next = parts.next()) {
      const { value, done } = await next;
      if (done === true) return;
      yield value;
    }
  } finally {
    await parts.return?.();
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
