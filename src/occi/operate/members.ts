import { CloudError, flat, type Pages } from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import type { Collection, Doing } from "../collection.ts";
import type { Entity } from "../entity.ts";
import type { Message } from "../message.ts";
import { Refusal, type Result, refusedAs } from "../refusal.ts";
import { offeredOf, resourcesFirst } from "../registry.ts";
import { removeEntity } from "./entities.ts";
import { type Filter, filterOf } from "./filter.ts";
import { callOf, type Invocation } from "./invoke.ts";
import { allWithMixins } from "./parted.ts";
import type { Scope } from "./scope.ts";
import type { Members, MixinMembers } from "./target.ts";

/** Sets of entities: of a kind, of a mixin, of everything below a path (GFD.223 §11, GFD.185 §3.4.2). */

/** NOT_FOUND when the path names a template that the cloud does not have. */
export async function requireMembers(scope: Scope, { mixin, collections }: Members): Promise<void> {
  const { name, isTemplate } = mixin?.provided ?? {};
  if (name === undefined || isTemplate !== true) return;
  for (const collection of collections) if (await collection.hasTemplate(scope, name)) return;
  throw new CloudError("NOT_FOUND", `there is no template ${name.term}`);
}

export async function* listEntities(scope: Scope, members: Members, filter?: Filter): Pages<Entity> {
  const { mixin } = members;
  if (mixin !== undefined && mixin.provided === undefined) {
    yield* ownMembers(scope, members, mixin, filter);
    return;
  }
  await scope.mixins.all();
  for (const collection of await offeredOf(scope, members.collections)) {
    for await (const page of collection.list(scope)) {
      const meant = members.isPrefix === true ? page.filter(({ isGiven }) => isGiven !== true) : page;
      const entities = await allWithMixins(scope, meant);
      const own = mixin === undefined ? entities : await membersOf(scope, mixin, entities);
      yield filter === undefined ? own : own.filter(filter);
    }
  }
}

async function membersOf(scope: Scope, mixin: MixinMembers, entities: readonly Entity[]): Promise<readonly Entity[]> {
  const found: Entity[] = [];
  for (const entity of entities) if (await isMember(scope, mixin, entity)) found.push(entity);
  return found;
}

/** Paths alone, where nobody asks for more, are cheaper than whole entities. */
export async function* listPaths(scope: Scope, members: Members, filter?: Filter): Pages<string> {
  const { collections, mixin, isPrefix } = members;
  if (filter !== undefined || mixin !== undefined) {
    for await (const page of listEntities(scope, members, filter)) yield page.map(({ path }) => path);
    return;
  }
  const offered = collections.length === 1 ? collections : await offeredOf(scope, collections);
  for (const collection of offered) yield* collection.paths(scope, isPrefix);
}

async function isMember(scope: Scope, { own, provided }: MixinMembers, entity: Entity): Promise<boolean> {
  if (provided?.isMember(entity) === true) return true;
  return (await scope.mixins.of(entity.path)).some((mixin) => own.includes(mixin));
}

/** Beyond so many, one list costs the cloud less than a look at each. */
const FEW = 16;

/** Members of users' mixins, looked for only where the store says that there are some. */
async function* ownMembers(
  scope: Scope,
  { collections }: Members,
  { own }: MixinMembers,
  filter: Filter | undefined,
): Pages<Entity> {
  const paths = new Set<string>();
  for (const mixin of own) for (const path of await scope.mixins.members(mixin)) paths.add(path);
  for (const collection of resourcesFirst(collections)) {
    const ids = [...paths].filter((path) => path.startsWith(collection.location));
    if (ids.length === 0) continue;
    const found = ids.length > FEW ? collection.list(scope) : each(scope, collection, ids);
    for await (const page of found) {
      const own = page.filter(({ path }) => paths.has(path));
      const entities = await allWithMixins(scope, own);
      yield filter === undefined ? entities : entities.filter(filter);
    }
  }
}

/** What is no longer there was deleted behind the gateway's back. */
async function* each(scope: Scope, collection: Collection, paths: readonly string[]): Pages<Entity> {
  for (const path of paths) {
    try {
      yield [await collection.get(scope, path.slice(collection.location.length))];
    } catch (thrown) {
      if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
      await scope.mixins.forget([path]);
    }
  }
}

