import { type Attribute, formatNumber, hasControl, type Value } from "../attribute.ts";
import { type Category, type CategoryRef, identityOf } from "../category.ts";
import type { Entity } from "../entity.ts";
import { SOURCE, TARGET } from "../kinds/core.ts";
import { notAcceptable } from "../refusal.ts";

/** The values of the four text structures (GFD.229 §4), shared by body and headers. */

/** One structure: a header, or a line of a body. */
export interface Structure {
  readonly name: "Category" | "Link" | "X-OCCI-Attribute" | "X-OCCI-Location";
  readonly value: string;
}

export function quote(text: string): string {
  if (hasControl(text)) throw notAcceptable("a text holds control characters: ask for application/occi+json");
  return `"${text.includes('"') || text.includes("\\") ? text.replaceAll(/[\\"]/g, "\\$&") : text}"`;
}

export function formatValue({ type }: Attribute, value: Value): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "object") return quote(JSON.stringify(value));
  return typeof value === "number" ? formatNumber(type, value) : String(value);
}

/** Parameters in the order that positional readers expect (rOCCI-core's expression). */
export function categoryValue(category: Category): string {
  const { term, scheme, title, parent, depends, location, attributes, actions } = category;
  const rel = parent ?? depends?.[0];
  return [
    term,
    `scheme=${quote(scheme)}`,
    `class=${quote(category.class)}`,
    ...(title === undefined ? [] : [`title=${quote(title)}`]),
    ...(rel === undefined ? [] : [`rel=${quote(rel)}`]),
    ...(location === undefined ? [] : [`location=${quote(location)}`]),
    ...(attributes.length === 0 ? [] : [`attributes=${quote(attributes.map(attributeWord).join(" "))}`]),
    ...(actions.length === 0 ? [] : [`actions=${quote(actions.join(" "))}`]),
  ].join("; ");
}

function attributeWord({ name, immutable, required }: Attribute): string {
  const properties = [...(immutable === true ? ["immutable"] : []), ...(required === true ? ["required"] : [])];
  return properties.length === 0 ? name : `${name}{${properties.join(" ")}}`;
}

function refValue({ term, scheme, title }: CategoryRef, word: "kind" | "mixin"): string {
  const named = title === undefined ? "" : `; title=${quote(title)}`;
  return `${term}; scheme=${quote(scheme)}; class=${quote(word)}${named}`;
}

/** A link of a resource: target, types of the target, the link itself, its kind and mixins, its attributes. */
function linkValue(link: Entity): string {
  const target = link.ends?.target ?? { path: link.path, kind: identityOf(link.kind) };
  const types = [link.kind, ...link.mixins].map(identityOf).join(" ");
  return [
    `<${target.path}>`,
    `rel=${quote(target.kind)}`,
    `self=${quote(link.path)}`,
    `category=${quote(types)}`,
    ...link.values
      // Its ends are said again, since grycap/im looks for a volume in no other place.
      .filter(
        ({ attribute: { name } }) => !name.startsWith("occi.core.") || name === SOURCE.name || name === TARGET.name,
      )
      .map(({ attribute, value }) => `${attribute.name}=${formatValue(attribute, value)}`),
  ].join("; ");
}

/** Category, Link, X-OCCI-Attribute, in that order. */
export function entityStructures(entity: Entity): readonly Structure[] {
  return [
    { name: "Category", value: refValue(entity.kind, "kind") },
    ...entity.mixins.map((mixin): Structure => ({ name: "Category", value: refValue(mixin, "mixin") })),
    ...entity.links.map((link): Structure => ({ name: "Link", value: linkValue(link) })),
    ...entity.actions.map(
      ({ term, identity }): Structure => ({
        name: "Link",
        value: `<${entity.path}?action=${term}>; rel=${quote(identity)}`,
      }),
    ),
    ...entity.values.map(
      ({ attribute, value }): Structure => ({
        name: "X-OCCI-Attribute",
        value: `${attribute.name}=${formatValue(attribute, value)}`,
      }),
    ),
  ];
}

export function categoryStructures(categories: readonly Category[]): readonly Structure[] {
  return categories.map((category) => ({ name: "Category", value: categoryValue(category) }));
}

export function locationStructures(urls: readonly string[]): readonly Structure[] {
  return urls.map((value) => ({ name: "X-OCCI-Location", value }));
}
