/** What Keystone's attribute tables and policies have in common. */
import { all, boolean, matching, nullable, ofType, string } from "../core/checks.ts";
import { isList, isObject, type Json, repr, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Attribute, Call, Check, Policy, Rule, Verb } from "../core/types.ts";
import { domains } from "./tables.ts";

const actions: Readonly<Record<Exclude<Verb, "detail">, (singular: string) => string>> = {
  list: (singular) => `list_${singular}s`,
  show: (singular) => `get_${singular}`,
  create: (singular) => `create_${singular}`,
  update: (singular) => `update_${singular}`,
  delete: (singular) => `delete_${singular}`,
};

/** Administrators only, except for the verbs named. */
export function policies(
  singular: string,
  rules: Partial<Record<Verb, Rule>> = {},
): Record<Exclude<Verb, "detail">, Policy> {
  const policy = (verb: Exclude<Verb, "detail">): Policy => ({
    name: `identity:${actions[verb](singular)}`,
    rule: rules[verb] ?? "admin",
  });
  return {
    list: policy("list"),
    show: policy("show"),
    create: policy("create"),
    update: policy("update"),
    delete: policy("delete"),
  };
}

/** The domain given, or the default one; refuses one that is not there. */
export function knownDomain(value: Json | undefined, call: Call, status: 400 | 404 = 400): string {
  const domain = text(value) || "default";
  if (call.world.of(domains).get(domain) === undefined) throw new Refusal(status, `Could not find domain: ${domain}.`);
  return domain;
}

export const byId = [{ column: "id", descending: false }];
export const name = (most: number): Attribute => ({
  name: "name",
  create: "required",
  update: true,
  check: string(1, most),
});
export const id: Attribute = { name: "id" };
export const enabled: Attribute = { name: "enabled", create: "optional", update: true, default: true, check: boolean };
/** The options that a resource may have, and nothing else (keystone stable/zed: common/resource_options, identity/backends/resource_options.py). */
export function options(...names: readonly string[]): Attribute {
  const check: Check = (value) => {
    const complaint = ofType("object")(value);
    if (complaint !== undefined || !isObject(value)) return complaint;
    const unknown = Object.keys(value).filter((one) => !names.includes(one));
    if (unknown.length === 0) return undefined;
    const verb = unknown.length === 1 ? "was" : "were";
    return `Additional properties are not allowed (${unknown.map((one) => repr(one)).join(", ")} ${verb} unexpected)`;
  };
  return { name: "options", create: "optional", update: true, default: {}, check };
}

export const immutable = options("immutable");
/** A project's tag; tags go into paths and lists that commas divide (keystone stable/zed: resource/schema.py). */
export const tag: Check = all(string(1, 255), matching(/^[^,/]*$/));
const most = 80;

const everyTag: Check = (value) => {
  const complaint = ofType("array")(value);
  if (complaint !== undefined || !isList(value)) return complaint;
  if (value.length > most) return `${repr(value)} is too long`;
  if (new Set(value).size < value.length) return `${repr(value)} has non-unique elements`;
  for (const [index, one] of value.entries()) {
    const said = tag(one);
    if (said !== undefined) throw new Refusal(400, `Invalid input for field 'tags/${index}': ${said}`);
  }
  return undefined;
};
export const tags: Attribute = { name: "tags", create: "optional", update: true, default: [], check: everyTag };
export const description = (value: Json, empty: boolean): Attribute => ({
  name: "description",
  create: "optional",
  update: true,
  default: value,
  check: nullable(string(0, 65_535)),
  // A user without a description has no such member (seen live).
  view: (row) => (empty || row.description !== null ? (row.description ?? null) : undefined),
});

export function links(path: string): Attribute {
  return { name: "links", view: (row, call) => ({ self: `${call.base}/v3/${path}/${row.id}` }) };
}
