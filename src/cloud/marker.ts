/**
 * The client marker: a value that a create leaves on what it makes, so that a create whose answer was lost is looked up
 * and never repeated (house rule 3). Where it lives is the adapter's business.
 */
export interface Marker {
  /** A fresh UUID, one per create. */
  readonly value: string;
  /** When the create was first tried; lookups need not look further back. */
  readonly since: Date;
}

export interface Marked<Item> {
  /** What a create with this marker made, or nothing. `name` narrows the search where the cloud can search by name. */
  findByMarker(marker: Marker, name?: string): Promise<Item | undefined>;
}

/** Everything that Vimana writes into a cloud's metadata, tags or descriptions begins so, and is hidden from readers. */
export const RESERVED_PREFIX = "vimana:";
