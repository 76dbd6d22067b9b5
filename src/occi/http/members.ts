import { CloudError, Undo } from "../../cloud/index.ts";
import { canonicalIdentity, identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { Collection, Doing } from "../collection.ts";
import { unknownCategory } from "../draft.ts";
import type { Entity } from "../entity.ts";
import { CORE_KINDS } from "../kinds/core.ts";
import { isEmpty, type Message } from "../message.ts";
import { COLLECTIONS, collectionOfKind, offeredOf } from "../registry.ts";
import { actionCall } from "./action.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { DONE } from "./exchange.ts";
import { type Filter, filterOf } from "./filter.ts";
import type { Page } from "./query.ts";
import type { Members } from "./target.ts";

/** Collections: of a kind, of a mixin, of everything (GFD.223 §11, GFD.185 §3.4.2). */

export async function listMembers(exchange: Exchange, members: Members): Promise<Answer> {
  await requireTemplate(exchange, members);
  const { context, query, absolute } = exchange;
  const filter = both(filterOf(context, exchange.filters()), members.mixin?.isMember);
  const kinds = {
    hasResources: members.collections.some(({ isLink }) => !isLink),
    hasLinks: members.collections.some(({ isLink }) => isLink),
  };
  const entities = () => entitiesOf(exchange, members, filter);
  const paths = () => (filter === undefined ? allPaths(exchange, members) : pathsOf(entities()));
  if (query.page === undefined) {
    return { status: 200, render: (rendering) => rendering.collection({ paths, entities, ...kinds }, absolute) };
  }
  const { page } = query;
  return {
    status: 200,
    // The next page stands in the headers, so a page is read before it is written.
    render: async (rendering) => {
      const isWhole = rendering.name === "json";
      const found = isWhole ? await cut(entities(), page) : { items: [], hasMore: false };
      const places = isWhole ? { items: [], hasMore: found.hasMore } : await cut(paths(), page);
      const part = { ...kinds, paths: () => stream(places.items), entities: () => stream(found.items) };
      const rendered = await rendering.collection(part, absolute);
      if (!places.hasMore) return rendered;
      const next = exchange.pageUrl(page.page + 1, page.number);
      return { ...rendered, headers: { ...rendered.headers, "X-OCCI-Next": next } };
    },
  };
}

async function* stream<Item>(items: readonly Item[]): AsyncIterable<Item> {
  yield* items;
}

async function cut<Item>(items: AsyncIterable<Item>, { page, number }: Page) {
  const found: Item[] = [];
  let at = 0;
  const from = (page - 1) * number;
  for await (const item of items) {
    if (found.length === number) return { items: found, hasMore: true };
    if (at >= from) found.push(item);
    at += 1;
  }
  return { items: found, hasMore: false };
}

function both(a: Filter | undefined, b: Filter | undefined): Filter | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (entity) => a(entity) && b(entity);
}

async function* entitiesOf({ context }: Exchange, { collections }: Members, filter: Filter | undefined) {
  for (const collection of await offeredOf(context, collections)) {
    for await (const entity of collection.list(context)) {
      if (filter === undefined || filter(entity)) yield entity;
    }
  }
}

async function* pathsOf(entities: AsyncIterable<Entity>) {
  for await (const { path } of entities) yield path;
}

async function* allPaths({ context }: Exchange, { collections }: Members) {
  for (const collection of await offeredOf(context, collections)) yield* collection.paths(context);
}

async function requireTemplate({ context }: Exchange, { mixin, collections }: Members): Promise<void> {
  const template = mixin?.template;
  if (template === undefined) return;
  for (const collection of collections) if (await collection.hasTemplate(context, template)) return;
  throw new CloudError("NOT_FOUND", `there is no template ${template.term}`);
}