function failed(path: string, error: CloudError): Result {
  return { path, outcome: "failed", code: refusedAs(error).code, message: error.message };
}

/** Deletes all members that pass the filter, as many as the operator allows in one request. */
export async function removeMembers(scope: Scope, members: Members, filter: Message): Promise<void> {
  const most = scope.deleteMany;
  if (most === 0 || (members.isPrefix === true && !scope.deleteAll)) {
    const what = members.isPrefix === true ? "everything below a path" : "a whole collection";
    throw new CloudError("FORBIDDEN", `${what} may not be deleted here; --occi-delete-many with a number allows it`);
  }
  const found: { collection: Collection; id: string; path: string }[] = [];
  // Links end with the resources that they start from, so resources go first and links that are left after them.
  for (const collection of await offeredOf(scope, members.collections)) {
    // What nobody made cannot be unmade.
    const part = { ...members, collections: [collection], isPrefix: true };
    for await (const path of flat(listPaths(scope, part, filterOf(scope, filter)))) {
      found.push({ collection, path, id: path.slice(collection.location.length) });
      if (found.length <= most) continue;
      throw new CloudError("FORBIDDEN", `more than ${most} entities would go, which --occi-delete-many does not allow`);
    }
  }
  const results: Result[] = [];
  let first: CloudError | undefined;
  for (const { collection, id, path } of found) {
    try {
      await removeEntity(scope, collection, id);
      results.push({ path, outcome: "done" });
    } catch (thrown) {
      const error = CloudError.from(thrown);
      const isGone = error.reason === "NOT_FOUND";
      results.push(isGone ? { path, outcome: "done" } : failed(path, error));
      if (!isGone) first ??= error;
    }
  }
  if (first === undefined) return;
  const left = results.filter(({ outcome }) => outcome === "failed").map(({ path }) => path);
  throw several(first, `${first.message}; still there: ${left.join(", ")}`, results);
}

/** An action on all members: every one must be able to do it before the first one does (GFD.221 §5.3.5). */
export async function actOnMembers(scope: Scope, members: Members, invocation: Invocation): Promise<void> {
  const doings: { path: string; doing: Doing }[] = [];
  const offered = await offeredOf(scope, members.collections);
  let impossible: CloudError | undefined;
  let areAllSo = true;
  for (const collection of offered) {
    const part = { ...members, collections: [collection] };
    for await (const path of flat(listPaths(scope, part))) {
      const call = callOf(invocation, collection);
      const id = path.slice(collection.location.length);
      try {
        doings.push({ path, doing: await collection.prepare(scope, id, call) });
      } catch (thrown) {
        if (!CloudError.is(thrown, "STATE_CONFLICT")) throw thrown;
        impossible ??= CloudError.from(thrown);
        areAllSo &&= await collection.isSo(scope, id, call);
      }
      if (impossible !== undefined && (doings.length > 0 || !areAllSo)) throw impossible;
    }
  }
  // Suites start what runs already; nothing is left to do where that is so of all.
  if (impossible !== undefined) return;
  if (doings.length === 0) requireKnownAction(offered, invocation);
  const results: Result[] = doings.map(({ path }) => ({ path, outcome: "not tried" }));
  for (const [at, { path, doing }] of doings.entries()) {
    try {
      await doing();
      results[at] = { path, outcome: "done" };
    } catch (thrown) {
      const error = CloudError.from(thrown);
      if (at === 0) throw error;
      results[at] = failed(path, error);
      throw several(error, `${error.message}; ${at} of ${doings.length} members had done it before`, results);
    }
  }
}

/** Nobody is there to act: the call must make sense for one kind at least all the same. */
function requireKnownAction(collections: readonly Collection[], invocation: Invocation): void {
  let refusal: unknown = invalid("action", "nothing here has actions");
  for (const collection of collections) {
    try {
      callOf(invocation, collection);
      return;
    } catch (thrown) {
      refusal = thrown;
    }
  }
  throw refusal;
}

/** The first failure, with what became of everybody. */
function several(cause: CloudError, message: string, results: readonly Result[]): Refusal {
  return new Refusal(cause.reason, refusedAs(cause), message, { cause, results });
}
