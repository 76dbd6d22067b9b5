import type { Pages } from "../../cloud/index.ts";
import { notAcceptable, Refusal } from "../refusal.ts";
import type { Rendered, Rendering } from "./rendering.ts";

/** `text/uri-list`: URIs and nothing else, CRLF after each (RFC 2483 §5). */

function list(uris: readonly string[]): Rendered {
  return { headers: {}, body: uris.map((uri) => `${uri}\r\n`).join("") };
}

async function* stream(pages: Pages<string>, absolute: (path: string) => string): AsyncIterable<string> {
  for await (const page of pages) yield page.map((path) => `${absolute(path)}\r\n`).join("");
}

export const URIS: Rendering = {
  name: "uris",
  mediaType: "text/uri-list",
  aliases: [],
  categories: (categories, absolute) =>
    list(categories.flatMap(({ location }) => (location === undefined ? [] : [absolute(location)]))),
  entity: () => {
    // GFD.229 §8: 400, where 406 would be HTTP's choice.
    const refused = { status: 400, code: "not-acceptable" };
    throw new Refusal("INVALID_VALUE", refused, "a URI list cannot show one entity", { field: "accept" });
  },
  collection: (found, absolute) => ({ headers: {}, body: stream(found.paths(), absolute) }),
  created: (made, absolute) => list(made.map(({ path }) => absolute(path))),
  done: () => list([]),
  error: () => {
    throw notAcceptable("a URI list cannot show an error");
  },
};
