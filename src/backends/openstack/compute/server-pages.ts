/**
 * Servers, page after page. In detail Nova takes some 2 ms for each, and one worker of it works on one page: a list that
 * does not fit into its first page, which is short, is read from both ends at a time.
 */
import { CloudError, type Pages } from "../../../cloud/index.ts";
import { fromBothEnds, idOf, type RawPage, type TwoEnded } from "../both-ends.ts";
import { asObjects, type JsonObject, textOrEmpty } from "../json.ts";
import { inCircles, nextQuery, readPage } from "../paging.ts";
import type { Operation, Query } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";

/** Short, so that the first servers are there soon: the rig's Nova takes 0.1 s for 20 servers and 1.8 s for 1000. */
const FIRST_PAGE = 20;
/** The ports of 100 servers fit into one URL. */
export const DETAIL_PAGE = 100;
/** What comes from the end before its turn is kept in memory. */
const MOST_HELD = 1000;
/** Pages that a list has under way. */
const BOTH = 2;

/**
 * Nova's own order, newest first; servers of one second have none but by their ids (nova stable/zed:
 * compute/instance_list.py, InstanceSortContext). Said, so that the other one is its very reverse.
 */
const FROM_START = order("desc", "asc");
const FROM_END = order("asc", "desc");

function order(created: string, uuid: string): Query {
  return [
    ["sort_key", "created_at"],
    ["sort_dir", created],
    ["sort_key", "uuid"],
    ["sort_dir", uuid],
  ];
}

/** A list of servers in detail; `read` gives one thing for each server of a page. */
export async function* serverPages<Item>(
  session: Session,
  detail: Operation,
  read: (page: readonly JsonObject[]) => Promise<readonly Item[]>,
): Pages<Item> {
  const list = { start: also(detail, FROM_START), end: also(detail, FROM_END) };
  const first = await fetchPage(session, limited(list.start, FIRST_PAGE), []);
  if (!first.hasMore) {
    yield await read(first.items);
    return;
  }
  const gone = new AbortController();
  const own = session.until(AbortSignal.any([session.signal, gone.signal]));
  const turns = { start: turning(own, list.start, DETAIL_PAGE), end: turning(own, list.end, DETAIL_PAGE) };
  const fetch: TwoEnded<Item>["fetch"] = (from, before) => turns[from](before);
  const beyond = async (last: JsonObject): Promise<readonly JsonObject[]> => {
    try {
      return (await turning(own, list.start, DETAIL_PAGE)([last])).items;
    } catch (thrown) {
      // The last one is gone, and nothing can be said to follow it.
      if (CloudError.is(thrown, "NOT_FOUND", "INVALID_VALUE")) return [];
      throw thrown;
    }
  };
  const places = session.ahead.take(BOTH);
  try {
    if (places === BOTH) yield* fromBothEnds({ fetch, beyond, read, isSettled, follows, mostHeld: MOST_HELD }, first);
    // Others have the places.
    else for await (const page of inTurn(turns.start, first)) yield await read(page);
  } finally {
    // Whoever stops reading needs nothing of what is still under way.
    gone.abort();
    session.ahead.give(places);
  }
}

/** Servers that no cell has yet come before all others. */
function isSettled({ status }: JsonObject): boolean {
  return status !== "BUILD";
}

function follows(json: JsonObject, before: JsonObject): boolean {
  const [created, sooner] = [textOrEmpty(json.created), textOrEmpty(before.created)];
  return created === sooner ? idOf(json).toLowerCase() > idOf(before).toLowerCase() : created < sooner;
}

type Turning = (before: readonly JsonObject[]) => Promise<RawPage>;

async function* inTurn(turn: Turning, first: RawPage): Pages<JsonObject> {
  for (let page = first; ; page = await turn(page.items)) {
    yield page.items;
    if (!page.hasMore) return;
  }
}

/** Fetches the page that follows another one. */
function turning(session: Session, operation: Operation, limit: number): Turning {
  const markers = new Set<string>();
  return async (before) => {
    const last = before.at(-1);
    const page = limited(operation, limit);
    if (last === undefined) return fetchPage(session, page, before);
    const marker = idOf(last);
    if (markers.has(marker)) throw inCircles(operation);
    markers.add(marker);
    return fetchPage(session, also(page, [["marker", marker]]), before);
  };
}

async function fetchPage(session: Session, operation: Operation, before: readonly JsonObject[]): Promise<RawPage> {
  const body = await readPage(session, operation, before);
  const items = asObjects(body.servers, `${operation.name}: servers`);
  return { items, hasMore: items.length > 0 && nextQuery(body, "servers") !== undefined };
}

export function limited(operation: Operation, limit: number): Operation {
  return also(operation, [["limit", String(limit)]]);
}

export function also(operation: Operation, more: Query): Operation {
  return { ...operation, query: [...(operation.query ?? []), ...more] };
}
