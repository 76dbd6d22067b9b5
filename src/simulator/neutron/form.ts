/** Neutron's forms: errors, pages, sentences (neutron stable/zed: api/v2, pecan_wsgi; seen live). */
import { isObject, repr } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Order } from "../core/selection.ts";
import type { Answer, Call, ListForm, Resource, Words } from "../core/types.ts";
import { middleware401 } from "../core/webob.ts";
import { badRequest, httpBadRequest, notFound, overQuota } from "./errors.ts";

const kinds: Readonly<Record<number, string>> = { 403: "HTTPForbidden", 404: "HTTPNotFound", 413: "RequestTooLarge" };

export function refuse({ status, message, kind, headers }: Refusal, call: Call): Answer {
  if (status === 401) return middleware401(call);
  const type = kind === "" ? (kinds[status] ?? "HTTPInternalServerError") : kind;
  if (status === 500) return failed(type);
  return { status, body: { NeutronError: { type, message, detail: "" } }, headers };
}

function failed(type: string): Answer {
  const message = "Request Failed: internal server error while processing your request.";
  return { status: 500, body: { NeutronError: { type, message, detail: "" } } };
}

export function headers(call: Call): Record<string, string> {
  // The version document comes from before the chain that adds the id (seen live).
  return call.path === "/" ? {} : { "x-openstack-request-id": call.requestId };
}

export function unknownPath(call: Call): Answer {
  return refuse(new Refusal(404, "The resource could not be found."), call);
}

export function wrongMethod(call: Call): Answer {
  const message = "The server could not comply with the request since it is either malformed or otherwise incorrect.";
  return refuse(new Refusal(405, message, { kind: "HTTPMethodNotAllowed" }), call);
}

/** `security_group` → `SecurityGroup`, as in `SecurityGroupNotFound`. */
function camel(singular: string): string {
  return singular.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `{verb}_network:shared` stands for create_… and update_…, whichever the request does. */
function denied(name: string, call: Call): string {
  const full = name.replaceAll("{verb}", call.method === "POST" ? "create" : "update");
  if (full.startsWith("(")) return full;
  const [base = full] = full.split(":", 1);
  return full === base ? `rule:${full}` : `(rule:${base} and rule:${full})`;
}

const core: ReadonlySet<string> = new Set(["network", "subnet", "port"]);

export const words: Words = {
  notFound: ({ singular }, id) => notFound(camel(singular), id),
  forbidden: ({ name }, call) =>
    new Refusal(403, `${denied(name, call)} is disallowed by policy`, { kind: "PolicyNotAuthorized" }),
  malformed: () => httpBadRequest("Body contains invalid data"),
  unwrapped(singular, body) {
    if (body === undefined) return httpBadRequest(`Unable to find '${singular}' in request body`);
    if (!isObject(body)) return httpBadRequest("Body contains invalid data");
    // The controllers of extensions see to it that there is a body at all.
    if (Object.keys(body).length === 0 && !core.has(singular)) return httpBadRequest("Resource body required");
    if (body[singular] === undefined) return httpBadRequest(`Unable to find '${singular}' in request body`);
    return httpBadRequest(`Object '${singular}' contains invalid data`);
  },
  missing: (_resource, attribute) =>
    httpBadRequest(`Failed to parse request. Required attribute '${attribute}' not specified`),
  unknown: (_resource, attributes) => httpBadRequest(`Unrecognized attribute(s) '${attributes.join(", ")}'`),
  readOnly: (_resource, attribute, _input, verb) =>
    httpBadRequest(
      verb === "create"
        ? `Attribute '${attribute}' not allowed in POST`
        : `Cannot update read-only attribute ${attribute}`,
    ),
  invalid: (_resource, attribute, _value, complaint) =>
    httpBadRequest(`Invalid input for ${attribute}. Reason: ${complaint}.`),
  overQuota: (name) => overQuota(name),
  noSuchAction: (name) => new Refusal(404, `The resource could not be found. ${name}`),
};

const reserved: ReadonlySet<string> = new Set(["fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"]);

function orderOf(call: Call, resource: Resource): readonly Order[] {
  const keys = call.query.getAll("sort_key");
  const directions = call.query.getAll("sort_dir");
  if (keys.length !== directions.length) throw httpBadRequest("The number of sort_keys and sort_dirs must be same");
  const unknown = keys.filter((key) => !Object.hasOwn(resource.sort ?? {}, key));
  if (unknown.length > 0) throw httpBadRequest(`${repr(unknown)} is invalid attribute for sort_keys`);
  const wrong = directions.filter((direction) => !["asc", "desc"].includes(direction));
  if (wrong.length > 0)
    throw httpBadRequest(`${repr(wrong)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`);
  if (keys.length === 0) return resource.order;
  return keys.map((key, index) => ({
    column: resource.sort?.[key] ?? key,
    descending: directions[index] === "desc",
  }));
}

/** 0 is no limit, as without one. */
function limitOf(call: Call): number {
  const value = call.query.get("limit") ?? "";
  if (value !== "" && !/^\d+$/.test(value))
    throw badRequest("limit", `Limit must be an integer 0 or greater and not '${value}'`);
  return Number(value);
}

function isReverse(call: Call): boolean {
  return (call.query.get("page_reverse") ?? "").toLowerCase() === "true";
}

export const list: ListForm = {
  read(call, resource) {
    const where = [];
    const unknown: string[] = [];
    for (const name of new Set(call.query.keys())) {
      const values = call.query.getAll(name).filter((value) => value !== "");
      if (reserved.has(name) || values.length === 0) continue;
      const filter = resource.filters?.[name];
      if (filter === undefined) unknown.push(name);
      else where.push(filter(values, call, name));
    }
    if (unknown.length > 0) throw httpBadRequest(`${repr(unknown)} is invalid attribute for filtering`);
    const limit = limitOf(call);
    const selection = { where, order: orderOf(call, resource) };
    // A marker counts only with a limit (seen live).
    if (limit === 0) return selection;
    const marker = call.query.get("marker") ?? "";
    return { ...selection, limit, reverse: isReverse(call), ...(marker === "" ? {} : { marker }) };
  },
  write(call, resource, views, { rows, selection }) {
    const body = { [resource.plural]: views };
    const { limit, reverse = false } = selection;
    if (limit === undefined) return body;
    const links = [];
    const short = rows.length < limit;
    const href = (marker: string | undefined, back: boolean) => {
      const query = new URLSearchParams(call.query);
      query.delete("marker");
      query.delete("page_reverse");
      if (marker !== undefined) query.append("marker", marker);
      if (back) query.append("page_reverse", "True");
      return `${call.base}${call.path}?${query}`;
    };
    if (!short || reverse) links.push({ rel: "next", href: href(rows.at(-1)?.id, false) });
    if (!short || !reverse) links.push({ rel: "previous", href: href(rows[0]?.id, true) });
    return links.length === 0 ? body : { ...body, [`${resource.plural}_links`]: links };
  },
  fields: (call) => (call.query.has("fields") ? new Set(call.query.getAll("fields")) : undefined),
  unknownMarker: (resource, marker) => words.notFound(resource, marker),
};
