/** The catalogue's collections: services, endpoints, regions. */
import { all, matching, nullable, oneOf, string } from "../core/checks.ts";
import type { JsonObject } from "../core/json.ts";
import { text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import { endpointUrl } from "./catalog.ts";
import { conflict, expecting } from "./form.ts";
import { byId, description, enabled, id, links, policies } from "./parts.ts";
import { newId } from "./secrets.ts";
import { catalogServices, type Endpoint, endpoints, regions } from "./tables.ts";

const withId = (draft: JsonObject, call: Call) => ({ ...draft, id: newId(call.ids) });

const serviceResource: Resource = {
  singular: "service",
  plural: "services",
  path: "/v3/services",
  table: catalogServices,
  order: byId,
  extra: true,
  policies: policies("service"),
  attributes: [
    { name: "name", create: "optional", update: true, check: string(0, 255), default: "" },
    id,
    { name: "type", create: "required", update: true, check: string(1, 255) },
    enabled,
    description(null, false),
    links("services"),
  ],
  make: withId,
  onDelete(row, call) {
    for (const endpoint of call.world.of(endpoints).by("service_id", row.id))
      call.world.of(endpoints).delete(endpoint.id);
    return undefined;
  },
};

const url: Attribute<Endpoint> = {
  name: "url",
  create: "required",
  update: true,
  check: all(string(1, 225), matching(/^[a-zA-Z0-9+.-]+:.+/)),
  view: endpointUrl,
};

const region: Attribute<Endpoint> = {
  name: "region",
  create: "optional",
  check: nullable(string(0, 255)),
  view: (row) => row.region_id,
};

function refuseUnknownService(id: string, call: Call): void {
  if (call.world.of(catalogServices).get(id) === undefined) throw new Refusal(400, `Could not find service: ${id}.`);
}

const endpointResource: Resource<Endpoint> = {
  singular: "endpoint",
  plural: "endpoints",
  path: "/v3/endpoints",
  table: endpoints,
  order: byId,
  extra: true,
  policies: policies("endpoint"),
  attributes: [
    id,
    { name: "interface", create: "required", update: true, check: oneOf("admin", "internal", "public") },
    { name: "region_id", create: "optional", update: true, check: nullable(string(0, 255)) },
    { name: "service_id", create: "required", update: true, check: string(1, 64) },
    url,
    enabled,
    region,
    links("endpoints"),
  ],
  onUpdate(_row, changes, call) {
    if (changes.service_id !== undefined) refuseUnknownService(text(changes.service_id), call);
    return changes;
  },
  make(draft, call) {
    refuseUnknownService(text(draft.service_id), call);
    const wanted = text(draft.region_id) || text(draft.region);
    if (wanted !== "" && call.world.of(regions).get(wanted) === undefined)
      throw expecting("endpoint region_id", "region table");
    return {
      id: newId(call.ids),
      interface: text(draft.interface),
      region_id: wanted === "" ? null : wanted,
      service_id: text(draft.service_id),
      url: text(draft.url),
      enabled: draft.enabled !== false,
    };
  },
};

const regionResource: Resource = {
  singular: "region",
  plural: "regions",
  path: "/v3/regions",
  table: regions,
  order: byId,
  extra: true,
  policies: policies("region", { list: "token", show: "token" }),
  attributes: [
    { name: "id", create: "optional", check: string(1, 255) },
    { ...description("", true), store: (value) => value ?? "" },
    { name: "parent_region_id", create: "optional", update: true, check: nullable(string(1, 255)) },
    links("regions"),
  ],
  make(draft, call) {
    const wanted = text(draft.id) || newId(call.ids);
    if (call.world.of(regions).get(wanted) !== undefined) throw conflict("region", `Duplicate ID, ${wanted}.`);
    return { ...draft, id: wanted };
  },
};

export const catalogueResources: readonly Resource[] = [serviceResource, endpointResource, regionResource];
