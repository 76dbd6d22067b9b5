import { CloudError } from "../cloud/errors.ts";
import type { DocumentKey, JsonObject } from "../cloud/store.ts";

/** What may go into a store: text that UTF-8 can hold, whole numbers, and bodies that come back as they went in. */

const MAX_DEPTH = 64;

function refuse(field: string, what: string): CloudError {
  return new CloudError("INVALID_VALUE", `${field} ${what}`, { field });
}

/** A byte for each character, and none of those that are refused. */
const PRINTABLE = /^[ -~]*$/;

/** Limits count bytes. NUL is refused because PostgreSQL cannot hold it; half a surrogate pair, because UTF-8 cannot. */
export function checkText(field: string, value: string, maxBytes: number, minBytes = 1): string {
  if (typeof value !== "string") throw refuse(field, "is not text");
  if (PRINTABLE.test(value) && value.length >= minBytes && value.length <= maxBytes) return value;
  const bytes = Buffer.byteLength(value);
  if (bytes < minBytes) throw new CloudError("MISSING_VALUE", `${field} is empty`, { field });
  if (bytes > maxBytes) throw refuse(field, `has ${bytes} bytes, of at most ${maxBytes}`);
  if (!value.isWellFormed() || value.includes("\0")) throw refuse(field, "holds a character that cannot be stored");
  return value;
}

export function checkWhole(field: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw refuse(field, `is ${value}, not a whole number from ${min} to ${max}`);
  }
  return value;
}

export function checkKey(key: DocumentKey): DocumentKey {
  return { kind: checkText("kind", key.kind, 64), ...checkPlace(key) };
}

export function checkPlace(key: Omit<DocumentKey, "kind">): Omit<DocumentKey, "kind"> {
  return {
    cloud: checkText("cloud", key.cloud, 256, 0),
    project: checkText("project", key.project, 256, 0),
    id: checkText("id", key.id, 512),
  };
}

/** The names and numbers on the way to a value; written out only for a refusal. */
type Way = (string | number)[];

function fieldOf([first = "", ...others]: Way): string {
  return others.reduce<string>((way, next) => way + (typeof next === "number" ? `[${next}]` : `.${next}`), `${first}`);
}

/** `JSON.stringify` drops functions, turns NaN into null and asks `toJSON`: each would come back as something else. */
function checkJson(value: unknown, way: Way): void {
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw refuse(fieldOf(way), "holds half of a surrogate pair");
    return;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refuse(fieldOf(way), `is ${value}, which JSON cannot hold`);
    return;
  }
  if (typeof value !== "object") throw refuse(fieldOf(way), `is a ${typeof value}, which JSON cannot hold`);
  if (way.length > MAX_DEPTH) {
    const field = fieldOf(way);
    throw new CloudError("TOO_LARGE", `${field} is nested deeper than ${MAX_DEPTH}`, { field });
  }
  const isList = Array.isArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isList && prototype !== Object.prototype && prototype !== null) throw refuse(fieldOf(way), "is not plain data");
  for (const [name, member] of isList ? value.entries() : Object.entries(value)) {
    if (typeof name === "string" && !name.isWellFormed()) {
      throw refuse(fieldOf(way), "has a name with half of a surrogate pair");
    }
    way.push(name);
    checkJson(member, way);
    way.pop();
  }
}

export function encodeBody(field: string, body: JsonObject, maxBytes: number): string {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw refuse(field, "is not an object");
  checkJson(body, [field]);
  const text = JSON.stringify(body);
  // No character takes more than three bytes for each of its halves.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw new CloudError("TOO_LARGE", `${field} has ${bytes} bytes as JSON, of at most ${maxBytes}`, { field });
  }
  return text;
}

export function decodeBody(text: string): JsonObject {
  const body: JsonObject = JSON.parse(text);
  return body;
}

/** The order of UTF-8 bytes, which is that of both databases and not that of JavaScript's strings. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A key as one string, the same for the same key only. */
export function keyText(key: DocumentKey): string {
  return [key.kind, key.cloud, key.project, key.id].join("\0");
}
