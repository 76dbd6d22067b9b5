import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { CloudError } from "../cloud/index.ts";
import type { Schema } from "./operations.ts";

/**
 * Holds a request against `google.api.field_behavior`, whichever door it came through: required messages are there,
 * required texts are not empty, enumerations hold a value that the schema knows, and the limits on counts and sizes.
 * Zero is a value of required numbers, booleans and enumerations: this wire cannot tell it from absent.
 */

/** Elements of one list or entries of one map, and bytes of one text (CONTRIBUTING, limits). */
export const LIMITS = { elements: 1024, textBytes: 262_144 } as const;

/** What empty texts mean something in: no gateway, no filter. */
const MAY_BE_EMPTY = new Set(["vimana.kubevim.v1.IPAddress.ip", "vimana.kubevim.v1.UserData.content"]);

const UNRECOGNIZED = "UNRECOGNIZED";

/** Checks a decoded request (generated types, JSON-like objects); INVALID_ARGUMENT names the first field at fault. */
export function validateRequest(schema: Schema, type: DescMessage, message: object, path = ""): void {
  for (const field of type.fields) {
    const value = read(message, field);
    const at = path === "" ? field.jsonName : `${path}.${field.jsonName}`;
    if (value === undefined || value === null) {
      if (schema.isRequired(field) && field.fieldKind === "message") missing(at);
      continue;
    }
    checkValue(schema, field, value, at);
  }
}

function read(message: object, field: DescField): unknown {
  if (field.oneof === undefined || field.proto.proto3Optional) return Reflect.get(message, field.localName);
  const choice: unknown = Reflect.get(message, field.oneof.localName);
  if (typeof choice !== "object" || choice === null || Reflect.get(choice, "$case") !== field.localName)
    return undefined;
  return Reflect.get(choice, "value");
}

function checkValue(schema: Schema, field: DescField, value: unknown, at: string): void {
  switch (field.fieldKind) {
    case "message":
      if (typeof value === "object" && value !== null && !(value instanceof Date)) {
        validateRequest(schema, field.message, value, at);
      }
      return;
    case "enum":
      checkEnum(value, at);
      return;
    case "scalar":
      if (typeof value === "string") checkText(schema, field, value, at);
      return;
    case "list":
      if (!Array.isArray(value)) return;
      checkCount(value.length, at);
      for (const [index, item] of value.entries()) checkItem(schema, field, item, `${at}[${index}]`);
      return;
    case "map":
      if (typeof value === "object" && value !== null) checkMap(value, at);
  }
}

function checkItem(schema: Schema, field: DescField & { fieldKind: "list" }, item: unknown, at: string): void {
  if (field.listKind === "message" && typeof item === "object" && item !== null) {
    validateRequest(schema, field.message, item, at);
  } else if (field.listKind === "enum") {
    checkEnum(item, at);
  } else if (typeof item === "string") {
    checkSize(item, at);
  }
}

function checkMap(value: object, at: string): void {
  const entries = Object.entries(value);
  checkCount(entries.length, at);
  for (const [key, item] of entries) {
    checkSize(key, at);
    if (typeof item === "string") checkSize(item, `${at}["${key}"]`);
  }
}

function checkText(schema: Schema, field: DescField, value: string, at: string): void {
  checkSize(value, at);
  if (value === "" && schema.isRequired(field) && !MAY_BE_EMPTY.has(`${field.parent.typeName}.${field.jsonName}`)) {
    missing(at);
  }
}

function checkEnum(value: unknown, at: string): void {
  if (value === UNRECOGNIZED)
    throw new CloudError("INVALID_VALUE", "the value is not one of the enumeration's", { field: at });
}

function checkCount(count: number, at: string): void {
  if (count > LIMITS.elements) {
    throw new CloudError("TOO_LARGE", `has ${count} entries, at most ${LIMITS.elements} are taken`, { field: at });
  }
}

function checkSize(text: string, at: string): void {
  if (Buffer.byteLength(text) > LIMITS.textBytes) {
    throw new CloudError("TOO_LARGE", `is longer than ${LIMITS.textBytes} bytes`, { field: at });
  }
}

function missing(field: string): never {
  throw new CloudError("MISSING_VALUE", "is required", { field });
}
