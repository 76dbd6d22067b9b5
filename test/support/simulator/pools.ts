import type { Row } from "../../../src/simulator/core/json.ts";
import type { World } from "../../../src/simulator/world.ts";

/** Values that mean something for what refers to them. */
export interface Pool {
  /** A JSON path (`/server/networks/uuid`), or the end of a path with its parameter's name (`/servers/server`). */
  readonly at: RegExp;
  values(): readonly string[];
}

/** Tables with the ids of what a parameter of a path, or an attribute, refers to. */
const REFERENCES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/flavor(?:_?id|ref)?$/i, ["nova.flavors"]],
  [/image(?:_?id|ref)?$|\/image\/id$/i, ["glance.images"]],
  [/servers?$|server_?id$|instance_(?:uu)?id$|device_id$/i, ["nova.servers"]],
  [/security_?groups?(?:_id)?$|remote_group_id$/i, ["neutron.security_groups"]],
  [/security_group_rule$/i, ["neutron.security_group_rules"]],
  [/network(?:_?id)?$|networks\/uuid$|net_id$/i, ["neutron.networks"]],
  [/subnet(?:_?id)?$/i, ["neutron.subnets"]],
  [/subnetpool(?:_id)?$/i, ["neutron.subnet_pools"]],
  [/ports?(?:_?id)?$/i, ["neutron.ports"]],
  [/router(?:_?id)?$/i, ["neutron.routers"]],
  [/floatingips?(?:_id)?$/i, ["neutron.floating_ips"]],
  [/rbac_polic(?:y|ie)$/i, ["neutron.rbac_policies"]],
  [/qos_policy_id$|\/policies\/polic(?:y|ie)$/i, ["neutron.qos_policies"]],
  [/trunk$/i, ["neutron.trunks"]],
  [/address_scope(?:_id)?$/i, ["neutron.address_scopes"]],
  [/address_group(?:_id)?$/i, ["neutron.address_groups"]],
  [/volumes?(?:_?id)?$/i, ["cinder.volumes"]],
  [/snapshot(?:_?id)?$/i, ["cinder.snapshots"]],
  [/backup(?:_id)?$/i, ["cinder.backups"]],
  [/attachment(?:_id)?$/i, ["cinder.attachments", "cinder.volumes"]],
  [/volume_type$|types\/(?:volume_)?type$/i, ["cinder.types"]],
  [/qos_spec$/i, ["cinder.qos_specs"]],
  [/keypair$|key_name$/i, ["nova.keypairs"]],
  [/server_group$|hint.*\/group$/i, ["nova.server_groups"]],
  [/aggregate$/i, ["nova.aggregates"]],
  [/transfer$/i, ["cinder.transfers"]],
  [/_rules\/rule$/i, ["neutron.qos_rules", "keystone.access_rules"]],
  [/services?\/service$|service_id$/i, ["keystone.services", "nova.services"]],
  [/(?:project|tenant|target|member)(?:_?id)?$|owner$/i, ["keystone.projects"]],
  [/user(?:_?id)?$/i, ["keystone.users"]],
  [/role(?:_id)?$|roles\/id$/i, ["keystone.roles"]],
  [/group(?:_id)?$/i, ["keystone.groups"]],
  [/domain(?:_id)?$|domain\/id$/i, ["keystone.domains"]],
  [/region(?:_id)?$/i, ["keystone.regions"]],
  [/endpoint(?:_id)?$/i, ["keystone.endpoints"]],
  [/credential$/i, ["keystone.application_credentials", "keystone.credentials"]],
];

/** What refers to what in the world as it is when somebody asks; every id of it is in one of the pools. */
export function poolsOf(world: World): readonly Pool[] {
  let [tables, revision] = [world.snapshot().tables, world.revision];
  const rows = (name: string): readonly Row[] => {
    if (world.revision !== revision) [tables, revision] = [world.snapshot().tables, world.revision];
    return [...(tables.get(name)?.values() ?? [])];
  };
  const ids = (names: readonly string[]) => names.flatMap(rows).map(({ id }) => id.split("/").at(-1) ?? id);
  return [
    ...REFERENCES.map(([at, names]) => ({ at, values: () => ids(names) })),
    { at: /host$/i, values: () => rows("nova.services").map(({ host }) => String(host)) },
    { at: /binary$/, values: () => ["nova-compute", "nova-scheduler"] },
    // As the names are of which schemas say nothing: what one request makes another one finds.
    { at: /\/(?:key|tag)$/, values: () => ["key0", "key1"] },
  ];
}
