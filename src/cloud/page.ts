/** Lists as streams: memory grows with the page, not with the cloud (house rule 7). */

/** Items in the cloud's order; pages are fetched as they are consumed, and leaving the loop stops fetching. */
export interface Listing<Item> extends AsyncIterable<Item> {
  /** The same, as the cloud tells it: who passes on a thousand items waits for ten pages and not for each item. */
  readonly pages?: () => Pages<Item>;
}

export type Pages<Item> = AsyncIterable<readonly Item[]>;

/** A listing of pages. */
export function paged<Item>(pages: () => Pages<Item>): Listing<Item> {
  return { pages, [Symbol.asyncIterator]: () => flat(pages())[Symbol.asyncIterator]() };
}

/** The pages of a listing; one that has none is told item by item. */
export function pagesOf<Item>(listing: Listing<Item>): Pages<Item> {
  return listing.pages?.() ?? single(listing);
}

async function* single<Item>(items: AsyncIterable<Item>): Pages<Item> {
  for await (const item of items) yield [item];
}

export async function* flat<Item>(pages: Pages<Item>): AsyncIterable<Item> {
  for await (const page of pages) yield* page;
}

/** All items of a listing that is known to be small (flavours, the subnets of one network). */
export async function collect<Item>(listing: Listing<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pagesOf(listing)) items.push(...page);
  return items;
}

/** The first item, without reading on. */
export async function first<Item>(listing: Listing<Item>): Promise<Item | undefined> {
  for await (const item of listing) return item;
  return undefined;
}
