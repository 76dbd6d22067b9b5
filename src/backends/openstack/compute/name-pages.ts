/** The names of servers, page after page: the next page is asked for before the one that is there is read. */
import { setImmediate } from "node:timers/promises";
import { CloudError, type Pages } from "../../../cloud/index.ts";
import { idOf } from "../both-ends.ts";
import { asObjects, type JsonObject, textOrEmpty } from "../json.ts";
import { inCircles, nextQuery, readPage } from "../paging.ts";
import type { Operation } from "../pipeline/exchange.ts";
import { NAMES_PAGE, type Session } from "../session.ts";
import { markerIn, parseNames } from "./server-names.ts";
import { also, limited } from "./server-pages.ts";

/** Milliseconds that the first names may take; they cost Nova a third of servers in detail. */
const FIRST_NAMES_MS = 100;

/** A list of names, the first of them soon. */
export async function* namePages(session: Session, names: Operation): Pages<JsonObject> {
  const { clock, names: pace } = session;
  const after = (marker: string): Operation => also(limited(names, NAMES_PAGE), [["marker", marker]]);
  const markers = new Set<string>();
  const from = clock.now();
  let text = await textOf(session, limited(names, pace.within(FIRST_NAMES_MS)), []);
  for (let took: number | undefined = clock.now() - from; ; took = undefined) {
    const marker = markerIn(text);
    const next = marker === undefined ? undefined : early(session, () => textOf(session, after(marker), []));
    // It leaves with the turn of the event loop after the next one, and reading the page takes long.
    if (next !== undefined) await setImmediate().then(() => setImmediate());
    const body = parseNames(text, `the answer to ${names.name}`);
    const items = asObjects(body.servers, `${names.name}: servers`);
    if (took !== undefined) pace.told(items.length, took);
    yield items;
    const last = items.at(-1);
    if (last === undefined || nextQuery(body, "servers") === undefined) return;
    const id = idOf(last);
    if (markers.has(id)) throw inCircles(names);
    markers.add(id);
    // When the last one was deleted meanwhile, the page after it is found by those before it.
    const again = () => textOf(session, after(id), items);
    const isGone = (thrown: unknown) => CloudError.is(thrown, "NOT_FOUND", "INVALID_VALUE");
    const orAgain = (thrown: unknown) => (isGone(thrown) ? again() : Promise.reject(thrown));
    text = next !== undefined && id === marker ? await next.catch(orAgain) : await again();
  }
}

async function textOf(session: Session, operation: Operation, before: readonly JsonObject[]): Promise<string> {
  return textOrEmpty((await readPage(session, operation, before, (text) => ({ text }))).text);
}

/** Begins if there is a place for it. One page more than is needed is what a reader who stops early costs. */
function early<Outcome>({ ahead }: Session, begin: () => Promise<Outcome>): Promise<Outcome> | undefined {
  if (ahead.take(1) === 0) return undefined;
  const begun = begin();
  const end = () => ahead.give(1);
  begun.then(end, end);
  return begun;
}
