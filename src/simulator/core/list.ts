/** Selecting rows: filters, order, marker and limit, the same for all services; their dialects are `ListForm`s. */

import { readBoolean } from "./checks.ts";
import type { Json, JsonObject, Row } from "./json.ts";
import { text } from "./json.ts";
import type { Order, Page, Selection } from "./selection.ts";
import type { Filter } from "./types.ts";

function compare(a: Json | undefined, b: Json | undefined): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares by each key in turn and by id at last, so that a page never depends on chance. */
export function comparator(order: readonly Order[], reverse = false): (a: Row, b: Row) => number {
  const sign = reverse ? -1 : 1;
  return (a, b) => {
    for (const { column, descending } of order) {
      const difference = compare(a[column], b[column]);
      if (difference !== 0) return sign * (descending ? -difference : difference);
    }
    return sign * compare(a.id, b.id);
  };
}

/** The page a selection asks for, or the marker that is not among the rows. */
export function select(rows: Iterable<Row>, selection: Selection): Page | { readonly unknownMarker: string } {
  const all: Row[] = [];
  let marker: Row | undefined;
  for (const row of rows) {
    if (row.id === selection.marker) marker = row;
    if (selection.where.every((test) => test(row))) all.push(row);
  }
  if (selection.marker !== undefined && marker === undefined) return { unknownMarker: selection.marker };
  const reverse = selection.reverse ?? false;
  const by = comparator(selection.order, reverse);
  all.sort(by);
  const after = marker;
  const start = after === undefined ? 0 : firstAfter(all, after, by);
  const end = selection.limit === undefined ? all.length : start + selection.limit;
  const page = start === 0 && end >= all.length ? all : all.slice(start, end);
  if (reverse) page.reverse();
  return { rows: page, more: end < all.length, selection };
}

/** The marker itself may be filtered out: the page begins after where it would be. */
function firstAfter(rows: readonly Row[], marker: Row, by: (a: Row, b: Row) => number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && by(row, marker) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shown(value: Json | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

/** Equal to one of the values given. */
export function exact(column: string): Filter {
  return (values) => {
    const [only] = values;
    if (values.length === 1) return (row) => shown(row[column]) === only;
    return (row) => values.includes(shown(row[column]));
  };
}

/** A boolean column; `invalid` says what to do with a value that is none. */
export function truth(column: string, invalid: (value: string, name: string) => Error): Filter {
  return (values, _call, name) => {
    const wanted = values.map((value) => {
      const read = readBoolean(value);
      if (read === undefined) throw invalid(value, name);
      return read;
    });
    return (row) => wanted.includes(row[column] === true);
  };
}

/** At least the last number given. */
export function atLeast(column: string, invalid: (value: string, name: string) => Error): Filter {
  return (values, _call, name) => {
    const value = values.at(-1) ?? "";
    if (!/^-?[0-9]+$/.test(value)) throw invalid(value, name);
    return (row) => Number(row[column]) >= Number(value);
  };
}

/** The text occurs in the column; as SQL's LIKE does, whatever the case. */
export function contains(column: string): Filter {
  return (values) => {
    const wanted = values.map((value) => value.toLowerCase());
    return (row) => wanted.some((value) => text(row[column]).toLowerCase().includes(value));
  };
}

/** The named members of an object, in the object's order. */
export function pick(object: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.has(name)));
}

/** The query without some parameters and with others: for links to the next page. */
export function withQuery(query: URLSearchParams, changes: Readonly<Record<string, string | undefined>>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  return next.toString();
}
