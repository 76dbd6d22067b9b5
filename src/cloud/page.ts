/** Lists as streams: memory grows with the page, not with the cloud (house rule 7). */

/** Items in the cloud's order; pages are fetched as they are consumed, and leaving the loop stops fetching. */
export type Listing<Item> = AsyncIterable<Item>;

/** All items of a listing that is known to be small (flavours, the subnets of one network). */
export async function collect<Item>(listing: Listing<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of listing) items.push(item);
  return items;
}

/** The first item, without reading on. */
export async function first<Item>(listing: Listing<Item>): Promise<Item | undefined> {
  for await (const item of listing) return item;
  return undefined;
}
