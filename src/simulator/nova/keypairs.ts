/** Key pairs of users (nova stable/zed: api/openstack/compute/keypairs.py; words seen live). */
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { all, ofType, oneOf, string } from "../core/checks.ts";
import { type JsonObject, type Row, text } from "../core/json.ts";
import { claim } from "../core/quota.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { databaseTime, limitOf, refuseQuery } from "./form.ts";
import { checkObject, inside, type Property } from "./servers/schema.ts";

/** Its id is `user/name`: users do not see each other's. */
export interface Keypair extends Row {
  readonly user_id: string;
  readonly name: string;
  readonly type: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly number: number;
  readonly created_at: number;
}

export const keypairs = defineTable<Keypair>("nova.keypairs", ["user_id"]);

const allowed = "[_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]";

/** From 2.92 on an at sign and a dot are letters, too, and a key must be given. */
function properties(version: number): readonly Property[] {
  const letters = version >= 92 ? /^[\w@. -]+$/ : /^[A-Za-z0-9_ -]+$/;
  const name = (value: Parameters<Property["check"]>[0]) => {
    const complaint = string(1, 255)(value);
    if (complaint !== undefined) return complaint;
    if (!letters.test(text(value)) || text(value).trim() !== value)
      throw new Refusal(
        400,
        `An invalid 'name' value was provided. The name must be: Only expected characters: ${
          version >= 92 ? allowed.replace("[_-", "[@._-") : allowed
        }`,
      );
    return undefined;
  };
  return [
    { name: "name", check: name, required: true },
    { name: "public_key", check: ofType("string"), required: version >= 92 },
    { name: "type", check: all(ofType("string"), oneOf("ssh", "x509")), since: 2 },
    { name: "user_id", check: ofType("string"), since: 10 },
  ];
}

/** The user meant: others than oneself only for administrators. */
function userOf(call: Call, verb: string, given: string): string {
  if (given === "" || given === call.actor.userId) return call.actor.userId;
  if (!call.actor.admin) throw call.service.words.forbidden(policy(verb, "admin"), call);
  return given;
}

function asked(call: Call, verb: string): string {
  return userOf(call, verb, call.version >= 10 ? (call.query.getAll("user_id").at(-1) ?? "") : "");
}

/** MD5 over the key, as ssh-keygen once did. */
function fingerprint(key: Uint8Array): string {
  return createHash("md5")
    .update(key)
    .digest("hex")
    .replace(/..(?=.)/g, "$&:");
}

function sshFingerprint(key: string): string {
  const [type = "", body = ""] = key.trim().split(/\s+/);
  const bytes = Buffer.from(body, "base64");
  const length = bytes.length > 4 ? bytes.readUInt32BE(0) : 0;
  const named = bytes.subarray(4, 4 + length).toString("latin1");
  if (length === 0 || named !== type) throw new Refusal(400, "Keypair data is invalid: failed to generate fingerprint");
  return fingerprint(bytes);
}

