import type { Clock } from "../../cloud/index.ts";

/** One page of a list. */
export interface Page {
  /** The first page is 1. */
  readonly page: number;
  readonly number: number;
}

export interface Slice<Item> {
  readonly items: readonly Item[];
  readonly hasMore: boolean;
}

interface Cursor {
  readonly rest: AsyncIterator<unknown>;
  /** Read already, to see that there is more. */
  readonly next: unknown;
  readonly since: number;
}

/** A cursor holds a page of the cloud's in memory, and a client that does not come back leaves it behind. */
const MOST_CURSORS = 32;
const MOST_AGE = 30_000;

/**
 * OCCI counts pages (GFD.223 §6), clouds read on from a marker. Where a page ended, the list is kept open for a while, so that
 * the next page costs a page and not all before it; a page that nobody kept is counted from the beginning.
 */
export class Pages {
  readonly #clock: Clock;
  readonly #cursors = new Map<string, Cursor>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `key` says whose list it is and of what: the same key must always mean the same list. `open` begins at the first. */
  async take<Item>(key: string, page: Page, open: () => AsyncIterable<Item>): Promise<Slice<Item>> {
    this.#sweep();
    const kept = this.#keptAt(key, page);
    if (kept !== undefined) {
      try {
        return await this.#slice(key, page, kept.rest as AsyncIterator<Item>, [kept.next as Item]);
      } catch {
        // It was open for too long, or under a sign-in that has ended.
      }
    }
    const items = open()[Symbol.asyncIterator]();
    for (let at = (page.page - 1) * page.number; at > 0; at -= 1) {
      if ((await items.next()).done === true) return { items: [], hasMore: false };
    }
    return this.#slice(key, page, items, []);
  }

  async #slice<Item>(key: string, page: Page, rest: AsyncIterator<Item>, items: Item[]): Promise<Slice<Item>> {
    for (;;) {
      const { value, done } = await rest.next();
      if (done === true) return { items, hasMore: false };
      if (items.length === page.number) {
        this.#keep(key, { ...page, page: page.page + 1 }, { rest, next: value, since: this.#clock.now() });
        return { items, hasMore: true };
      }
      items.push(value);
    }
  }

  #keptAt(key: string, page: Page): Cursor | undefined {
    const name = nameOf(key, page);
    const cursor = this.#cursors.get(name);
    this.#cursors.delete(name);
    return cursor;
  }

  #keep(key: string, page: Page, cursor: Cursor): void {
    const name = nameOf(key, page);
    this.#drop(name);
    for (const oldest of this.#cursors.keys()) {
      if (this.#cursors.size < MOST_CURSORS) break;
      this.#drop(oldest);
    }
    this.#cursors.set(name, cursor);
  }

  /** What nobody came back for holds a part of the cloud's list, and a place among the requests that are made ahead. */
  #sweep(): void {
    for (const [name, { since }] of this.#cursors) if (this.#clock.now() - since > MOST_AGE) this.#drop(name);
  }

  #drop(name: string): void {
    const cursor = this.#cursors.get(name);
    this.#cursors.delete(name);
    if (cursor !== undefined) close(cursor);
  }
}

function nameOf(key: string, { page, number }: Page): string {
  return JSON.stringify([key, page, number]);
}

/** Frees what the list holds; whether that works is nobody's concern any more. */
function close({ rest }: Cursor): void {
  rest.return?.().catch(() => {});
}
