/**
 * What OCCI can be asked to do, whichever protocol carries it: functions of a scope and a parsed message, that give entities and
 * categories. HTTP, gRPC and the library call the same ones; status codes, headers and renderings are theirs.
 *
 * scope        who asks, and what they know
 * target       what a path means
 * discovery    the query interface
 * userMixins   mixins that users define, and who belongs to them
 * parted       a message, its user mixins apart
 * entities     one entity
 * create       new ones, all or none
 * members      sets of entities: listed, filtered, deleted, acted on
 * associate    who belongs to a mixin
 * invoke       what an action's message says
 * pages        page by page; tasks   writes that go on after their answer
 */
export { associate, dissociate, replaceMembers } from "./associate.ts";
export { createAll, rehearseAll } from "./create.ts";
export { categories, defineMixins, removeMixins } from "./discovery.ts";
export { actOnEntity, getEntity, removeEntity, updateEntity } from "./entities.ts";
export { filterOf } from "./filter.ts";
export type { Invocation } from "./invoke.ts";
export { actOnMembers, listEntities, listPaths, removeMembers, requireMembers } from "./members.ts";
export { isId, openScope, type Scope, type ScopeOptions } from "./scope.ts";
export { DISCOVERY, type Members, TASKS, type Target, targetOf } from "./target.ts";
