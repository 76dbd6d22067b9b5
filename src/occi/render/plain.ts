import type { Pages } from "../../cloud/index.ts";
import type { Rendered, Rendering } from "./rendering.ts";
import { categoryStructures, entityStructures, locationStructures, type Structure } from "./structures.ts";

/** `text/plain`: a structure per line, no line end after the last one, which suites read as part of a URL. */

function lines(structures: readonly Structure[]): Rendered {
  return { headers: {}, body: structures.map(({ name, value }) => `${name}: ${value}`).join("\n") };
}

async function* locationLines(pages: Pages<string>, absolute: (path: string) => string): AsyncIterable<string> {
  let separator = "";
  for await (const page of pages) {
    let text = "";
    for (const path of page) {
      text += `${separator}X-OCCI-Location: ${absolute(path)}`;
      separator = "\n";
    }
    yield text;
  }
}

export const PLAIN: Rendering = {
  name: "plain",
  mediaType: "text/plain",
  aliases: ["text/occi+plain"],
  categories: (categories) => lines(categoryStructures(categories)),
  entity: (entity) => lines(entityStructures(entity)),
  collection: (found, absolute) => ({ headers: {}, body: locationLines(found.paths(), absolute) }),
  created: (made, absolute) => lines(locationStructures(made.map(({ path }) => absolute(path)))),
  done: () => ({ headers: {}, body: "OK" }),
  error: ({ error, code }) => ({ headers: {}, body: `${code}: ${error.message}` }),
};
