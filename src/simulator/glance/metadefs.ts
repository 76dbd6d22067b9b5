/**
 * The catalogue of property definitions: namespaces, and what stands in them (glance stable/zed: api/v2/metadef_namespaces.py
 * and its neighbours; words seen live). What hangs on a namespace is of four kinds: metadef-kinds.ts.
 */
import { ofType, oneOf, string } from "../core/checks.ts";
import { isList, type Json, type JsonObject, type Row, text } from "../core/json.ts";
import { withQuery } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Check, Method, Route } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { bad, denied } from "./form.ts";
import {
  associations,
  checked,
  type Definition,
  definitions,
  type Kind,
  label,
  objects,
  properties,
  root,
  tags,
  times,
  wholeObject,
} from "./metadef-kinds.ts";

/** The id is the namespace itself. */
interface Namespace extends Row {
  readonly owner: string;
  readonly visibility: string;
  readonly protected: boolean;
  readonly display_name: string | null;
  readonly description: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

const namespaces = defineTable<Namespace>("glance.metadef_namespaces");
/** Types of resources that were ever named stay known. */
const resourceTypes = defineTable<Row & { readonly created_at: number }>("glance.metadef_resource_types");

const empty: Answer = { status: 204 };

function rowsOf(call: Call, namespace: string, kind: Kind): readonly Definition[] {
  return call.world
    .of(definitions)
    .by("namespace", namespace)
    .filter((row) => row.kind === kind.path)
    .reverse();
}

/** Absent members are left out, not null. */
function given(columns: Readonly<Record<string, Json>>): JsonObject {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null));
}

function brief(row: Namespace, call: Call): JsonObject {
  const { id, display_name, description, visibility, protected: held, owner } = row;
  const types = rowsOf(call, id, associations);
  return {
    namespace: id,
    ...given({ display_name, description }),
    visibility,
    protected: held,
    owner,
    ...times(row),
    ...(types.length === 0 ? {} : associations.all(types)),
    self: `${root}/${id}`,
    schema: "/v2/schemas/metadefs/namespace",
  };
}

function isVisible({ visibility, owner }: Namespace, { actor }: Call): boolean {
  return actor.admin || visibility === "public" || owner === actor.projectId;
}

/** The namespace of the path; `missing` is said when there is none. */
function find(call: Call, missing: (name: string) => string): Namespace {
  const id = call.params.namespace ?? "";
  const row = call.world.of(namespaces).get(id);
  if (row === undefined) throw new Refusal(404, missing(id));
  if (!isVisible(row, call))
    throw new Refusal(404, call.method === "GET" ? "The resource could not be found." : missing(id));
  return row;
}

const unread = (id: string) => `Metadata definition namespace=${id} was not found.`;
const unchanged = (id: string) => `Namespace ${id} not found`;

/** Whoever sees a namespace is told that he may not change it. */
function refuseOthers(call: Call, action: string): void {
  if (!call.actor.admin) throw denied(`You are not authorized to complete ${action} action.`);
}

const namespaceFields: Readonly<Record<string, Check>> = {
  namespace: label,
  display_name: label,
  description: string(0, 500),
  visibility: oneOf("public", "private"),
  protected: ofType("boolean"),
  owner: string(0, 255),
};

function rowOf(input: JsonObject, created_at: number, call: Call): Namespace {
  const optional = (name: string) => (typeof input[name] === "string" ? text(input[name]) : null);
  return {
    id: text(input.namespace),
    owner: optional("owner") ?? call.actor.projectId,
    visibility: optional("visibility") ?? "private",
    protected: input.protected === true,
    display_name: optional("display_name"),
    description: optional("description"),
    created_at,
    updated_at: call.now,
  };
}

const inNamespace = (call: Call) => checked("namespace", call.body, namespaceFields, ["namespace"]);

function refuseTwin(id: string, call: Call): void {
  if (call.world.of(namespaces).get(id) !== undefined)
    throw new Refusal(409, `The metadata definition namespace=${id} already exists.`);
}

function listNamespaces(call: Call): Answer {
  const { query } = call;
  const [visibility, types, marker] = [query.get("visibility"), query.get("resource_types"), query.get("marker")];
  const wanted = types === null ? undefined : new Set(types.split(","));
  const rows = call.world
    .of(namespaces)
    .filter((row) => isVisible(row, call) && (visibility === null || row.visibility === visibility))
    .filter(({ id }) => wanted === undefined || rowsOf(call, id, associations).some(({ name }) => wanted.has(name)))
    .reverse();
  const limit = query.get("limit");
  if (limit !== null && !/^\d+$/.test(limit)) throw bad("limit param must be an integer");
  const start = marker === null ? 0 : rows.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && start === 0) throw new Refusal(404, unread(marker));
  const size = Math.min(limit === null ? 25 : Number(limit), 1000);
  const page = rows.slice(start, start + size);
  const at = (params: string) => (params === "" ? root : `${root}?${params}`);
  const last = page.at(-1);
  return {
    status: 200,
    body: {
      namespaces: page.map((row) => brief(row, call)),
      schema: "/v2/schemas/metadefs/namespaces",
      first: at(withQuery(query, { marker: undefined })),
      ...(last !== undefined && page.length === size ? { next: at(withQuery(query, { marker: last.id })) } : {}),
    },
  };
}

function showNamespace(call: Call): Answer {
  const row = find(call, unread);
  const more = [properties, objects, tags].flatMap((kind) => {
    const rows = rowsOf(call, row.id, kind);
    return rows.length === 0 ? [] : Object.entries(kind.all(rows)).filter(([name]) => name !== "schema");
  });
  return { status: 200, body: { ...brief(row, call), ...Object.fromEntries(more) } };
}

