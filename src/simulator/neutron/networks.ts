/** Networks: who sees them, how they are made, what keeps them. */
import { type JsonObject, text } from "../core/json.ts";
import { exact, truth } from "../core/list.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import type { World } from "../world.ts";
import { conflict, invalidInput, notFound } from "./errors.ts";
import * as parts from "./parts.ts";
import { isAutoDeleted } from "./port-owners.ts";
import { policyAttribute, policyFor } from "./qos.ts";
import { forget, isGiven, rbacPolicies } from "./rbac-table.ts";
import { ensureDefaultGroup } from "./security-groups.ts";
import { type Network, networks, ports, subnetPools, subnets } from "./tables.ts";

/** MTU of tenants' networks: Geneve's header off a physical 1500, as the reference deployment has it. */
export const tenantMtu = 1442;
const physicalMtu = 1500;

const overlays = ["geneve", "vxlan", "gre"];

/** Attributes that only administrators give and see. */
const provider = (name: string, column: string, more: Partial<Attribute<Network>> = {}): Attribute<Network> => ({
  name: `provider:${name}`,
  column,
  create: "optional",
  update: true,
  shown: "admin",
  policy: parts.attributePolicy(`network:provider:${name}`),
  ...more,
});

/** Hints of networks and routers. */
export const noZones: Attribute = {
  name: "availability_zone_hints",
  create: "optional",
  check: parts.listOf(parts.string(255), parts.notList),
  // No agent announces a zone, so none can be hinted at (as with OVN; seen live).
  store(value) {
    const [first] = Array.isArray(value) ? value : [];
    if (first !== undefined) throw notFound("AvailabilityZone", text(first));
    return [];
  },
  view: () => [],
};

const attributes: readonly Attribute<Network>[] = [
  parts.id,
  parts.name,
  parts.tenant,
  parts.flag("admin_state_up", true),
  { name: "mtu", create: "optional", update: true, store: mtuOf },
  { name: "status" },
  { name: "subnets", view: (row, call) => subnetIds(call.world, row.id) },
  {
    ...parts.flag("shared", false, { policy: parts.flagPolicy("network", "shared") }),
    view: (row, call) => isSharedWith(call.world, row, call.actor.projectId),
  },
  noZones,
  { name: "availability_zones", view: () => [] },
  { name: "ipv4_address_scope", view: (row, call) => scopeOf(call.world, row, 4) },
  { name: "ipv6_address_scope", view: (row, call) => scopeOf(call.world, row, 6) },
  {
    ...parts.flag("router:external", false, {
      column: "external",
      policy: parts.flagPolicy("network", "router:external"),
    }),
    // Given to one project it is external to all who see it (seen live).
    view: (row, call) => row.external || isExternalTo(call.world, row),
  },
  policyAttribute,
  parts.description,
  parts.flag("port_security_enabled", true),
  { name: "dns_domain", create: "optional", update: true, default: "", check: domain },
  { name: "l2_adjacency", view: () => true },
  {
    ...parts.flag("is_default", false, { policy: parts.flagPolicy("network", "is_default") }),
    view: (row, call) =>
      row.external === true || isExternalTo(call.world, row) || call.method === "POST" ? row.is_default : undefined,
  },
  provider("network_type", "network_type", { check: parts.string(32) }),
  provider("physical_network", "physical_network", { check: parts.string(64) }),
  provider("segmentation_id", "segmentation_id", { store: parts.toInteger }),
  ...parts.standard,
];

function domain(value: unknown): string | undefined {
  if (typeof value !== "string") return `'${value}' is not a valid string`;
  return value === "" || /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+$/.test(value)
    ? undefined
    : `'${value}' is not a FQDN`;
}

function mtuOf(value: Parameters<typeof parts.toInteger>[0]): number {
  const mtu = parts.toInteger(value);
  if (mtu > tenantMtu) throw invalidInput(`Requested MTU is too big, maximum is ${tenantMtu}`);
  return mtu;
}

/** Whether a project other than the owner may use it as its own. */
export function isSharedWith(world: World, row: Network, project: string): boolean {
  return row.shared || isGiven(world, row.id, project, "access_as_shared");
}

function isExternalTo(world: World, { id }: Network): boolean {
  return world
    .of(rbacPolicies)
    .by("object_id", id)
    .some(({ action }) => action === "access_as_external");
}

/** The scope of the pool that its subnets of a version are cut from. */
function scopeOf(world: World, { id }: Network, version: number): string | null {
  const own = world
    .of(subnets)
    .by("network_id", id)
    .find(({ ip_version }) => ip_version === version);
  return world.of(subnetPools).get(own?.subnetpool_id ?? "")?.address_scope_id ?? null;
}

function subnetIds(world: World, networkId: string): string[] {
  const own = world.of(subnets).by("network_id", networkId);
  return own.map(({ id }) => id).sort();
}

