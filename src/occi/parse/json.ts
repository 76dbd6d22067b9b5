import { CloudError } from "../../cloud/index.ts";
import type { Value } from "../attribute.ts";
import { type CategoryClass, identityOf, parseIdentity, SCHEME, TERM } from "../category.ts";
import type { Attributes, LinkMessage, Message, NamedCategory } from "../message.ts";
import { EMPTY_MESSAGE } from "../message.ts";
import { isItems, itemOf } from "./items.ts";
import { MOST_VALUES } from "./text.ts";
import { isObject, type Json, type JsonObject, parseJson } from "./strictJson.ts";

/**
 * JSON bodies (GFD.226 §3) as messages: one per resource, link, action call or mixin. Core attributes are members there
 * and become `occi.core.*` here, so that nothing after the parser knows two spellings.
 */
export function parseJsonMessages(text: string): readonly Message[] {
  const messages = readMessages(parseJson(text));
  if (messages.length > MOST_VALUES) throw malformed("the body", `it holds more than ${MOST_VALUES} things`);
  for (const { categories, attributes, links, locations } of messages) {
    const count = categories.length + attributes.size + links.length + locations.length;
    if (count > MOST_VALUES) throw malformed("the body", `one message has more than ${MOST_VALUES} values`);
  }
  return messages;
}

function readMessages(json: Json): readonly Message[] {
  if (Array.isArray(json)) return [readLocations(json)];
  const body = object(json, "the body");
  if (body.has("action")) return [readAction(body)];
  if (body.has("resources") || isBatch(body)) return readBatch(body);
  if (body.has("kinds") || isDefinitions(body)) return readDefinitions(body);
  if (body.has("term")) return [readDefinition(body, "mixin", "")];
  return [readEntity(body, "")];
}

/** `{"links":[…]}` alone is a batch; beside `kind` it is the links of one resource. */
function isBatch(body: JsonObject): boolean {
  return body.size === 1 && body.has("links");
}

/** `{"mixins":[…]}` alone holds definitions; beside `kind` it names the mixins of one entity. */
function isDefinitions(body: JsonObject): boolean {
  const mixins = body.get("mixins");
  return body.size === 1 && Array.isArray(mixins) && mixins.every(isObject);
}

function readBatch(body: JsonObject): readonly Message[] {
  only(body, ["resources", "links"], "");
  return ["resources", "links"].flatMap((name) =>
    list(body, name, "").map((json, index) => readEntity(object(json, `${name}[${index}]`), `${name}[${index}].`)),
  );
}

const ENTITY_MEMBERS = [
  "kind",
  "id",
  "title",
  "summary",
  "mixins",
  "attributes",
  "actions",
  "links",
  "source",
  "target",
  // Old servers show it and their clients send it back (MartServer).
  "location",
];

function readEntity(body: JsonObject, at: string): Message {
  only(body, ENTITY_MEMBERS, at);
  const attributes = new Map(readAttributes(body.get("attributes"), `${at}attributes`));
  for (const [member, name] of CORE_MEMBERS) {
    const json = body.get(member);
    if (json === undefined) continue;
    if (attributes.has(name)) throw malformed(`${at}${member}`, `${name} is given twice`);
    if (!isEnd(member)) {
      attributes.set(name, string(json, at + member));
      continue;
    }
    const { location, kind } = readEnd(json, at + member);
    attributes.set(name, location);
    if (kind !== undefined) attributes.set(`${name}.kind`, kind);
  }
  echoed(body, at);
  const kind = body.get("kind");
  return {
    categories: [
      ...(kind === undefined ? [] : [category(kind, "kind", `${at}kind`)]),
      ...list(body, "mixins", at).map((mixin, i) => category(mixin, "mixin", `${at}mixins[${i}]`)),
    ],
    attributes,
    links: list(body, "links", at).map((link, i) => readLink(link, `${at}links[${i}]`)),
    locations: [],
    isTyped: true,
  };
}

const CORE_MEMBERS = [
  ["id", "occi.core.id"],
  ["title", "occi.core.title"],
  ["summary", "occi.core.summary"],
  ["source", "occi.core.source"],
  ["target", "occi.core.target"],
] as const;

function isEnd(member: string): boolean {
  return member === "source" || member === "target";
}

/** `{"location":…,"kind":…}`; the kind follows from the location and may be left out. */
function readEnd(json: Json, at: string): { readonly location: string; readonly kind: string | undefined } {
  const end = object(json, at);
  only(end, ["location", "kind"], `${at}.`);
  const location = end.get("location");
  const kind = end.get("kind");
  if (location === undefined) throw malformed(at, "location is missing");
  return {
    location: string(location, `${at}.location`),
    kind: kind === undefined ? undefined : identityOf(category(kind, "kind", `${at}.kind`)),
  };
}

/** What clients send back as they read it means nothing, but it has its shape all the same. */
function echoed(body: JsonObject, at: string): void {
  for (const [i, action] of list(body, "actions", at).entries()) category(action, "action", `${at}actions[${i}]`);
  const location = body.get("location");
  if (location !== undefined) string(location, `${at}location`);
}

const LINK_MEMBERS = ["kind", "id", "title", "mixins", "attributes", "actions", "source", "target", "rel", "location"];

