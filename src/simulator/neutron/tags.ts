/** `/{collection}/{id}/tags` (extension standard-attr-tag; neutron stable/zed: extensions/tagging.py). */
import { isVisible } from "../core/crud.ts";
import { isList, isObject, type Json, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Resource, Route } from "../core/types.ts";
import type { TableKey } from "../world.ts";
import { invalidInput } from "./errors.ts";
import { shown, touch } from "./parts.ts";
import type { Standard } from "./tables.ts";

/** A resource that has tags. */
interface Tagged {
  readonly resource: Resource;
  readonly table: TableKey<Standard>;
}

const read: Policy = { name: "get_tags", rule: "reader" };
const write: Policy = { name: "update_tags", rule: "member" };

function checkTag(tag: Json): string {
  if (typeof tag !== "string") throw invalidInput(`${shown(tag)} is not a valid string`);
  if ([...tag].length > 255) throw invalidInput(`${shown(tag)} exceeds maximum length of 255`);
  return tag;
}

function tagList(body: Json | undefined): string[] {
  if (!isObject(body) || body.tags === undefined) throw invalidInput("Invalid tags body");
  const { tags } = body;
  if (!isList(tags)) throw invalidInput(`${shown(tags)} is not a list`);
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) throw invalidInput(`Duplicate items in the list: '${text(twice)}'`);
  return tags.map(checkTag);
}

/** Whoever sees a resource may tag it (seen live: a tenant tags the public network). */
function routesFor({ resource, table }: Tagged): Route[] {
  const path = `${resource.path}/{id}/tags`;
  const find = (call: Call): Standard => {
    const id = call.params.id ?? "";
    const row = call.world.of(table).get(id);
    if (row !== undefined && isVisible(resource, row, call)) return row;
    throw new Refusal(404, `Resource ${resource.plural} ${id} could not be found.`, { kind: "TagResourceNotFound" });
  };
  const set = (row: Standard, tags: readonly string[], call: Call) =>
    call.world.of(table).put({ ...row, tags: [...tags].sort(), ...touch(row, call.now) });
  const named = (row: Standard, call: Call): string => {
    const tag = call.params.tag ?? "";
    if (row.tags.includes(tag)) return tag;
    throw new Refusal(404, `Tag ${tag} could not be found.`, { kind: "TagNotFound" });
  };
  const route = (method: Route["method"], tail: string, handle: (call: Call) => Answer): Route => {
    return { method, path: path + tail, policy: method === "GET" ? read : write, handle };
  };
  return [
    route("GET", "", (call) => ({ status: 200, body: { tags: find(call).tags } })),
    route("PUT", "", (call) => {
      const row = find(call);
      const tags = tagList(call.body);
      set(row, tags, call);
      return { status: 200, body: { tags } };
    }),
    route("DELETE", "", (call) => {
      set(find(call), [], call);
      return { status: 204 };
    }),
    route("GET", "/{tag}", (call) => {
      named(find(call), call);
      return { status: 204 };
    }),
    route("PUT", "/{tag}", (call) => {
      const row = find(call);
      const tag = checkTag(call.params.tag ?? "");
      if (!row.tags.includes(tag)) set(row, [...row.tags, tag], call);
      return { status: 201, body: null };
    }),
    route("DELETE", "/{tag}", (call) => {
      const row = find(call);
      const tag = named(row, call);
      set(
        row,
        row.tags.filter((one) => one !== tag),
        call,
      );
      return { status: 204 };
    }),
  ];
}

export function tagRoutes(tagged: readonly Tagged[]): Route[] {
  return tagged.flatMap(routesFor);
}
