/** Routers: their life, their gateway and their routes (neutron stable/zed: db/l3_db.py, db/extraroute_db.py). */

import { unwrap, view } from "../core/attributes.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Attribute, Call, MemberRoute, Resource } from "../core/types.ts";
import { conflict, httpBadRequest, routerNotFound } from "./errors.ts";
import { noZones } from "./networks.ts";
import * as parts from "./parts.ts";
import { type GatewayPlan, gatewayInfo, gatewayView, planGateway, setGateway, storeGateway } from "./router-gateway.ts";
import { routerInterfaceRoutes } from "./router-interfaces.ts";
import { checkRoutes, gatewayOf, interfacesOf } from "./router-ports.ts";
import { orNull, routes as routeList, routesOf } from "./subnet-checks.ts";
import { type HostRoute, ports, type Router, routers } from "./tables.ts";

const attributes: readonly Attribute<Router>[] = [
  parts.id,
  parts.name,
  parts.tenant,
  parts.flag("admin_state_up", true),
  { name: "status" },
  {
    name: "external_gateway_info",
    create: "optional",
    update: true,
    check: gatewayInfo,
    store: storeGateway,
    view: gatewayView,
  },
  parts.description,
  { name: "availability_zones", view: () => [] },
  noZones,
  { name: "routes", update: true, check: orNull(routeList) },
  ...parts.standard,
];

function make(draft: JsonObject, call: Call): Router {
  const row: Router = {
    ...parts.begin(draft, call, call.actor.projectId, 0),
    admin_state_up: draft.admin_state_up !== false,
    status: "ACTIVE",
    gateway_port_id: null,
    enable_snat: true,
    routes: [],
  };
  const info = draft.external_gateway_info;
  return info === undefined ? row : { ...row, ...setGateway(row, planGateway(row, info, call), call) };
}

function sorted(routes: readonly HostRoute[]): HostRoute[] {
  const key = ({ destination, nexthop }: HostRoute) => `${destination} ${nexthop}`;
  return [...routes].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Routes may lead through a gateway that the same request sets. */
function checked(row: Router, routes: readonly HostRoute[], plan: GatewayPlan | undefined, call: Call): HostRoute[] {
  const gateway = plan === undefined ? gatewayOf(call.world, row) : plan.port;
  const attached = [...interfacesOf(call.world, row), ...(gateway === undefined ? [] : [gateway])];
  checkRoutes(call.world, row, attached, routes);
  return sorted(routes);
}

function update(row: Router, changes: JsonObject, call: Call): JsonObject {
  parts.checkRevision(row, call);
  const { external_gateway_info: info, routes, ...rest } = changes;
  const plan = info === undefined ? undefined : planGateway(row, info, call);
  // A null leaves the routes as they are (seen live).
  const given = routes === undefined || routes === null ? undefined : checked(row, routesOf(routes), plan, call);
  // Those that are there must still lead somewhere, too.
  if (given === undefined && plan !== undefined) checked(row, row.routes, plan, call);
  const next: Record<string, Json> = { ...rest };
  if (given !== undefined) next.routes = given;
  if (plan === undefined) return parts.revised(row, next, call);
  return { ...next, ...setGateway(row, plan, call), ...parts.touch(row, call.now) };
}

/** `/add_extraroutes`, `/remove_extraroutes` (extension extraroute-atomic): some routes, without the others. */
function extraRoutes(verb: "add" | "remove"): MemberRoute<Router> {
  const read = (call: Call): JsonObject => {
    const { routes, ...more } = unwrap(call, "router");
    const [unknown] = Object.keys(more);
    if (unknown !== undefined) throw httpBadRequest(`Unrecognized attribute(s) '${unknown}'`);
    const complaint = routeList(routes ?? null);
    if (complaint !== undefined) throw httpBadRequest(`Invalid input for routes. Reason: ${complaint}.`);
    return { routes: routes ?? [] };
  };
  return {
    method: "PUT",
    path: `/${verb}_extraroutes`,
    policy: { name: `${verb}_extraroutes`, rule: "member" },
    schema: read,
    run(row, call) {
      const given = routesOf(call.input.routes);
      const isGiven = (one: HostRoute) =>
        given.some(({ destination, nexthop }) => destination === one.destination && nexthop === one.nexthop);
      const others = row.routes.filter((one) => !isGiven(one));
      const next = verb === "add" ? checked(row, [...others, ...given], undefined, call) : others;
      const router = call.world.of(routers).put({ ...row, ...parts.revised(row, { routes: next }, call) });
      return { status: 200, body: { router: view(routerResource, router, call) } };
    },
  };
}

const own = parts.columns({ flags: ["admin_state_up"] });

export const routerResource: Resource<Router> = {
  singular: "router",
  plural: "routers",
  path: "/v2.0/routers",
  table: routers,
  policies: parts.policies("router"),
  attributes,
  ...own,
  sort: { ...own.sort, status: "status" },
  owner: "project_id",
  quota: "router",
  notFound: (key) => routerNotFound(key),
  make,
  onUpdate: update,
  onDelete(row, call) {
    parts.checkRevision(row, call);
    const attached = interfacesOf(call.world, row).map(({ id }) => id);
    if (attached.length > 0)
      throw conflict("RouterInUse", `Router ${row.id} has ports still attached: ${attached.join(", ")}`);
    if (row.gateway_port_id !== null) call.world.of(ports).delete(row.gateway_port_id);
    return undefined;
  },
  members: [...routerInterfaceRoutes, extraRoutes("add"), extraRoutes("remove")],
};
