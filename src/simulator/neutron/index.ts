/**
 * Neutron v2.0 as of Zed: networks, subnets, ports, security groups.
 *
 * form (errors, pages, words) · errors · parts (what resources share) · tables · networks · subnets · ipam · addresses ·
 * port-resource · port-making · port-owners · port-guard · ports (Nova's door) · security-groups · security-group-rules ·
 * tags · quotas · extensions · seed
 */
import type { Answer, Call, Policy, Route, Service } from "../core/types.ts";
import { headers, list, refuse, unknownPath, words, wrongMethod } from "./form.ts";
import { networkResource } from "./networks.ts";
import { portResource } from "./port-resource.ts";
import { quotaDefaults } from "./quotas.ts";
import { securityGroupRuleResource } from "./security-group-rules.ts";
import { securityGroupResource } from "./security-groups.ts";
import { seedNeutron } from "./seed.ts";
import { subnetResource } from "./subnets.ts";

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
];

export const neutron: Service = {
  name: "neutron",
  type: "network",
  prefix: "/network",
  endpoint: "",
  roots: ["/v2.0"],
  bodyFirst: true,
  updateMethod: "PUT",
  statuses: { list: 200, detail: 200, show: 200, create: 201, update: 200, delete: 204 },
  list,
  words,
  quotas: quotaDefaults,
  resources: neutronResources,
  routes: roots,
  seed: seedNeutron,
  headers,
  refuse,
  unknownPath,
  wrongMethod,
};
