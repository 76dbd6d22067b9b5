/** JSON values as the simulator keeps them (never changed in place), and how Python's services print them in errors. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A stored resource. Rows are never changed in place: `table.put({ ...row, name })`. That makes a snapshot a shallow copy. */
export interface Row extends JsonObject {
  readonly id: string;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The text in a field, or the empty string when it holds something else. */
export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Python's decoder gives up at its recursion limit; so that nothing here has to, this is lower. */
const deepest = 200;

/** Throws a SyntaxError for what is no JSON, and for what is nested more than 200 deep. */
export function parseJson(source: string): Json {
  const parsed: Json = JSON.parse(source);
  let level: readonly Json[] = [parsed];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw new SyntaxError(`nested more than ${deepest} deep`);
    level = level.flatMap((one) => (isObject(one) ? Object.values(one) : isList(one) ? one : []));
  }
  return parsed;
}

/** Python's `repr`, which oslo and jsonschema put in their messages. */
export function repr(value: Json | undefined): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
  }
  if (isList(value)) return `[${value.map(repr).join(", ")}]`;
  if (!isObject(value)) return "";
  return `{${Object.entries(value)
    .map(([key, item]) => `${repr(key)}: ${repr(item)}`)
    .join(", ")}}`;
}
