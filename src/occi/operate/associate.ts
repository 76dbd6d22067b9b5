import { CloudError, flat, Undo } from "../../cloud/index.ts";
import { type CategoryName, identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { Collection } from "../collection.ts";
import type { Entity } from "../entity.ts";
import { EMPTY_MESSAGE, isEmpty, type Message } from "../message.ts";
import { COLLECTIONS } from "../registry.ts";
import { getEntity, updateEntity } from "./entities.ts";
import { listPaths } from "./members.ts";
import { part } from "./parted.ts";
import { detached, type Scope } from "./scope.ts";
import type { Members } from "./target.ts";
import type { UserMixin } from "./userMixins.ts";

/** Who belongs to a mixin (GFD.223 §11.2–11.4, GFD.185 §3.4.3). Locations are the client's URIs. */

interface Place {
  readonly collection: Collection;
  readonly id: string;
  readonly entity: Entity;
}

/** Adds entities, all or none. To a template it means what naming it in an update means: resize or rebuild. */
export async function associate(scope: Scope, members: Members, locations: readonly string[]): Promise<void> {
  const name = mixinOf(members);
  requireSome(locations);
  await addAll(scope, name, await placesOf(scope, members, locations));
}

/** From now on exactly these belong to it; none may be meant by an empty list. */
export async function replaceMembers(scope: Scope, members: Members, locations: readonly string[]): Promise<void> {
  const name = mixinOf(members);
  requireSome(locations);
  const places = await placesOf(scope, members, locations);
  const wanted = new Set(places.map(({ entity }) => entity.path));
  const own = ownOf(members);
  const lost: string[] = [];
  const present = own === undefined ? flat(listPaths(scope, members)) : await scope.mixins.members(own);
  for await (const path of present) if (!wanted.has(path)) lost.push(path);
  if (own === undefined && lost.length > 0) throw cannotLose(name);
  const undo = new Undo(scope.call.log);
  if (own !== undefined) {
    const changes = lost.map((path) => ({ mixin: own, path, isMember: false }));
    await scope.mixins.change(changes);
    undo.enter(
      () => ({ kind: "association", id: own.location }),
      () => scope.mixins.change(changes.map((change) => ({ ...change, isMember: true }))),
    );
  }
  try {
    await addAll(scope, name, places);
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/**
 * Takes entities out; all of them when none is named. Read literally GFD.223 §11.4.1 would delete the entities then; here
 * nothing is deleted. Mixins of the provider, templates above all, cannot be lost by an entity that was made with them.
 */
export async function dissociate(scope: Scope, members: Members, locations: readonly string[]): Promise<void> {
  const name = mixinOf(members);
  const mixin = ownOf(members);
  if (mixin === undefined) {
    const places = await placesOf(scope, { collections: COLLECTIONS }, locations);
    const isAny = places.some(({ entity }) => members.mixin?.provided?.isMember(entity) === true);
    if (isAny || locations.length === 0) throw cannotLose(name);
    return;
  }
  const present = await scope.mixins.members(mixin);
  const paths = new Set(locations.length === 0 ? present : []);
  for (const location of locations) {
    const path = scope.pathOf(location);
    // What was deleted in the cloud meanwhile can still be taken out.
    if (path !== undefined && present.includes(path)) paths.add(path);
    else for (const { entity } of await placesOf(scope, members, [location])) paths.add(entity.path);
  }
  const changes = [...paths].filter((path) => present.includes(path));
  await scope.mixins.change(changes.map((path) => ({ mixin, path, isMember: false })));
}

function requireSome(locations: readonly string[]): void {
  if (locations.length > 0) return;
  throw new CloudError("MISSING_VALUE", "the locations of entities are expected", { field: "x-occi-location" });
}

function ownOf({ mixin }: Members): UserMixin | undefined {
  return mixin?.provided === undefined ? mixin?.own[0] : undefined;
}

/** What a location stands for, when it is one mixin. */
function mixinOf(members: Members): CategoryName {
  const name = ownOf(members) ?? members.mixin?.provided?.name;
  if (name === undefined || members.isPrefix === true) {
    throw invalid("path", "entities belong to one template of this family, at that template's own location");
  }
  return name;
}

function cannotLose(name: CategoryName): CloudError {
  const identity = identityOf(name);
  return new CloudError("FORBIDDEN", `an entity cannot lose ${identity}`, { field: identity });
}

/** The entities at the client's URIs: NOT_FOUND for what is none, FORBIDDEN where the mixin does not apply (GFD.185 §3.6.8). */
async function placesOf(scope: Scope, members: Members, locations: readonly string[]): Promise<readonly Place[]> {
  const places = new Map<string, Place>();
  for (const uri of locations) {
    const place = await placeOf(scope, uri);
    if (!members.collections.includes(place.collection)) {
      throw new CloudError("FORBIDDEN", `the mixin does not apply to ${place.collection.kind.term}`, { field: uri });
    }
    places.set(place.entity.path, place);
  }
  return [...places.values()];
}

async function placeOf(scope: Scope, uri: string): Promise<Place> {
  for (const collection of COLLECTIONS) {
    const id = scope.idAt(uri, collection.location);
    if (id === undefined) continue;
    try {
      return { collection, id, entity: await getEntity(scope, collection, id) };
    } catch (thrown) {
      // The URN of an entity does not tell its kind.
      if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
    }
  }
  throw new CloudError("NOT_FOUND", `there is no entity ${uri}`, { field: "x-occi-location" });
}

function naming(...names: readonly CategoryName[]): Message {
  return { ...EMPTY_MESSAGE, categories: names.map(({ scheme, term }) => ({ scheme, term, class: "mixin" as const })) };
}

/** A user's mixin in one write; what changes the cloud one after the other, and a failure takes the earlier ones back. */
async function addAll(scope: Scope, name: CategoryName, places: readonly Place[]): Promise<void> {
  const identity = identityOf(name);
  const fresh = places.filter(({ entity }) => !entity.mixins.some((mixin) => identityOf(mixin) === identity));
  const parted = fresh.map(({ collection }) => part(scope, naming(name), collection.kind));
  if (parted.every(({ message }) => isEmpty(message))) {
    const paths = fresh.map(({ entity }) => entity.path);
    await scope.mixins.change(
      parted.flatMap(({ own }, at) => own.map((mixin) => ({ mixin, path: paths[at] ?? "", isMember: true }))),
    );
    return;
  }
  const undo = new Undo(scope.call.log);
  try {
    for (const place of fresh) {
      await updateEntity(scope, place.collection, place.id, naming(name), false);
      undo.enter(
        () => ({ kind: "association", id: place.entity.path }),
        () => takeBack(detached(scope), place, name),
      );
    }
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

async function takeBack(scope: Scope, { collection, id, entity }: Place, name: CategoryName): Promise<void> {
  const mixin = scope.mixins.find(name);
  if (mixin !== undefined) return scope.mixins.change([{ mixin, path: entity.path, isMember: false }]);
  const before = entity.mixins.filter(({ scheme }) => scheme === name.scheme);
  await updateEntity(scope, collection, id, naming(...before), false);
}
