import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  isMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { CloudError } from "../cloud/index.ts";
import type { Schema } from "./operations.ts";

/**
 * JSON in and out of messages, by the rules of protojson, strictly; unknown members are returned by name for the caller
 * to be warned of. Handlers speak another code generator's types, so messages cross as their binary form.
 */

/** A request's JSON as the message's bytes, with the paths of members that the message does not have. */
export function jsonToMessage(
  schema: Schema,
  type: DescMessage,
  json: JsonObject,
): { bytes: Uint8Array; unknown: string[] } {
  const unknown: string[] = [];
  checkShape(type, json, "", unknown);
  try {
    const message = fromJson(type, json, { ignoreUnknownFields: true, registry: schema.registry });
    return { bytes: toBinary(type, message), unknown };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const field = /field (\S+)/.exec(text)?.[1];
    throw new CloudError("INVALID_VALUE", readable(text), {
      ...(field === undefined ? {} : { field: shortName(schema, field) }),
      cause,
    });
  }
}

/** An answer's bytes as JSON in upstream's shape: absent singular messages are `null`, empty lists and zeros are there. */
export function messageToJson(schema: Schema, type: DescMessage, bytes: Uint8Array): JsonValue {
  const message = fromBinary(type, bytes);
  const json = toJson(type, message, { alwaysEmitImplicit: true, registry: schema.registry });
  if (isObject(json)) addNulls(reflect(type, message), json);
  return json;
}

function addNulls(message: ReflectMessage, json: JsonObject): void {
  for (const field of message.fields) {
    const value = json[field.jsonName];
    if (field.fieldKind === "message" && value === undefined) {
      // `optional` and `oneof` members stay out (kube-vim-api's gateway emits unpopulated fields with protojson).
      if (!field.proto.proto3Optional && field.oneof === undefined) json[field.jsonName] = null;
    } else if (field.fieldKind === "message" && isObject(value)) {
      const inner: unknown = message.get(field);
      if (isReflectMessage(inner) && !isWellKnown(field.message)) addNulls(inner, value);
    } else if (field.fieldKind === "list" && field.listKind === "message" && Array.isArray(value)) {
      const list = message.get(field);
      for (const [index, item] of value.entries()) {
        const inner: unknown = list.get(index);
        if (isObject(item) && isReflectMessage(inner)) addNulls(inner, item);
      }
    }
  }
}

function isReflectMessage(value: unknown): value is ReflectMessage {
  return (
    typeof value === "object" && value !== null && "desc" in value && "message" in value && isMessage(value.message)
  );
}

/**
 * Walks the JSON along the message's type: collects members that the message does not have, and refuses, with the whole
 * path, what the library would drop (enumeration values that nobody knows) or report without one (wrong shapes).
 */
function checkShape(type: DescMessage, json: JsonObject, path: string, unknown: string[]): void {
  for (const [name, value] of Object.entries(json)) {
    const field = fieldByName(type, name);
    const at = path === "" ? name : `${path}.${name}`;
    if (field === undefined) unknown.push(at);
    else if (isBareQuantity(field, value)) json[name] = { string: `${value}${BARE_UNITS[field.toString()] ?? ""}` };
    else if (value !== null) checkField(field, value, at, unknown);
  }
}

const QUANTITY = "vimana.kubevim.v1.Quantity";

/** What a bare number counts where clients older than kube-vim-api alpha.7 send one: memory in MB, storage in GB. */
const BARE_UNITS: Readonly<Record<string, string>> = {
  "field vimana.kubevim.v1.VirtualMemoryData.virtual_mem_size": "Mi",
  "field vimana.kubevim.v1.VirtualStorageData.size_of_storage": "Gi",
};

function isBareQuantity(field: DescField, value: JsonValue): value is number {
  return field.fieldKind === "message" && field.message.typeName === QUANTITY && typeof value === "number";
}

function checkField(field: DescField, value: JsonValue, at: string, unknown: string[]): void {
  switch (field.fieldKind) {
    case "message":
      checkMessage(field.message, value, at, unknown);
      return;
    case "enum":
      checkEnum(field.enum, value, at);
      return;
    case "list":
      if (!Array.isArray(value)) throw wrongShape(at, "a list");
      for (const [index, item] of value.entries()) {
        if (field.listKind === "message") checkMessage(field.message, item, `${at}[${index}]`, unknown);
        else if (field.listKind === "enum") checkEnum(field.enum, item, `${at}[${index}]`);
      }
      return;
    case "map":
      if (!isObject(value)) throw wrongShape(at, "an object");
      return;
    case "scalar":
      if (typeof value === "object") throw wrongShape(at, "a plain value");
      if (field.scalar === ScalarType.STRING && typeof value !== "string") throw wrongShape(at, "a text");
  }
}

function checkMessage(type: DescMessage, value: JsonValue, at: string, unknown: string[]): void {
  // Timestamps and their like are texts in JSON; the library knows them.
  if (isWellKnown(type)) return;
  if (!isObject(value)) throw wrongShape(at, "an object");
  checkShape(type, value, at, unknown);
}

function checkEnum(type: DescEnum, value: JsonValue, at: string): void {
  if (typeof value === "string" && !type.values.some(({ name }) => name === value)) {
    throw new CloudError("INVALID_VALUE", `must be one of ${type.values.map(({ name }) => name).join(", ")}`, {
      field: at,
    });
  }
  if (typeof value !== "string" && typeof value !== "number") throw wrongShape(at, "the name or number of a value");
}

function wrongShape(field: string, wanted: string): CloudError {
  return new CloudError("INVALID_VALUE", `must be ${wanted}`, { field });
}

/** A member by its JSON name or its proto name: protojson reads both. */
export function fieldByName(type: DescMessage, name: string): DescField | undefined {
  return type.fields.find((field) => field.jsonName === name || field.name === name);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWellKnown(type: DescMessage): boolean {
  return type.typeName.startsWith("google.protobuf.");
}

function shortName(schema: Schema, qualified: string): string {
  const [owner, name] = [
    qualified.slice(0, qualified.lastIndexOf(".")),
    qualified.slice(qualified.lastIndexOf(".") + 1),
  ];
  return schema.registry.getMessage(owner)?.fields.find((field) => field.name === name)?.jsonName ?? name;
}

/** The library's text without the package names that callers have never seen. */
function readable(text: string): string {
  return text.replaceAll(/vimana\.kubevim\.(?:admin\.)?v1\./g, "");
}
