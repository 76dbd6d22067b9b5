/** The catalogue: endpoints of the simulator itself lead back to the host the client used. */
import type { Json } from "../core/json.ts";
import type { Call } from "../core/types.ts";
import { catalogServices, type Endpoint, endpoints } from "./tables.ts";

/** An endpoint's URL; `%(project_id)s` and the like are only replaced in a catalogue. */
export function endpointUrl(endpoint: Endpoint, call: Call): string {
  return endpoint.url.startsWith("/") ? call.origin + endpoint.url : endpoint.url;
}

export function catalog(call: Call, project: string): Json[] {
  const services: Json[] = [];
  for (const service of call.world.of(catalogServices).all()) {
    if (!service.enabled) continue;
    const own = call.world.of(endpoints).by("service_id", service.id);
    const shown = own
      .filter((endpoint) => endpoint.enabled)
      .map((endpoint) => ({
        id: endpoint.id,
        interface: endpoint.interface,
        region_id: endpoint.region_id,
        url: endpointUrl(endpoint, call).replaceAll(/[%$]\((?:project|tenant)_id\)s/g, project),
        region: endpoint.region_id,
      }));
    services.push({ endpoints: shown, id: service.id, type: service.type, name: service.name });
  }
  return services;
}
