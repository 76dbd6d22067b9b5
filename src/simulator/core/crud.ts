/** From a resource's descriptor to its routes: list, detail, show, create, update, delete, members, actions. */
import { applies, authorizeInput, changes, checkInput, draft, unwrap, view } from "./attributes.ts";
import { isObject, type Json, type JsonObject, type Row } from "./json.ts";
import { pick, select } from "./list.ts";
import { remembered } from "./memo.ts";
import { authorize } from "./policy.ts";
import { claimOne } from "./quota.ts";
import type { Action, Answer, Call, Policy, Resource, Route, Service, Verb, Versioned } from "./types.ts";

/** Whether the caller may know of the row. */
export function isVisible(resource: Resource, row: Row, call: Call): boolean {
  if (resource.visible !== undefined) return resource.visible(row, call);
  if (resource.owner === undefined || call.actor.admin) return true;
  return row[resource.owner] === call.actor.projectId || (resource.shared?.(row, call) ?? false);
}

/** The row a path names, or the service's 404: for those who may not see it, too. */
export function lookUp(resource: Resource, key: string, call: Call): Row {
  const row = resource.find === undefined ? call.world.of(resource.table).get(key) : resource.find(key, call);
  if (row !== undefined && isVisible(resource, row, call)) return row;
  throw resource.notFound?.(key, call) ?? call.service.words.notFound(resource, key);
}

function isWritable(resource: Resource, row: Row, call: Call): boolean {
  if (resource.writable !== undefined) return resource.writable(row, call);
  return resource.owner === undefined || call.actor.admin || row[resource.owner] === call.actor.projectId;
}

function pathOf(resource: Resource): string {
  return `${resource.path}/{${resource.singular}}`;
}

function keyOf(resource: Resource, call: Call): string {
  return call.params[resource.singular] ?? "";
}

/** The rows of a list that the caller may see, in the page he asks for. What it shows must not depend on the time. */
function list(resource: Resource, call: Call, show: (row: Row) => JsonObject): Answer {
  return remembered(call, () => page(resource, call, show));
}

function page(resource: Resource, call: Call, show: (row: Row) => JsonObject): Answer {
  const form = call.service.list;
  const selection = form.read(call, resource);
  const test = (row: Row) => isVisible(resource, row, call) && (resource.listed?.(row, call) ?? true);
  const found = select(call.world.of(resource.table).filter(test), selection);
  if ("unknownMarker" in found) throw form.unknownMarker(resource, found.unknownMarker);
  const fields = form.fields?.(call);
  const views: Json[] = found.rows.map((row) => (fields === undefined ? show(row) : pick(show(row), fields)));
  return { status: 200, body: form.write(call, resource, views, found) };
}

function create(resource: Resource, call: Call, status: number): Answer {
  authorizeInput(resource, call.input, call);
  const columns = draft(resource, call.input, call);
  claimOne(resource, columns, call);
  const row = resource.make?.(columns, call) ?? { ...columns, id: call.ids.uuid() };
  const stored = call.world.of(resource.table).put(row);
  const final = settle(resource, stored, call);
  return { status, body: { [resource.singular]: view(resource, final, call) } };
}

/** A create is all or nothing: when its hook refuses, the row goes again. */
function settle(resource: Resource, row: Row, call: Call): Row {
  try {
    return resource.onCreate?.(row, call) ?? row;
  } catch (error) {
    call.world.of(resource.table).delete(row.id);
    throw error;
  }
}

function update(resource: Resource, call: Call, policy: Policy, status: number): Answer {
  const row = lookUp(resource, keyOf(resource, call), call);
  if (!isWritable(resource, row, call)) throw call.service.words.forbidden(policy, call);
  authorizeInput(resource, call.input, call);
  const columns = changes(resource, call.input, call, row);
  const final = { ...row, ...(resource.onUpdate?.(row, columns, call) ?? columns) };
  return { status, body: { [resource.singular]: view(resource, call.world.of(resource.table).put(final), call) } };
}