/** RFC 4253 §6.6: the key's name, its exponent and modulus, each after its length. */
function sshRsa(key: KeyObject): string {
  const { e = "", n = "" } = key.export({ format: "jwk" });
  const field = (bytes: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
  };
  const positive = (value: string) => {
    const bytes = Buffer.from(value, "base64url");
    return (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  };
  const blob = Buffer.concat([field(Buffer.from("ssh-rsa")), field(positive(e)), field(positive(n))]);
  return `ssh-rsa ${blob.toString("base64")} Generated-by-Nova`;
}

function generate(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { publicKey: sshRsa(publicKey), privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString() };
}

function create(call: Call): Answer {
  const { input } = call;
  const user = userOf(call, "create", text(input.user_id));
  const name = text(input.name);
  const table = call.world.of(keypairs);
  const type = text(input.type) === "" ? "ssh" : text(input.type);
  const given = text(input.public_key);
  if (type !== "ssh") throw new Refusal(400, "Keypair data is invalid: the simulator knows SSH keys only");
  claim(call, "key_pairs", user, table.by("user_id", user).length);
  if (table.get(`${user}/${name}`) !== undefined) throw new Refusal(409, `Key pair '${name}' already exists.`);
  const made = given === "" ? generate() : undefined;
  const public_key = made?.publicKey ?? given;
  const { number = 0 } = [...table.all()].at(-1) ?? {};
  const row = table.put({
    id: `${user}/${name}`,
    user_id: user,
    name,
    type,
    public_key,
    fingerprint: sshFingerprint(public_key),
    number: number + 1,
    created_at: call.now,
  });
  const secret = made === undefined ? {} : { private_key: made.privateKey };
  const { fingerprint: mark } = row;
  const body = { keypair: { name, public_key, fingerprint: mark, user_id: user, ...typed(row, call), ...secret } };
  return { status: call.version >= 2 ? 201 : 200, body };
}

function typed({ type }: Keypair, call: Call): JsonObject {
  return call.version >= 2 ? { type } : {};
}

function brief(row: Keypair, call: Call): JsonObject {
  const { name, public_key, fingerprint: mark } = row;
  return { keypair: { name, public_key, fingerprint: mark, ...typed(row, call) } };
}

const asking: ReadonlySet<string> = new Set(["user_id", "limit", "marker"]);

function list(call: Call): Answer {
  refuseQuery(call, asking);
  const user = asked(call, "index");
  const rows = call.world
    .of(keypairs)
    .by("user_id", user)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (call.version < 35) return { status: 200, body: { keypairs: rows.map((row) => brief(row, call)) } };
  const marker = call.query.getAll("marker").at(-1);
  const start = marker === undefined ? 0 : rows.findIndex(({ name }) => name === marker) + 1;
  if (marker !== undefined && start === 0) throw new Refusal(400, `Marker ${marker} could not be found.`);
  const limit = limitOf(call);
  const page = rows.slice(start, start + limit);
  const last = page.at(-1);
  const body = { keypairs: page.map((row) => brief(row, call)) };
  if (last === undefined || page.length < limit) return { status: 200, body };
  const next = new URLSearchParams(call.query);
  next.set("marker", last.name);
  const href = `${call.root}/os-keypairs?${next.toString()}`;
  return { status: 200, body: { ...body, keypairs_links: [{ rel: "next", href }] } };
}

function find(call: Call, verb: string): Keypair {
  const user = asked(call, verb);
  const name = call.params.keypair ?? "";
  const row = call.world.of(keypairs).get(`${user}/${name}`);
  if (row === undefined) throw new Refusal(404, `Keypair ${name} not found for user ${user}`);
  return row;
}

function show(call: Call): Answer {
  const row = find(call, "show");
  const { name, public_key, fingerprint: mark, user_id, number: id } = row;
  const times = { created_at: databaseTime(row.created_at), deleted: false, deleted_at: null, id, updated_at: null };
  const body = { keypair: { name, public_key, fingerprint: mark, user_id, ...times, ...typed(row, call) } };
  return { status: 200, body };
}

/** Zed lets any user have keypairs; here a reader changes nothing, so writing is for members. */
function policy(verb: string, rule: Policy["rule"] = "token"): Policy {
  return { name: `os_compute_api:os-keypairs:${verb}`, rule };
}

const path = "/v2.1/os-keypairs";

export const keypairRoutes: readonly Route[] = [
  { method: "GET", path, policy: policy("index"), handle: list },
  {
    method: "POST",
    path,
    policy: policy("create", "member"),
    schema: (call) => checkObject("keypair", inside(call, "keypair"), properties(call.version), call.version),
    handle: create,
  },
  { method: "GET", path: `${path}/{keypair}`, policy: policy("show"), handle: show },
  {
    method: "DELETE",
    path: `${path}/{keypair}`,
    policy: policy("delete", "member"),
    handle: (call) => {
      call.world.of(keypairs).delete(find(call, "delete").id);
      return { status: call.version >= 2 ? 204 : 202 };
    },
  },
];
