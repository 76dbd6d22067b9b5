/** What a row of the kind table tells everybody: discovery, validation and every rendering (GFD.221 §5.2.1). */

/** What an array holds: JSON without nothing. */
export type Item = string | number | boolean | readonly Item[] | { readonly [name: string]: Item };

/** All that an attribute of the served kinds can hold. */
export type Value = string | number | boolean | readonly Item[];

/**
 * `float` is rendered with a point, `integer` never, so that readers can tell them apart. An `array` is itself in JSON and
 * one string of JSON in text, which has no arrays.
 */
export type AttributeType = "string" | "integer" | "float" | "boolean" | "array";

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string;
  /** The client must give it at creation. */
  readonly required?: boolean;
  /** The client can never set it. */
  readonly immutable?: boolean;
  /** The only words allowed. */
  readonly values?: readonly string[];
  /** Words that old clients send without meaning any of them: taken, and as if nothing had been said. */
  readonly placeholders?: readonly string[];
  readonly minimum?: number;
  /** The value must lie above the minimum. */
  readonly exclusiveMinimum?: boolean;
  readonly maximum?: number;
  /** A regular expression, as JSON Schema writes it. */
  readonly pattern?: string;
  readonly default?: Value;
}

/** Two decimals: 3.6 GiB kept as 3686 MiB reads 3.6, which doyouspeakocci ctf_35 asks for. */
export function roundFloat(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The value as the text grammar writes a number: no exponent exists there (GFD.229 §4.3). */
export function formatNumber(type: AttributeType, value: number): string {
  if (type === "integer") return BigInt(Math.round(value)).toString();
  const rounded = roundFloat(value);
  if (Number.isInteger(rounded)) return `${BigInt(rounded)}.0`;
  return String(rounded);
}

/** Whether two values read the same. */
export function isSameValue(a: Value | undefined, b: Value): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}

/** Control characters can be carried by no text rendering, and in a header they would forge lines. */
// Built from code points: control characters in a literal read badly.
const CONTROL = new RegExp(`[${String.fromCharCode(0)}-${String.fromCharCode(31)}${String.fromCharCode(127)}]`);

export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}