/** Type, physical network and segment, as given or chosen (neutron: plugins/ml2/managers.py TypeManager). */
function segment(
  draft: JsonObject,
  call: Call,
): Pick<Network, "network_type" | "physical_network" | "segmentation_id"> {
  const type = text(draft.network_type);
  const physical = text(draft.physical_network) || null;
  const given = typeof draft.segmentation_id === "number" ? draft.segmentation_id : null;
  if (type === "") {
    if (physical !== null || given !== null) throw invalidInput("network_type required");
    return { network_type: "geneve", physical_network: null, segmentation_id: freeSegment(call) };
  }
  if (![...overlays, "vlan", "flat", "local"].includes(type))
    throw invalidInput(`network_type value '${type}' not supported`);
  if (type === "flat" && physical === null) throw invalidInput("physical_network required for flat provider network");
  if (overlays.includes(type) && physical !== null)
    throw invalidInput(`provider:physical_network specified for ${type} network`);
  const table = call.world.of(networks);
  const same = (row: Network) => row.network_type === type && row.physical_network === physical;
  if (type === "vlan" && given !== null && table.find((row) => same(row) && row.segmentation_id === given))
    throw conflict(
      "VlanIdInUse",
      `Unable to create the network. The VLAN ${given} on physical network ${physical} is in use.`,
    );
  if (type === "flat" && table.find(same) !== undefined)
    throw conflict("FlatNetworkInUse", `Unable to create the flat network. Physical network ${physical} is in use.`);
  const segmented = type !== "flat" && type !== "local";
  return {
    network_type: type,
    physical_network: physical,
    segmentation_id: segmented ? (given ?? freeSegment(call)) : null,
  };
}

/** The lowest segment id that no network has. */
function freeSegment({ world }: Pick<Call, "world">): number {
  const used = new Set([...world.of(networks).all()].map((row) => row.segmentation_id));
  let free = 1;
  while (used.has(free)) free += 1;
  return free;
}

function make(draft: JsonObject, call: Call): Network {
  const base = parts.begin(draft, call, call.actor.projectId, 1);
  ensureDefaultGroup(call, base.project_id);
  const chosen = segment(draft, call);
  const fallback = chosen.network_type === "geneve" ? tenantMtu : physicalMtu;
  return {
    ...base,
    ...chosen,
    admin_state_up: draft.admin_state_up !== false,
    status: "ACTIVE",
    mtu: typeof draft.mtu === "number" && draft.mtu > 0 ? draft.mtu : fallback,
    shared: draft.shared === true,
    external: draft.external === true,
    is_default: draft.is_default === true,
    port_security_enabled: draft.port_security_enabled !== false,
    dns_domain: text(draft.dns_domain),
    qos_policy_id: policyFor(draft.qos_policy_id, call, "Network", base.id),
  };
}

/** Others' ports and subnets keep a network shared (neutron: db_base_plugin_v2 _validate_shared_update). */
function checkSharing(row: Network, changes: JsonObject, call: Call): void {
  if (changes.shared !== false || !row.shared) return;
  const foreign = (one: { readonly project_id: string }) => one.project_id !== row.project_id;
  const used = [...call.world.of(ports).by("network_id", row.id), ...call.world.of(subnets).by("network_id", row.id)];
  if (used.some(foreign))
    throw conflict(
      "InvalidSharedSetting",
      `Unable to reconfigure sharing settings for network ${row.name}. Multiple tenants are using it.`,
    );
}

export const networkResource: Resource<Network> = {
  singular: "network",
  plural: "networks",
  path: "/v2.0/networks",
  table: networks,
  policies: parts.policies("network"),
  attributes,
  ...withFilters(),
  owner: "project_id",
  shared: (row, call) => row.shared || row.external || isGiven(call.world, row.id, call.actor.projectId),
  quota: "network",
  make,
  onUpdate(row, changes, call) {
    parts.checkRevision(row, call);
    checkSharing(row, changes, call);
    policyFor(changes.qos_policy_id, call, "Network", row.id);
    return parts.revised(row, changes, call);
  },
  onDelete(row, call) {
    parts.checkRevision(row, call);
    const table = call.world.of(ports);
    const attached = table.by("network_id", row.id);
    const used = attached.filter((port) => !isAutoDeleted(port));
    if (used.length > 0)
      throw conflict(
        "NetworkInUse",
        `Unable to complete operation on network ${row.id}. There are one or more ports still in use on the network, id for these ports is: ${used.map(({ id }) => id).join(",")}.`,
      );
    for (const port of attached) table.delete(port.id);
    for (const subnet of call.world.of(subnets).by("network_id", row.id)) call.world.of(subnets).delete(subnet.id);
    forget(call.world, row.id);
    return undefined;
  },
};

function withFilters(): Pick<Resource, "filters" | "sort" | "order"> {
  const own = parts.columns({ texts: ["status"], flags: ["admin_state_up", "shared"], integers: ["mtu"] });
  const filters = {
    ...own.filters,
    "router:external": truth("external", parts.notBoolean),
    is_default: truth("is_default", parts.notBoolean),
    "provider:network_type": exact("network_type"),
    "provider:physical_network": exact("physical_network"),
    "provider:segmentation_id": exact("segmentation_id"),
  };
  return { ...own, filters };
}

/** The network, if the project sees it: its own, shared, external. */
export function visibleNetwork(world: World, networkId: string, projectId: string, admin = false): Network {
  const row = world.of(networks).get(networkId);
  const open = row !== undefined && (row.shared || row.external || isGiven(world, networkId, projectId));
  if (row !== undefined && (admin || row.project_id === projectId || open)) return row;
  throw notFound("Network", networkId);
}

/** A subnet came, changed or went: its network counts as changed (neutron: services/revisions). */
export function bumpNetwork(context: { readonly world: World; readonly now: number }, networkId: string): void {
  const row = context.world.of(networks).get(networkId);
  if (row !== undefined) context.world.of(networks).put({ ...row, ...parts.touch(row, context.now) });
}
