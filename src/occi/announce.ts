/** What discovery says of a kind: its mixins, its actions and its templates. */
import { verdictOn } from "../cloud/index.ts";
import { type Category, identityOf } from "./category.ts";
import { actionScheme, type Definition, familyId, familyLocation, templateCategory } from "./definition.ts";
import type { Context, Templates } from "./table.ts";

/** A family of templates. */
export interface Family {
  readonly scheme: string;
  /** Of the mixin that they depend on. */
  readonly title: string;
  /** Of the mixin that they depend on. */
  readonly location: string;
  /** Whether a term may be one of its own; only the cloud knows whether it is. */
  readonly has: (term: string) => boolean;
  /** The term of the template that is at a location. */
  readonly termAt: (location: string) => string | undefined;
}

export function mixinCategories<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
  applies: string,
): readonly Category[] {
  const common = { class: "mixin", actions: [], applies: [applies] } as const;
  const bases = new Map(definition.templates.map(({ base }) => [identityOf(base), base]));
  return [
    ...[...bases.values()].map(
      ({ isForAll, ...base }): Category => ({
        ...base,
        ...common,
        ...(isForAll === true ? { applies: [] } : {}),
        attributes: [],
      }),
    ),
    ...definition.mixins.map(
      ({ scheme, term, title, location, rows }): Category => ({
        ...common,
        scheme,
        term,
        title,
        location,
        attributes: rows,
      }),
    ),
  ];
}

export function actionCategories<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
): readonly Category[] {
  const scheme = actionScheme(definition.term);
  return definition.actions.map(({ term, title, attributes }) => {
    return { class: "action", scheme, term, title, attributes, actions: [] };
  });
}

export async function* templateCategories<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
  applies: string,
  context: Context,
): AsyncIterable<Category> {
  const capabilities = await context.call.cloud.capabilities();
  for (const family of definition.templates) {
    if (verdictOn(capabilities, family.needs ?? []).support === "no") continue;
    for await (const template of family.list(context)) yield templateCategory(family, template, applies);
  }
}

export function familyOf<Model, Draft, Change>(family: Templates<Model, Draft, Change>): Family {
  const { scheme, base } = family;
  const has = (term: string) => familyId(family, term) !== undefined;
  return {
    scheme,
    title: base.title,
    location: base.location,
    has,
    termAt(location) {
      if (!location.startsWith(base.location)) return undefined;
      // Where a family has places of its own, a term is the last part of them.
      const term = location.slice(base.location.length, -1).split("/").at(-1) ?? "";
      const isThere = term !== "" && familyLocation(family, term) === location;
      return isThere && has(term) ? term : undefined;
    },
  };
}
