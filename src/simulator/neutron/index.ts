/**
 * Neutron v2.0 as of Zed: networks, subnets, ports, security groups, routers, floating addresses.
 *
 * form (errors, pages, words) · errors · parts (what resources share) · tables · networks · subnets · subnet-checks · ipam · addresses ·
 * port-resource · port-attributes · port-making · port-owners · ports (Nova's door) · security-groups · security-group-rules ·
 * routers · router-gateway · router-interfaces · router-ports · floating-ips · floating-association · port-forwardings · availability · bulk ·
 * tags · quotas · address-scopes (and groups) · subnet-pools · rbac, rbac-table · qos, qos-table · trunks · backstage (agents,
 * segments, and what there is none of) · extensions · seed
 */
import type { Answer, Call, ListForm, Policy, Route, Service } from "../core/types.ts";
import { addressGroupResource, addressScopeResource } from "./address-scopes.ts";
import { availabilityResource } from "./availability.ts";
import { backstageRoutes } from "./backstage.ts";
import { bulkRoutes } from "./bulk.ts";
import { extensionRoutes } from "./extensions.ts";
import { settleStatus, statusTask } from "./floating-association.ts";
import { floatingIpPoolRoute, floatingIpResource } from "./floating-ips.ts";
import { headers, list, refuse, unknownPath, words, wrongMethod } from "./form.ts";
import { networkResource } from "./networks.ts";
import { portForwardingRoutes } from "./port-forwardings.ts";
import { portResource } from "./port-resource.ts";
import { qosResource, qosRoutes } from "./qos.ts";
import { rbacResource } from "./rbac.ts";
import { quotaDefaults, quotaRoutes } from "./quotas.ts";
import { plug, plugTask } from "./router-ports.ts";
import { routerResource } from "./routers.ts";
import { securityGroupRuleResource } from "./security-group-rules.ts";
import { ensureDefaultGroup, securityGroupResource } from "./security-groups.ts";
import { seedNeutron } from "./seed.ts";
import { subnetPoolResource } from "./subnet-pools.ts";
import { subnetResource } from "./subnets.ts";
import { trunkResource } from "./trunks.ts";
import { floatingIps, networks, ports, routers, securityGroups, subnetPools, subnets } from "./tables.ts";
import { tagRoutes } from "./tags.ts";

const anyone: Policy = { name: "versions", rule: "public" };
const known: Policy = { name: "resources", rule: "token" };

function versions(call: Call): Answer {
  const links = [{ rel: "self", href: `${call.base}/v2.0/` }];
  return { status: 200, body: { versions: [{ id: "v2.0", status: "CURRENT", links }] } };
}

/** The core resources only (seen live). */
function resources(call: Call): Answer {
  const core = [networkResource, subnetResource, portResource].map(({ singular, plural }) => ({
    name: singular,
    collection: plural,
    links: [{ rel: "self", href: `${call.base}/v2.0/${plural}` }],
  }));
  return { status: 200, body: { resources: core } };
}

const roots: readonly Route[] = [
  { method: "GET", path: "/", policy: anyone, handle: versions },
  { method: "GET", path: "/v2.0/", policy: known, handle: resources },
];

const neutronResources = [
  networkResource,
  subnetResource,
  portResource,
  securityGroupResource,
  securityGroupRuleResource,
  routerResource,
  floatingIpResource,
  availabilityResource,
  addressScopeResource,
  addressGroupResource,
  subnetPoolResource,
  rbacResource,
  qosResource,
  trunkResource,
];

/** Asking for the groups is enough to have a default one (neutron: securitygroups_db get_security_groups). */
const read: ListForm["read"] = (call, resource) => {
  if (resource.table.name === securityGroups.name && call.actor.projectId !== "")
    ensureDefaultGroup(call, call.actor.projectId);
  return list.read(call, resource);
};

const single: Service = {
  name: "neutron",
  type: "network",
  prefix: "/network",
  endpoint: "",
  roots: ["/v2.0"],
  bodyFirst: true,
  updateMethod: "PUT",
  statuses: { list: 200, detail: 200, show: 200, create: 201, update: 200, delete: 204 },
  list: { ...list, read },
  words,
  quotas: quotaDefaults,
  resources: neutronResources,
  routes: [
    ...roots,
    ...extensionRoutes,
    ...quotaRoutes,
    ...qosRoutes,
    ...backstageRoutes,
    floatingIpPoolRoute,
    ...tagRoutes([
      { resource: networkResource, table: networks },
      { resource: subnetResource, table: subnets },
      { resource: portResource, table: ports },
      { resource: securityGroupResource, table: securityGroups },
      { resource: routerResource, table: routers },
      { resource: floatingIpResource, table: floatingIps },
      { resource: subnetPoolResource, table: subnetPools },
    ]),
  ],
  tasks: { [plugTask]: plug, [statusTask]: settleStatus },
  seed: seedNeutron,
  headers,
  refuse,
  unknownPath,
  wrongMethod,
};

const inBulk = [networkResource, subnetResource, portResource, securityGroupResource, securityGroupRuleResource];

export const neutron: Service = {
  ...single,
  routes: [...single.routes, ...bulkRoutes(single, inBulk), ...portForwardingRoutes(single)],
};
