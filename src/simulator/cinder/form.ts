/** Cinder's forms: faults, headers, pages, sentences (cinder stable/zed: api/openstack/wsgi.py, api/common.py; seen live). */
import { isVisible } from "../core/crud.ts";
import type { Json, JsonObject, Row } from "../core/json.ts";
import { repr } from "../core/json.ts";
import { withQuery } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Order } from "../core/selection.ts";
import type { Answer, Call, Filter, ListForm, Resource, Words } from "../core/types.ts";
import { middleware401 } from "../core/webob.ts";
import { invalidInput, notFound } from "./errors.ts";
import { boolParam } from "./filters.ts";

const kinds: Readonly<Record<number, string>> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  415: "badMediaType",
  501: "notImplemented",
  503: "serviceUnavailable",
};

export function refuse(refusal: Refusal, call: Call): Answer {
  const { status, message, kind, more, headers } = refusal;
  if (status === 401) return middleware401(call);
  const said =
    status === 500 && kind === ""
      ? "The server has either erred or is incapable of performing the requested operation."
      : message;
  return {
    status,
    body: { [kind || kinds[status] || "computeFault"]: { code: status, message: said, ...more } },
    headers,
  };
}

export function headers(call: Call, answer: Answer): Record<string, string> {
  const ids = { "x-openstack-request-id": call.requestId, "x-compute-request-id": call.requestId };
  if (answer.status === 401) return { "x-openstack-request-id": call.requestId };
  // A version of the APIs before 3 is refused without repeating it (wsgi.py: _is_legacy_endpoint).
  const legacy = call.shownVersion.includes("1.0") || call.shownVersion.includes("2.0");
  if (call.shownVersion === "" || legacy || answer.unrouted === true) return ids;
  return { "OpenStack-API-Version": `volume ${call.shownVersion}`, Vary: "OpenStack-API-Version", ...ids };
}

function titled(singular: string): string {
  const spaced = singular.replaceAll("_", " ");
  return spaced.slice(0, 1).toUpperCase() + spaced.slice(1);
}

/** `Invalid input for field/attribute size. Value: x. …` */
export function invalid(field: string, value: Json, complaint: string): Refusal {
  const shown = typeof value === "string" ? value : repr(value);
  return new Refusal(400, `Invalid input for field/attribute ${field}. Value: ${shown}. ${complaint}`);
}

function unexpected(names: readonly string[]): string {
  const named = names.map((name) => repr(name)).join(", ");
  return `Additional properties are not allowed (${named} ${names.length === 1 ? "was" : "were"} unexpected)`;
}

export const words: Words = {
  notFound: ({ singular }, id) => notFound(titled(singular), id),
  forbidden: ({ name }) => new Refusal(403, `Policy doesn't allow ${name} to be performed.`),
  malformed: () => new Refusal(400, "Malformed request body"),
  unwrapped: (singular) => new Refusal(400, `${repr(singular)} is a required property`),
  missing: ({ singular }, attribute, input) => invalid(singular, input, `${repr(attribute)} is a required property`),
  unknown: ({ singular }, attributes, input) => invalid(singular, input, unexpected(attributes)),
  readOnly: ({ singular }, attribute, input) => invalid(singular, input, unexpected([attribute])),
  invalid: (_resource, attribute, value, complaint) => invalid(attribute, value, complaint),
  overQuota: (name, limit) =>
    new Refusal(413, `Maximum number of ${name} allowed (${limit}) exceeded`, { more: { retryAfter: "0" } }),
  noSuchAction: (name, body) =>
    name === "" && body !== undefined
      ? new Refusal(400, "Malformed request body")
      : new Refusal(
          400,
          `There is no such action: ${name || "None"}. Verify the request body and Content-Type header and try again.`,
        ),
};

/** Said for what a microversion does not have yet. */
export function notInVersion(): Refusal {
  return new Refusal(404, "The resource could not be found.");
}

const paging: ReadonlySet<string> = new Set([
  "limit",
  "marker",
  "offset",
  "sort",
  "sort_key",
  "sort_dir",
  "all_tenants",
]);

/** `osapi_max_limit`. */
const maximum = 1000;

function wholeNumber(call: Call, name: "limit" | "offset", otherwise: number): number {
  const value = call.query.getAll(name).at(-1);
  if (value === undefined) return otherwise;
  if (!/^[+-]?\d+$/.test(value.trim()))
    throw new Refusal(400, name === "limit" ? "limit param must be an integer" : "offset must be an integer");
  const number = Number(value);
  if (number < 0) throw new Refusal(400, `${name} param must be positive`);
  return number;
}

function limitOf(call: Call): number {
  return Math.min(wholeNumber(call, "limit", maximum), maximum);
}

