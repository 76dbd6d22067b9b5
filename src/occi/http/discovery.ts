import { CloudError, collect } from "../../cloud/index.ts";
import { type Category, canonicalIdentity, identityOf, RESERVED_SCHEME } from "../category.ts";
import { invalid } from "../check.ts";
import { unknownCategory } from "../draft.ts";
import { isEmpty, type NamedCategory } from "../message.ts";
import { allCategories } from "../registry.ts";
import type { Answer, Exchange } from "./exchange.ts";

/** The query interface (GFD.223 §9, GFD.185 §3.4.1). */

export async function discover(exchange: Exchange): Promise<Answer> {
  const { context, absolute } = exchange;
  const { categories, attributes } = exchange.filters();
  if (attributes.size > 0) throw invalid("x-occi-attribute", "categories are filtered by categories only");
  const wanted = categories.map(canonicalIdentity);
  const all = await collect(allCategories(context));
  const found = wanted.length === 0 ? all : pick(all, wanted, exchange.query.isRelated);
  return { status: 200, render: (rendering) => rendering.categories(found, absolute) };
}

/** Exactly the named ones; on demand also what belongs to them. */
function pick(all: readonly Category[], wanted: readonly string[], isRelated: boolean): readonly Category[] {
  for (const identity of wanted) {
    if (all.some((category) => identityOf(category) === identity)) continue;
    throw new CloudError("UNKNOWN_CATEGORY", `nobody knows ${identity}`, { field: identity });
  }
  const isWanted = (identity: string | undefined) => identity !== undefined && wanted.includes(identity);
  const actions = new Set(all.filter((category) => isWanted(identityOf(category))).flatMap((found) => found.actions));
  return all.filter((category) => {
    const identity = identityOf(category);
    if (isWanted(identity)) return true;
    if (!isRelated) return false;
    const { parent, depends = [], applies = [] } = category;
    return isWanted(parent) || actions.has(identity) || [...depends, ...applies].some(isWanted);
  });
}

/** Mixins of users have no home yet; what is wrong with a definition is said all the same. */
export async function defineMixin(exchange: Exchange): Promise<Answer> {
  const categories = await readDefinitions(exchange);
  const all = await collect(allCategories(exchange.context));
  for (const category of categories) checkDefinition(category, all);
  throw new CloudError("UNSUPPORTED", "mixins of users are not offered: this gateway has no place to keep them yet");
}

export async function removeMixin(exchange: Exchange): Promise<Answer> {
  const categories = await readDefinitions(exchange);
  const all = await collect(allCategories(exchange.context));
  for (const category of categories) {
    const identity = canonicalIdentity(category);
    if (!all.some((known) => identityOf(known) === identity)) throw unknownCategory(category);
    throw new CloudError("FORBIDDEN", `${identity} belongs to the provider`, { field: identity });
  }
  throw new CloudError("INTERNAL", "a definition names no category");
}

async function readDefinitions(exchange: Exchange): Promise<readonly NamedCategory[]> {
  const messages = await exchange.messages();
  if (messages.every(isEmpty)) throw new CloudError("MISSING_VALUE", "a mixin is expected");
  for (const { attributes, links, locations } of messages) {
    if (attributes.size + links.length + locations.length > 0) throw invalid("category", "only mixins are expected");
  }
  return messages.flatMap(({ categories }) => categories);
}

const LOCATION = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+\/$/;

/** GFD.185 §3.4.1, GFD.221 §5.5.1. */
function checkDefinition(category: NamedCategory, all: readonly Category[]): void {
  const identity = identityOf(category);
  if (category.class !== "mixin") throw invalid(identity, "only mixins can be defined");
  if (category.definesMore === true) throw invalid(identity, "a user's mixin carries no attributes and no actions");
  if (category.scheme.startsWith(RESERVED_SCHEME)) {
    throw new CloudError("FORBIDDEN", "the scheme belongs to OCCI itself", { field: "scheme" });
  }
  const { location } = category;
  if (location === undefined) throw new CloudError("MISSING_VALUE", "a location is required", { field: "location" });
  if (!LOCATION.test(location)) throw invalid("location", "a path that ends in a slash is expected");
  const taken = all.find((known) => identityOf(known) === identity || known.location === location);
  if (taken === undefined) return;
  throw new CloudError("FORBIDDEN", `${identityOf(taken)} belongs to the provider`, { field: identity });
}
