import { CloudError, collect } from "../../cloud/index.ts";
import { hasControl } from "../attribute.ts";
import {
  type Category,
  type CategoryName,
  canonicalIdentity,
  identityOf,
  parseIdentity,
  RESERVED_SCHEME,
} from "../category.ts";
import { invalid } from "../check.ts";
import { unknownCategory } from "../draft.ts";
import { isEmpty, type Message, type NamedCategory } from "../message.ts";
import { allCategories, COLLECTIONS, classOf, STATIC_CATEGORIES } from "../registry.ts";
import type { Scope } from "./scope.ts";
import { DISCOVERY } from "./target.ts";
import { type MixinDraft, type UserMixin, userCategory } from "./userMixins.ts";

/** The query interface (GFD.223 §9, GFD.185 §3.4.1). */

/** Everything that this caller can use, or exactly what the filter names; `isRelated` adds what belongs to that. */
export async function categories(scope: Scope, filter: Message, isRelated: boolean): Promise<readonly Category[]> {
  if (filter.attributes.size > 0) throw invalid("x-occi-attribute", "categories are filtered by categories only");
  const wanted = filter.categories.map(canonicalIdentity);
  const all = await everything(scope);
  return wanted.length === 0 ? all : pick(all, wanted, isRelated);
}

async function everything(scope: Scope): Promise<readonly Category[]> {
  const all = await collect(allCategories(scope));
  const isAction = (category: Category) => category.class === "action";
  const own = scope.mixins.defined.map(userCategory);
  return [...all.filter((category) => !isAction(category)), ...own, ...all.filter(isAction)];
}

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

/** Adds mixins of the caller's project, all or none; what is there already and says the same is left as it is. */
export async function defineMixins(scope: Scope, messages: readonly Message[]): Promise<void> {
  const drafts: MixinDraft[] = [];
  for (const category of definitionsIn(messages)) {
    const draft = draftOf(scope, category);
    if (isThere(scope.mixins.defined, draft) || isThere(drafts, draft)) continue;
    drafts.push(draft);
  }
  if (drafts.length > 0) await scope.mixins.define(drafts);
}

/** Whether the very same definition is among them; ALREADY_EXISTS when its identity or its location has another. */
function isThere(known: readonly MixinDraft[], draft: MixinDraft): boolean {
  const identity = identityOf(draft);
  const taken = known.find((other) => identityOf(other) === identity || other.location === draft.location);
  if (taken === undefined) return false;
  if (identityOf(taken) === identity && taken.location === draft.location) return true;
  throw new CloudError("ALREADY_EXISTS", `${identityOf(taken)} is already defined at ${taken.location}`, {
    field: identity,
  });
}

/** Removes mixins of the caller's project, and that anything belonged to them; class and location may be left out. */
export async function removeMixins(scope: Scope, messages: readonly Message[]): Promise<void> {
  const found: UserMixin[] = [];
  for (const category of definitionsIn(messages)) {
    const mixin = scope.mixins.find(category);
    if (mixin !== undefined) {
      const { location, class: word = "mixin" } = category;
      if (word !== "mixin") throw invalid(identityOf(mixin), `it is a mixin, not a ${word}`);
      if (location !== undefined && scope.pathOf(location) !== mixin.location) {
        throw invalid("location", `${identityOf(mixin)} is defined at ${mixin.location}`);
      }
      found.push(mixin);
    } else if (isProvided(category)) {
      const identity = identityOf(category);
      throw new CloudError("FORBIDDEN", `${identity} belongs to the provider`, { field: identity });
    } else throw unknownCategory(category);
  }
  await scope.mixins.remove(found);
}

function definitionsIn(messages: readonly Message[]): readonly NamedCategory[] {
  if (messages.every(isEmpty)) throw new CloudError("MISSING_VALUE", "a mixin is expected");
  for (const { attributes, links, locations } of messages) {
    if (attributes.size + links.length + locations.length > 0) throw invalid("category", "only mixins are expected");
  }
  return messages.flatMap(({ categories: named }) => named);
}

const LOCATION = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+\/$/;
/** The store keeps a definition by its identity and by its location. */
const MOST_IDENTITY = 400;
const MOST_LOCATION = 256;
const MOST_TITLE = 255;

/** A definition as it is kept, or what is wrong with it (GFD.185 §3.4.1, GFD.221 §5.5.1). */
function draftOf(scope: Scope, category: NamedCategory): MixinDraft {
  const { scheme, term, title, rel, applies = [] } = category;
  const identity = identityOf(category);
  if (category.class !== "mixin") throw invalid(identity, "only mixins can be defined");
  if (isProvided(category)) {
    throw new CloudError("FORBIDDEN", `${identity} belongs to the provider`, { field: identity });
  }
  if (category.definesMore === true) throw invalid(identity, "a user's mixin carries no attributes and no actions");
  if (scheme.startsWith(RESERVED_SCHEME)) {
    throw new CloudError("FORBIDDEN", "the scheme belongs to OCCI itself", { field: "scheme" });
  }
  if (identity.length > MOST_IDENTITY) throw invalid(identity, `an identity has at most ${MOST_IDENTITY} characters`);
  if (title !== undefined && (title.length > MOST_TITLE || hasControl(title))) {
    throw invalid("title", `a title has at most ${MOST_TITLE} characters, none of them a control character`);
  }
  if (rel !== undefined && parseIdentity(rel) === undefined) throw invalid("rel", `"${rel}" is no category`);
  for (const kind of applies) {
    const name = parseIdentity(kind);
    if (name === undefined || scope.classOf(name) !== "kind") throw invalid("applies", `"${kind}" is no kind`);
  }
  const location = locationOf(scope, category);
  if (isReserved(location)) {
    throw new CloudError("FORBIDDEN", `${location} belongs to the provider`, { field: "location" });
  }
  return {
    scheme,
    term,
    location,
    applies,
    ...(title === undefined ? {} : { title }),
    ...(rel === undefined ? {} : { rel }),
  };
}

function locationOf(scope: Scope, { location: given }: NamedCategory): string {
  if (given === undefined) throw new CloudError("MISSING_VALUE", "a location is required", { field: "location" });
  const location = scope.pathOf(given);
  if (location === undefined || !LOCATION.test(location) || location.length > MOST_LOCATION) {
    throw invalid("location", `a path of at most ${MOST_LOCATION} characters that ends in a slash is expected`);
  }
  return location;
}

/** Whether a category is one of ours: always there, or a template's whose scheme is ours whatever its term. */
function isProvided(name: CategoryName): boolean {
  if (classOf(name) !== undefined) return true;
  return COLLECTIONS.some(({ families }) => families.some(({ scheme }) => scheme === name.scheme));
}

/** Nothing of a user's may stand where entities, templates or the query interface are, or could come to be. */
function isReserved(location: string): boolean {
  const bases = COLLECTIONS.flatMap(({ location: own, families }) => [
    own,
    ...families.map((family) => family.location),
  ]);
  if ([DISCOVERY, "/.well-known/", ...bases].some((base) => location.startsWith(base))) return true;
  return STATIC_CATEGORIES.some((known) => known.location === location);
}
