import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { CloudError } from "../cloud/index.ts";
import { fieldByName, isObject } from "./json.ts";
import type { HttpBinding } from "./operations.ts";

/** The parts of an HTTP request that make up a message (google/api/http.proto: path, then body, then query). */
export interface RestRequest {
  readonly binding: HttpBinding;
  readonly pathValues: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
}

/** SOL 013 §5.2: the filter of a list; copied into the request's one member of that type unless the dotted form is there. */
export const FILTER_PARAMETER = "filter";
export const FILTER_TYPE = "vimana.kubevim.v1.Filter";

/** The request's JSON, and the names of query parameters that the message has no place for. */
export function assembleRequest(type: DescMessage, request: RestRequest): { json: JsonObject; unknown: string[] } {
  const json = request.binding.body === "*" ? parseBody(request.body) : {};
  const unknown: string[] = [];
  for (const [path, value] of request.pathValues) setPathValue(type, json, path.split("."), value);
  for (const name of new Set(request.query.keys())) {
    const values = request.query.getAll(name);
    const place = name === FILTER_PARAMETER ? filterPlace(type, request.query) : locate(type, name.split("."));
    if (place === undefined) unknown.push(name);
    else set(json, place, queryValue(place, name, values));
  }
  return { json, unknown };
}

function parseBody(body: Uint8Array): JsonObject {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : "not UTF-8";
    throw new CloudError("MALFORMED", `the body is not JSON: ${why}`, { field: "body", cause });
  }
  if (!isObject(value)) throw new CloudError("MALFORMED", "the body must be a JSON object", { field: "body" });
  return value;
}

/** Fields from the message down to a leaf. */
export type Place = readonly DescField[];

/** Where a dotted name of a path or of a query leads to. */
export function locate(type: DescMessage, names: readonly string[]): Place | undefined {
  const place: DescField[] = [];
  let owner: DescMessage | undefined = type;
  for (const name of names) {
    const field: DescField | undefined = owner === undefined ? undefined : fieldByName(owner, name);
    if (field === undefined) return undefined;
    place.push(field);
    owner = field.fieldKind === "message" ? field.message : undefined;
  }
  const leaf = place.at(-1);
  return leaf === undefined || leaf.fieldKind === "message" || leaf.fieldKind === "map" ? undefined : place;
}

function filterPlace(type: DescMessage, query: URLSearchParams): Place | undefined {
  const field = type.fields.find((one) => one.fieldKind === "message" && one.message.typeName === FILTER_TYPE);
  if (field === undefined) return locate(type, [FILTER_PARAMETER]);
  if (query.has(`${field.jsonName}.value`)) return undefined;
  return locate(type, [field.jsonName, "value"]);
}

function queryValue(place: Place, name: string, values: readonly string[]): JsonValue {
  const leaf = place.at(-1);
  if (leaf?.fieldKind === "list") return [...values];
  const [value = "", ...more] = values;
  if (more.length > 0) throw new CloudError("INVALID_VALUE", "is given more than once", { field: name });
  // protojson reads numbers from text, but not these two.
  if (leaf?.fieldKind === "enum" && /^\d+$/.test(value)) return Number(value);
  if (leaf?.fieldKind === "scalar" && leaf.scalar === ScalarType.BOOL && /^(?:true|false)$/.test(value))
    return value === "true";
  return value;
}

function setPathValue(type: DescMessage, json: JsonObject, names: readonly string[], value: string): void {
  const place = locate(type, names);
  if (place === undefined) throw new Error(`${type.typeName} has no field ${names.join(".")}`);
  const before = get(json, place);
  const field = place.map((one) => one.jsonName).join(".");
  if (before !== undefined && before !== value) {
    throw new CloudError("INVALID_VALUE", "the body says something else than the path", { field });
  }
  set(json, place, value);
}

function get(json: JsonObject, place: Place): JsonValue | undefined {
  let at: JsonValue | undefined = json;
  for (const field of place) {
    if (!isObject(at)) return undefined;
    at = at[field.jsonName] ?? at[field.name];
  }
  return at;
}

function set(json: JsonObject, place: Place, value: JsonValue): void {
  let at = json;
  for (const field of place.slice(0, -1)) {
    const inner: JsonValue | undefined = at[field.jsonName] ?? at[field.name];
    const next: JsonObject = isObject(inner) ? inner : {};
    at[field.jsonName] = next;
    if (field.name !== field.jsonName) delete at[field.name];
    at = next;
  }
  const leaf = place.at(-1);
  if (leaf === undefined) return;
  if (leaf.name !== leaf.jsonName) delete at[leaf.name];
  at[leaf.jsonName] = value;
}