function store(call: Call, namespace: string, kind: Kind, values: JsonObject, before?: Definition): Definition {
  const name = text(values.name);
  const id = `${namespace}/${kind.path}/${name}`;
  if (before !== undefined) call.world.of(definitions).delete(before.id);
  if (call.world.of(definitions).get(id) !== undefined) throw new Refusal(409, kind.twin(name, namespace));
  const created_at = before?.created_at ?? call.now;
  return call.world
    .of(definitions)
    .put({ id, namespace, kind: kind.path, name, values, created_at, updated_at: call.now });
}

function definition(call: Call, namespace: string, kind: Kind): Definition {
  const name = call.params.name ?? "";
  const row = call.world.of(definitions).get(`${namespace}/${kind.path}/${name}`);
  if (row === undefined) throw new Refusal(404, kind.missing(name));
  return row;
}

function route(method: Method, path: string, policy: string, handle: Route["handle"]): Route {
  return { method, path, policy: { name: policy, rule: method === "GET" ? "reader" : "member" }, handle };
}

function kindRoutes(kind: Kind): readonly Route[] {
  const path = `${root}/{namespace}/${kind.path}`;
  const changing = (method: Method, tail: string, verb: string, run: (namespace: Namespace, call: Call) => Answer) =>
    route(method, path + tail, `${verb}_${kind.policy}`, (call) => {
      const namespace = find(call, unchanged);
      refuseOthers(call, `${verb}_${kind.policy}`);
      return run(namespace, call);
    });
  const body = (call: Call) => checked(kind.schema, call.body, kind.fields, kind.required);
  return [
    route("GET", path, `get_${kind.policy}s`, (call) => ({
      status: 200,
      body: kind.all(rowsOf(call, find(call, unread).id, kind)),
    })),
    changing("POST", "", "add", ({ id }, call) => {
      if (kind === tags) return replaceTags(id, call);
      const row = store(call, id, kind, body(call));
      if (kind === associations && call.world.of(resourceTypes).get(row.name) === undefined)
        call.world.of(resourceTypes).put({ id: row.name, created_at: call.now });
      return { status: 201, body: kind.view(row) };
    }),
    changing("DELETE", "/{name}", "delete", ({ id }, call) => {
      call.world.of(definitions).delete(definition(call, id, kind).id);
      return empty;
    }),
    ...(kind === associations
      ? []
      : [
          route("GET", `${path}/{name}`, `get_${kind.policy}`, (call) => {
            const row = definition(call, find(call, unread).id, kind);
            return { status: 200, body: kind === objects ? wholeObject(row) : kind.view(row) };
          }),
          changing("PUT", "/{name}", "modify", ({ id }, call) => {
            const before = definition(call, id, kind);
            return { status: 200, body: kind.view(store(call, id, kind, body(call), before)) };
          }),
          changing("DELETE", "", "delete", ({ id }, call) => {
            for (const row of rowsOf(call, id, kind)) call.world.of(definitions).delete(row.id);
            return empty;
          }),
        ]),
    ...(kind === tags
      ? [
          changing("POST", "/{name}", "add", ({ id }, call) => {
            const row = store(call, id, tags, { name: call.params.name ?? "" });
            return { status: 201, body: tags.view(row) };
          }),
        ]
      : []),
  ];
}

/** All at once, instead of those that there were. */
function replaceTags(namespace: string, call: Call): Answer {
  const { tags: named } = checked("tags", call.body, { tags: ofType("array") }, ["tags"]);
  const wanted = (isList(named) ? named : []).map((one) => checked("tag", one, tags.fields, tags.required));
  for (const row of rowsOf(call, namespace, tags)) call.world.of(definitions).delete(row.id);
  for (const one of wanted) store(call, namespace, tags, one);
  return { status: 201, body: { tags: wanted } };
}

export const metadefRoutes: readonly Route[] = [
  route("GET", "/v2/metadefs/resource_types", "list_metadef_resource_types", (call) => {
    const rows = [...call.world.of(resourceTypes).all()];
    const shown = rows.map(({ id, created_at }) => ({ name: id, ...times({ created_at, updated_at: created_at }) }));
    return { status: 200, body: { resource_types: shown } };
  }),
  route("GET", root, "get_metadef_namespaces", listNamespaces),
  {
    ...route("POST", root, "add_metadef_namespace", (call) => {
      const row = rowOf(inNamespace(call), call.now, call);
      refuseTwin(row.id, call);
      call.world.of(namespaces).put(row);
      return { status: 201, body: brief(row, call), headers: { Location: `${call.base}${root}/${row.id}` } };
    }),
    policy: { name: "add_metadef_namespace", rule: "admin" },
  },
  route("GET", `${root}/{namespace}`, "get_metadef_namespace", showNamespace),
  route("PUT", `${root}/{namespace}`, "modify_metadef_namespace", (call) => {
    const input = inNamespace(call);
    const { id, created_at } = find(call, unchanged);
    refuseOthers(call, "modify_metadef_namespace");
    if (input.namespace !== id) throw bad("A metadata definition namespace keeps its name in the simulator.");
    const row = call.world.of(namespaces).put(rowOf(input, created_at, call));
    return { status: 200, body: brief(row, call) };
  }),
  route("DELETE", `${root}/{namespace}`, "delete_metadef_namespace", (call) => {
    const row = find(call, unchanged);
    refuseOthers(call, "delete_metadef_namespace");
    if (row.protected) throw denied(`Metadata definition namespace ${row.id} is protected and cannot be deleted.`);
    for (const { id } of call.world.of(definitions).by("namespace", row.id)) call.world.of(definitions).delete(id);
    call.world.of(namespaces).delete(row.id);
    return empty;
  }),
  ...[properties, objects, associations, tags].flatMap(kindRoutes),
];
