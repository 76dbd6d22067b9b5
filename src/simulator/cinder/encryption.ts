/** Types whose volumes are encrypted (cinder stable/zed: api/contrib/volume_type_encryption.py; words seen live). */
import { nullable, ofType, oneOf, string } from "../core/checks.ts";
import { type Json, type JsonObject, type Row, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Call, Check, Method, Route } from "../core/types.ts";
import { defineTable, type World } from "../world.ts";
import { invalidInput, notFound } from "./errors.ts";
import { readBody, type Shape } from "./fields.ts";
import { volumeFor } from "./lookup.ts";
import { accepted, admin, reads } from "./policies.ts";
import { type VolumeType, volumes, volumeTypes } from "./rows.ts";

/** Under the id of its type. */
interface Encryption extends Row {
  readonly encryption_id: string;
  readonly cipher: string | null;
  readonly key_size: number | null;
  readonly provider: string;
  readonly control_location: string;
  readonly created_at: number;
  readonly updated_at: number | null;
}

const encryptions = defineTable<Encryption>("cinder.encryptions");

export function isEncrypted(world: World, typeId: string): boolean {
  return world.of(encryptions).get(typeId) !== undefined;
}

/** A type goes, and with it how its volumes would be encrypted. */
export function forgetEncryption(world: World, typeId: string): void {
  world.of(encryptions).delete(typeId);
}

const keySize: Check = (value) => {
  if (value === null || /^\d+$/.test(String(value))) return undefined;
  throw invalidInput("key_size must be an integer.");
};

const shape: Shape = {
  fields: {
    key_size: keySize,
    provider: string(0, 255),
    control_location: oneOf("front-end", "back-end"),
    cipher: (value) => ofType("string", "null")(value) ?? nullable(string(0, 255))(value),
  },
  required: ["provider", "control_location"],
  // What else is said goes unread.
  open: true,
};

function typeOf(call: Call): VolumeType {
  const id = call.params.type ?? "";
  const type = call.world.of(volumeTypes).get(id);
  if (type === undefined) throw notFound("Volume type", id);
  return type;
}

function refuseUsed(call: Call, verb: string): void {
  const id = call.params.type ?? "";
  if (isEncrypted(call.world, id) && call.world.of(volumes).find((volume) => volume.volume_type_id === id))
    throw new Refusal(400, `Cannot ${verb} encryption specs. Volume type in use.`);
}

/** A number also as text, in the answer, too. */
function numbered(input: JsonObject): JsonObject {
  const { key_size: size } = input;
  return size === undefined || size === null ? input : { ...input, key_size: Number(size) };
}

function known(input: JsonObject): JsonObject {
  const names = ["cipher", "key_size", "provider", "control_location"];
  return Object.fromEntries(Object.entries(input).filter(([name]) => names.includes(name)));
}

function shown(call: Call): JsonObject {
  const row = call.world.of(encryptions).get(typeOf(call).id);
  if (row === undefined) return {};
  return {
    created_at: zoneless(row.created_at),
    updated_at: row.updated_at === null ? null : zoneless(row.updated_at),
    deleted_at: null,
    deleted: false,
    encryption_id: row.encryption_id,
    cipher: row.cipher,
    key_size: row.key_size,
    provider: row.provider,
    control_location: row.control_location,
    volume_type_id: row.id,
  };
}

const absent = (id: string) => new Refusal(404, `Volume type encryption for type ${id} does not exist.`);

function create(call: Call): Answer {
  const { id } = typeOf(call);
  if (isEncrypted(call.world, id)) throw new Refusal(400, `Volume type encryption for type ${id} already exists.`);
  const encryption_id = call.ids.uuid();
  const given = numbered(call.input);
  call.world.of(encryptions).put({
    id,
    encryption_id,
    cipher: typeof given.cipher === "string" ? given.cipher : null,
    key_size: typeof given.key_size === "number" ? given.key_size : null,
    provider: text(given.provider),
    control_location: text(given.control_location),
    created_at: call.now,
    updated_at: null,
  });
  return { status: 200, body: { encryption: { ...given, volume_type_id: id, encryption_id } } };
}

function update(call: Call): Answer {
  const { id } = typeOf(call);
  refuseUsed(call, "update");
  if (call.world.of(encryptions).patch(id, { ...known(numbered(call.input)), updated_at: call.now }) === undefined)
    throw absent(id);
  return { status: 200, body: { encryption: numbered(call.input) } };
}

const path = "/v3/types/{type}/encryption";
const route = (method: Method, tail: string, verb: string, handle: Route["handle"], body?: Shape): Route => ({
  method,
  path: path + tail,
  policy: admin(`volume_extension:volume_type_encryption:${verb}`),
  ...(body === undefined ? {} : { schema: (call: Call) => readBody(call, "encryption", body) }),
  handle,
});

export const encryptionRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v3/volumes/{volume}/encryption",
    policy: reads("volume_extension:volume_encryption_metadata"),
    handle: (call) => {
      volumeFor(call.world, call.params.volume ?? "", call.actor);
      return { status: 200, body: { encryption_key_id: null } };
    },
  },
  route("GET", "", "get", (call) => ({ status: 200, body: shown(call) })),
  route("POST", "", "create", create, shape),
  route("GET", "/{key}", "get", (call) => {
    const key = call.params.key ?? "";
    const value: Json | undefined = Object.entries(shown(call)).find(([name]) => name === key)?.[1];
    if (value === undefined) throw absent(call.params.type ?? "");
    return { status: 200, body: { [key]: value } };
  }),
  // The id of the encryption counts for nothing: a type has one (seen live).
  route("PUT", "/{key}", "update", update, { ...shape, required: [] }),
  route("DELETE", "/{key}", "delete", (call) => {
    const id = call.params.type ?? "";
    refuseUsed(call, "delete");
    if (!call.world.of(encryptions).delete(id)) throw absent(id);
    return accepted;
  }),
];