function remove(resource: Resource, call: Call, policy: Policy, status: number): Answer {
  const row = lookUp(resource, keyOf(resource, call), call);
  if (!isWritable(resource, row, call)) throw call.service.words.forbidden(policy, call);
  if (resource.onDelete?.(row, call) !== "keep") call.world.of(resource.table).delete(row.id);
  return { status };
}

/** Each verb's route; the order of the table is the order of the documentation. */
const verbs: Readonly<Record<Verb, (resource: Resource, service: Service, policy: Policy, status: number) => Route>> = {
  list: (resource, _service, policy) => ({
    method: "GET",
    path: resource.path,
    policy,
    handle: (call) => list(resource, call, (row) => resource.brief?.(row, call) ?? view(resource, row, call)),
  }),
  detail: (resource, _service, policy) => ({
    method: "GET",
    path: `${resource.path}/detail`,
    policy,
    handle: (call) => list(resource, call, (row) => view(resource, row, call)),
  }),
  show: (resource, service, policy, status) => ({
    method: "GET",
    path: pathOf(resource),
    policy,
    handle: (call) => {
      const seen = view(resource, lookUp(resource, keyOf(resource, call), call), call);
      const fields = service.list.fields?.(call);
      return { status, body: { [resource.singular]: fields === undefined ? seen : pick(seen, fields) } };
    },
  }),
  create: (resource, _service, policy, status) => ({
    method: "POST",
    path: resource.path,
    policy,
    schema: (call) => checked(resource, call, "create"),
    handle: (call) => create(resource, call, status),
  }),
  update: (resource, service, policy, status) => ({
    method: resource.updateMethod ?? service.updateMethod,
    path: pathOf(resource),
    policy,
    schema: (call) => checked(resource, call, "update"),
    handle: (call) => update(resource, call, policy, status),
  }),
  delete: (resource, _service, policy, status) => ({
    method: "DELETE",
    path: pathOf(resource),
    policy,
    handle: (call) => remove(resource, call, policy, status),
  }),
};

function checked(resource: Resource, call: Call, verb: "create" | "update"): JsonObject {
  const input = unwrap(call, resource.singular);
  checkInput(resource, input, call, verb);
  return input;
}

/** `POST …/action` with `{<action>: <arguments>}`. */
function actionRoute(resource: Resource, actions: Readonly<Record<string, Action>>): Route {
  const chosen = (call: Call): readonly [Action, Json] => {
    const [name = ""] = isObject(call.body) ? Object.keys(call.body) : [];
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined || !applies(action, call.version)) throw call.service.words.noSuchAction(name, call.body);
    return [action, isObject(call.body) ? (call.body[name] ?? null) : null];
  };
  return {
    method: "POST",
    path: `${pathOf(resource)}/action`,
    policy: { name: `${resource.singular}:action`, rule: "token" },
    handle: (call) => {
      const [action, args] = chosen(call);
      action.check?.(args, call);
      authorize(action.policy, call);
      return action.run(lookUp(resource, keyOf(resource, call), call), args, call);
    },
  };
}

/** All routes of a resource. */
export function routesOf(resource: Resource, service: Service): Route[] {
  const routes: Route[] = [];
  for (const verb of ["detail", "list", "show", "create", "update", "delete"] as const) {
    const policy = resource.policies[verb];
    if (policy === undefined) continue;
    const status = resource.statuses?.[verb] ?? service.statuses[verb];
    routes.push({
      ...verbs[verb](resource, service, policy, status),
      ...versions(resource, resource.versions?.[verb]),
    });
  }
  for (const { run, path, ...member } of resource.members ?? []) {
    const handle = (call: Call) => run(lookUp(resource, keyOf(resource, call), call), call);
    routes.push({ ...versions(resource), ...member, path: pathOf(resource) + path, handle });
  }
  if (resource.actions !== undefined)
    routes.push({ ...actionRoute(resource, resource.actions), ...versions(resource) });
  return routes;
}

function versions(...gates: readonly (Versioned | undefined)[]): Versioned {
  let gate: Versioned = {};
  for (const one of gates) {
    if (one?.since !== undefined) gate = { ...gate, since: one.since };
    if (one?.until !== undefined) gate = { ...gate, until: one.until };
  }
  return gate;
}
