import { flat } from "../../cloud/index.ts";
import { hasControl } from "../attribute.ts";
import { notAcceptable } from "../refusal.ts";
import type { Rendered, Rendering } from "./rendering.ts";
import { categoryStructures, entityStructures, locationStructures, type Structure } from "./structures.ts";

/** `text/occi`: everything in headers, the body is `OK` (GFD.229 §7). */

/**
 * Node and Python clients refuse more than 100 headers or 16 KiB together, so there is one header per name and a bound
 * on all; what does not fit is refused and never cut (GFD.229 §7).
 */
const MOST_BYTES = 15 * 1024;

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Whether headers carry a text unchanged: Latin-1, and not a text that a reader would take for UTF-8. */
export function isHeaderText(text: string): boolean {
  let isAscii = true;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff) return false;
    if (code > 0x7f) isAscii = false;
  }
  if (isAscii) return true;
  try {
    UTF8.decode(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    return false;
  } catch {
    return true;
  }
}

/** A header as a client meant it: UTF-8 when its bytes are that, else Latin-1. Node hands over Latin-1. */
export function headerText(value: string): string {
  if (isHeaderText(value)) return value;
  return UTF8.decode(Uint8Array.from(value, (char) => char.charCodeAt(0)));
}

function headers(structures: readonly Structure[]): Rendered {
  const joined = new Map<string, string[]>();
  let bytes = 0;
  for (const { name, value } of structures) {
    if (!isHeaderText(value)) {
      throw notAcceptable("headers cannot carry this text: ask for text/plain or application/occi+json");
    }
    bytes += value.length + 2;
    const values = joined.get(name);
    if (values === undefined) joined.set(name, [value]);
    else values.push(value);
  }
  if (bytes > MOST_BYTES) {
    throw notAcceptable("the answer is too large for headers: ask for text/plain or application/occi+json");
  }
  return { headers: Object.fromEntries([...joined].map(([name, values]) => [name, values.join(", ")])), body: "OK" };
}

export const HEADERS: Rendering = {
  name: "headers",
  mediaType: "text/occi",
  aliases: [],
  categories: (categories) => headers(categoryStructures(categories)),
  entity: (entity) => headers(entityStructures(entity)),
  async collection(found, absolute) {
    const urls: string[] = [];
    let bytes = 0;
    for await (const path of flat(found.paths())) {
      const url = absolute(path);
      bytes += url.length + 2;
      urls.push(url);
      if (bytes > MOST_BYTES) break;
    }
    return headers(locationStructures(urls));
  },
  created: (made, absolute) => headers(locationStructures(made.map(({ path }) => absolute(path)))),
  done: () => headers([]),
  error({ error, code }) {
    const text = `${code}: ${error.message}`;
    const fits = isHeaderText(text) && !hasControl(text) && text.length <= MOST_BYTES;
    return { headers: fits ? { "X-OCCI-Error": text } : {}, body: text };
  },
};
