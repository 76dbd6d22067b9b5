import { CloudError, Undo } from "../../cloud/index.ts";
import { type Category, canonicalIdentity, identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { Collection } from "../collection.ts";
import { unknownCategory } from "../draft.ts";
import type { Created, Entity } from "../entity.ts";
import { CORE_KINDS, ID, SOURCE, TARGET } from "../kinds/core.ts";
import { isEmpty, type Message } from "../message.ts";
import { collectionOfKind } from "../registry.ts";
import { part, withMixins } from "./parted.ts";
import { detached, type Scope } from "./scope.ts";
import type { Members } from "./target.ts";
import { userCategory } from "./userMixins.ts";

/**
 * Creates what the messages hold: all of it or nothing (GFD.185 §3.6.4, GFD.223 §11.3.1). `isShown`: whoever asks will look at it,
 * and what cannot be looked at is part of the failure.
 */
export async function createAll(
  scope: Scope,
  members: Members,
  messages: readonly Message[],
  isShown: boolean,
): Promise<readonly Created[]> {
  const wanted = wantedOf(scope, members, messages);
  const undo = new Undo(scope.call.log);
  const made: Created[] = [];
  try {
    const paths = new Map<string, string>();
    for (const { message, own, collection } of wanted) {
      const { id, path, look } = await collection.create(scope, atMade(message, paths), isShown);
      const said = message.attributes.get(ID.name);
      if (typeof said === "string") paths.set(said, path);
      undo.enter(
        () => ({ kind: collection.kind.term, id }),
        () => collection.remove(detached(scope), id),
      );
      if (own.length > 0) {
        undo.enter(
          () => ({ kind: "association", id: path }),
          () => scope.mixins.forget([path]),
        );
        await scope.mixins.change(own.map((mixin) => ({ mixin, path, isMember: true })));
      }
      let seen: Promise<Entity> | undefined;
      const lookOnce = () => {
        seen ??= look().then((entity) => withMixins(scope, entity));
        return seen;
      };
      if (isShown) await lookOnce();
      made.push({ id, path, look: lookOnce });
    }
    return made;
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

function wantedOf(scope: Scope, members: Members, messages: readonly Message[]) {
  if (messages.length === 0) throw new CloudError("MISSING_VALUE", "nothing is to be created");
  const ids = new Set<unknown>();
  return messages.map((message) => {
    const id = message.attributes.get(ID.name);
    if (id !== undefined && ids.has(id)) throw invalid(ID.name, `two entities of the batch are called ${id}`);
    ids.add(id);
    const collection = collectionFor(scope, members, message);
    return { collection, ...part(scope, message, collection.kind) };
  });
}

/** Says what a create would make, or why it could not: kinds and mixins, those among them that the gateway would choose. */
export async function rehearseAll(
  scope: Scope,
  members: Members,
  messages: readonly Message[],
): Promise<readonly Category[]> {
  const found = new Map<string, Category>();
  const wanted = wantedOf(scope, members, messages);
  const ids = new Set<unknown>(wanted.flatMap(({ message }) => message.attributes.get(ID.name) ?? []));
  for (const { message, own, collection } of wanted) {
    // Nobody can look at what the same batch is only to make.
    const links = message.links.filter(({ target }) => !ids.has(target));
    const isOpen = [SOURCE, TARGET].some(({ name }) => ids.has(message.attributes.get(name)));
    const mixins = await collection.rehearse(scope, { ...message, links }, isOpen);
    const chosen = [collection.kind, ...mixins, ...own.map(userCategory)];
    for (const category of chosen) found.set(identityOf(category), category);
  }
  return [...found.values()];
}

/** Links of a batch may name its resources, if they stand before, by the ids that the client made up for them. */
function atMade(message: Message, paths: ReadonlyMap<string, string>): Message {
  const attributes = new Map(message.attributes);
  for (const { name } of [SOURCE, TARGET]) {
    const path = paths.get(String(attributes.get(name)));
    if (path !== undefined) attributes.set(name, path);
  }
  const links = message.links.map((link) => ({ ...link, target: paths.get(link.target) ?? link.target }));
  return { ...message, attributes, links };
}

/** The collection that a create's only kind belongs to; the kind must own the path or inherit from its owner. */
function collectionFor(scope: Scope, members: Members, message: Message): Collection {
  if (isEmpty(message)) throw new CloudError("MISSING_VALUE", "a create needs a kind");
  const kinds = new Map<string, Message["categories"][number]>();
  for (const category of message.categories) {
    const known = scope.classOf(category);
    if (known === undefined && category.class !== "mixin") throw unknownCategory(category);
    if (known !== undefined && category.class !== undefined && category.class !== known) {
      throw invalid(identityOf(category), `it is a ${known}, not a ${category.class}`);
    }
    if (known === "kind") kinds.set(canonicalIdentity(category), category);
  }
  const [kind, ...others] = kinds.values();
  if (kind === undefined) throw new CloudError("MISSING_VALUE", "a create needs a kind", { field: "category" });
  if (others.length > 0) throw invalid("category", "an entity has exactly one kind");
  if (CORE_KINDS.some((core) => identityOf(core) === identityOf(kind))) {
    throw invalid(identityOf(kind), "the kind is abstract");
  }
  const collection = collectionOfKind(kind);
  if (collection === undefined) throw unknownCategory(kind);
  if (!members.collections.includes(collection)) throw invalid(identityOf(kind), "another kind lives here");
  return collection;
}
