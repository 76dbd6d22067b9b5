/** `POST /{collection}` with many at once: all are made, or none (neutron stable/zed: api/v2/base.py prepare_request_body). */
import { routesOf } from "../core/crud.ts";
import { isList, isObject, type Json, type JsonObject } from "../core/json.ts";
import type { Answer, Call, Resource, Route, Service } from "../core/types.ts";
import { conflict, httpBadRequest, refused } from "./errors.ts";
import { securityGroupRules } from "./tables.ts";

/** The members of the list: each bare, or wrapped as a single one would be. */
function itemsOf(body: JsonObject, { plural, singular }: Resource): JsonObject[] {
  const given = body[plural];
  const empty = !given || (isList(given) ? given.length === 0 : isObject(given) && Object.keys(given).length === 0);
  if (empty) throw httpBadRequest("Resources required");
  if (!isList(given)) throw httpBadRequest("Body contains invalid data");
  return given.map((item) => (isObject(item) && item[singular] !== undefined ? item : { [singular]: item }));
}

/** Rules in one request are of one group and all different (neutron: securitygroups_db _validate_security_group_rules). */
function checkRules(inputs: readonly JsonObject[]): void {
  if (new Set(inputs.map(({ security_group_id }) => security_group_id)).size > 1)
    throw refused(
      "SecurityGroupNotSingleGroupRules",
      "Only allowed to update rules for one security profile at a time",
    );
  const shape = (input: JsonObject) => JSON.stringify(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (new Set(inputs.map(shape)).size < inputs.length)
    throw conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.");
}

/** Stands before the resource's own create, which it runs for each member. */
function bulkRoute(resource: Resource, service: Service, supported: boolean): Route | undefined {
  const create = routesOf(resource, service).find(({ method, path }) => method === "POST" && path === resource.path);
  if (create === undefined) return undefined;
  const one = (call: Call): JsonObject => create.schema?.(call) ?? {};
  const many = ({ body }: Call) => isObject(body) && body[resource.plural] !== undefined;
  return {
    ...create,
    schema(call) {
      if (!isObject(call.body) || !many(call)) return one(call);
      if (!supported) throw httpBadRequest("Bulk operation not supported");
      const inputs = itemsOf(call.body, resource).map((body) => one({ ...call, body }));
      if (resource.table.name === securityGroupRules.name) checkRules(inputs);
      return { [resource.plural]: inputs };
    },
    handle(call) {
      if (!many(call)) return create.handle(call);
      const inputs = call.input[resource.plural];
      const before = call.world.snapshot();
      try {
        const made = (isList(inputs) ? inputs.filter(isObject) : []).map((input) => {
          const answer = create.handle({ ...call, input });
          return memberOf(answer, resource.singular);
        });
        return { status: 201, body: { [resource.plural]: made } };
      } catch (error) {
        call.world.restore(before);
        throw error;
      }
    },
  };
}

function memberOf(answer: Answer | Promise<Answer>, singular: string): Json {
  if (answer instanceof Promise) throw new Error("Neutron creates at once");
  const { body } = answer;
  if (body === undefined || body instanceof Uint8Array || !isObject(body)) return null;
  return body[singular] ?? null;
}

/** Creates that take a list; of the others a list is refused by name. */
export function bulkRoutes(service: Service, supported: readonly Resource[]): Route[] {
  return service.resources.flatMap((resource) => bulkRoute(resource, service, supported.includes(resource)) ?? []);
}
