import { CloudError } from "../cloud/index.ts";
import type { Value } from "./attribute.ts";
import { type CategoryName, canonicalIdentity, identityOf, parseIdentity } from "./category.ts";
import { checkValue, invalid } from "./check.ts";
import { type Definition, familyId } from "./definition.ts";
import { ID, SOURCE, SOURCE_KIND, TARGET, TARGET_KIND } from "./kinds/core.ts";
import type { Attributes, NamedCategory } from "./message.ts";
import type { Context, Mixin, Row } from "./table.ts";
import { writeRow } from "./table.ts";

/** What a create says of one entity: categories beside the kind, and attributes. */
export interface Said {
  readonly categories: readonly NamedCategory[];
  readonly attributes: Attributes;
  readonly isTyped: boolean;
}

/** A create's categories and attributes, checked against the rows and written into a draft. */
export async function draftOf<Model, Draft, Change>(
  context: Context,
  definition: Definition<Model, Draft, Change>,
  said: Said,
): Promise<Partial<Draft>> {
  const mixins: Mixin<Model, Draft, Change>[] = [];
  const parts: (Partial<Draft> | Promise<Partial<Draft>>)[] = [];
  const named = new Map<string, string>();
  for (const category of said.categories) {
    if (category.class === "kind" || context.classOf(category) === "kind") continue;
    const found = findMixin(context, definition, category);
    if (found.what === "mixin" && !mixins.includes(found.mixin)) {
      mixins.push(found.mixin);
      parts.push(found.mixin.write?.() ?? {});
    }
    if (found.what !== "template") continue;
    const family = identityOf(found.templates.base);
    const identity = canonicalIdentity(category);
    if (named.get(family) === identity) continue;
    if (named.has(family)) {
      throw invalid(identity, `two templates of ${found.templates.base.title} cannot go together`);
    }
    named.set(family, identity);
    const writing = orUnknown(category, found.templates.write(context, found.id));
    // They are asked side by side; the first refusal in the client's order is the one that is told.
    writing.catch(() => {});
    parts.push(writing);
  }
  let draft: Partial<Draft> = {};
  for (const written of parts) draft = { ...draft, ...(await written) };
  const rows = [...definition.rows, ...mixins.flatMap((mixin) => mixin.rows)];
  for (const [name, given] of said.attributes) {
    // Clients make up ids and expect to be served all the same (grycap/im, pOCCI).
    if (name === ID.name || isEndKind(definition, name, given)) continue;
    const row = rowFor(definition, rows, name, mixins);
    draft = { ...draft, ...writeValue(row, checkValue(row, given, said.isTyped)) };
  }
  const missing = rows.find(({ name, required }) => required === true && !said.attributes.has(name));
  if (missing !== undefined) {
    throw new CloudError("MISSING_VALUE", `${missing.name} is required`, { field: missing.name });
  }
  return draft;
}

/** Ends of links are shown as paths and may come back as URLs. */
export function isSameEnd(
  context: Pick<Context, "idAt">,
  name: string,
  shown: Value | undefined,
  given: Value,
): boolean {
  if (name !== SOURCE.name && name !== TARGET.name) return false;
  const path = String(shown);
  const location = path.slice(0, path.lastIndexOf("/") + 1);
  return context.idAt(String(given), location) === path.slice(location.length);
}

/** What is said of the kind at a link's end: nothing new where it is true, refused where it is not. */
export function isEndKind<Model, Draft, Change>(
  { term, endKinds }: Pick<Definition<Model, Draft, Change>, "term" | "endKinds">,
  name: string,
  given: Value,
): boolean {
  const kinds = name === SOURCE_KIND ? endKinds?.source : name === TARGET_KIND ? endKinds?.target : undefined;
  if (kinds === undefined) return false;
  if (!kinds.some((kind) => kind === given)) throw invalid(name, `at this end of a ${term} is ${kinds.join(" or ")}`);
  return true;
}

