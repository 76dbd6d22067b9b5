/** Who may do what: roles as data, the 403 in the service's words. */
import { unauthorized } from "./refusal.ts";
import type { Actor, Call, Policy, RoleRule } from "./types.ts";

export const anonymous: Actor = {
  userId: "",
  projectId: "",
  domainId: "",
  system: false,
  roles: new Set(),
  admin: false,
  applicationCredentialId: "",
  tokenId: "",
};

function holds(rule: RoleRule, actor: Actor): boolean {
  switch (rule) {
    case "public":
      return true;
    case "token":
      return actor.tokenId !== "";
    case "admin":
      return actor.admin;
    default:
      return actor.admin || actor.roles.has(rule);
  }
}

export function allows(policy: Policy, call: Call): boolean {
  return typeof policy.rule === "string" ? holds(policy.rule, call.actor) : policy.rule(call);
}

/** Refuses with 401 for want of a token, or with the service's 403. */
export function authorize(policy: Policy, call: Call): void {
  if (policy.rule === "public") return;
  if (call.actor.tokenId === "") throw unauthorized();
  if (!allows(policy, call)) throw call.service.words.forbidden(policy, call);
}