function readLink(json: Json, at: string): LinkMessage {
  const link = object(json, at);
  only(link, LINK_MEMBERS, `${at}.`);
  const target = link.get("target");
  const kind = link.get("kind");
  if (target === undefined) throw malformed(at, "target is missing");
  if (kind === undefined) throw malformed(at, "kind is missing");
  const id = link.get("id");
  const title = link.get("title");
  const source = link.get("source");
  const end = readEnd(target, `${at}.target`);
  if (source !== undefined) readEnd(source, `${at}.source`);
  echoed(link, `${at}.`);
  const attributes = new Map(readAttributes(link.get("attributes"), `${at}.attributes`));
  if (title !== undefined) attributes.set("occi.core.title", string(title, `${at}.title`));
  return {
    target: end.location,
    rel: end.kind === undefined ? [] : [end.kind],
    categories: [
      category(kind, "kind", `${at}.kind`),
      ...list(link, "mixins", `${at}.`).map((mixin, i) => category(mixin, "mixin", `${at}.mixins[${i}]`)),
    ],
    ...(id === undefined ? {} : { self: string(id, `${at}.id`) }),
    attributes,
    isTyped: true,
  };
}

function readAction(body: JsonObject): Message {
  only(body, ["action", "attributes"], "");
  return {
    ...EMPTY_MESSAGE,
    categories: [category(body.get("action") ?? null, "action", "action")],
    attributes: readAttributes(body.get("attributes"), "attributes"),
    isTyped: true,
  };
}

/** Locations in JSON: strings (rOCCI-core) or objects with a location (erocci). */
function readLocations(json: readonly Json[]): Message {
  const locations = json.map((item, index) => {
    if (typeof item === "string") return item;
    const location = object(item, `[${index}]`).get("location");
    return string(location ?? null, `[${index}].location`);
  });
  return { ...EMPTY_MESSAGE, locations, isTyped: true };
}

function readDefinitions(body: JsonObject): readonly Message[] {
  only(body, ["kinds", "mixins", "actions"], "");
  return (["kind", "mixin", "action"] as const).flatMap((word) =>
    list(body, `${word}s`, "").map((json, index) =>
      readDefinition(object(json, `${word}s[${index}]`), word, `${word}s[${index}].`),
    ),
  );
}

const DEFINITION_MEMBERS = ["term", "scheme", "title", "location", "attributes", "depends", "applies", "actions"];

function readDefinition(body: JsonObject, word: CategoryClass, at: string): Message {
  only(body, DEFINITION_MEMBERS, at);
  const term = string(body.get("term") ?? null, `${at}term`);
  const scheme = string(body.get("scheme") ?? null, `${at}scheme`);
  if (!TERM.test(term)) throw malformed(`${at}term`, "no term");
  if (!SCHEME.test(scheme)) throw malformed(`${at}scheme`, "no URI that ends in #");
  const title = body.get("title");
  const location = body.get("location");
  const [rel, ...others] = list(body, "depends", at);
  if (others.length > 0) throw malformed(`${at}depends`, "a user's mixin depends on one other at most");
  const applies = list(body, "applies", at).map((kind, i) => string(kind, `${at}applies[${i}]`));
  const more = ["attributes", "actions"].some((name) => {
    const json = body.get(name);
    return isObject(json) ? json.size > 0 : Array.isArray(json) && json.length > 0;
  });
  const named: NamedCategory = {
    scheme,
    term,
    class: word,
    ...(title === undefined ? {} : { title: string(title, `${at}title`) }),
    ...(location === undefined ? {} : { location: string(location, `${at}location`) }),
    ...(rel === undefined ? {} : { rel: string(rel, `${at}depends[0]`) }),
    ...(applies.length === 0 ? {} : { applies }),
    ...(more ? { definesMore: true } : {}),
  };
  return { ...EMPTY_MESSAGE, categories: [named], isTyped: true };
}

function readAttributes(json: Json | undefined, at: string): Attributes {
  const attributes = new Map<string, Value>();
  if (json === undefined) return attributes;
  for (const [name, value] of object(json, at)) {
    const item = itemOf(`${at}.${name}`, value);
    if (typeof item === "object" && !isItems(item)) {
      throw malformed(`${at}.${name}`, "a string, a number, a boolean or an array is expected");
    }
    attributes.set(name, item);
  }
  return attributes;
}

function category(json: Json, word: CategoryClass, at: string): NamedCategory {
  const name = parseIdentity(string(json, at));
  if (name === undefined) throw malformed(at, "no type identifier (scheme, #, term)");
  return { ...name, class: word };
}

function only(body: JsonObject, names: readonly string[], at: string): void {
  for (const name of body.keys()) {
    if (!names.includes(name))
      throw new CloudError("UNKNOWN_ATTRIBUTE", `unknown member ${at}${name}`, { field: at + name });
  }
}

function object(json: Json, at: string): JsonObject {
  if (!isObject(json)) throw malformed(at, "an object is expected");
  return json;
}

function array(json: Json, at: string): readonly Json[] {
  if (!Array.isArray(json)) throw malformed(at, "an array is expected");
  return json;
}

/** The elements of a member that may be left out. */
function list(body: JsonObject, name: string, at: string): readonly Json[] {
  const json = body.get(name);
  return json === undefined ? [] : array(json, at + name);
}

function string(json: Json, at: string): string {
  if (typeof json !== "string") throw malformed(at, "a string is expected");
  return json;
}

function malformed(field: string, message: string): CloudError {
  return new CloudError("MALFORMED", `${field}: ${message}`, { field });
}
