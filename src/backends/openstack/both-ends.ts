/**
 * A list read from its start and, beside that, from its end, until the two readings meet: two pages are under way at a
 * time, and nothing has to be known of the list before. What comes from the end is kept until it is its turn.
 *
 * Both readings go by markers through one order in which no item ever changes its place. Each therefore has every item
 * that stays, from its end to where it is; when they have an item in common, nothing that stays lies between them.
 *
 * Items that are not settled yet may stand before all others, whichever way the list goes (Nova's servers that no cell has
 * yet: nova stable/zed compute/api.py get_all). They are told once, and count for nothing when the readings meet.
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
  /** Whether an item has its place in the order for good. */
  readonly isSettled: (item: JsonObject) => boolean;
  /** Whether one item may come after another one, from the start on. */
  readonly follows: (item: JsonObject, before: JsonObject) => boolean;
  /** So many items from the end are enough: it waits to be met then. */
  readonly mostHeld: number;
}

/** The pages of a list of which the first is there already. */
export async function* fromBothEnds<Item>(list: TwoEnded<Item>, first: RawPage): AsyncIterable<readonly Item[]> {
  /** Settled items from the start, as far back as the reading from the end may still meet them. */
  const places = new Set<string>();
  /** Items that were told before they were settled, and may come again at their places. */
  const early = new Set<string>();
  const tail = new Tail(list, places, early);
  for (let page = first; ; ) {
    if (tail.isOver) places.clear();
    const fresh = page.items.filter((json) => !early.has(idOf(json)));
    for (const json of fresh) {
      if (list.isSettled(json)) places.add(idOf(json));
      else early.add(idOf(json));
    }
    const rest = page.hasMore ? tail.rest() : [];
    // What follows starts before this page has been joined with anything.
    const next = rest === undefined ? list.fetch("start", page.items) : undefined;
    next?.catch(ignore);
    yield await list.read(fresh);
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
  readonly #places: ReadonlySet<string>;
  readonly #early: ReadonlySet<string>;
  readonly #meeting = Promise.withResolvers<void>();
  /** In the list's order. */
  #pages: readonly Held<Item>[] = [];
  #last: readonly JsonObject[] = [];
  #count = 0;
  #isBegun = false;
  #isOver = false;

  constructor(list: TwoEnded<Item>, places: ReadonlySet<string>, early: ReadonlySet<string>) {
    this.#list = list;
    this.#places = places;
    this.#early = early;
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

  #take({ items: told, hasMore }: RawPage): void {
    if (this.#isOver) return;
    const items = this.#inOrder(told);
    if (items === undefined) {
      // Not the order that was asked for: its end is none.
      this.#isOver = true;
      this.#pages = [];
      return;
    }
    const ids = items.map(idOf).reverse();
    const read = this.#list.read(items);
    read.catch(ignore);
    this.#pages = [{ ids, read }, ...this.#pages];
    this.#last = items;
    this.#count += ids.length;
    const isMet = ids.some((id) => this.#places.has(id));
    if (isMet) this.#meeting.resolve();
    this.#isOver = isMet || !hasMore || this.#count >= this.#list.mostHeld;
  }

  /** The page without those that stand before all others, which the start tells; nothing when it is in no order. */
  #inOrder(told: readonly JsonObject[]): readonly JsonObject[] | undefined {
    const { isSettled, follows } = this.#list;
    const isBroken = (json: JsonObject, at: number, all: readonly JsonObject[]) => {
      const before = all[at - 1];
      return before !== undefined && !follows(before, json);
    };
    const breaks = [...this.#last.slice(-1), ...told].flatMap((json, at, all) => (isBroken(json, at, all) ? at : []));
    const [head] = told;
    if (this.#last.length > 0 || head === undefined || isSettled(head)) return breaks.length === 0 ? told : undefined;
    const [from] = breaks;
    if (from === undefined || breaks.length > 1 || told.slice(0, from).some(isSettled)) return undefined;
    return told.slice(from);
  }

  /** What comes after the last item that was read from the start; nothing as long as the two have none in common. */
  rest(): AsyncIterable<readonly Item[]> | undefined {
    if (!this.#pages.some(({ ids }) => ids.some((id) => this.#places.has(id)))) return undefined;
    this.#isOver = true;
    return after(this.#pages, this.#places, this.#early);
  }
}

async function* after<Item>(
  pages: readonly Held<Item>[],
  places: ReadonlySet<string>,
  early: ReadonlySet<string>,
): AsyncIterable<readonly Item[]> {
  const isKnown = (id: string) => places.has(id);
  for (const { ids, read } of pages.slice(pages.findLastIndex(({ ids }) => ids.some(isKnown)))) {
    const from = ids.findLastIndex(isKnown) + 1;
    const items = (await read).toReversed().filter((_, at) => at >= from && !early.has(ids[at] ?? ""));
    if (items.length > 0) yield items;
  }
}

export function idOf(json: JsonObject): string {
  return asText(json.id, "id");
}

function ignore(): void {}
