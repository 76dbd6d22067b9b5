/** What Keystone's attribute tables and policies have in common. */
import { boolean, nullable, ofType, string } from "../core/checks.ts";
import { type Json, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Attribute, Call, Policy, Rule, Verb } from "../core/types.ts";
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
export const options: Attribute = {
  name: "options",
  create: "optional",
  update: true,
  default: {},
  check: ofType("object"),
};
export const tags: Attribute = { name: "tags", create: "optional", update: true, default: [], check: ofType("array") };
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
