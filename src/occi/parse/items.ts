import { CloudError } from "../../cloud/index.ts";
import type { Item } from "../attribute.ts";
import { isObject, type Json, parseJson } from "./strictJson.ts";

/** Arrays of attributes: as they stand in JSON, and as the string that text has instead of them. */

export function parseItems(name: string, text: string): readonly Item[] {
  const items = itemOf(name, parseJson(text));
  if (isItems(items)) return items;
  throw new CloudError("INVALID_VALUE", `${name}: an array in JSON is expected`, { field: name });
}

/** `Array.isArray` does not know read-only ones. */
export function isItems(item: Item): item is readonly Item[] {
  return Array.isArray(item);
}

export function itemOf(name: string, json: Json): Item {
  if (json === null) throw new CloudError("MALFORMED", `${name}: null says nothing`, { field: name });
  if (typeof json !== "object") return json;
  if (!isObject(json)) return json.map((item) => itemOf(name, item));
  // A map becomes an object whose members are its own, whatever they are called.
  return Object.fromEntries([...json].map(([member, value]) => [member, itemOf(name, value)]));
}
