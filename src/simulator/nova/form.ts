/** Nova's forms: faults, pages, sentences (nova stable/zed: api/openstack/wsgi.py, api/validation; seen live). */
import { type Json, type JsonObject, repr } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Order } from "../core/selection.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Call, ListForm, Resource, Words } from "../core/types.ts";
import { middleware401 } from "../core/webob.ts";

const kinds: Readonly<Record<number, string>> = {
  400: "badRequest",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  415: "badMediaType",
  429: "overLimit",
  501: "notImplemented",
  503: "serviceUnavailable",
};

export function refuse({ status, message, kind, more, headers }: Refusal, call: Call): Answer {
  if (status === 401) return middleware401(call);
  const name = kind === "" ? (kinds[status] ?? "computeFault") : kind;
  const body = { [name]: { code: status, message, ...more } };
  return { status, body, headers: { "content-type": "application/json; charset=UTF-8", ...headers } };
}

export function headers(call: Call, answer: Answer): Record<string, string | readonly string[]> {
  // The version document itself comes from before the chain that adds them (seen live).
  if (call.path === "/") return {};
  const ids = { "x-openstack-request-id": call.requestId, "x-compute-request-id": call.requestId };
  if (call.shownVersion === "" || answer.status === 401 || answer.unrouted === true) return ids;
  return {
    "OpenStack-API-Version": `compute ${call.shownVersion}`,
    "X-OpenStack-Nova-API-Version": call.shownVersion,
    Vary: ["OpenStack-API-Version", "X-OpenStack-Nova-API-Version"],
    ...ids,
  };
}

/** Quotas that Nova words without numbers. */
const tooMany: Readonly<Record<string, string>> = {
  key_pairs: "Quota exceeded, too many key pairs.",
  server_groups: "Quota exceeded, too many server groups.",
};

export const words: Words = {
  notFound: ({ singular }, id) =>
    new Refusal(404, `${singular.slice(0, 1).toUpperCase()}${singular.slice(1)} ${id} could not be found.`),
  forbidden: ({ name }) => new Refusal(403, `Policy doesn't allow ${name} to be performed.`),
  malformed: () => new Refusal(400, "Malformed request body"),
  unwrapped: (singular, body) => {
    if (body === undefined || body === null || typeof body !== "object" || Array.isArray(body))
      return new Refusal(400, `${repr(body)} is not of type 'object'`);
    const inner = Object.entries(body).find(([key]) => key === singular)?.[1];
    if (inner === undefined) return new Refusal(400, `${repr(singular)} is a required property`);
    return invalid(singular, inner, `${repr(inner)} is not of type 'object'`);
  },
  missing: ({ singular }, attribute, input) => invalid(singular, input, `${repr(attribute)} is a required property`),
  unknown: ({ singular }, attributes, input) => {
    const verb = attributes.length === 1 ? "was" : "were";
    const named = attributes.map((name) => repr(name)).join(", ");
    return invalid(singular, input, `Additional properties are not allowed (${named} ${verb} unexpected)`);
  },
  readOnly: ({ singular }, attribute, input) =>
    invalid(singular, input, `Additional properties are not allowed (${repr(attribute)} was unexpected)`),
  invalid: (_resource, attribute, value, complaint) => invalid(attribute, value, complaint),
  overQuota: (name, limit, used) =>
    new Refusal(
      403,
      tooMany[name] ?? `Quota exceeded for ${name}: Requested 1, but already used ${used} of ${limit} ${name}`,
    ),
  noSuchAction: (name) => new Refusal(400, name === "" ? "Malformed request body" : `There is no such action: ${name}`),
};

/** `Invalid input for field/attribute ram. Value: x. …` */
export function invalid(field: string, value: Json, complaint: string): Refusal {
  const shown = typeof value === "string" ? value : repr(value);
  return new Refusal(400, `Invalid input for field/attribute ${field}. Value: ${shown}. ${complaint}`);
}

export function invalidQuery(name: string, value: string, complaint: string): Refusal {
  return new Refusal(400, `Invalid input for query parameters ${name}. Value: ${value}. ${complaint}`);
}

const paging: ReadonlySet<string> = new Set(["limit", "marker", "sort_key", "sort_dir"]);

/** `[api] max_limit`. */
const maximum = 1000;

