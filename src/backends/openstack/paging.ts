/** Lists of any length as streams of pages, whichever way a service says where the next page is. */
import { CloudError, type Listing, paged } from "../../cloud/index.ts";
import { asObjects, isObject, type JsonObject, type parseObject, textOrNone } from "./json.ts";
import type { Operation, Query } from "./pipeline/exchange.ts";
import type { Session } from "./session.ts";

/** The pages of a list; `member` is the list's name in the answer (`servers`). */
export async function* pages(
  session: Session,
  operation: Operation,
  member: string,
): AsyncGenerator<readonly JsonObject[]> {
  const seen = new Set<string>();
  let query: Query = operation.query ?? [];
  let before: readonly JsonObject[] = [];
  for (;;) {
    const body = await readPage(session, { ...operation, query }, before);
    const items = asObjects(body[member], `${operation.name}: ${member}`);
    yield items;
    const next = nextQuery(body, member);
    // Some services offer a next page after the last one: an empty page ends the list.
    if (next === undefined || items.length === 0) return;
    const key = JSON.stringify(next);
    if (seen.has(key)) throw inCircles(operation);
    seen.add(key);
    query = next;
    before = items;
  }
}

export function inCircles({ name }: Operation): CloudError {
  return new CloudError("UPSTREAM_FAILED", `${name}: the cloud's pages go in a circle`);
}

/** How many items before the one that is gone are tried as the place to go on from. */
const STEPS_BACK = 5;

/**
 * A page begins after a marker, the last item of the page before; when that was deleted meanwhile the services answer
 * 400 or 404. Then the list goes on after the item before it, which at worst shows nothing twice: what lies between
 * the two is gone.
 */
export async function readPage(
  session: Session,
  operation: Operation,
  before: readonly JsonObject[],
  read?: typeof parseObject,
): Promise<JsonObject> {
  const others = before.slice(-STEPS_BACK - 1, -1).reverse();
  let attempt = operation;
  for (;;) {
    try {
      return await session.ask(attempt, read);
    } catch (thrown) {
      const id = textOrNone(others.shift()?.id);
      if (id === undefined || !CloudError.is(thrown, "NOT_FOUND", "INVALID_VALUE")) throw thrown;
      attempt = { ...attempt, query: replaced(attempt.query ?? [], "marker", id) };
    }
  }
}

function replaced(query: Query, name: string, value: string): Query {
  return query.map((pair) => (pair[0] === name ? ([name, value] as const) : pair));
}

/** The items of a list, decoded. */
export function items<Item>(
  session: Session,
  operation: Operation,
  member: string,
  decode: (json: JsonObject) => Item,
): Listing<Item> {
  return paged(async function* () {
    for await (const page of pages(session, operation, member)) yield page.map(decode);
  });
}

/**
 * The query of the next page. Only the query is taken from a link, and sent to our own endpoint: behind proxies the
 * links' hosts and prefixes are often wrong, and a token must not go where an answer says.
 */
export function nextQuery(body: JsonObject, member: string): Query | undefined {
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
