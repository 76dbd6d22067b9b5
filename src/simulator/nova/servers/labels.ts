/** Metadata and tags of servers (nova stable/zed: api/openstack/compute/server_metadata.py, server_tags.py; words seen live). */
import { isList, isObject, type Json, type JsonObject, repr, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, MemberRoute, Policy } from "../../core/types.ts";
import { invalid } from "../form.ts";
import { change } from "./lifecycle.ts";
import { claimMetadata } from "./quota.ts";
import type { Server } from "./rows.ts";
import { metadata as checkMetadata, tag as checkTag, tags as checkTags, inside } from "./schema.ts";
import { refuseLocked, refuseState } from "./states.ts";

const policy = (name: string, rule: Policy["rule"] = "member"): Policy => ({
  name: `os_compute_api:server-metadata:${name}`,
  rule,
});

function pairs(call: Call, name: string): JsonObject {
  const value = inside(call, name);
  const complaint = checkMetadata(value);
  if (complaint !== undefined) throw invalid(name, value, complaint);
  return isObject(value) ? value : {};
}

function onePair(call: Call): JsonObject {
  const meta = pairs(call, "meta");
  const size = Object.keys(meta).length;
  if (size === 0) throw invalid("meta", meta, "{} does not have enough properties");
  if (size > 1) throw invalid("meta", meta, `${repr(meta)} has too many properties`);
  return meta;
}

function store(
  server: Server,
  call: Call,
  values: JsonObject,
  word = "update metadata",
): Readonly<Record<string, string>> {
  refuseLocked(server, call);
  refuseState(server, word, ["active", "paused", "suspended", "stopped"], "any");
  const items = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)]));
  claimMetadata(call, Object.keys(items).length);
  change(call.world, server, call.now, { metadata: items });
  return items;
}

function item(server: Server, call: Call): string {
  const key = call.params.key ?? "";
  const value = Object.hasOwn(server.metadata, key) ? server.metadata[key] : undefined;
  if (value === undefined) throw new Refusal(404, "Metadata item was not found");
  return value;
}

export const metadataRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/metadata",
    policy: policy("index", "reader"),
    run: ({ metadata }) => ({ status: 200, body: { metadata } }),
  },
  {
    method: "POST",
    path: "/metadata",
    policy: policy("create"),
    schema: (call) => pairs(call, "metadata"),
    run: (server, call) => ({
      status: 200,
      body: { metadata: store(server, call, { ...server.metadata, ...call.input }) },
    }),
  },
  {
    method: "PUT",
    path: "/metadata",
    policy: policy("update_all"),
    schema: (call) => pairs(call, "metadata"),
    run: (server, call) => ({ status: 200, body: { metadata: store(server, call, call.input) } }),
  },
  {
    method: "GET",
    path: "/metadata/{key}",
    policy: policy("show", "reader"),
    run: (server, call) => ({ status: 200, body: { meta: { [call.params.key ?? ""]: item(server, call) } } }),
  },
  {
    method: "PUT",
    path: "/metadata/{key}",
    policy: policy("update"),
    schema: onePair,
    run: (server, call) => {
      if (call.input[call.params.key ?? ""] === undefined) throw new Refusal(400, "Request body and URI mismatch");
      store(server, call, { ...server.metadata, ...call.input });
      return { status: 200, body: { meta: call.input } };
    },
  },
  {
    method: "DELETE",
    path: "/metadata/{key}",
    policy: policy("delete"),
    run: (server, call) => {
      item(server, call);
      const { [call.params.key ?? ""]: _gone, ...rest } = server.metadata;
      store(server, call, rest, "delete metadata");
      return { status: 204 };
    },
  },
];

const tagPolicy = (name: string, rule: Policy["rule"] = "member"): Policy => ({
  name: `os_compute_api:os-server-tags:${name}`,
  rule,
});

function setTags(server: Server, call: Call, tags: readonly string[]): readonly string[] {
  refuseState(server, "update tags", ["active", "paused", "suspended", "stopped"], "any");
  const sorted = [...new Set(tags)].sort();
  if (sorted.length > 50) throw new Refusal(400, "The number of tags exceeded the per-server limit 50");
  change(call.world, server, call.now, { tags: sorted });
  return sorted;
}

function listedTags(call: Call): JsonObject {
  const value: Json = inside(call, "tags");
  const complaint = checkTags(value);
  if (complaint !== undefined) throw invalid("tags", value, complaint);
  return { tags: value };
}

export const tagRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/tags",
    since: 26,
    policy: tagPolicy("index", "reader"),
    run: ({ tags }) => ({ status: 200, body: { tags } }),
  },
  {
    method: "PUT",
    path: "/tags",
    since: 26,
    policy: tagPolicy("update_all"),
    schema: listedTags,
    run: (server, call) => {
      const given = isList(call.input.tags) ? call.input.tags.map(text) : [];
      return { status: 200, body: { tags: setTags(server, call, given) } };
    },
  },
  {
    method: "DELETE",
    path: "/tags",
    since: 26,
    policy: tagPolicy("delete_all"),
    run: (server, call) => {
      setTags(server, call, []);
      return { status: 204 };
    },
  },
  {
    method: "GET",
    path: "/tags/{tag}",
    since: 26,
    policy: tagPolicy("show", "reader"),
    run: ({ id, tags }, call) => {
      const tag = call.params.tag ?? "";
      if (!tags.includes(tag)) throw new Refusal(404, `Server ${id} has no tag '${tag}'`);
      return { status: 204 };
    },
  },
  {
    method: "PUT",
    path: "/tags/{tag}",
    since: 26,
    policy: tagPolicy("update"),
    run: (server, call) => {
      const tag = call.params.tag ?? "";
      const complaint = checkTag(tag);
      const rule = "It must be a non empty string without characters '/' and ','.";
      if (complaint !== undefined)
        throw new Refusal(400, `Tag '${tag}' is invalid. ${rule} Validation error message: ${complaint}`);
      if (server.tags.includes(tag)) return { status: 204 };
      setTags(server, call, [...server.tags, tag]);
      return {
        status: 201,
        headers: { Location: `${call.root}/servers/${server.id}/tags/${encodeURIComponent(tag)}` },
      };
    },
  },
  {
    method: "DELETE",
    path: "/tags/{tag}",
    since: 26,
    policy: tagPolicy("delete"),
    run: (server, call) => {
      const tag = call.params.tag ?? "";
      if (!server.tags.includes(tag)) throw new Refusal(404, `Instance ${server.id} has no tag '${tag}'`);
      setTags(
        server,
        call,
        server.tags.filter((one) => one !== tag),
      );
      return { status: 204 };
    },
  },
];
