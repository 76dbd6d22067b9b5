/** Keystone's own forms: errors, lists without pages, and its sentences (keystone stable/zed: exception.py, seen live). */

import { readBoolean } from "../core/checks.ts";
import { type Row, repr } from "../core/json.ts";
import { contains, exact } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Selection } from "../core/selection.ts";
import type { Answer, Call, ListForm, Resource, Words } from "../core/types.ts";
import type { TableKey } from "../world.ts";

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
};

const blame =
  " The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.";

/** A complaint about the request, and who is to blame. */
export function malformed(complaint: string): Refusal {
  return new Refusal(400, complaint + blame);
}

/** `Expecting to find auth in request body. …` */
export function expecting(attribute: string, target: string): Refusal {
  return malformed(`Expecting to find ${attribute} in ${target}.`);
}

export function notFound(what: string, id: string): Refusal {
  return new Refusal(404, `Could not find ${what}: ${id}.`);
}

/** The row of an id, or the 404. */
export function need<R extends Row>(call: Call, table: TableKey<R>, what: string, id: string): R {
  const row = call.world.of(table).get(id);
  if (row === undefined) throw notFound(what, id);
  return row;
}

export function forbidden(action: string): Refusal {
  return new Refusal(403, `You are not authorized to perform the requested action: ${action}.`);
}

export function conflict(type: string, details: string): Refusal {
  return new Refusal(409, `Conflict occurred attempting to store ${type} - ${details}.`);
}

export function refuse({ status, message, more, headers }: Refusal, call: Call): Answer {
  const challenge = status === 401 ? { "WWW-Authenticate": `Keystone uri="${call.base}/v3"` } : {};
  const error = { code: status, ...more, message, title: titles[status] ?? "Error" };
  return { status, body: { error }, headers: { ...challenge, ...headers } };
}

/** A filter on any column, or on those named; `enabled` is a flag (which `enabled=` without a value sets), `__contains` and its kin as in the API. */
export function filters(call: Call, resource: Resource, named?: readonly string[]): Selection["where"] {
  const where: ((row: Row) => boolean)[] = [];
  for (const [name, value] of call.query) {
    const [column = "", comparison] = name.split("__", 2);
    if (named?.includes(column) === false) continue;
    const own = resource.filters?.[name];
    if (own !== undefined) where.push(own(call.query.getAll(name), call, name));
    else if (!resource.attributes.some((attribute) => attribute.name === column && attribute.shown !== false)) continue;
    else if (column === "enabled") where.push((row) => row.enabled === (readBoolean(value) ?? true));
    else if (comparison === undefined) where.push(exact(column)([value], call, name));
    else if (/^i?contains$/.test(comparison)) where.push(contains(column)([value], call, name));
    else if (/^i?startswith$/.test(comparison))
      where.push((row) =>
        String(row[column] ?? "")
          .toLowerCase()
          .startsWith(value.toLowerCase()),
      );
    else if (/^i?endswith$/.test(comparison))
      where.push((row) =>
        String(row[column] ?? "")
          .toLowerCase()
          .endsWith(value.toLowerCase()),
      );
  }
  return where;
}

/** Keystone of Zed knows no pages: `limit` is ignored there, too. */
export const list: ListForm = {
  read: (call, resource) => ({ where: filters(call, resource), order: resource.order }),
  write: (call, resource, views) => ({ [resource.plural]: views, links: collectionLinks(call) }),
  unknownMarker: (_resource, marker) => new Refusal(400, `Marker ${marker} could not be found`),
};

export function collectionLinks(call: Call): { next: null; self: string; previous: null } {
  return { next: null, self: call.base + call.path + call.search, previous: null };
}

export const words: Words = {
  notFound: (resource, id) => notFound(resource.singular, id),
  forbidden: (policy) => forbidden(policy.name),
  malformed: () => expecting("valid JSON", "request body"),
  unwrapped: (singular) => expecting(singular, "request body"),
  missing: (_resource, attribute) => new Refusal(400, `${repr(attribute)} is a required property`),
  unknown: (_resource, [name = ""]) =>
    new Refusal(400, `Additional properties are not allowed (${repr(name)} was unexpected)`),
  readOnly: (resource, attribute) => new Refusal(400, `Cannot change ${resource.singular} ${attribute}.`),
  invalid: (_resource, attribute, _value, complaint) =>
    new Refusal(400, `Invalid input for field '${attribute}': ${complaint}`),
  nothing: () => new Refusal(400, "{} does not have enough properties"),
  overQuota: (name) => new Refusal(403, `Unable to create additional ${name}. Maximum number exceeded.`),
  noSuchAction: (name) => new Refusal(404, name),
};
