/**
 * A list read from its start and, beside that, from its end, until the two readings meet: two pages are under way at a
 * time, and nothing has to be known of the list before. What comes from the end is kept until it is its turn.
 *
 * Both readings go by markers through one order in which no item ever changes its place. Each therefore has every item
 * that stays, from its end to where it is; when they have an item in common, nothing that stays lies between them.
 */
import { asText, type JsonObject } from "./json.ts";

export interface RawPage {
  readonly items: readonly JsonObject[];
  readonly hasMore: boolean;
}

export interface TwoEnded<Item> {
  /** The page that follows these items; from the `end` on, against the list's order, when that is where they come from. */
  readonly fetch: (from: "start" | "end", before: readonly JsonObject[]) => Promise<RawPage>;
  /** What a page becomes, one thing for each of its items; part of what is done side by side. */
  readonly read: (page: readonly JsonObject[]) => Promise<readonly Item[]>;
  /** So many items from the end are enough: it waits to be met then. */
  readonly mostHeld: number;
}

/** The pages of a list of which the first is there already. */
export async function* fromBothEnds<Item>(list: TwoEnded<Item>, first: RawPage): AsyncIterable<readonly Item[]> {
  /** Where in the list an item is, as far back as the reading from the end may still meet it. */
  const places = new Map<string, number>();
  const tail = new Tail(list, places);
  for (let page = first; ; ) {
    if (tail.isOver) places.clear();
    for (const json of page.items) places.set(idOf(json), places.size);
    const rest = page.hasMore ? tail.rest() : [];
    // What follows starts before this page has been joined with anything.
    const next = rest === undefined ? list.fetch("start", page.items) : undefined;
    next?.catch(ignore);
    yield await list.read(page.items);
    if (next === undefined) return yield* rest ?? [];
    // The first page goes out before anything competes with it.
    tail.start();
    await Promise.race([next, tail.met]);
    const left = tail.rest();
    if (left !== undefined) return yield* left;
    page = await next;
  }
}

/** A page of the end, in the list's order. */
interface Held<Item> {
  readonly ids: readonly string[];
  /** What it became, in the order in which it was read. */
  readonly read: Promise<readonly Item[]>;
}

/** The end of a list, as far as it has been read from there. */
class Tail<Item> {
  readonly #list: TwoEnded<Item>;
  readonly #places: ReadonlyMap<string, number>;
  readonly #ids = new Set<string>();
  readonly #meeting = Promise.withResolvers<void>();
  /** In the list's order. */
  #pages: readonly Held<Item>[] = [];
  #last: readonly JsonObject[] = [];
  #isBegun = false;
  #isOver = false;

  constructor(list: TwoEnded<Item>, places: ReadonlyMap<string, number>) {
    this.#list = list;
    this.#places = places;
  }

  /** Nothing more will be read from the end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** When the end has come to an item that was read from the start. */
  get met(): Promise<void> {
    return this.#meeting.promise;
  }

  start(): void {
    if (!this.#isBegun) void this.#work();
    this.#isBegun = true;
  }

  async #work(): Promise<void> {
    while (!this.#isOver) {
      try {
        this.#take(await this.#list.fetch("end", this.#last));
      } catch {
        // The reading from the start goes on alone, and finds out itself what is the matter.
        this.#isOver = true;
      }
    }
  }

  #take({ items, hasMore }: RawPage): void {
    const ids = items.map(idOf).reverse();
    this.#isOver ||= ids.some((id) => this.#ids.has(id));
    if (this.#isOver) return;
    for (const id of ids) this.#ids.add(id);
    const read = this.#list.read(items);
    read.catch(ignore);
    this.#pages = [{ ids, read }, ...this.#pages];
    this.#last = items;
    const isMet = ids.some((id) => this.#places.has(id));
    if (isMet) this.#meeting.resolve();
    this.#isOver = isMet || !hasMore || this.#ids.size >= this.#list.mostHeld;
  }

  /** What comes after the last item that was read from the start; nothing as long as the two have none in common. */
  rest(): AsyncIterable<readonly Item[]> | undefined {
    const common = this.#pages.flatMap(({ ids }) => ids.flatMap((id) => this.#places.get(id) ?? []));
    if (common.length === 0) return undefined;
    this.#isOver = true;
    if (common.every((place, at) => place >= (common[at - 1] ?? place))) return after(this.#pages, this.#places);
    // A cloud that sorts otherwise than it was asked to: its end is none.
    this.#pages = [];
    return undefined;
  }
}

async function* after<Item>(
  pages: readonly Held<Item>[],
  places: ReadonlyMap<string, number>,
): AsyncIterable<readonly Item[]> {
  const isKnown = (id: string) => places.has(id);
  for (const { ids, read } of pages.slice(pages.findLastIndex(({ ids }) => ids.some(isKnown)))) {
    const items = (await read).toReversed().slice(ids.findLastIndex(isKnown) + 1);
    if (items.length > 0) yield items;
  }
}

export function idOf(json: JsonObject): string {
  return asText(json.id, "id");
}

function ignore(): void {}
