import { CloudError } from "../../cloud/index.ts";
import type { CategoryRef } from "../category.ts";
import { type CategoryName, canonicalIdentity, identityOf, parseIdentity } from "../category.ts";
import { invalid } from "../check.ts";
import type { Entity } from "../entity.ts";
import type { Message, NamedCategory } from "../message.ts";
import type { Scope } from "./scope.ts";
import type { UserMixin } from "./userMixins.ts";

/** A message for the cloud, and the mixins that only the gateway knows. */
export interface Parted {
  readonly message: Message;
  readonly own: readonly UserMixin[];
}

/**
 * Takes the user's mixins out of a message. What they depend on comes with them (GFD.221 §5.2.3): another user's mixin, or
 * one of the provider's, which then stands in the message as if the client had named it.
 */
export function part(scope: Scope, message: Message, kind: CategoryName): Parted {
  const own = new Set<UserMixin>();
  const categories: NamedCategory[] = [];
  for (const category of message.categories) {
    const mixin = scope.mixins.find(category);
    if (mixin === undefined) categories.push(category);
    else if (category.class === undefined || category.class === "mixin") own.add(mixin);
    else throw invalid(identityOf(category), `it is a mixin, not a ${category.class}`);
  }
  for (const mixin of own) {
    requireApplicable(mixin, kind);
    const needed = mixin.rel === undefined ? undefined : parseIdentity(mixin.rel);
    if (needed === undefined || scope.classOf(needed) !== "mixin") continue;
    const further = scope.mixins.find(needed);
    if (further !== undefined) own.add(further);
    else if (!categories.some((category) => canonicalIdentity(category) === canonicalIdentity(needed))) {
      categories.push({ ...needed, class: "mixin" });
    }
  }
  return { message: { ...message, categories }, own: [...own] };
}

export function requireApplicable(mixin: UserMixin, kind: CategoryName): void {
  if (mixin.applies.length === 0 || mixin.applies.includes(identityOf(kind))) return;
  const identity = identityOf(mixin);
  throw new CloudError("FORBIDDEN", `${identity} does not apply to ${kind.term}`, { field: identity });
}

/** The entity as its project sees it: with the mixins that its users gave to it and to its links. */
export async function withMixins(scope: Scope, entity: Entity): Promise<Entity> {
  if (scope.mixins.defined.length === 0) return entity;
  const own = await scope.mixins.of(entity.path);
  const links = await allWithMixins(scope, entity.links);
  const refs = own.map(({ scheme, term, title }): CategoryRef => {
    return { scheme, term, ...(title === undefined ? {} : { title }) };
  });
  return { ...entity, mixins: [...entity.mixins, ...refs], links };
}

export async function allWithMixins(scope: Scope, entities: readonly Entity[]): Promise<readonly Entity[]> {
  if (scope.mixins.defined.length === 0) return entities;
  const found: Entity[] = [];
  for (const entity of entities) found.push(await withMixins(scope, entity));
  return found;
}
