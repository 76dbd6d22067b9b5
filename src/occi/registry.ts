import {
  type Category,
  type CategoryClass,
  type CategoryName,
  canonicalIdentity,
  identityOf,
  parseIdentity,
} from "./category.ts";
import { type Collection, collectionOf } from "./collection.ts";
import { COMPUTE } from "./kinds/compute.ts";
import { CORE_KINDS } from "./kinds/core.ts";
import { IP_RESERVATION } from "./kinds/ipreservation.ts";
import { NETWORK } from "./kinds/network.ts";
import { NETWORK_INTERFACE } from "./kinds/networkinterface.ts";
import { SECURITY_GROUP } from "./kinds/securitygroup.ts";
import { SECURITY_GROUP_LINK } from "./kinds/securitygrouplink.ts";
import { STORAGE } from "./kinds/storage.ts";
import { STORAGE_LINK } from "./kinds/storagelink.ts";
import type { Context } from "./table.ts";

/** Every kind that this door serves. A new kind is a file in `kinds/` and a word here. */
export const COLLECTIONS: readonly Collection[] = [
  collectionOf(COMPUTE),
  collectionOf(NETWORK),
  collectionOf(STORAGE),
  collectionOf(NETWORK_INTERFACE),
  collectionOf(STORAGE_LINK),
  collectionOf(IP_RESERVATION),
  collectionOf(SECURITY_GROUP),
  collectionOf(SECURITY_GROUP_LINK),
];

/** Kinds, mixins and actions that are always there, in the order of discovery: core kinds first. */
export const KINDS: readonly Category[] = [...CORE_KINDS, ...COLLECTIONS.map(({ kind }) => kind)];
const MIXINS: readonly Category[] = [...distinct(COLLECTIONS.flatMap(({ mixins }) => mixins))];
const ACTIONS: readonly Category[] = COLLECTIONS.flatMap(({ actions }) => actions);
export const STATIC_CATEGORIES: readonly Category[] = [...KINDS, ...MIXINS, ...ACTIONS];

/** Mixins that several kinds have are one category: the first one stands for all. */
function* distinct(categories: Iterable<Category>): Iterable<Category> {
  const seen = new Set<string>();
  for (const category of categories) {
    if (seen.has(identityOf(category))) continue;
    seen.add(identityOf(category));
    yield category;
  }
}

const CLASSES: ReadonlyMap<string, CategoryClass> = new Map(
  STATIC_CATEGORIES.map((category) => [identityOf(category), category.class]),
);

const KIND_OF: ReadonlyMap<string, Category> = new Map(KINDS.map((kind) => [identityOf(kind), kind]));

/** Identities of a kind and of all that it inherits from, up to `entity` (GFD.221 §5.2.2). */
export function lineageOf(kind: Category): readonly string[] {
  const lineage: string[] = [];
  for (let at: Category | undefined = kind; at !== undefined; at = KIND_OF.get(at.parent ?? "")) {
    lineage.push(identityOf(at));
  }
  return lineage;
}

/** Everything that the query interface shows to this caller: what the caller's own cloud can do, and its templates. */
export async function* allCategories(context: Context): AsyncIterable<Category> {
  const offers = await Promise.all(COLLECTIONS.map((collection) => collection.offer(context)));
  const offered = COLLECTIONS.filter((_, at) => offers[at] !== undefined);
  yield* CORE_KINDS;
  for (const offer of offers) if (offer !== undefined) yield offer.kind;
  yield* distinct(offers.flatMap((offer) => offer?.mixins ?? []));
  const seen = new Set<string>();
  for (const { templates } of offered) {
    for await (const template of templates(context)) {
      if (seen.has(identityOf(template))) continue;
      seen.add(identityOf(template));
      yield template;
    }
  }
  for (const offer of offers) yield* offer?.actions ?? [];
}

/**
 * Those of several collections that the cloud has, resources before links, as JSON has them and as deletions must go. The only one
 * that was asked for tells itself what it lacks.
 */
export async function offeredOf(context: Context, collections: readonly Collection[]): Promise<readonly Collection[]> {
  if (collections.length < 2) return collections;
  const offers = await Promise.all(collections.map((collection) => collection.offer(context)));
  return resourcesFirst(collections.filter((_, at) => offers[at] !== undefined));
}

export function resourcesFirst(collections: readonly Collection[]): readonly Collection[] {
  return [...collections].sort((a, b) => Number(a.isLink) - Number(b.isLink));
}

/** The class of a category, templates by their scheme: whether a certain template exists only the cloud knows. */
export function classOf(name: CategoryName): CategoryClass | undefined {
  const identity = canonicalIdentity(name);
  const known = CLASSES.get(identity);
  if (known !== undefined) return known;
  const { scheme, term } = parseIdentity(identity) ?? name;
  const isTemplate = COLLECTIONS.some(({ families }) =>
    families.some((family) => family.scheme === scheme && family.has(term)),
  );
  return isTemplate ? "mixin" : undefined;
}

export function collectionOfKind(name: CategoryName): Collection | undefined {
  const identity = canonicalIdentity(name);
  return COLLECTIONS.find(({ kind }) => identityOf(kind) === identity);
}
