/**
 * Servers in detail, page after page, several pages under way at a time. Nova takes longer for each server in detail
 * than for all their names, and one worker of it works on one page: the names say where pages begin, and the pages are
 * fetched side by side. A list that fits into its first page costs one request.
 */
import { asObjects, asText, type JsonObject } from "../json.ts";
import { inCircles, nextQuery, pages, readPage } from "../paging.ts";
import type { Operation, Query } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";

/** Short, so that the first servers are there soon: a page of 50 takes the rig's Nova 0.1 s and one of 1000 2.3 s. */
const FIRST_PAGE = 20;
/** The ports of 100 servers fit into one URL. */
export const DETAIL_PAGE = 100;
/** Nova's own maximum (`[api] max_limit`). */
export const NAMES_PAGE = 1000;
/** Pages that one list has under way beside the one that is waited for. */
const AHEAD = 3;

export interface ServerPages<Item> {
  /** The list in detail and the list of names, with the filters that both have and without a limit. */
  readonly detail: Operation;
  readonly names: Operation;
  /** What a page becomes; part of what is done side by side. */
  readonly read: (page: readonly JsonObject[]) => Promise<readonly Item[]>;
}

export async function* serverPages<Item>(session: Session, list: ServerPages<Item>): AsyncIterable<readonly Item[]> {
  const { read } = list;
  const first = await fetchPage(session, limited(list.detail, FIRST_PAGE), []);
  const last = first.items.at(-1);
  if (!first.hasMore || last === undefined) {
    yield await read(first.items);
    return;
  }
  const ahead = session.ahead.take(AHEAD);
  const gone = new AbortController();
  const own = session.until(AbortSignal.any([session.signal, gone.signal]));
  const seen = new Set<unknown>();
  try {
    // What follows starts at once, and does not wait for what the first page is joined with.
    let next = ahead === 0 ? undefined : begin(own, list, first.items, seen);
    yield await read(first.items);
    while (next !== undefined) {
      const second = await next.page;
      if (!second.hasMore) {
        yield await read(second.items);
        return;
      }
      const names = await next.names;
      const place = new Map(names.items.map((json, at) => [idOf(json), at]));
      const fetched = async (from: number): Promise<readonly Item[]> => {
        const before = names.items.slice(0, from);
        const page = from === 0 ? second : await fetchPage(own, after(list.detail, before.at(-1), DETAIL_PAGE), before);
        // Where a server has gone meanwhile, a page reaches into the next one.
        return read(page.items.filter((json) => (place.get(idOf(json)) ?? from) < from + DETAIL_PAGE));
      };
      const count = Math.max(1, Math.ceil(names.items.length / DETAIL_PAGE));
      const tasks = Array.from({ length: count }, (_, at) => () => fetched(at * DETAIL_PAGE));
      yield* sideBySide(tasks, 1 + ahead);
      next = names.hasMore ? begin(own, list, names.items, seen) : undefined;
      if (next === undefined) return;
    }
    // Others have all the places: one page after the other.
    for await (const page of pages(session, after(list.detail, last, DETAIL_PAGE), "servers")) yield await read(page);
  } finally {
    // Whoever stops reading needs nothing of what is still under way.
    gone.abort();
    session.ahead.give(ahead);
  }
}

/** The page that comes next, and the names from there on, both under way. */
function begin<Item>(session: Session, list: ServerPages<Item>, before: readonly JsonObject[], seen: Set<unknown>) {
  const last = before.at(-1);
  if (seen.has(last?.id)) throw inCircles(list.detail);
  seen.add(last?.id);
  const page = fetchPage(session, after(list.detail, last, DETAIL_PAGE), before);
  const names = fetchPage(session, after(list.names, last, NAMES_PAGE), before);
  for (const one of [page, names]) one.catch(ignore);
  return { page, names };
}

interface Page {
  readonly items: readonly JsonObject[];
  readonly hasMore: boolean;
}

async function fetchPage(session: Session, operation: Operation, before: readonly JsonObject[]): Promise<Page> {
  const body = await readPage(session, operation, before);
  const items = asObjects(body.servers, `${operation.name}: servers`);
  return { items, hasMore: items.length > 0 && nextQuery(body, "servers") !== undefined };
}

/** Runs tasks so many at a time; their results come in the tasks' order. */
async function* sideBySide<Result>(tasks: Iterable<() => Promise<Result>>, most: number): AsyncIterable<Result> {
  const underWay: Promise<Result>[] = [];
  for (const task of tasks) {
    const started = task();
    // Whoever stops reading hears nothing of the others.
    started.catch(ignore);
    underWay.push(started);
    const [longest] = underWay;
    if (underWay.length < most || longest === undefined) continue;
    underWay.shift();
    yield await longest;
  }
  for (const started of underWay) yield await started;
}

function ignore(): void {}

function idOf(json: JsonObject): string {
  return asText(json.id, "server.id");
}

export function limited(operation: Operation, limit: number): Operation {
  const query: Query = [...(operation.query ?? []), ["limit", String(limit)]];
  return { ...operation, query };
}

function after(operation: Operation, last: JsonObject | undefined, limit: number): Operation {
  const { query = [], ...page } = limited(operation, limit);
  return { ...page, query: last === undefined ? query : [...query, ["marker", idOf(last)]] };
}
