import { type CategoryName, identityOf } from "../category.ts";
import type { Collection } from "../collection.ts";
import type { Entity } from "../entity.ts";
import { COLLECTIONS, KINDS, lineageOf } from "../registry.ts";
import { isId } from "./scope.ts";
import type { UserMixin } from "./userMixins.ts";

/** What a path means. Paths are compared as they are sent: nothing is decoded, so nothing hides in an escape. */
export type Target =
  | { readonly is: "discovery" }
  | { readonly is: "task"; readonly id: string }
  | { readonly is: "members"; readonly members: Members }
  | { readonly is: "entity"; readonly collection: Collection; readonly id: string }
  /** Nothing is bound here. */
  | { readonly is: "nothing" };

/** A set of entities that a path stands for: everything, a kind, a mixin, or all that is bound below a path. */
export interface Members {
  readonly collections: readonly Collection[];
  /** Of a mixin's location, or of a path above several: who belongs to it. */
  readonly mixin?: MixinMembers;
  /** A path that nothing is bound to, but something below it (GFD.185 §3.4.2). */
  readonly isPrefix?: boolean;
}

export interface MixinMembers {
  /** Mixins that users defined. */
  readonly own: readonly UserMixin[];
  /** A mixin of the provider. */
  readonly provided?: {
    readonly isMember: (entity: Entity) => boolean;
    /** Whom a message names to associate with it; absent where several mixins, or a family of templates, are meant. */
    readonly name?: CategoryName;
    /** It exists only if the cloud has what it stands for. */
    readonly isTemplate?: boolean;
  };
}

export const DISCOVERY = "/-/";
const WELL_KNOWN = "/.well-known/org/ogf/occi/-/";
export const TASKS = `${DISCOVERY}task/`;

export function targetOf(path: string, own: readonly UserMixin[] = []): Target {
  const slashed = path.endsWith("/") ? path : `${path}/`;
  if (slashed === DISCOVERY || slashed === WELL_KNOWN) return { is: "discovery" };
  if (path.startsWith(TASKS)) {
    const id = path.slice(TASKS.length);
    return isId(id) ? { is: "task", id } : { is: "nothing" };
  }
  if (path === "/") return { is: "members", members: { collections: COLLECTIONS, isPrefix: true } };
  // A slash behind an entity's path is another path.
  const at = path.lastIndexOf("/") + 1;
  const collection = BY_LOCATION.get(path.slice(0, at));
  const id = path.slice(at);
  const isEntity = collection !== undefined && isId(id);
  // Below the locations of kinds is nothing of the provider's but entities.
  const members = isEntity ? membersOfOwn(slashed, own) : membersOf(slashed, own);
  if (members !== undefined) return { is: "members", members };
  if (isEntity) return { is: "entity", collection, id };
  const below = path.endsWith("/") ? membersBelow(path, own) : undefined;
  return below === undefined ? { is: "nothing" } : { is: "members", members: below };
}

const BY_LOCATION: ReadonlyMap<string, Collection> = new Map(
  COLLECTIONS.map((collection) => [collection.location, collection]),
);

/** Whoever is of a kind, or inherits from it, by the kind's location. */
const OF_KINDS: ReadonlyMap<string | undefined, Members> = new Map(
  KINDS.filter(({ location }) => location !== undefined).map((kind) => {
    const isOfKind = (collection: Collection) => lineageOf(collection.kind).includes(identityOf(kind));
    return [kind.location, { collections: COLLECTIONS.filter(isOfKind) }];
  }),
);

function membersOf(location: string, own: readonly UserMixin[]): Members | undefined {
  return OF_KINDS.get(location) ?? providedAt(location) ?? membersOfOwn(location, own);
}

function membersOfOwn(location: string, own: readonly UserMixin[]): Members | undefined {
  const mixin = own.find((candidate) => candidate.location === location);
  return mixin === undefined ? undefined : { collections: COLLECTIONS, mixin: { own: [mixin] } };
}

function providedAt(location: string): Members | undefined {
  const families = COLLECTIONS.flatMap((collection) => collection.families);
  const schemes = new Set(families.filter((family) => family.location === location).map(({ scheme }) => scheme));
  if (schemes.size > 0) {
    const isMember = ({ mixins }: Entity) => mixins.some(({ scheme }) => schemes.has(scheme));
    return { collections: withFamilies(schemes), mixin: { own: [], provided: { isMember } } };
  }
  const bearers = COLLECTIONS.filter(({ mixins }) => mixins.some((mixin) => mixin.location === location));
  const mixin = bearers[0]?.mixins.find((candidate) => candidate.location === location);
  if (mixin !== undefined) {
    return { collections: bearers, mixin: { own: [], provided: { isMember: hasMixin(mixin), name: mixin } } };
  }
  for (const { scheme, termAt } of families) {
    const term = termAt(location);
    if (term === undefined) continue;
    const name = { scheme, term };
    const provided = { isMember: hasMixin(name), name, isTemplate: true };
    return { collections: withFamilies(new Set([scheme])), mixin: { own: [], provided } };
  }
  return undefined;
}

/** Kinds may share a family. */
function withFamilies(schemes: ReadonlySet<string>): readonly Collection[] {
  return COLLECTIONS.filter(({ families }) => families.some(({ scheme }) => schemes.has(scheme)));
}

/** The union of the mixins whose locations begin with a path; kinds have theirs directly below the root. */
function membersBelow(path: string, own: readonly UserMixin[]): Members | undefined {
  const isBelow = ({ location }: { readonly location?: string }) => location?.startsWith(path) === true;
  const mine = own.filter(isBelow);
  const bearers = COLLECTIONS.filter(({ mixins }) => mixins.some(isBelow));
  if (mine.length + bearers.length === 0) return undefined;
  const named = bearers.flatMap(({ mixins }) => mixins.filter(isBelow));
  const tests = named.map(hasMixin);
  const provided = { isMember: (entity: Entity) => tests.some((test) => test(entity)) };
  return {
    collections: mine.length > 0 ? COLLECTIONS : bearers,
    isPrefix: true,
    mixin: { own: mine, ...(bearers.length === 0 ? {} : { provided }) },
  };
}

function hasMixin(name: CategoryName): (entity: Entity) => boolean {
  return ({ mixins }) => mixins.some((mixin) => identityOf(mixin) === identityOf(name));
}
