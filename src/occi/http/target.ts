import { type CategoryName, identityOf } from "../category.ts";
import type { Collection } from "../collection.ts";
import type { Entity } from "../entity.ts";
import { CORE_KINDS, LINK } from "../kinds/core.ts";
import { COLLECTIONS } from "../registry.ts";
import { isId } from "./urls.ts";

/** What a path means. Paths are compared as they are sent: nothing is decoded, so nothing hides in an escape. */
export type Target =
  | { readonly is: "discovery" }
  | { readonly is: "members"; readonly members: Members }
  | { readonly is: "entity"; readonly collection: Collection; readonly id: string }
  /** Nothing is bound here. */
  | { readonly is: "nothing" };

/** A set of entities that a path stands for: everything, a kind, or a mixin. */
export interface Members {
  readonly collections: readonly Collection[];
  /** Of a mixin's location: who belongs to it. */
  readonly mixin?: {
    readonly isMember: (entity: Entity) => boolean;
    /** A template exists only if the cloud has it. */
    readonly template?: CategoryName;
  };
}

const WELL_KNOWN = "/.well-known/org/ogf/occi/-";

export function targetOf(path: string): Target {
  const bare = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  if (bare === "/-" || bare === WELL_KNOWN) return { is: "discovery" };
  if (path === "/") return { is: "members", members: { collections: COLLECTIONS } };
  const members = membersOf(`${bare}/`);
  if (members !== undefined) return { is: "members", members };
  // A slash behind an entity's path is another path.
  const at = path.lastIndexOf("/") + 1;
  const collection = COLLECTIONS.find(({ location }) => location === path.slice(0, at));
  const id = path.slice(at);
  return collection !== undefined && isId(id) ? { is: "entity", collection, id } : { is: "nothing" };
}

function membersOf(location: string): Members | undefined {
  const abstract = CORE_KINDS.find((kind) => kind.location === location);
  if (abstract !== undefined) {
    return { collections: COLLECTIONS.filter(({ isLink }) => isLink === (abstract === LINK)) };
  }
  for (const collection of COLLECTIONS) {
    const collections = [collection];
    if (collection.location === location) return { collections };
    for (const family of collection.families) {
      if (family.location === location) {
        const isMember = ({ mixins }: Entity) => mixins.some(({ scheme }) => scheme === family.scheme);
        return { collections, mixin: { isMember } };
      }
      const term = location.startsWith(family.location) ? location.slice(family.location.length, -1) : "";
      if (term !== "" && !term.includes("/")) {
        const template = { scheme: family.scheme, term };
        return { collections, mixin: { isMember: hasMixin(template), template } };
      }
    }
    const mixin = collection.mixins.find((candidate) => candidate.location === location);
    if (mixin !== undefined) return { collections, mixin: { isMember: hasMixin(mixin) } };
  }
  return undefined;
}

function hasMixin(name: CategoryName): (entity: Entity) => boolean {
  return ({ mixins }) => mixins.some((mixin) => identityOf(mixin) === identityOf(name));
}
