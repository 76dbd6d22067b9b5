import { roundFloat, type Value } from "../attribute.ts";
import { canonicalIdentity, identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import { isSameEnd, unknownCategory } from "../draft.ts";
import type { Entity } from "../entity.ts";
import type { Message } from "../message.ts";
import { lineageOf } from "../registry.ts";
import type { Context } from "../table.ts";

/** Whether an entity passes: every category is one of its own, every attribute has the value (GFD.223 §7). */
export type Filter = (entity: Entity) => boolean;

/** Nothing when the message filters nothing. */
export function filterOf(context: Context, message: Message): Filter | undefined {
  const { categories, attributes, links, locations } = message;
  if (links.length + locations.length > 0) throw invalid("link", "a filter holds categories and attributes only");
  if (categories.length === 0 && attributes.size === 0) return undefined;
  for (const category of categories) {
    const known = context.classOf(category);
    if (known === undefined) throw unknownCategory(category);
    if (known === "action") throw invalid(identityOf(category), "an action is no part of an entity");
  }
  const identities = categories.map(canonicalIdentity);
  return (entity) => {
    const own = new Set([...lineageOf(entity.kind), ...entity.mixins.map(identityOf)]);
    return identities.every((identity) => own.has(identity)) && hasValues(context, entity, attributes);
  };
}

/** Arrays are compared as the text that stands for them. */
function textOf(value: Value): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function hasValues(context: Context, entity: Entity, wanted: Message["attributes"]): boolean {
  for (const [name, given] of wanted) {
    const shown = entity.values.find(({ attribute }) => attribute.name === name);
    if (shown === undefined) return false;
    const { attribute, value } = shown;
    const isSame =
      typeof value === "number"
        ? (attribute.type === "float" ? roundFloat(value) : value) === Number(given)
        : textOf(value) === textOf(given) || isSameEnd(context, name, value, given);
    if (!isSame) return false;
  }
  return true;
}
