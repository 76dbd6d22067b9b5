/** Aggregates of hosts, for administrators (nova stable/zed: api/openstack/compute/aggregates.py; words seen live). */
import { nullable, ofType, string } from "../core/checks.ts";
import { isList, isObject, type Json, type JsonObject, repr, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { databaseTime } from "./form.ts";
import { type Aggregate, aggregates, hosts, zoneOf } from "./places.ts";
import { servers } from "./servers/rows.ts";
import { checkObject, inside, type Property, uuidText } from "./servers/schema.ts";

const policy = (verb: string): Policy => ({ name: `os_compute_api:os-aggregates:${verb}`, rule: "admin" });

const properties: readonly Property[] = [
  { name: "name", check: string(1, 255) },
  { name: "availability_zone", check: nullable(string(1, 255)) },
];

/** `exact`: a time that has just been made, with its parts of a second (seen live). */
function shown(row: Aggregate, call: Call, kind: "created" | "changed" | "read"): JsonObject {
  const base = {
    id: Number(row.id),
    ...(call.version >= 41 ? { uuid: row.uuid } : {}),
    name: row.name,
    ...(kind === "created" ? {} : { hosts: row.hosts, metadata: row.metadata }),
    created_at: kind === "created" ? zoneless(row.created_at) : databaseTime(row.created_at),
    updated_at:
      row.updated_at === null ? null : kind === "changed" ? zoneless(row.updated_at) : databaseTime(row.updated_at),
    deleted_at: null,
    deleted: false,
  };
  return { ...base, availability_zone: row.metadata.availability_zone ?? null };
}

function answer(row: Aggregate, call: Call, kind: Parameters<typeof shown>[2]): Answer {
  return { status: 200, body: { aggregate: shown(row, call, kind) } };
}

function find(call: Call): Aggregate {
  const id = call.params.aggregate ?? "";
  if (!/^\d+$/.test(id)) throw new Refusal(400, "Invalid input received: id must be an integer");
  const row = call.world.of(aggregates).get(id);
  if (row === undefined) throw new Refusal(404, `Aggregate ${id} could not be found.`);
  return row;
}

function refuseTwin(name: string, own: string, call: Call): void {
  if (call.world.of(aggregates).find((row) => row.name === name && row.id !== own) !== undefined)
    throw new Refusal(409, `Aggregate ${name} already exists.`);
}

function create(call: Call): Answer {
  const name = text(call.input.name).trim();
  const zone = text(call.input.availability_zone);
  refuseTwin(name, "", call);
  const table = call.world.of(aggregates);
  const last = Math.max(0, ...[...table.all()].map(({ id }) => Number(id)));
  const row = table.put({
    id: String(last + 1),
    uuid: call.ids.uuid(),
    name,
    hosts: [],
    metadata: zone === "" ? {} : { availability_zone: zone },
    created_at: call.now,
    updated_at: null,
  });
  return answer(row, call, "created");
}

/** A host that has servers keeps its zone (nova: compute/api.py is_safe_to_update_az). */
function refuseZone(call: Call, names: readonly string[], zone: string | undefined, verb: string): void {
  const moved = names.filter((host) => zone !== undefined && zoneOf(call.world, host) !== zone);
  const used = moved.some((name) => call.world.of(servers).find(({ host, deleted }) => host === name && !deleted));
  if (used)
    throw new Refusal(409, `Cannot ${verb} aggregate. Reason: One or more hosts contain instances in this zone.`);
}

/** A metadatum of null goes. */
function merged(before: Aggregate["metadata"], given: JsonObject): Record<string, string> {
  const all = Object.entries({ ...before, ...given }).filter(([, value]) => value !== null);
  return Object.fromEntries(all.map(([name, value]) => [name, text(value)]));
}

function change(row: Aggregate, changes: Partial<Aggregate> & JsonObject, call: Call): Answer {
  return answer(call.world.of(aggregates).put({ ...row, ...changes, updated_at: call.now }), call, "changed");
}

function update(call: Call): Answer {
  const row = find(call);
  const { name, availability_zone: zone } = call.input;
  if (name !== undefined) refuseTwin(text(name), row.id, call);
  if (zone !== undefined) refuseZone(call, row.hosts, text(zone), "update");
  const metadata = zone === undefined ? row.metadata : merged(row.metadata, { availability_zone: zone });
  return change(row, { ...(name === undefined ? {} : { name: text(name).trim() }), metadata }, call);
}

function remove(call: Call): Answer {
  const row = find(call);
  if (row.hosts.length > 0)
    throw new Refusal(400, `Cannot remove host from aggregate ${row.id}. Reason: Host aggregate is not empty.`);
  call.world.of(aggregates).delete(row.id);
  return { status: 200 };
}

interface Act {
  readonly properties: readonly Property[];
  readonly policy: string;
  run(row: Aggregate, args: JsonObject, call: Call): Answer;
}

const host: readonly Property[] = [{ name: "host", check: string(1, 255), required: true }];
const texts = nullable(string(0, 255));
const object = (value: Json) => {
  if (!isObject(value)) return `${repr(value)} is not of type 'object'`;
  return Object.values(value)
    .map(texts)
    .find((complaint) => complaint !== undefined);
};

const acts: Readonly<Record<string, Act>> = {
  add_host: {
    properties: host,
    policy: "add_host",
    run(row, { host: given }, call) {
      const name = text(given);
      if (!hosts.some((one) => one.name === name)) throw new Refusal(404, `Compute host ${name} could not be found.`);
      if (row.hosts.includes(name)) throw new Refusal(409, `Aggregate ${row.id} already has host ${name}.`);
      refuseZone(call, [name], row.metadata.availability_zone, "add host to");
      return change(row, { hosts: [...row.hosts, name] }, call);
    },
  },
  remove_host: {
    properties: host,
    policy: "remove_host",
    run(row, { host: given }, call) {
      const name = text(given);
      if (!row.hosts.includes(name)) throw new Refusal(404, `Cannot remove host ${name} in aggregate ${row.id}`);
      return change(row, { hosts: row.hosts.filter((one) => one !== name) }, call);
    },
  },
  set_metadata: {
    properties: [{ name: "metadata", check: object, required: true }],
    policy: "set_metadata",
    run(row, { metadata }, call) {
      const given = isObject(metadata) ? metadata : {};
      const { availability_zone: zone } = given;
      if (zone !== undefined) refuseZone(call, row.hosts, text(zone), "update");
      return change(row, { metadata: merged(row.metadata, given) }, call);
    },
  },
};

function act(call: Call): Answer {
  const [name = ""] = isObject(call.body) ? Object.keys(call.body) : [];
  const found = Object.hasOwn(acts, name) ? acts[name] : undefined;
  if (found === undefined) throw call.service.words.noSuchAction(name);
  const args = checkObject(
    name,
    isObject(call.body) ? (call.body[name] ?? null) : null,
    found.properties,
    call.version,
  );
  return found.run(find(call), args, call);
}

const path = "/v2.1/os-aggregates";

/** The pretended hosts have every image at once: only the request is checked (nova: api/openstack/compute/aggregates.py). */
function cacheImages(call: Call): Answer {
  find(call);
  const ids = (isList(call.input.cache) ? call.input.cache : []).map((one) => text(isObject(one) ? one.id : ""));
  if (new Set(ids).size < ids.length) throw new Refusal(400, "Duplicate images in request");
  return { status: 202 };
}

const cached: readonly Property[] = [
  {
    name: "cache",
    required: true,
    check: (value) => {
      const wrong = ofType("array")(value);
      if (wrong !== undefined || !isList(value)) return wrong;
      for (const [index, one] of value.entries())
        checkObject(String(index), one, [{ name: "id", check: uuidText, required: true }], 0);
      return value.length === 0 ? `${repr(value)} is too short` : undefined;
    },
  },
];

export const aggregateRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    policy: policy("index"),
    handle: (call) => ({
      status: 200,
      body: { aggregates: [...call.world.of(aggregates).all()].map((row) => shown(row, call, "read")) },
    }),
  },
  {
    method: "POST",
    path,
    policy: policy("create"),
    schema: (call) => {
      const required = properties.map((one) => (one.name === "name" ? { ...one, required: true } : one));
      return checkObject("aggregate", inside(call, "aggregate"), required, call.version);
    },
    handle: create,
  },
  {
    method: "GET",
    path: `${path}/{aggregate}`,
    policy: policy("show"),
    handle: (call) => answer(find(call), call, "read"),
  },
  {
    method: "PUT",
    path: `${path}/{aggregate}`,
    policy: policy("update"),
    schema: (call) => checkObject("aggregate", inside(call, "aggregate"), properties, call.version),
    handle: update,
  },
  { method: "DELETE", path: `${path}/{aggregate}`, policy: policy("delete"), handle: remove },
  { method: "POST", path: `${path}/{aggregate}/action`, policy: policy("index"), handle: act },
  {
    method: "POST",
    path: `${path}/{aggregate}/images`,
    since: 81,
    policy: { name: "compute:aggregates:images", rule: "admin" },
    schema: (call) => {
      const body = isObject(call.body) ? call.body : {};
      if (body.cache === undefined) throw new Refusal(400, "'cache' is a required property");
      return checkObject("cache", body, cached, call.version);
    },
    handle: cacheImages,
  },
];
