/** What Keystone keeps for others: any blob of a user, and EC2 credentials (keystone stable/zed: api/credentials.py, users.py). */
import { createHash } from "node:crypto";
import { ofType, string } from "../core/checks.ts";
import { isObject, type Json, type JsonObject, parseJson, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Resource, Route } from "../core/types.ts";
import { collectionLinks, forbidden, need, notFound } from "./form.ts";
import { byId, id, links, policies } from "./parts.ts";
import { newId } from "./secrets.ts";
import { type Credential, projects, storedCredentials, users } from "./tables.ts";

function mayRead(row: Credential, call: Call): boolean {
  return call.actor.admin || row.user_id === call.actor.userId;
}

/** The parts of an EC2 credential, from its blob. */
function ec2Parts({ blob }: Pick<Credential, "blob">): JsonObject {
  try {
    const parts = parseJson(blob);
    return isObject(parts) ? parts : {};
  } catch {
    throw new Refusal(400, "Invalid blob in credential");
  }
}

/** An EC2 credential is found by its access key, so its id is made of it (keystone: api/credentials.py _assign_unique_id). */
function idOf(draft: JsonObject, call: Call): string {
  if (draft.type !== "ec2") return newId(call.ids);
  const { access } = ec2Parts({ blob: text(draft.blob) });
  if (access === undefined) throw new Refusal(400, "Invalid blob in credential");
  if (text(draft.project_id) === "") throw new Refusal(400, "'project_id' is a required property when the type is ec2");
  return createHash("sha256").update(text(access)).digest("hex");
}

const token = "token";

export const credentialResource: Resource<Credential> = {
  singular: "credential",
  plural: "credentials",
  path: "/v3/credentials",
  table: storedCredentials,
  order: byId,
  policies: policies("credential", {
    list: token,
    show: token,
    create: (call) => {
      const given = isObject(call.body) && isObject(call.body.credential) ? call.body.credential : {};
      return call.actor.admin || given.user_id === call.actor.userId;
    },
    update: token,
    delete: token,
  }),
  // Others' are refused, not hidden.
  visible: (row, call) => {
    if (call.params.credential !== undefined && !mayRead(row, call)) throw forbidden("identity:get_credential");
    return mayRead(row, call);
  },
  attributes: [
    { name: "user_id", create: "required", check: string(1, 64) },
    { name: "type", create: "required", update: true, check: string(1, 255) },
    { name: "blob", create: "required", update: true, check: ofType("string") },
    { name: "project_id", create: "optional", update: true, check: ofType("string") },
    id,
    links("credentials"),
  ],
  make: (draft, call) => ({
    id: idOf(draft, call),
    type: text(draft.type),
    blob: text(draft.blob),
    user_id: text(draft.user_id),
    project_id: text(draft.project_id) || null,
  }),
};

const path = "/v3/users/{user}/credentials/OS-EC2";

const own = (name: string): Policy => ({
  name: `identity:${name}`,
  rule: ({ actor, params }) => actor.admin || actor.userId === params.user,
});

function ec2View(row: Credential, call: Call): JsonObject {
  const { access = "", secret = "", trust_id = null } = ec2Parts(row);
  return {
    user_id: row.user_id,
    tenant_id: row.project_id,
    access,
    secret,
    trust_id,
    links: { self: `${call.base}/v3/users/${row.user_id}/credentials/OS-EC2/${text(access)}` },
  };
}

function ec2Of(call: Call): Credential {
  const access = call.params.access ?? "";
  const key = createHash("sha256").update(access).digest("hex");
  const row = call.world.of(storedCredentials).get(key);
  if (row === undefined || row.user_id !== call.params.user) throw notFound("credential", key);
  return row;
}

function createEc2(call: Call): Answer {
  const user = need(call, users, "user", call.params.user ?? "");
  const given: Json | undefined = isObject(call.body) ? call.body.tenant_id : undefined;
  const project = need(call, projects, "project", text(given));
  const access = newId(call.ids);
  const blob = { access, secret: newId(call.ids), trust_id: null };
  const row = call.world.of(storedCredentials).put({
    id: createHash("sha256").update(access).digest("hex"),
    type: "ec2",
    blob: JSON.stringify(blob),
    user_id: user.id,
    project_id: project.id,
  });
  return { status: 201, body: { credential: ec2View(row, call) } };
}

export const ec2Routes: readonly Route[] = [
  { method: "POST", path, policy: own("ec2_create_credential"), handle: createEc2 },
  {
    method: "GET",
    path,
    policy: own("ec2_list_credentials"),
    handle: (call) => {
      const rows = call.world.of(storedCredentials).by("user_id", call.params.user ?? "");
      const shown = rows.filter(({ type }) => type === "ec2").map((row) => ec2View(row, call));
      return { status: 200, body: { credentials: shown, links: collectionLinks(call) } };
    },
  },
  {
    method: "GET",
    path: `${path}/{access}`,
    policy: own("ec2_get_credential"),
    handle: (call) => ({ status: 200, body: { credential: ec2View(ec2Of(call), call) } }),
  },
  {
    method: "DELETE",
    path: `${path}/{access}`,
    policy: own("ec2_delete_credential"),
    handle: (call) => {
      call.world.of(storedCredentials).delete(ec2Of(call).id);
      return { status: 204 };
    },
  },
];
