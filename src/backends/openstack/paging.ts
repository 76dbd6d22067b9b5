/** Lists of any length as streams of pages, whichever way a service says where the next page is. */
import { CloudError, type Listing } from "../../cloud/index.ts";
import { asObjects, isObject, type JsonObject, textOrNone } from "./json.ts";
import type { Operation, Query } from "./pipeline/exchange.ts";
import type { Session } from "./session.ts";

/** The pages of a list; `member` is the list's name in the answer (`servers`). */
export async function* pages(
  session: Session,
  operation: Operation,
  member: string,
): AsyncGenerator<readonly JsonObject[]> {
  const seen = new Set<string>();
  let query: Query | undefined = operation.query ?? [];
  while (query !== undefined) {
    const body = await session.ask({ ...operation, query });
    const items = asObjects(body[member], `${operation.name}: ${member}`);
    yield items;
    const next = nextQuery(body, member);
    // Some services offer a next page after the last one: an empty page ends the list.
    if (next === undefined || items.length === 0) return;
    const key = JSON.stringify(next);
    if (seen.has(key)) {
      throw new CloudError("UPSTREAM_FAILED", `${operation.name}: the cloud's pages go in a circle`);
    }
    seen.add(key);
    query = next;
  }
}

/** The items of a list, decoded. */
export async function* items<Item>(
  session: Session,
  operation: Operation,
  member: string,
  decode: (json: JsonObject) => Item,
): Listing<Item> {
  for await (const page of pages(session, operation, member)) for (const json of page) yield decode(json);
}

/**
 * The query of the next page. Only the query is taken from a link, and sent to our own endpoint: behind proxies the
 * links' hosts and prefixes are often wrong, and a token must not go where an answer says.
 */
function nextQuery(body: JsonObject, member: string): Query | undefined {
  const link = nextLink(body, member);
  if (link === undefined) return undefined;
  const question = link.indexOf("?");
  if (question < 0) return undefined;
  const search = link.slice(question + 1).replace(/#.*$/, "");
  return [...new URLSearchParams(search)];
}

/** Nova and Neutron: `servers_links`; Glance: `next`; Keystone: `links.next`. */
function nextLink(body: JsonObject, member: string): string | undefined {
  const listed = body[`${member}_links`];
  if (Array.isArray(listed)) {
    const next = listed.filter(isObject).find((link) => link.rel === "next");
    return textOrNone(next?.href);
  }
  if (isObject(body.links)) return textOrNone(body.links.next);
  return textOrNone(body.next);
}
