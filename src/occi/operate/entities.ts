import { Undo } from "../../cloud/index.ts";
import type { Category } from "../category.ts";
import type { Collection } from "../collection.ts";
import type { Entity } from "../entity.ts";
import type { Message } from "../message.ts";
import { callOf, type Invocation } from "./invoke.ts";
import { part, withMixins } from "./parted.ts";
import type { Scope } from "./scope.ts";
import type { Membership } from "./userMixins.ts";

/** One entity (GFD.223 §10, GFD.185 §3.4.4). */

export async function getEntity(scope: Scope, collection: Collection, id: string): Promise<Entity> {
  return withMixins(scope, await collection.get(scope, id));
}

/** Full: what the message does not say is taken away, but links stay. Partial: the rest stays. */
export async function updateEntity(
  scope: Scope,
  collection: Collection,
  id: string,
  message: Message,
  isFull: boolean,
): Promise<Entity> {
  const parted = part(scope, message, collection.kind);
  const path = collection.location + id;
  const present = await scope.mixins.of(path);
  const changes: Membership[] = parted.own
    .filter((mixin) => !present.includes(mixin))
    .map((mixin) => ({ mixin, path, isMember: true }));
  if (isFull) {
    const lost = present.filter((mixin) => !parted.own.includes(mixin));
    changes.push(...lost.map((mixin) => ({ mixin, path, isMember: false })));
  }
  if (changes.length === 0) return withMixins(scope, await collection.update(scope, id, parted.message, isFull));
  // Nothing is written for an entity that is not there.
  await collection.get(scope, id);
  const undo = new Undo(scope.call.log);
  try {
    undo.enter(
      () => ({ kind: "association", id: path }),
      () => scope.mixins.change(changes.map((change) => ({ ...change, isMember: !change.isMember }))),
    );
    await scope.mixins.change(changes);
    return await withMixins(scope, await collection.update(scope, id, parted.message, isFull));
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Its links go with it, and that it or they belonged to mixins. */
export async function removeEntity(scope: Scope, collection: Collection, id: string): Promise<void> {
  const hasMixins = scope.mixins.defined.length > 0;
  const links = hasMixins && !collection.isLink ? (await collection.get(scope, id)).links : [];
  await collection.remove(scope, id);
  await scope.mixins.forget([collection.location + id, ...links.map(({ path }) => path)]);
}

/** The category that the action made, if it made one (GFD.224 §3.1: `save`). */
export async function actOnEntity(
  scope: Scope,
  collection: Collection,
  id: string,
  invocation: Invocation,
): Promise<Category | undefined> {
  const doing = await collection.prepare(scope, id, callOf(invocation, collection));
  return doing();
}
