/** What Neutron's lists have in common. */
import { type Listing, type Marker, paged } from "../../../cloud/index.ts";
import type { JsonObject } from "../json.ts";
import { isMarkedBy } from "../marker.ts";
import { pages } from "../paging.ts";
import type { Operation, Query } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { type Filters, queriesOf } from "./filters.ts";

export type Collection =
  | "networks"
  | "subnets"
  | "ports"
  | "routers"
  | "floatingips"
  | "security_groups"
  | "security_group_rules";

/** Items per page; Neutron's own default is everything at once. */
const PAGE = 500;

/** neutron_lib: constants.py; `N/A` and whatever is new are down for us. */
export const NETWORK_STATUS: Readonly<Record<string, "active" | "building" | "down" | "error">> = {
  ACTIVE: "active",
  BUILD: "building",
  DOWN: "down",
  ERROR: "error",
};

/** `fields`: no more of each item than these; all of it when none is named. */
export function listAll<Item>(
  session: Session,
  collection: Collection,
  filters: Filters,
  decode: (json: JsonObject) => Item,
  fields: readonly string[] = [],
  pageSize = PAGE,
): Listing<Item> {
  const shown = fields.map((field) => ["fields", field] as const);
  const queries = queriesOf(filters).map((query) => [...query, ...shown]);
  return paged(async function* () {
    for (const query of queries) {
      const operation = listOf(collection, query, pageSize);
      for await (const page of pages(session, operation, collection)) yield page.map(decode);
    }
  });
}

/** The item that carries the marker; the cloud's filters only narrow the search. */
export async function findFirst<Item>(
  session: Session,
  collection: Collection,
  queries: readonly Query[],
  marker: Marker,
  decode: (json: JsonObject) => Item,
): Promise<Item | undefined> {
  for (const query of queries) {
    for await (const page of pages(session, listOf(collection, query), collection)) {
      const found = page.find((json) => isMarkedBy(marker, json));
      if (found !== undefined) return decode(found);
    }
  }
  return undefined;
}

function listOf(collection: Collection, query: Query, pageSize = PAGE): Operation {
  return {
    service: "network",
    name: `${collection}.list`,
    method: "GET",
    path: [collection.replaceAll("_", "-")],
    query: [...query, ["limit", String(pageSize)]],
  };
}
