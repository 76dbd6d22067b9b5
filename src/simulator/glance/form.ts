/** Glance's forms: webob's errors, lists with `first` and `next` (glance stable/zed: api/v2/images.py; seen live). */
import { readBoolean } from "../core/checks.ts";
import { isList, type Json, type Row, text } from "../core/json.ts";
import { exact, withQuery } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Order } from "../core/selection.ts";
import type { Answer, Call, Filter, ListForm, Words } from "../core/types.ts";
import { challenge, webobError } from "../core/webob.ts";

const explanation401 =
  "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.";

export function refuse({ status, message, more, headers }: Refusal, call: Call): Answer {
  if (status === 401) return webobError(call, 401, explanation401, "", challenge(call));
  return webobError(call, status, message, text(more.detail), headers);
}

export const bad = (message: string) => new Refusal(400, message);
export const denied = (message: string, detail = "") => new Refusal(403, message, { more: { detail } });
export const noImage = (id: string) => new Refusal(404, `No image found with ID ${id}`);

/** A value against Glance's image schema. */
export function mismatch(name: string, complaint: string): Refusal {
  return bad(`Provided object does not match schema 'image': ${complaint}\n\nOn instance['${name}']`);
}

export const words: Words = {
  notFound: (_resource, id) => noImage(id),
  forbidden: ({ name }) => denied(`You are not authorized to complete ${name} action.`),
  malformed: () => bad("Malformed JSON in request body."),
  unwrapped: () => bad("Malformed JSON in request body."),
  missing: (_resource, name) => mismatch(name, `'${name}' is a required property`),
  unknown: (_resource, [name = ""]) => mismatch(name, `'${name}' is not known`),
  readOnly: (_resource, name) => denied(`Attribute '${name}' is read-only.`),
  invalid: (_resource, name, _value, complaint) => mismatch(name, complaint),
  overQuota: (name, limit) =>
    new Refusal(413, `The limit has been exceeded on the number of allowed ${name} ${limit}.`),
  noSuchAction: (name) => new Refusal(404, name),
};

/** Equal, or one of `in:a,b`. */
function oneOf(column: string): Filter {
  return (values, call, name) => {
    const value = values.at(-1) ?? "";
    const wanted = value.startsWith("in:")
      ? value
          .slice(3)
          .split(",")
          .map((one) => one.replace(/^"(.*)"$/, "$1"))
      : [value];
    return exact(column)(wanted, call, name);
  };
}

/** `gt:`, `gte:`, `lt:`, `lte:`, `eq:`, `neq:` and a time. */
function time(column: string): Filter {
  return (values, _call, name) => {
    const [, operator = "eq", written = ""] = /^(?:(gte|gt|lte|lt|eq|neq):)?(.*)$/.exec(values.at(-1) ?? "") ?? [];
    const at = Date.parse(written);
    if (Number.isNaN(at)) throw bad(`Invalid time value ${written} for ${name}.`);
    return (row) => {
      const difference = Math.floor(Number(row[column]) / 1000) - Math.floor(at / 1000);
      if (operator === "gt") return difference > 0;
      if (operator === "gte") return difference >= 0;
      if (operator === "lt") return difference < 0;
      if (operator === "lte") return difference <= 0;
      return operator === "neq" ? difference !== 0 : difference === 0;
    };
  };
}

function bound(column: string, least: boolean): Filter {
  return (values) => {
    const value = Number(values.at(-1));
    if (!Number.isInteger(value)) throw bad("Unable to filter on a range with a non-numeric value.");
    return (row) => row[column] !== null && (least ? Number(row[column]) >= value : Number(row[column]) <= value);
  };
}

function truth(column: string): Filter {
  return (values, _call, name) => {
    const value = values.at(-1) ?? "";
    const wanted = readBoolean(value);
    if (wanted === undefined)
      throw bad(`Invalid value '${value}' for '${name}' filter. Valid values are 'true' or 'false'.`);
    return (row) => row[column] === wanted;
  };
}

const visibilities = ["public", "private", "shared", "community", "all"];

