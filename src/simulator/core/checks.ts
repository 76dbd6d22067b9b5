/** Checks of single values in the words of Python's jsonschema, which Keystone, Glance and Nova use. */
import { isList, isObject, type Json, repr } from "./json.ts";
import type { Check } from "./types.ts";

type JsonType = "string" | "integer" | "number" | "boolean" | "object" | "array" | "null";

function hasType(value: Json, type: JsonType): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return isList(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** One of the types. */
export function ofType(...types: readonly JsonType[]): Check {
  const names = types.map((type) => `'${type}'`).join(", ");
  return (value) => (types.some((type) => hasType(value, type)) ? undefined : `${repr(value)} is not of type ${names}`);
}

/** All checks, the first complaint counting. */
export function all(...checks: readonly Check[]): Check {
  return (value) => {
    for (const check of checks) {
      const complaint = check(value);
      if (complaint !== undefined) return complaint;
    }
    return undefined;
  };
}

/** The check, or null. */
export function nullable(check: Check): Check {
  return (value) => (value === null ? undefined : check(value));
}

export function string(least = 0, most = 255): Check {
  const type = ofType("string");
  return (value) => {
    if (typeof value !== "string") return type(value);
    // Python counts code points.
    const length = [...value].length;
    if (length < least) return `${repr(value)} is too short`;
    return length > most ? `${repr(value)} is too long` : undefined;
  };
}

export function matching(pattern: RegExp, shown: string = pattern.source): Check {
  return (value) =>
    typeof value === "string" && !pattern.test(value) ? `${repr(value)} does not match ${repr(shown)}` : undefined;
}

export function oneOf(...values: readonly Json[]): Check {
  return (value) => (values.includes(value) ? undefined : `${repr(value)} is not one of ${repr(values)}`);
}

export const boolean: Check = ofType("boolean");

function bounds(value: number, shown: string, least: number, most: number): string | undefined {
  if (value < least) return `${shown} is less than the minimum of ${least}`;
  return value > most ? `${shown} is greater than the maximum of ${most}` : undefined;
}

export function integer(least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Check {
  const type = ofType("integer");
  return (value) => type(value) ?? bounds(Number(value), repr(value), least, most);
}

/** Nova takes whole numbers as strings of digits, too (nova: api/validation/parameter_types.py). */
export function digits(least: number, most = 2147483647): Check {
  return (value) => {
    if (typeof value === "string") {
      if (!/^[0-9]+$/.test(value)) return `${repr(value)} does not match '^[0-9]+$'`;
    } else if (!Number.isInteger(value)) return `${repr(value)} is not of type 'integer', 'string'`;
    return bounds(Number(value), String(value), least, most);
  };
}

/** The stored form of `digits`. */
export function toNumber(value: Json): Json {
  return Number(value);
}

/** What oslo's `bool_from_string(strict=True)` takes. */
export function readBoolean(value: string): boolean | undefined {
  const word = value.trim().toLowerCase();
  if (["1", "t", "true", "on", "y", "yes"].includes(word)) return true;
  return ["0", "f", "false", "off", "n", "no"].includes(word) ? false : undefined;
}
