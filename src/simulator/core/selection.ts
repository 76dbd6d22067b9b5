/** What a list asks for, and the page it gets. */
import type { Row } from "./json.ts";

export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** What a list asks for, as the service's `ListForm` read it from the query. */
export interface Selection {
  readonly where: readonly ((row: Row) => boolean)[];
  readonly order: readonly Order[];
  readonly limit?: number;
  /** The row after which the page begins. */
  readonly marker?: string;
  /** Neutron's `page_reverse`: the page that ends before the marker. */
  readonly reverse?: boolean;
}

export interface Page {
  readonly rows: readonly Row[];
  readonly more: boolean;
  readonly selection: Selection;
}
