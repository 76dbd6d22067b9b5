/** Neutron's filters: a repeated parameter means "any of these", and the URL has a longest length. */
import type { Query } from "../pipeline/exchange.ts";

/** uWSGI and eventlet take 8 KiB of request line and headers unless told otherwise. */
const QUERY_BYTES = 6_000;

/** Lists of values, by the parameter's name. */
export type Filters = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * The queries that together ask for all values, none too long for a URL. An empty list of values asks for nothing at
 * all, and so there is no query.
 */
export function queriesOf(filters: Filters): readonly Query[] {
  const given = Object.entries(filters).filter((entry): entry is [string, readonly string[]] => entry[1] !== undefined);
  const bytes = QUERY_BYTES / Math.max(1, given.length);
  let queries: readonly Query[] = [[]];
  for (const [name, values] of given) {
    const parts = chunks(name, [...new Set(values)], bytes);
    queries = queries.flatMap((query) => parts.map((part) => [...query, ...part]));
  }
  return queries;
}

function chunks(name: string, values: readonly string[], bytes: number): readonly Query[] {
  const parts: (readonly [string, string])[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const length = name.length + encodeURIComponent(value).length + 2;
    if (size + length > bytes) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push([name, value]);
    size += length;
  }
  return parts;
}
