/** Attribute tables at work: what a client's body becomes, and what a row looks like. */
import { isObject, type Json, type JsonObject, type Row } from "./json.ts";
import { authorize } from "./policy.ts";
import type { Attribute, Call, Resource, Versioned } from "./types.ts";

export function applies(versioned: Versioned, version: number): boolean {
  return version >= (versioned.since ?? 0) && version <= (versioned.until ?? Number.POSITIVE_INFINITY);
}

/** The object under `{singular: …}`, or the service's complaint. */
export function unwrap(call: Call, singular: string): JsonObject {
  const inner = isObject(call.body) ? call.body[singular] : undefined;
  if (!isObject(inner)) throw call.service.words.unwrapped(singular, call.body);
  return inner;
}

/** Checks the input of a create or an update against the table: required, unknown, read-only, each value. */
export function checkInput(resource: Resource, input: JsonObject, call: Call, verb: "create" | "update"): void {
  const { words } = call.service;
  if (verb === "create") {
    for (const attribute of resource.attributes) {
      const wanted = attribute.create === "required" && applies(attribute, call.version);
      if (wanted && input[attribute.name] === undefined) throw words.missing(resource, attribute.name, input);
    }
  }
  const given = Object.entries(input);
  if (verb === "update" && given.length === 0 && words.nothing !== undefined) throw words.nothing();
  const unknown: string[] = [];
  for (const [name, value] of given) {
    const attribute = resource.attributes.find((one) => one.name === name && applies(one, call.version));
    if (attribute === undefined) unknown.push(name);
    else if (verb === "create" ? attribute.create === undefined : attribute.update !== true)
      throw words.readOnly(resource, name, input, verb);
    else {
      const complaint = attribute.check?.(value);
      if (complaint !== undefined) throw words.invalid(resource, name, value, complaint);
    }
  }
  if (unknown.length > 0 && resource.extra !== true) throw words.unknown(resource, unknown, input);
}

/** Rules about single attributes that the client gave. */
export function authorizeInput(resource: Resource, input: JsonObject, call: Call): void {
  for (const { name, policy } of resource.attributes)
    if (policy !== undefined && input[name] !== undefined) authorize(policy, call);
}

function stored(attribute: Attribute, value: Json, call: Call): Json {
  return attribute.store === undefined ? value : attribute.store(value, call);
}

/** What a client gives beyond the table, where the service keeps that; nothing where it does not. */
function extraOf(resource: Resource, input: JsonObject, before: Json | undefined): JsonObject {
  if (resource.extra !== true) return {};
  const known = new Set(resource.attributes.map(({ name }) => name));
  const extra = Object.entries(input).filter(([name]) => !known.has(name));
  return { extra: { ...(isObject(before) ? before : {}), ...Object.fromEntries(extra) } };
}

/** The columns of a new row, defaults included; attributes that are only computed get no column. */
export function draft(resource: Resource, input: JsonObject, call: Call): JsonObject {
  const row: Record<string, Json> = {};
  for (const attribute of resource.attributes) {
    const given = input[attribute.name];
    if (given !== undefined) row[attribute.column ?? attribute.name] = stored(attribute, given, call);
    else if (attribute.default !== undefined) row[attribute.column ?? attribute.name] = attribute.default;
    else if (attribute.view === undefined && attribute.name !== "id") row[attribute.column ?? attribute.name] ??= null;
  }
  return { ...row, ...extraOf(resource, input, undefined) };
}

/** The columns that an update changes. */
export function changes(resource: Resource, input: JsonObject, call: Call, before: Row): JsonObject {
  const row: Record<string, Json> = {};
  for (const attribute of resource.attributes) {
    const given = input[attribute.name];
    if (given !== undefined) row[attribute.column ?? attribute.name] = stored(attribute, given, call);
  }
  return { ...row, ...extraOf(resource, input, before.extra) };
}

/** A row as the caller sees it at his microversion. */
export function view(resource: Resource, row: Row, call: Call): JsonObject {
  if (resource.view !== undefined) return resource.view(row, call);
  const seen: Record<string, Json> = resource.extra === true && isObject(row.extra) ? { ...row.extra } : {};
  for (const attribute of resource.attributes) {
    if (!applies(attribute, call.version) || !isShown(attribute, call)) continue;
    const value = attribute.view === undefined ? row[attribute.column ?? attribute.name] : attribute.view(row, call);
    if (value !== undefined) seen[attribute.name] = value;
  }
  return seen;
}

function isShown({ shown }: Attribute, call: Call): boolean {
  if (shown === undefined) return true;
  if (typeof shown === "function") return shown(call);
  return shown === "admin" && call.actor.admin;
}
