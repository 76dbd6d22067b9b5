/** Cinder's JSON schemas as tables of checks (cinder stable/zed: api/schemas, api/validation/parameter_types.py). */
import { all, digits, matching, nullable, ofType, oneOf, readBoolean, string } from "../core/checks.ts";
import { isObject, type Json, type JsonObject, repr } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call, Check } from "../core/types.ts";
import { invalidInput } from "./errors.ts";
import { invalid } from "./form.ts";

/** What an object may hold. */
export interface Shape {
  readonly fields: Readonly<Record<string, Check>>;
  readonly required?: readonly string[];
  /** One of these must be there. */
  readonly anyOf?: readonly string[];
  /** Members that are not listed are let through unread (volumes before 3.53). */
  readonly open?: boolean;
  readonly nullable?: boolean;
}

function tooMuch(names: readonly string[]): string {
  const named = names.map((name) => repr(name)).join(", ");
  return `Additional properties are not allowed (${named} ${names.length === 1 ? "was" : "were"} unexpected)`;
}

/** The object under `name`, checked. What an object lacks or has too much is told before what its members are. */
export function checkShape(name: string, value: Json, shape: Shape): JsonObject {
  if (value === null && shape.nullable === true) return {};
  if (!isObject(value)) {
    const types = shape.nullable === true ? "'object', 'null'" : "'object'";
    throw invalid(name, value, `${repr(value)} is not of type ${types}`);
  }
  const missing = shape.required?.find((one) => value[one] === undefined);
  if (missing !== undefined) throw invalid(name, value, `${repr(missing)} is a required property`);
  const extra = Object.keys(value).filter((one) => !Object.hasOwn(shape.fields, one));
  if (extra.length > 0 && shape.open !== true) throw invalid(name, value, tooMuch(extra));
  if (shape.anyOf?.some((one) => value[one] !== undefined) === false)
    throw invalid(name, value, `${repr(value)} is not valid under any of the given schemas`);
  for (const [field, check] of Object.entries(shape.fields)) {
    const given = value[field];
    const complaint = given === undefined ? undefined : check(given);
    if (given !== undefined && complaint !== undefined) throw invalid(field, given, complaint);
  }
  return value;
}

/** The body `{name: {…}}`; `beside` are other members that it may have. */
export function readBody(call: Call, name: string, shape: Shape, beside: readonly string[] = []): JsonObject {
  const { body } = call;
  // Without a body Cinder falls over its own feet (seen live).
  if (body === undefined) throw new Refusal(500, "no body");
  if (!isObject(body)) throw new Refusal(400, `${repr(body)} is not of type 'object'`);
  const inner = body[name];
  if (inner === undefined) throw new Refusal(400, `${repr(name)} is a required property`);
  const extra = Object.keys(body).filter((one) => one !== name && !beside.includes(one));
  if (extra.length > 0) throw new Refusal(400, tooMuch(extra));
  return checkShape(name, inner, shape);
}

const keys = /^[a-zA-Z0-9-_:. /]{1,255}$/;

/** An object of texts; what is wrong inside is named by its own key. */
export function labels(...types: readonly ("object" | "null")[]): Check {
  return nested("metadata", string(0, 255), ...types);
}

/** The same for extra specs, whose values may be null. */
export const specs: Check = nested("extra_specs", nullable(all(ofType("string", "null"), string(0, 255))), "object");

function nested(name: string, check: Check, ...types: readonly ("object" | "null")[]): Check {
  const type = ofType(...types);
  return (value) => {
    if (!isObject(value)) return type(value);
    for (const key of Object.keys(value))
      if (!keys.test(key))
        throw invalid(name, value, `${repr(key)} does not match any of the regexes: '^[a-zA-Z0-9-_:. /]{1,255}$'`);
    for (const [key, item] of Object.entries(value)) {
      const wrong = name === "extra_specs" && typeof item !== "string" ? ofType("string", "null")(item) : check(item);
      if (wrong !== undefined) throw invalid(key, item, wrong);
    }
    return undefined;
  };
}

/** A name or description: null, or at most 255 characters; the length is told in other words. */
export function label(name: string): Check {
  const type = ofType("string", "null");
  return (value) => {
    const length = typeof value === "string" ? [...value.trim()].length : 0;
    if (length > 255) throw invalidInput(`${name} has ${length} characters, more than 255.`);
    return type(value);
  };
}

const uuidPattern = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

export const uuid: Check = (value) =>
  typeof value === "string"
    ? uuidPattern.test(value)
      ? undefined
      : `${repr(value)} is not a 'uuid'`
    : ofType("string")(value);

/** A UUID or null, as a choice between schemas. */
export const optionalUuid: Check = (value) =>
  value === null || (typeof value === "string" && uuidPattern.test(value))
    ? undefined
    : `${repr(value)} is not valid under any of the given schemas`;

/** Whole numbers from 1, also as text. */
export const size: Check = digits(1);

export const optionalSize: Check = (value) => {
  if (value === null) return undefined;
  if (typeof value !== "string" && !Number.isInteger(value))
    return `${repr(value)} is not of type 'integer', 'string', 'null'`;
  return digits(1)(value);
};

const yes = [true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t"];
const no = [false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"];

export const flag: Check = oneOf(...yes, ...no);

/** A checked flag's value. */
export function isTrue(value: Json | undefined): boolean {
  return value === true || (typeof value === "string" && readBoolean(value) === true);
}

export const shortText: Check = string(1, 255);
export const anyText: Check = ofType("string");
export const optionalText: Check = (value) => ofType("string", "null")(value) ?? nullable(string(0, 255))(value);
export const mode: Check = all(ofType("string"), oneOf("rw", "ro"));
export const mountpoint: Check = all(string(1, 255), matching(/./));

/** A checked text, trimmed; or null. */
export function trimmed(value: Json | undefined): string | null {
  return typeof value === "string" ? value.trim() : null;
}

/** A checked object of texts; nulls, which extra specs may hold, are left out. */
export function pairsOf(value: Json | undefined): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  if (isObject(value)) for (const [key, item] of Object.entries(value)) if (typeof item === "string") read[key] = item;
  return read;
}
