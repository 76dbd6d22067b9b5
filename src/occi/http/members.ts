import { CloudError, flat, type Pages } from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import type { Entity } from "../entity.ts";
import { EMPTY_MESSAGE } from "../message.ts";
import {
  actOnMembers,
  associate,
  createAll,
  dissociate,
  filterOf,
  listEntities,
  listPaths,
  type Members,
  rehearseAll,
  removeMembers,
  replaceMembers,
  requireMembers,
} from "../operate/index.ts";
import type { Found, Rendered } from "../render/rendering.ts";
import { type Answer, DONE, type Exchange, invocationOf } from "./exchange.ts";

/** Collections: of a kind, of a mixin, of everything below a path (GFD.223 §11, GFD.185 §3.4.2). */

export async function listMembers(exchange: Exchange, members: Members): Promise<Answer> {
  const { scope, query, absolute, conditions, slice } = exchange;
  await requireMembers(scope, members);
  const filter = filterOf(scope, await exchange.filters());
  const kinds = {
    hasResources: members.collections.some(({ isLink }) => !isLink),
    hasLinks: members.collections.some(({ isLink }) => isLink),
  };
  const { page } = query;
  if (page === undefined) {
    const found: Found = {
      ...kinds,
      paths: () => listPaths(scope, members, filter),
      entities: () => listEntities(scope, members, filter),
    };
    return { status: 200, tagged: conditions, render: (rendering) => rendering.collection(found, absolute) };
  }
  return {
    status: 200,
    tagged: conditions,
    // The next page stands in the headers, so a page is read before it is written.
    render: async (rendering) => {
      const isWhole = rendering.name === "json";
      const none = { items: [], hasMore: false };
      const entities = isWhole
        ? await slice("entities", page, (own) => flat(listEntities(own, members, filter)))
        : none;
      const paths = isWhole ? none : await slice("paths", page, (own) => flat(listPaths(own, members, filter)));
      const part = {
        ...kinds,
        paths: () => only<string>(paths.items),
        entities: () => only<Entity>(entities.items),
      };
      const rendered = await rendering.collection(part, absolute);
      if (!paths.hasMore && !entities.hasMore) return rendered;
      const next = exchange.pageUrl(page.page + 1, page.number);
      return { ...rendered, headers: { ...rendered.headers, "X-OCCI-Next": next } };
    },
  };
}

async function* only<Item>(page: readonly Item[]): Pages<Item> {
  yield page;
}

/** Creates what the message holds: all of it or nothing (GFD.185 §3.6.4). */
export async function createMembers(exchange: Exchange, members: Members): Promise<Answer> {
  const { scope, absolute, acceptable } = exchange;
  if (members.mixin !== undefined) throw invalid("path", "entities are created at their kind's location, or at /");
  const isShown = acceptable[0]?.rendering.name === "json";
  const made = await createAll(scope, members, await exchange.messages(), isShown);
  const [first] = made;
  return {
    status: 201,
    isDone: true,
    about: made.map(({ path }) => path),
    ...(first !== undefined && made.length === 1 ? { headers: { Location: absolute(first.path) } } : {}),
    render: (rendering) => rendering.created(made, absolute),
  };
}

/** What a create would make, the templates among it that would be chosen; nothing is made. */
export async function rehearseMembers(exchange: Exchange, members: Members): Promise<Answer> {
  const { scope, absolute } = exchange;
  const found = await rehearseAll(scope, members, await exchange.messages());
  const headers = { "Preference-Applied": "dry-run" };
  return { status: 200, headers, render: (rendering) => rendering.categories(found, absolute) };
}

/** Locations for a mixin, and nothing else. */
async function locationsIn(exchange: Exchange): Promise<readonly string[]> {
  const messages = await exchange.messages();
  for (const { categories, attributes, links } of messages) {
    if (categories.length + attributes.size + links.length === 0) continue;
    throw invalid("x-occi-location", "locations and nothing else are expected");
  }
  return messages.flatMap(({ locations }) => locations);
}

/** All of it at once: an answer to a write is kept for who asks again with the same key. */
async function whole({ headers, body }: Rendered): Promise<Rendered> {
  if (typeof body === "string") return { headers, body };
  let text = "";
  for await (const part of body) text += part;
  return { headers, body: text };
}

/** Who belongs to the mixin now. */
async function membership(exchange: Exchange, members: Members): Promise<Answer> {
  const filters = async () => EMPTY_MESSAGE;
  const { render, status } = await listMembers({ ...exchange, filters }, members);
  return { status, isDone: true, render: async (rendering) => whole(await render(rendering)) };
}

export async function addMembers(exchange: Exchange, members: Members): Promise<Answer> {
  await requireMembers(exchange.scope, members);
  await associate(exchange.scope, members, await locationsIn(exchange));
  return membership(exchange, members);
}

export async function setMembers(exchange: Exchange, members: Members): Promise<Answer> {
  await requireMembers(exchange.scope, members);
  await replaceMembers(exchange.scope, members, await locationsIn(exchange));
  return membership(exchange, members);
}

export async function leaveMembers(exchange: Exchange, members: Members): Promise<Answer> {
  await requireMembers(exchange.scope, members);
  await dissociate(exchange.scope, members, await locationsIn(exchange));
  return DONE;
}

/** Deletes all members that pass the filter; only where the operator allows it. */
export async function deleteMembers(exchange: Exchange, members: Members): Promise<Answer> {
  const [message = EMPTY_MESSAGE, ...more] = await exchange.messages();
  if (more.length > 0) throw invalid("resources", "one filter is expected");
  await removeMembers(exchange.scope, members, message);
  return DONE;
}

export async function actOnAll(exchange: Exchange, members: Members): Promise<Answer> {
  await requireMembers(exchange.scope, members);
  await actOnMembers(exchange.scope, members, await invocationOf(exchange));
  return DONE;
}

export function nothingHere(): CloudError {
  return new CloudError("NOT_FOUND", "nothing is bound to this path");
}
