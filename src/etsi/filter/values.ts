import { parseQuantity } from "../quantity.ts";
import { filterFault, type Operator, type Term, type Value } from "./parse.ts";

/** What an attribute holds; how two of its values are compared follows from it. */
export type LeafType = "text" | "number" | "boolean" | "time" | "quantity" | "enum";

/** Says of one value of the attribute whether the term holds. */
export type Test = (actual: unknown) => boolean;

const ORDERED: readonly LeafType[] = ["text", "number", "time", "quantity"];
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** RFC 3339 §5.6. */
const TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Compiles a term for an attribute's type; a value of another type is a fault with its position (SOL 013 §5.2). */
export function compileTest(term: Term, type: LeafType, names: Readonly<Record<string, number>> = {}): Test {
  const { operator } = term;
  const isOrder = operator === "gt" || operator === "gte" || operator === "lt" || operator === "lte";
  if (isOrder && !ORDERED.includes(type))
    throw filterFault(term.position, `${operator} needs an attribute with an order`);
  if (operator === "cont" || operator === "ncont") {
    if (type !== "text" && type !== "enum") throw filterFault(term.position, `${operator} needs a text attribute`);
    const parts = term.values.map(({ text }) => text);
    return (actual) => {
      const text = String(actual);
      return parts.some((part) => text.includes(part)) === (operator === "cont");
    };
  }
  const wanted = term.values.map((value) => readWanted(value, type, names));
  const read = (actual: unknown): string | number => readActual(actual, type, names);
  return (actual) => compare(operator, read(actual), wanted);
}

type Comparable = string | number;

function compare(operator: Operator, actual: Comparable, wanted: readonly Comparable[]): boolean {
  const [only] = wanted;
  if (only === undefined) return false;
  switch (operator) {
    case "in":
      return wanted.includes(actual);
    case "nin":
      return !wanted.includes(actual);
    case "eq":
      return actual === only;
    case "neq":
      return actual !== only;
    case "gt":
      return order(actual, only) > 0;
    case "gte":
      return order(actual, only) >= 0;
    case "lt":
      return order(actual, only) < 0;
    case "lte":
      return order(actual, only) <= 0;
    default:
      return false;
  }
}

/** Numbers by size, texts by code point: UTF-16 units would put U+10000 before U+FFFD. */
function order(a: Comparable, b: Comparable): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [[...String(a)], [...String(b)]];
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function readWanted(value: Value, type: LeafType, names: Readonly<Record<string, number>>): Comparable {
  const { text, position } = value;
  switch (type) {
    case "text":
      return text;
    case "number":
      if (!NUMBER.test(text)) throw filterFault(position, "a number is expected");
      return Number(text);
    case "boolean":
      if (text !== "true" && text !== "false") throw filterFault(position, "true or false is expected");
      return text;
    case "time":
      if (!TIME.test(text) || Number.isNaN(Date.parse(text)))
        throw filterFault(position, "an RFC 3339 time is expected");
      return Date.parse(text);
    case "quantity": {
      const amount = parseQuantity(text);
      if (amount === undefined) throw filterFault(position, "an amount such as 512Mi is expected");
      return amount;
    }
    case "enum": {
      const number = names[text];
      if (number === undefined) throw filterFault(position, `one of ${Object.keys(names).join(" ")} is expected`);
      return number;
    }
  }
}

function readActual(actual: unknown, type: LeafType, names: Readonly<Record<string, number>>): Comparable {
  switch (type) {
    case "number":
      return Number(actual);
    case "time":
      return actual instanceof Date ? actual.getTime() : Number.NaN;
    case "quantity":
      return parseQuantity(String(Reflect.get(Object(actual), "string"))) ?? Number.NaN;
    case "enum":
      return names[String(actual)] ?? Number.NaN;
    default:
      return String(actual);
  }
}
