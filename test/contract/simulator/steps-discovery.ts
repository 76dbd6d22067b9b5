/** How clients find their way: version documents, the catalogue's parts, extensions, limits, zones, usage. */
import { type Step, verbs } from "./step.ts";

const as = (on: Step["on"], version?: string) => verbs(on, version);
const nova = as("compute");
const cinder = as("block-storage");
const neutron = as("network");
const glance = as("image");
const keystone = as("identity");
const json = { headers: { accept: "application/json" } };

const unknown: readonly Step[] = (["compute", "block-storage", "network", "image", "identity"] as const).flatMap(
  (on) => {
    const version = { compute: "v2.1", "block-storage": "v3", network: "v2.0", image: "v2", identity: "v3" }[on];
    return [
      verbs(on, undefined, "nobody").get(`/${version}/nope/nope`),
      verbs(on, undefined, "nonsense").get(`/${version}/nope`),
      as(on).get(`/${version}/nope/nope`),
      as(on).get(`/${version}/nope`, json),
      as(on).post(`/${version}/nope`, {}),
      as(on).del(`/${version}/nope`),
      as(on).patch(`/${version}/nope`, {}),
    ];
  },
);

export const discovery: readonly Step[] = [
  ...unknown,
  nova.get("/v2.1/", { headers: { "openstack-api-version": "compute 2.93" } }),
  nova.get("/v2.1/", { headers: { "openstack-api-version": "compute latest" } }),
  nova.get("/v2.1/", { headers: { "openstack-api-version": "compute 2.94" } }),
  nova.get("/v2/"),
  nova.head("/v2.1/"),
  nova.get("/v2.1/extensions/os-keypairs"),
  nova.get("/v2.1/extensions/os-volumes"),
  nova.get("/v2.1/extensions/nope"),
  ...["2.1", "2.36", "2.57"].map((version) => as("compute", version).get("/v2.1/limits?reserved=False")),
  as("compute", "2.93").get("/v2.1/limits"),
  as("compute", "2.75").get("/v2.1/limits?nope=1"),
  as("compute", "2.93").get("/v2.1/os-availability-zone"),
  ...["2.1", "2.36", "2.50", "2.57", "2.93"].map((version) =>
    as("compute", version).get("/v2.1/os-quota-sets/{member.project}/defaults"),
  ),
  as("compute", "2.93").get("/v2.1/os-quota-sets/{member.project}/detail"),
  as("compute", "2.93").get("/v2.1/os-quota-sets/{stranger.project}/detail"),
  as("compute", "2.1").get("/v2.1/os-simple-tenant-usage?start=x"),
  as("compute", "2.1").get("/v2.1/os-simple-tenant-usage"),
  as("compute", "2.1").get("/v2.1/os-simple-tenant-usage/{stranger.project}"),
  as("compute", "2.40").get(
    "/v2.1/os-simple-tenant-usage/{member.project}?start=2020-01-02T00:00:00&end=2020-01-01T00:00:00",
  ),
  cinder.head("/"),
  cinder.get("/v3/limits"),
  as("block-storage", "3.39").get("/v3/limits"),
  as("block-storage", "3.70").get("/v3/{member.project}/limits"),
  as("block-storage", "3.0").get("/v3/{member.project}/os-quota-sets/{member.project}"),
  as("block-storage", "3.0").get("/v3/{member.project}/os-quota-sets/{member.project}?usage=False"),
  as("block-storage", "3.70").get("/v3/os-availability-zone"),
  as("block-storage", "3.32").get("/v3/resource_filters"),
  as("block-storage", "3.70").get("/v3/resource_filters?resource=nope"),
  as("block-storage", "3.70").get("/v3/os-services"),
  as("block-storage", "3.70").get("/v3/scheduler-stats/get_pools"),
  neutron.head("/"),
  neutron.get("/v2.0/extensions/tag-ports-during-bulk-creation"),
  neutron.get("/v2.0/quotas/tenant"),
  neutron.get("/v2.0/quotas/project"),
  neutron.get("/v2.0/floatingip_pools"),
  neutron.get("/v2.0/nope", json),
  glance.head("/v2/images"),
  glance.get("/v2"),
  glance.get("/v2/"),
  glance.get("/v2/schemas/image"),
  glance.get("/v2/schemas/images"),
  glance.get("/v2/schemas/members"),
  glance.get("/v2/info/nope"),
  keystone.head("/v3"),
  keystone.get("/v3/auth/projects?name=nope"),
  keystone.head("/v3/auth/projects"),
  keystone.get("/v3/auth/nope"),
  keystone.put("/v3/projects", {}),
];
