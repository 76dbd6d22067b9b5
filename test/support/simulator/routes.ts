import { routesOf } from "../../../src/simulator/core/crud.ts";
import type { Policy, Resource, Route, Service } from "../../../src/simulator/core/types.ts";
import { servicesOf } from "../../../src/simulator/services.ts";

/** One route of a service; of a resource's routes, also the resource. */
export interface Place {
  readonly service: Service;
  readonly route: Route;
  readonly resource: Resource | undefined;
  /** Path with its parameters below the host: `/compute/v2.1/servers/{server}`. */
  readonly template: string;
}

function place(service: Service, route: Route, resource?: Resource): Place {
  return { service, route, resource, template: service.prefix + route.path };
}

/** Everything that the services define, so that a new route is tried by itself. */
export const places: readonly Place[] = servicesOf("zed", false).flatMap((service) => [
  ...service.routes.map((route) => place(service, route)),
  ...service.resources.flatMap((resource) =>
    routesOf(resource, service).map((route) => place(service, route, resource)),
  ),
]);

/** The actions of `POST …/action`, with the policy of each. */
export function actionsOf({ route, resource }: Place): readonly (readonly [string, Policy])[] {
  if (!route.path.endsWith("/action") || resource?.actions === undefined) return [];
  return Object.entries(resource.actions).map(([name, { policy }]) => [name, policy] as const);
}
