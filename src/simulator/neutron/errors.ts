/** Neutron's exceptions by name (neutron-lib: exceptions/__init__.py; each sentence seen live). */
import { Refusal } from "../core/refusal.ts";

function error(status: number, kind: string, message: string): Refusal {
  return new Refusal(status, message, { kind });
}

export const httpBadRequest = (message: string) => error(400, "HTTPBadRequest", message);
export const httpForbidden = (message: string) => error(403, "HTTPForbidden", message);
export const invalidInput = (message: string) => error(400, "InvalidInput", `Invalid input for operation: ${message}.`);
export const badRequest = (resource: string, message: string) =>
  error(400, "BadRequest", `Bad ${resource} request: ${message}.`);
export const notFound = (name: string, id: string) =>
  error(404, `${name}NotFound`, `${name} ${id} could not be found.`);
export const securityGroupNotFound = (id: string) =>
  error(404, "SecurityGroupNotFound", `Security group ${id} does not exist`);
export const securityGroupRuleNotFound = (id: string) =>
  error(404, "SecurityGroupRuleNotFound", `Security group rule ${id} does not exist`);
export const routerNotFound = (id: string) => error(404, "RouterNotFound", `Router ${id} could not be found`);
export const floatingIpNotFound = (id: string) =>
  error(404, "FloatingIPNotFound", `Floating IP ${id} could not be found`);
export const missing = (kind: string, message: string) => error(404, kind, message);
export const conflict = (kind: string, message: string) => error(409, kind, message);
export const refused = (kind: string, message: string) => error(400, kind, message);
export const preconditionFailed = (asked: number, current: number) =>
  error(412, "RevisionNumberConstraintFailed", `Constrained to ${asked}, but current revision is ${current}`);
export const overQuota = (resource: string) =>
  error(409, "OverQuota", `Quota exceeded for resources: ['${resource}'].`);
