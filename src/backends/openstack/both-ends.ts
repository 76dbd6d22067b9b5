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
  /**
   * What follows the last item of all: items without a place, which only a page that has room for them tells (Nova's servers
   * in cells that are down).
   */
  readonly beyond: (last: JsonObject) => Promise<readonly JsonObject[]>;
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
  /** Nothing is told twice: what was not settled may come again at its place, and what has no place on any page. */
  const told = new Set<string>();
  const tail = new Tail(list, places, told);
  for (let page = first; ; ) {
    const fresh = page.items.filter((json) => !told.has(idOf(json)));
    if (tail.isOver) places.clear();
    for (const json of fresh) {
      told.add(idOf(json));
      if (list.isSettled(json)) places.add(idOf(json));
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
  readonly #told: ReadonlySet<string>;
  readonly #meeting = Promise.withResolvers<void>();
  /** In the list's order. */
  #pages: readonly Held<Item>[] = [];
  #last: readonly JsonObject[] = [];
  #beyond: Promise<readonly JsonObject[]> = Promise.resolve([]);
  #count = 0;
  #isBegun = false;
  #isOver = false;

  constructor(list: TwoEnded<Item>, places: ReadonlySet<string>, told: ReadonlySet<string>) {
    this.#list = list;
    this.#places = places;
    this.#told = told;
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
    const [end] = items;
    if (this.#last.length === 0 && end !== undefined) this.#beyond = this.#list.beyond(end);
    this.#beyond.catch(ignore);
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
    return this.#after();
  }

  async *#after(): AsyncIterable<readonly Item[]> {
    const told = new Set(this.#told);
    const isKnown = (id: string) => this.#places.has(id);
    for (const { ids, read } of this.#pages.slice(this.#pages.findLastIndex((page) => page.ids.some(isKnown)))) {
      const from = ids.findLastIndex(isKnown) + 1;
      const items = (await read).toReversed().filter((_, at) => at >= from && !told.has(ids[at] ?? ""));
      for (const id of ids) told.add(id);
      if (items.length > 0) yield items;
    }
    const more = (await this.#beyond).filter((json) => !told.has(idOf(json)));
    if (more.length > 0) yield await this.#list.read(more);
  }
}

export function idOf(json: JsonObject): string {
  return asText(json.id, "id");
}

function ignore(): void {}
