import type { OcciServiceService } from "../../../generated/ts/occi/v1/occi.ts";
import { type Flow, flat, type Store } from "../../cloud/index.ts";
import type { Call, Handlers } from "../../gateway/operation.ts";
import { invalid } from "../check.ts";
import type { Entity } from "../entity.ts";
import { readConditions, requireMatch } from "../http/conditions.ts";
import {
  actOnEntity,
  actOnMembers,
  associate,
  categories,
  createAll,
  defineMixins,
  dissociate,
  filterOf,
  getEntity,
  listEntities,
  listPaths,
  openScope,
  removeEntity,
  removeMembers,
  removeMixins,
  replaceMembers,
  requireMembers,
  type Scope,
  updateEntity,
} from "../operate/index.ts";
import type { Context, FlavourPolicy } from "../table.ts";
import { definitionsOf, filterMessage, invocationMessage, messageOf, messagesOf, namesOf } from "./read.ts";
import { entityAt, membersAt } from "./target.ts";
import { categoryMessage, entityMessage, etagOf, locationMessage } from "./write.ts";

export interface OcciHandlerOptions {
  readonly flow: Flow;
  /** Keeps mixins of users; the same as the HTTP door's. */
  readonly store: Store;
  readonly flavourPolicy?: FlavourPolicy;
  readonly flavourMaker?: Context["flavourMaker"];
  /** How many entities one deletion may remove; 0 allows none but single ones. */
  readonly deleteMany: number;
  /** Whether everything below `/` may go in the same way; not by default. */
  readonly deleteAll?: boolean;
}

/** occi.v1.OcciService: each method reads a message, asks the operations that HTTP asks, and writes a message. */
export function occiHandlers(options: OcciHandlerOptions): Handlers<OcciServiceService> {
  const { flow, store, deleteMany, deleteAll = false, flavourPolicy = "smallest-fit", flavourMaker } = options;
  const open = (call: Call): Promise<Scope> =>
    openScope({ flow, store, deleteMany, deleteAll, flavourPolicy, flavourMaker, call, pathOf });
  const change = async (
    call: Call,
    { path, entity, ifMatch }: Parameters<Handlers<OcciServiceService>["updateEntity"]>[0],
    isFull: boolean,
  ) => {
    const scope = await open(call);
    const { collection, id } = entityAt(scope, path);
    const message = messageOf(entity);
    await requireTag(ifMatch, () => getEntity(scope, collection, id));
    return shown(await updateEntity(scope, collection, id, message, isFull));
  };
  return {
    async listCategories({ categories: wanted, related }, call) {
      const found = await categories(await open(call), namesOf(wanted, "categories"), related);
      const of = (word: string) => found.filter((category) => category.class === word).map(categoryMessage);
      return { kinds: of("kind"), mixins: of("mixin"), actions: of("action") };
    },

    async defineMixins({ mixins }, call) {
      await defineMixins(await open(call), definitionsOf(mixins));
      return {};
    },

    async removeMixins({ mixins }, call) {
      await removeMixins(await open(call), [namesOf(mixins, "mixins")]);
      return {};
    },

    async *listEntities({ path, filter, locationsOnly }, call) {
      const scope = await open(call);
      const members = membersAt(scope, path);
      await requireMembers(scope, members);
      const test = filterOf(scope, filterMessage(filter));
      if (locationsOnly) {
        for await (const found of flat(listPaths(scope, members, test))) yield { entity: locationMessage(found) };
      } else {
        for await (const found of flat(listEntities(scope, members, test))) yield { entity: entityMessage(found) };
      }
    },

    async getEntity({ path }, call) {
      const scope = await open(call);
      const { collection, id } = entityAt(scope, path);
      return shown(await getEntity(scope, collection, id));
    },

    async createEntities({ path, resources, links }, call) {
      const scope = await open(call);
      const members = membersAt(scope, path === "" ? "/" : path);
      if (members.mixin !== undefined) throw invalid("path", "entities are created at their kind's location, or at /");
      const made = await createAll(scope, members, messagesOf({ resources, links }), true);
      return { entities: (await Promise.all(made.map(({ look }) => look()))).map(entityMessage) };
    },

    updateEntity: (request, call) => change(call, request, false),

    replaceEntity: (request, call) => change(call, request, true),

    async deleteEntity({ path, ifMatch }, call) {
      const scope = await open(call);
      const { collection, id } = entityAt(scope, path);
      await requireTag(ifMatch, () => getEntity(scope, collection, id));
      await removeEntity(scope, collection, id);
      return {};
    },

    async deleteEntities({ path, filter }, call) {
      const scope = await open(call);
      await removeMembers(scope, membersAt(scope, path), filterMessage(filter));
      return {};
    },

    async actOnEntity({ path, invocation }, call) {
      const scope = await open(call);
      const { collection, id } = entityAt(scope, path);
      const made = await actOnEntity(scope, collection, id, { messages: invocationMessage(invocation) });
      return { made: made === undefined ? undefined : categoryMessage(made) };
    },

    async actOnEntities({ path, invocation }, call) {
      const scope = await open(call);
      const members = membersAt(scope, path);
      await requireMembers(scope, members);
      await actOnMembers(scope, members, { messages: invocationMessage(invocation) });
      return {};
    },

    async addMembers({ path, locations }, call) {
      const scope = await open(call);
      await associate(scope, membersAt(scope, path), locations);
      return {};
    },

    async setMembers({ path, locations }, call) {
      const scope = await open(call);
      await replaceMembers(scope, membersAt(scope, path), locations);
      return {};
    },

    async removeMembers({ path, locations }, call) {
      const scope = await open(call);
      await dissociate(scope, membersAt(scope, path), locations);
      return {};
    },
  };
}

async function shown(entity: Entity) {
  return { entity: entityMessage(entity), etag: await etagOf(entity) };
}

/** Here are no authorities: what is ours begins with a slash. */
function pathOf(uri: string): string | undefined {
  return uri.startsWith("/") ? uri : undefined;
}

async function requireTag(ifMatch: string, get: () => Promise<Entity>): Promise<void> {
  if (ifMatch === "") return;
  const conditions = readConditions((name) => (name === "if-match" ? ifMatch : undefined));
  const entity = await get();
  await requireMatch(conditions, (rendering) => rendering.entity(entity));
}
