/** Roles that bring others along (keystone stable/zed: api/roles.py, api/role_inferences.py). */
import type { JsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import type { World } from "../world.ts";
import { conflict, need } from "./form.ts";
import { type Inference, inferences, type Role, roles } from "./tables.ts";

/** Says that a role brings another along. */
export function imply(world: World, prior: string, implied: string): void {
  world.of(inferences).put({ id: `${prior}/${implied}`, prior, implied });
}

/** Ids of the roles that a role brings along, those that these bring included. */
export function impliedBy(world: World, roleId: string): readonly string[] {
  const found = new Set<string>();
  const follow = (prior: string): void => {
    for (const { implied } of world.of(inferences).by("prior", prior))
      if (!found.has(implied)) {
        found.add(implied);
        follow(implied);
      }
  };
  follow(roleId);
  found.delete(roleId);
  return [...found];
}

/** A role goes, and with it what is said about it. */
export function forgetRole(world: World, id: string): void {
  for (const row of world.of(inferences).filter(({ prior, implied }) => prior === id || implied === id))
    world.of(inferences).delete(row.id);
}

function shown({ id, name }: Role, call: Call): JsonObject {
  return { id, links: { self: `${call.base}/v3/roles/${id}` }, name };
}

function roleOf(call: Call, name: "role" | "implied"): Role {
  return need(call, roles, "role", call.params[name] ?? "");
}

function impliedRoles(prior: Role, call: Call): readonly JsonObject[] {
  const rows = call.world.of(inferences).by("prior", prior.id);
  return rows.flatMap(({ implied }) => {
    const role = call.world.of(roles).get(implied);
    return role === undefined ? [] : [shown(role, call)];
  });
}

const self = (call: Call): JsonObject => ({ links: { self: call.base + call.path } });

function rule(call: Call): { readonly prior: Role; readonly implied: Role; readonly row: Inference | undefined } {
  const prior = roleOf(call, "role");
  const implied = roleOf(call, "implied");
  return { prior, implied, row: call.world.of(inferences).get(`${prior.id}/${implied.id}`) };
}

/** Refuses a rule that is not there. */
function existing(call: Call): ReturnType<typeof rule> {
  const found = rule(call);
  if (found.row === undefined) throw new Refusal(404, `${found.prior.id} does not imply ${found.implied.id}.`);
  return found;
}

function answer(status: number, { prior, implied }: ReturnType<typeof rule>, call: Call): Answer {
  const role_inference = { prior_role: shown(prior, call), implies: shown(implied, call) };
  return { status, body: { role_inference, ...self(call) } };
}

const path = "/v3/roles/{role}/implies";
const admin = (name: string): Policy => ({ name: `identity:${name}`, rule: "admin" });

export const inferenceRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v3/role_inferences",
    policy: admin("list_role_inference_rules"),
    handle: (call) => {
      const priors = new Set([...call.world.of(inferences).all()].map(({ prior }) => prior));
      const role_inferences = call.world
        .of(roles)
        .filter(({ id }) => priors.has(id))
        .map((prior) => ({ prior_role: shown(prior, call), implies: impliedRoles(prior, call) }));
      return { status: 200, body: { role_inferences, ...self(call) } };
    },
  },
  {
    method: "GET",
    path,
    policy: admin("list_implied_roles"),
    handle: (call) => {
      const prior = roleOf(call, "role");
      const role_inference = { prior_role: shown(prior, call), implies: impliedRoles(prior, call) };
      return { status: 200, body: { role_inference, ...self(call) } };
    },
  },
  {
    method: "GET",
    path: `${path}/{implied}`,
    policy: admin("get_implied_role"),
    handle: (call) => answer(200, existing(call), call),
  },
  {
    method: "HEAD",
    path: `${path}/{implied}`,
    policy: admin("check_implied_role"),
    handle: (call) => {
      existing(call);
      return { status: 204 };
    },
  },
  {
    method: "PUT",
    path: `${path}/{implied}`,
    policy: admin("create_implied_role"),
    handle: (call) => {
      const found = rule(call);
      if (found.row !== undefined) throw conflict("implied_role", "Duplicate entry");
      imply(call.world, found.prior.id, found.implied.id);
      return answer(201, found, call);
    },
  },
  {
    method: "DELETE",
    path: `${path}/{implied}`,
    policy: admin("delete_implied_role"),
    handle: (call) => {
      const { prior, implied } = existing(call);
      call.world.of(inferences).delete(`${prior.id}/${implied.id}`);
      return { status: 204 };
    },
  },
];
