/**
 * Nova as of Zed (2.1 to 2.93): servers and what they need.
 *
 * form (faults, pages, words) · extensions · flavors · limits (quotas, limits, zones) · places (hosts and
 * zones) · services, hypervisors, aggregates · proxies (to Neutron) · keypairs · servers/ (its own header) · seed
 */
import type { Answer, Call, Microversions, Policy, Route, Service } from "../core/types.ts";
import { webobError } from "../core/webob.ts";
import { aggregateRoutes } from "./aggregates.ts";
import { extensionRoutes } from "./extensions.ts";
import { flavorResource } from "./flavors.ts";
import { headers, list, refuse, words } from "./form.ts";
import { keypairRoutes } from "./keypairs.ts";
import { hypervisorRoutes } from "./hypervisors.ts";
import { limitRoutes, quotaDefaults } from "./limits.ts";
import { seedServices } from "./places.ts";
import { proxyRoutes } from "./proxies.ts";
import { seedNova } from "./seed.ts";
import { createRoute } from "./servers/create.ts";
import { serviceRoutes } from "./services.ts";
import { serverGroupResource } from "./servers/groups.ts";
import { serverResource } from "./servers/index.ts";
import { migrationRoutes } from "./servers/migrations.ts";
import { interfaceTasks } from "./servers/interfaces.ts";
import { serverTasks } from "./servers/lifecycle.ts";
import { usage } from "./servers/quota.ts";
import { usageRoutes } from "./servers/usage.ts";
import { volumeTasks } from "./servers/volume-attachments.ts";

const anyone: Policy = { name: "os_compute_api:versions", rule: "public" };

const microversions: Microversions = {
  name: "compute",
  major: 2,
  minimum: 1,
  maximum: 93,
  legacyHeader: "x-openstack-nova-api-version",
};

function current(call: Call) {
  const { major, minimum, maximum } = call.service.microversions ?? microversions;
  return {
    id: "v2.1",
    status: "CURRENT",
    version: `${major}.${maximum}`,
    min_version: `${major}.${minimum}`,
    updated: "2013-07-23T11:33:21Z",
    links: [{ rel: "self", href: `${call.base}/v2.1/` }],
  };
}

function older(call: Call) {
  return {
    id: "v2.0",
    status: "SUPPORTED",
    version: "",
    min_version: "",
    updated: "2011-01-21T11:33:21Z",
    links: [{ rel: "self", href: `${call.base}/v2/` }],
  };
}

function versions(call: Call): Answer {
  return { status: 200, body: { versions: [older(call), current(call)] } };
}

function version(call: Call): Answer {
  const isOlder = call.root.endsWith("/v2");
  const own = isOlder ? older(call) : current(call);
  const described = { rel: "describedby", type: "text/html", href: "http://docs.openstack.org/" };
  const media = {
    base: "application/json",
    type: `application/vnd.openstack.compute+json;version=${isOlder ? "2" : "2.1"}`,
  };
  return { status: 200, body: { version: { ...own, links: [...own.links, described], "media-types": [media] } } };
}

const roots: readonly Route[] = [
  { method: "GET", path: "/", policy: anyone, handle: versions },
  { method: "GET", path: "/v2.1", policy: anyone, handle: version },
  { method: "GET", path: "/v2.1/", policy: anyone, handle: version },
  { method: "HEAD", path: "/v2.1/", policy: anyone, handle: version },
];

const unknownPath = (call: Call): Answer => ({
  ...webobError(call, 404, "The resource could not be found."),
  unrouted: true,
});

export const nova: Service = {
  name: "nova",
  type: "compute",
  prefix: "/compute",
  endpoint: "/v2.1",
  roots: ["/v2.1", "/v2"],
  unversionedRoots: ["/v2"],
  projectInPath: true,
  microversions,
  // 2026.1 (nova: api/openstack/api_version_request.py).
  modern: { microversions: { ...microversions, maximum: 100 } },
  bodyFirst: true,
  updateMethod: "PUT",
  statuses: { list: 200, detail: 200, show: 200, create: 200, update: 200, delete: 204 },
  list,
  words,
  quotas: quotaDefaults,
  usage,
  resources: [flavorResource, serverResource, serverGroupResource],
  tasks: { ...serverTasks, ...interfaceTasks, ...volumeTasks },
  routes: [
    ...roots,
    ...extensionRoutes,
    ...limitRoutes,
    createRoute,
    ...keypairRoutes,
    ...usageRoutes,
    ...serviceRoutes,
    ...hypervisorRoutes,
    ...aggregateRoutes,
    ...migrationRoutes,
    ...proxyRoutes,
  ],
  found: ({ world, ids }) => seedServices(world, ids),
  seed: seedNova,
  headers,
  refuse,
  unknownPath,
  // Nova's mapper knows no wrong method: it is an unknown path, too.
  wrongMethod: unknownPath,
};