export const filters: Readonly<Record<string, Filter>> = {
  id: oneOf("id"),
  name: oneOf("name"),
  status: oneOf("status"),
  owner: oneOf("owner"),
  disk_format: oneOf("disk_format"),
  container_format: oneOf("container_format"),
  checksum: oneOf("checksum"),
  os_hash_value: oneOf("os_hash_value"),
  os_hash_algo: oneOf("os_hash_algo"),
  min_disk: oneOf("min_disk"),
  min_ram: oneOf("min_ram"),
  size: oneOf("size"),
  size_min: bound("size", true),
  size_max: bound("size", false),
  created_at: time("created_at"),
  updated_at: time("updated_at"),
  protected: truth("protected"),
  os_hidden: truth("os_hidden"),
  // All tags named must be there.
  tag: (values) => (row) => isList(row.tags) && values.every((tag) => isList(row.tags) && row.tags.includes(tag)),
  visibility: (values) => {
    const value = values.at(-1) ?? "";
    if (!visibilities.includes(value)) throw bad(`Invalid visibility value: ${value}`);
    return (row) => value === "all" || row.visibility === value;
  },
  // Which shared images are listed is decided with visibility: see images.ts.
  member_status: (values) => {
    const value = values.at(-1) ?? "";
    if (!["accepted", "pending", "rejected", "all"].includes(value)) throw bad(`Invalid status: ${value}`);
    return () => true;
  },
};

const paging: ReadonlySet<string> = new Set(["limit", "marker", "sort", "sort_key", "sort_dir"]);
const sortable = ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"];

/** `[DEFAULT] limit_param_default` and `api_limit_max`. */
const pages = { usual: 25, most: 1000 };

function limitOf(call: Call): number {
  const value = call.query.get("limit");
  if (value === null) return pages.usual;
  if (!/^-?\d+$/.test(value)) throw bad("limit param must be an integer");
  if (Number(value) < 0) throw bad("limit param must be positive");
  return Math.min(Number(value), pages.most);
}

function orderOf(call: Call): Order[] {
  const joined = call.query.get("sort");
  const keys =
    joined === null ? call.query.getAll("sort_key") : joined.split(",").map((part) => part.split(":")[0] ?? "");
  const directions =
    joined === null ? call.query.getAll("sort_dir") : joined.split(",").map((part) => part.split(":")[1] ?? "desc");
  for (const key of keys)
    if (!sortable.includes(key))
      throw bad(`Invalid sort key: ${key}. It must be one of the following: ${sortable.join(", ")}.`);
  for (const direction of directions)
    if (direction !== "asc" && direction !== "desc") throw bad(`Invalid sort direction: ${direction}`);
  const order = keys.map((column, index) => ({
    column,
    descending: (directions[index] ?? directions[0] ?? "desc") === "desc",
  }));
  const descending = (directions[0] ?? "desc") === "desc";
  for (const column of ["created_at", "id"]) if (!keys.includes(column)) order.push({ column, descending });
  return order;
}

function property(name: string, value: string): (row: Row) => boolean {
  return (row) => {
    const { properties } = row;
    const held: Json | undefined =
      typeof properties === "object" && properties !== null && !isList(properties) ? properties[name] : undefined;
    return held === value;
  };
}

export const list: ListForm = {
  read(call) {
    const where = [];
    for (const name of new Set(call.query.keys())) {
      if (paging.has(name)) continue;
      const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
      const values = call.query.getAll(name);
      // Everything else is a property of the image.
      where.push(filter === undefined ? property(name, values.at(-1) ?? "") : filter(values, call, name));
    }
    if (!call.query.has("os_hidden")) where.push((row: Row) => row.os_hidden !== true);
    const selection = { where, order: orderOf(call), limit: limitOf(call) };
    const marker = call.query.get("marker");
    return marker === null ? selection : { ...selection, marker };
  },
  write(call, _resource, views, { rows, selection }) {
    const first = withQuery(call.query, { marker: undefined });
    const last = rows.at(-1);
    const next =
      last !== undefined && rows.length === selection.limit ? withQuery(call.query, { marker: last.id }) : undefined;
    return {
      images: views,
      first: first === "" ? call.path : `${call.path}?${first}`,
      schema: "/v2/schemas/images",
      ...(next === undefined ? {} : { next: `${call.path}?${next}` }),
    };
  },
  unknownMarker: (_resource, marker) => bad(`No image found with ID ${marker}`),
};