function writeValue<Model, Draft, Change>(row: Row<Model, Draft, Change>, value: Value): Partial<Draft> {
  const part = writeRow(row, value);
  if (part !== undefined) return part;
  if (row.immutable === true) {
    if (value === row.outcome) return {};
    throw new CloudError("IMMUTABLE", `${row.name} is set by the cloud`, { field: row.name });
  }
  throw unsupported(row.name, "it has no home on this cloud");
}

export function unsupported(name: string, why: string): CloudError {
  return new CloudError("UNSUPPORTED", `${name} is not offered: ${why}`, { field: name });
}

/** The row of a name among the rows that count, or a refusal that says what is wrong with the name. */
export function rowFor<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
  rows: readonly Row<Model, Draft, Change>[],
  name: string,
  mixins: Iterable<Mixin<Model, Draft, Change>>,
): Row<Model, Draft, Change> {
  const row = rows.find((candidate) => candidate.name === name) ?? openRow(mixins, name);
  if (row !== undefined) return row;
  const mixin = definition.mixins.find(
    (candidate) => candidate.rows.some((other) => other.name === name) || openRow([candidate], name) !== undefined,
  );
  const hint = mixin === undefined ? "" : `; it comes with the mixin ${identityOf(mixin)}`;
  throw new CloudError("UNKNOWN_ATTRIBUTE", `${definition.term} has no attribute ${name}${hint}`, { field: name });
}

function openRow<Model, Draft, Change>(
  mixins: Iterable<Mixin<Model, Draft, Change>>,
  name: string,
): Row<Model, Draft, Change> | undefined {
  for (const { open } of mixins) {
    const row = open?.named(name);
    if (row !== undefined) return row;
  }
  return undefined;
}

type Templated<Model, Draft, Change> = Definition<Model, Draft, Change>["templates"][number];

export type FoundMixin<Model, Draft, Change> =
  | { readonly what: "mixin"; readonly mixin: Mixin<Model, Draft, Change> }
  | { readonly what: "template"; readonly templates: Templated<Model, Draft, Change>; readonly id: string }
  /** The mixin that templates depend on; naming it adds nothing. */
  | { readonly what: "base" };

/** A mixin of this kind by its name; 404 for what nobody knows, 403 for what belongs to another kind (GFD.185 §3.6.8). */
export function findMixin<Model, Draft, Change>(
  context: Context,
  definition: Definition<Model, Draft, Change>,
  category: NamedCategory,
): FoundMixin<Model, Draft, Change> {
  const identity = canonicalIdentity(category);
  if (category.class === "action" || context.classOf(category) === "action") {
    throw invalid(identity, "an action is no part of an entity");
  }
  const mixin = definition.mixins.find((candidate) => identityOf(candidate) === identity);
  if (mixin !== undefined) {
    return { what: "mixin", mixin };
  }
  const name = parseIdentity(identity) ?? category;
  const templates = definition.templates.find(({ scheme }) => scheme === name.scheme);
  if (templates !== undefined) {
    const id = familyId(templates, name.term);
    if (id === undefined) throw unknownCategory(category);
    return { what: "template", templates, id };
  }
  if (definition.templates.some(({ base }) => identityOf(base) === identity)) return { what: "base" };
  if (context.classOf(category) === undefined) throw unknownCategory(category);
  // Those of the entity itself are taken out before; what is left are those of links in it.
  if (context.isOwn(category)) throw unsupported(identity, "a link takes a user's mixin when it is there");
  throw new CloudError("FORBIDDEN", `${identity} does not apply to ${definition.term}`, { field: identity });
}

/** What a template writes; one that the cloud does not have is a category that nobody knows. */
export async function orUnknown<Written>(category: CategoryName, writing: Promise<Written>): Promise<Written> {
  try {
    return await writing;
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) throw unknownCategory(category);
    throw thrown;
  }
}

export function unknownCategory(category: CategoryName): CloudError {
  const identity = identityOf(category);
  return new CloudError("UNKNOWN_CATEGORY", `nobody knows ${identity}`, { field: identity });
}