/** Creates what the message holds: all of it or nothing (GFD.185 §3.6.4). */
export async function createMembers(exchange: Exchange, members: Members): Promise<Answer> {
  await requireTemplate(exchange, members);
  const { context, absolute } = exchange;
  const messages = await exchange.messages();
  if (members.mixin !== undefined) {
    for (const location of messages.flatMap(({ locations }) => locations))
      await requireKind(exchange, members, location);
    throw new CloudError("UNSUPPORTED", "association is not offered: a mixin is named in the entity's own message");
  }
  if (messages.length === 0) throw new CloudError("MISSING_VALUE", "nothing is to be created");
  const wanted = messages.map((message) => ({ message, collection: collectionFor(exchange, members, message) }));
  const undo = new Undo(context.call.log);
  const made: Entity[] = [];
  try {
    for (const { message, collection } of wanted) {
      const entity = await collection.create(context, message);
      made.push(entity);
      undo.enter(
        () => ({ kind: collection.kind.term, id: entity.id }),
        () => collection.remove(detached(exchange), entity.id),
      );
    }
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
  const [first] = made;
  return {
    status: 201,
    isDone: true,
    ...(first !== undefined && made.length === 1 ? { headers: { Location: absolute(first.path) } } : {}),
    render: (rendering) => rendering.created(made, absolute),
  };
}

/** A mixin applies to some kinds only (GFD.185 §3.6.8); whatever else is wrong with a location, there is no such entity. */
async function requireKind({ context }: Exchange, { collections }: Members, uri: string): Promise<void> {
  for (const collection of COLLECTIONS) {
    const id = uri.startsWith("urn:") ? undefined : context.idAt(uri, collection.location);
    if (id === undefined) continue;
    await collection.get(context, id);
    if (collections.includes(collection)) return;
    throw new CloudError("FORBIDDEN", `the mixin does not apply to ${collection.kind.term}`, { field: uri });
  }
  throw new CloudError("NOT_FOUND", `there is no entity ${uri}`, { field: "x-occi-location" });
}

/** The same caller, no longer cut off when the caller leaves. */
function detached({ context }: Exchange): Exchange["context"] {
  return { ...context, call: { ...context.call, cloud: context.call.cloud.detached() } };
}

/** The collection that a create's only kind belongs to; the kind must own the path or inherit from its owner. */
function collectionFor({ context }: Exchange, members: Members, message: Message): Collection {
  if (isEmpty(message)) throw new CloudError("MISSING_VALUE", "a create needs a kind");
  const kinds = new Map<string, Message["categories"][number]>();
  for (const category of message.categories) {
    const known = context.classOf(category);
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

/** Deletes all members that pass the filter; only where the operator allows it. */
export async function deleteMembers(exchange: Exchange, members: Members, isAllowed: boolean): Promise<Answer> {
  if (members.mixin !== undefined) {
    // Read literally GFD.223 §11.4.1 would delete the entities; here it means to dissociate.
    throw new CloudError("FORBIDDEN", "a compute cannot lose the templates it was made with");
  }
  if (!isAllowed) throw new CloudError("FORBIDDEN", "whole collections may not be deleted here");
  const { context } = exchange;
  const [message, ...more] = await exchange.messages();
  if (more.length > 0) throw invalid("resources", "one filter is expected");
  const filter = message === undefined ? undefined : filterOf(context, message);
  const refused: string[] = [];
  let first: CloudError | undefined;
  // Links end with the resources that they start from, so resources go first and links that are left after them.
  for (const collection of await offeredOf(context, members.collections)) {
    const entities: Entity[] = [];
    for await (const entity of entitiesOf(exchange, { collections: [collection] }, filter)) entities.push(entity);
    for (const { id, path } of entities) {
      try {
        await collection.remove(context, id);
      } catch (thrown) {
        if (CloudError.is(thrown, "NOT_FOUND")) continue;
        first ??= CloudError.from(thrown);
        refused.push(path);
      }
    }
  }
  if (first === undefined) return DONE;
  const text = `${first.message}; still there: ${refused.join(", ")}`;
  throw new CloudError(first.reason, text, { cause: first });
}

/** An action on all members: every one must be able to do it before the first one does (GFD.221 §5.3.5). */
export async function actOnMembers(exchange: Exchange, members: Members): Promise<Answer> {
  await requireTemplate(exchange, members);
  const { context } = exchange;
  const doings: Doing[] = [];
  for (const collection of await offeredOf(context, members.collections)) {
    const filter = members.mixin?.isMember;
    for await (const { id } of entitiesOf(exchange, { collections: [collection] }, filter)) {
      doings.push(await collection.prepare(context, id, await actionCall(exchange, collection)));
    }
  }
  if (doings.length === 0) await checkCall(exchange, members);
  let done = 0;
  for (const doing of doings) {
    try {
      await doing();
    } catch (thrown) {
      const error = CloudError.from(thrown);
      if (done === 0) throw error;
      const message = `${error.message}; ${done} of ${doings.length} members had done it before`;
      throw new CloudError(error.reason, message, { cause: error });
    }
    done += 1;
  }
  return DONE;
}

/** Nobody is there to act: the call must make sense all the same. */
async function checkCall(exchange: Exchange, { collections }: Members): Promise<void> {
  const [collection] = collections;
  if (collection !== undefined) await actionCall(exchange, collection);
}