/** `sort=name:asc,size`, or the older pair of parameters; then by age and id in the direction of the first key. */
function orderOf(call: Call, resource: Resource): readonly Order[] {
  const { query } = call;
  const sort = query.get("sort");
  if (sort !== null && (query.has("sort_key") || query.has("sort_dir")))
    throw new Refusal(
      400,
      "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
    );
  const asked: (readonly [string, string])[] = [];
  if (sort !== null)
    for (const part of sort.split(",")) {
      const [key = "", direction = "desc"] = part.trim().split(":");
      asked.push([key, direction.trim() || "desc"]);
    }
  else if (query.has("sort_key") || query.has("sort_dir"))
    asked.push([query.get("sort_key")?.trim() ?? "created_at", query.get("sort_dir")?.trim() ?? "desc"]);
  const order = asked.map(([key, direction]) => {
    if (direction !== "asc" && direction !== "desc")
      throw invalidInput("Unknown sort direction, must be 'desc' or 'asc'.");
    const column = Object.hasOwn(resource.sort ?? {}, key) ? resource.sort?.[key] : undefined;
    if (column === undefined) throw invalidInput("Invalid sort key");
    return { column, descending: direction === "desc" };
  });
  const descending = order[0]?.descending ?? true;
  return [...order, { column: "created_at", descending }, { column: "id", descending }];
}

/** Administrators may filter by any column; one that there is not matches nothing. */
function columnFilter(resource: Resource, name: string, call: Call): (row: Row) => boolean {
  const wanted = (call.query.getAll(name).at(-1) ?? "").toLowerCase();
  const known = resource.attributes.some((attribute) => attribute.name === name) || name === "project_id";
  return (row) => known && row[name] !== undefined && String(row[name]).toLowerCase() === wanted;
}

/** From 3.31 on tenants must not name other filters than those configured; before, they were not heard. */
function testsOf(call: Call, resource: Resource): ((row: Row) => boolean)[] {
  const where: ((row: Row) => boolean)[] = [];
  const unknown: string[] = [];
  for (const name of new Set(call.query.keys())) {
    const filter: Filter | undefined = Object.hasOwn(resource.filters ?? {}, name)
      ? resource.filters?.[name]
      : undefined;
    if (filter !== undefined) where.push(filter(call.query.getAll(name), call, name));
    else if (paging.has(name) || (name === "with_count" && call.version >= 45)) continue;
    else if (call.actor.admin) where.push(columnFilter(resource, name, call));
    else unknown.push(name);
  }
  if (unknown.length > 0 && call.version >= 31)
    throw new Refusal(400, `Invalid filters ${unknown.join(",")} are found in query options.`);
  return where;
}

/** Every row that the filters leave, whatever the page. */
function countOf(call: Call, resource: Resource): number {
  const where = testsOf(call, resource);
  const counted = (row: Row) =>
    isVisible(resource, row, call) && (resource.listed?.(row, call) ?? true) && where.every((test) => test(row));
  return call.world.of(resource.table).filter(counted).length;
}

export const list: ListForm = {
  read(call, resource) {
    const offset = wholeNumber(call, "offset", 0);
    const limit = limitOf(call);
    const selection = { where: testsOf(call, resource), order: orderOf(call, resource), limit: limit + offset };
    const marker = call.query.getAll("marker").at(-1);
    // Types are paged in memory, and a marker that is none of them begins at the beginning (seen live).
    const lost = resource.singular === "volume_type" && call.world.of(resource.table).get(marker ?? "") === undefined;
    return marker === undefined || lost ? selection : { ...selection, marker };
  },
  write(call, resource, views, { rows }) {
    const offset = wholeNumber(call, "offset", 0);
    const limit = limitOf(call);
    const shown = offset === 0 ? views : views.slice(offset);
    const body: Record<string, Json> = { [resource.plural]: shown };
    const last = rows.at(-1);
    // A full page is followed by a link even when nothing comes after it.
    if (last !== undefined && limit > 0 && shown.length >= limit) {
      const name = resource.plural === "volume_types" ? "volume_type_links" : `${resource.plural}_links`;
      const href = `${call.root}${call.path.slice("/v3".length)}?${withQuery(call.query, { marker: last.id })}`;
      body[name] = [{ rel: "next", href }];
    }
    if (call.version >= 45 && call.query.has("with_count") && boolParam(call, "with_count"))
      body.count = countOf(call, resource);
    return body;
  },
  unknownMarker: ({ singular }, marker) => notFound(titled(singular), marker),
};

/** The two links of most of Cinder's resources. */
export function links(call: Call, path: string): readonly JsonObject[] {
  return [
    { rel: "self", href: `${call.root}${path}` },
    { rel: "bookmark", href: `${call.root.replace(/\/v3(?=\/|$)/, "")}${path}` },
  ];
}