function orderOf(call: Call, resource: Resource): readonly Order[] {
  const known = resource.sort ?? {};
  const directions = call.query.getAll("sort_dir");
  for (const direction of directions)
    if (!["asc", "desc"].includes(direction))
      // The database, not the schema, looks at the servers' (seen live).
      throw resource.plural === "servers"
        ? new Refusal(400, "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")
        : invalidQuery("sort_dir", direction, `${repr(direction)} is not one of ['asc', 'desc']`);
  const keys = call.query.getAll("sort_key");
  if (keys.length === 0)
    return resource.order.map((order, index) => ({
      ...order,
      descending: (directions[index] ?? "") === "desc" || (directions.length === 0 && order.descending),
    }));
  return keys.map((key, index) => {
    const column = Object.hasOwn(known, key) ? known[key] : undefined;
    if (column === undefined)
      throw invalidQuery("sort_key", key, `${repr(key)} is not one of ${repr(Object.keys(known))}`);
    const fallback = resource.order[0]?.descending === true ? "desc" : "asc";
    return { column, descending: (directions[index] ?? fallback) === "desc" };
  });
}

/** `limit` as Nova reads it; the last one counts. */
export function limitOf(call: Call): number {
  const value = call.query.getAll("limit").at(-1) ?? "";
  if (!/^[0-9]*$/.test(value)) throw invalidQuery("limit", value, `${repr(value)} does not match '^[0-9]*$'`);
  return value === "" ? maximum : Math.min(Number(value), maximum);
}

function unexpectedQuery(unknown: readonly string[]): Refusal {
  const verb = unknown.length === 1 ? "was" : "were";
  const named = unknown.map((name) => repr(name)).join(", ");
  return new Refusal(400, `Additional properties are not allowed (${named} ${verb} unexpected)`);
}

/** Since 2.75 a query may hold nothing that the call does not know. */
export function refuseQuery(call: Call, known: ReadonlySet<string>): void {
  const unknown = [...new Set(call.query.keys())].filter((name) => !known.has(name));
  if (call.version >= 75 && unknown.length > 0) throw unexpectedQuery(unknown);
}

export const list: ListForm = {
  read(call, resource) {
    const where = [];
    const unknown: string[] = [];
    for (const name of new Set(call.query.keys())) {
      const filter = resource.filters?.[name];
      if (filter !== undefined) where.push(filter(call.query.getAll(name), call, name));
      else if (!paging.has(name)) unknown.push(name);
    }
    if (call.version >= 75 && unknown.length > 0) {
      const [first] = unknown;
      // Servers keep a place for fields that begin with an underscore, and refuse all others by its pattern (seen live).
      if (resource.plural === "servers" && unknown.length === 1)
        throw new Refusal(400, `${repr(first)} does not match any of the regexes: '^_'`);
      throw unexpectedQuery(unknown);
    }
    const marker = call.query.getAll("marker").at(-1);
    const selection = { where, order: orderOf(call, resource), limit: limitOf(call) };
    return marker === undefined ? selection : { ...selection, marker };
  },
  write(call, resource, views, { rows, more, selection }) {
    const last = rows.at(-1);
    const body = { [resource.plural]: views };
    // A full page is followed by a link even when nothing comes after it (nova: api/openstack/common.py get_links).
    if (last === undefined || !(more || rows.length === selection.limit)) return body;
    const query = nextQuery(call.query, last.id);
    return { ...body, [`${resource.plural}_links`]: [{ rel: "next", href: `${call.root}${tail(call)}?${query}` }] };
  },
  unknownMarker: (_resource, marker) => new Refusal(400, `marker [${marker}] not found`),
};

/** The parameters sorted, each once, the greatest value of several (nova: api/openstack/common.py _get_next_link). */
function nextQuery(query: URLSearchParams, marker: string): string {
  const items = [...query].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  const once = new Map(items);
  once.set("marker", marker);
  return new URLSearchParams([...once]).toString();
}

/** The path behind the API's root. */
function tail(call: Call): string {
  return call.path.slice("/v2.1".length);
}

/** The two links of each Nova resource. */
export function links(call: Call, path: string): readonly JsonObject[] {
  const bookmark = call.root.replace(/\/v2(?:\.1)?(?=\/|$)/, "");
  return [
    { rel: "self", href: `${call.root}${path}` },
    { rel: "bookmark", href: `${bookmark}${path}` },
  ];
}

/** A time as Nova's database keeps it: whole seconds, and zeros for their parts. */
export function databaseTime(at: number): string {
  return zoneless(Math.floor(at / 1000) * 1000);
}
