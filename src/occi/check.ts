import { CloudError } from "../cloud/index.ts";
import { type Attribute, hasControl, type Value } from "./attribute.ts";
import { parseItems } from "./parse/items.ts";

const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** A client's value as the row's type, or a refusal that names the attribute. */
export function checkValue(attribute: Attribute, given: Value, isTyped: boolean): Value {
  const value = isTyped ? given : untyped(attribute, given);
  const { name, type, values, minimum, exclusiveMinimum, maximum, pattern } = attribute;
  const wanted = type === "integer" || type === "float" ? "number" : type;
  if (wanted === "array" ? !Array.isArray(value) : typeof value !== wanted)
    throw invalid(name, `a ${type} is expected`);
  if (typeof value === "number") {
    if (type === "integer" && !Number.isSafeInteger(value)) throw invalid(name, "a whole number is expected");
    if (minimum !== undefined && value < minimum) throw invalid(name, `at least ${minimum} is expected`);
    if (exclusiveMinimum === true && value === minimum) throw invalid(name, `more than ${minimum} is expected`);
    if (maximum !== undefined && value > maximum) throw invalid(name, `at most ${maximum} is expected`);
  }
  if (typeof value === "string") {
    if (hasControl(value)) throw invalid(name, "a control character can be shown by no text rendering");
    if (attribute.placeholders?.includes(value) === true) return value;
    if (values !== undefined && !values.includes(value)) throw invalid(name, `one of ${values.join(", ")} is expected`);
    if (pattern !== undefined && !new RegExp(pattern).test(value))
      // The value is not repeated: user data hold secrets.
      throw invalid(name, "is not of the right form");
  }
  return value;
}

/** Numbers may stand in quotes (pyssf). Not the other way round: `007` would no longer be what the client wrote. */
function untyped({ name, type }: Attribute, given: Value): Value {
  if ((type === "integer" || type === "float") && typeof given === "string" && NUMBER.test(given)) return Number(given);
  if (type === "boolean" && (given === "true" || given === "false")) return given === "true";
  if (type === "array" && typeof given === "string") return parseItems(name, given);
  return given;
}

export function invalid(field: string, message: string): CloudError {
  return new CloudError("INVALID_VALUE", `${field}: ${message}`, { field });
}
