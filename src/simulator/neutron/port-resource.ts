/** Ports as clients see and change them. */
import { isList, isObject, type Json, type JsonObject, text } from "../core/json.ts";
import { exact } from "../core/list.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import type { World } from "../world.ts";
import { conflict, httpForbidden } from "./errors.ts";
import { leavePort } from "./floating-association.ts";
import { allocate, checkSubnetsExist } from "./ipam.ts";
import { isSharedWith, visibleNetwork } from "./networks.ts";
import * as parts from "./parts.ts";
import { policyAttribute, policyFor } from "./qos.ts";
import { refuseTrunkPort, trunkDetails } from "./trunks.ts";
import {
  fixedIpFilter,
  fixedIps,
  givenPairs,
  groupsOf,
  label,
  mac,
  options,
  optionsOf,
  pairs,
  vnicTypes,
  wantedOf,
} from "./port-attributes.ts";
import { binding, checkMac, newPort, type PortDraft, pairsOf } from "./port-making.ts";
import { floatingHolder, isRouterOwned } from "./port-owners.ts";
import { checkGroups, ensureDefaultGroup } from "./security-groups.ts";
import { floatingIps, networks, type Port, ports, routers } from "./tables.ts";

function ownsNetwork(call: Call): boolean {
  if (call.actor.admin) return true;
  const id =
    call.method === "POST" ? text(call.input.network_id) : call.world.of(ports).get(call.params.port ?? "")?.network_id;
  const network = call.world.of(networks).get(id ?? "");
  // What does not exist is a 404 later on, not a 403.
  return network === undefined || network.project_id === call.actor.projectId;
}

const namesAddress = (call: Call) => wantedOf(call.input.fixed_ips).some(({ address }) => address !== undefined);

const host = "openstacklocal.";

function assignments(row: Port): Json {
  return row.fixed_ips.map(({ ip_address }) => {
    const hostname = row.dns_name === "" ? `host-${ip_address.replaceAll(/[.:]/g, "-")}` : row.dns_name;
    return { ip_address, hostname, fqdn: `${hostname}.${host}` };
  });
}

const bound = (name: string, more: Partial<Attribute<Port>>): Attribute<Port> => ({
  name: `binding:${name}`,
  shown: "admin",
  ...more,
});

const attributes: readonly Attribute<Port>[] = [
  parts.id,
  parts.name,
  { name: "network_id", create: "required", check: parts.uuid },
  parts.tenant,
  {
    name: "mac_address",
    create: "optional",
    update: true,
    check: mac,
    policy: parts.attributePolicy("port:mac_address", (call) =>
      call.method === "POST" ? ownsNetwork(call) : call.actor.admin,
    ),
  },
  parts.flag("admin_state_up", true),
  { name: "status" },
  { name: "device_id", create: "optional", update: true, default: "", check: parts.string(255) },
  { name: "device_owner", create: "optional", update: true, default: "", check: parts.string(255) },
  {
    name: "fixed_ips",
    create: "optional",
    update: true,
    check: fixedIps,
    policy: {
      name: "(rule:{verb}_port and (rule:{verb}_port:fixed_ips and (rule:{verb}_port:fixed_ips:ip_address)))",
      rule: (call) => ownsNetwork(call) || !namesAddress(call),
    },
  },
  { name: "allowed_address_pairs", create: "optional", update: true, default: [], check: pairs },
  { name: "extra_dhcp_opts", create: "optional", update: true, default: [], check: options },
  { name: "security_groups", create: "optional", update: true, check: parts.listOf(parts.uuid, parts.notList) },
  parts.description,
  {
    name: "binding:vnic_type",
    column: "vnic_type",
    create: "optional",
    update: true,
    default: "normal",
    check: parts.oneOf(...vnicTypes),
  },
  bound("profile", {
    create: "optional",
    update: true,
    column: "profile",
    default: {},
    check: (value) => (value === null || isObject(value) ? undefined : `${parts.shown(value)} is not a dictionary`),
    store: (value) => value ?? {},
    policy: parts.attributePolicy("port:binding:profile"),
  }),
  bound("host_id", {
    column: "host_id",
    create: "optional",
    update: true,
    check: parts.string(255),
    policy: parts.attributePolicy("port:binding:host_id"),
  }),
  bound("vif_type", { column: "vif_type" }),
  bound("vif_details", {
    view: (row) => (row.vif_type === "ovs" ? { port_filter: true, connectivity: "l2" } : {}),
  }),
  {
    ...parts.flag("port_security_enabled", true, {
      policy: parts.attributePolicy("port:port_security_enabled", ownsNetwork),
    }),
  },
  policyAttribute,
  {
    name: "qos_network_policy_id",
    view: (row, call) => call.world.of(networks).get(row.network_id)?.qos_policy_id ?? null,
  },
  { name: "trunk_details", view: trunkDetails },
  { name: "dns_name", create: "optional", update: true, default: "", check: label },
  { name: "dns_assignment", view: assignments },
  { name: "ip_allocation" },
  // Taken on create and then forgotten, unless the extension tag-ports-during-bulk-creation is there (seen live).
  { name: "tags", create: "optional", check: parts.listOf(parts.string(255), parts.notList) },
  ...parts.standard.filter(({ name }) => name !== "tags"),
];

function make(draft: JsonObject, call: Call): Port {
  const { actor, world, input } = call;
  const network = visibleNetwork(world, text(draft.network_id), actor.projectId, actor.admin);
  if (!actor.admin && network.project_id !== actor.projectId && !isSharedWith(world, network, actor.projectId))
    throw httpForbidden(`Tenant ${actor.projectId} not allowed to create port on this network`);
  const projectId = text(draft.project_id) || actor.projectId;
  ensureDefaultGroup(call, projectId);
  const optional: Partial<PortDraft> = {
    ...(input.mac_address === undefined ? {} : { macAddress: text(input.mac_address) }),
    ...(isList(input.fixed_ips) ? { wanted: wantedOf(input.fixed_ips) } : {}),
    ...(input.security_groups === undefined ? {} : { securityGroups: groupsOf(input.security_groups) }),
    ...(input.port_security_enabled === undefined ? {} : { portSecurity: draft.port_security_enabled === true }),
  };
  const qosPolicy = policyFor(draft.qos_policy_id, call, "Port", "");
  return newPort(call, {
    qosPolicy,
    network,
    projectId,
    name: text(draft.name),
    description: text(draft.description),
    adminStateUp: draft.admin_state_up !== false,
    deviceId: text(draft.device_id),
    deviceOwner: text(draft.device_owner),
    vnicType: text(draft.vnic_type),
    host: text(draft.host_id),
    dnsName: text(draft.dns_name),
    ...(isObject(draft.profile) ? { profile: draft.profile } : {}),
    addressPairs: givenPairs(draft.allowed_address_pairs),
    dhcpOptions: optionsOf(draft.extra_dhcp_opts),
    admin: actor.admin,
    ...optional,
  });
}

function update(row: Port, changes: JsonObject, call: Call): JsonObject {
  parts.checkRevision(row, call);
  const { world, actor } = call;
  const next: Record<string, Json> = { ...changes };
  if (changes.mac_address !== undefined) {
    if (row.host_id !== "" && row.device_owner.startsWith("compute:"))
      throw conflict(
        "PortBound",
        `Unable to complete operation on port ${row.id}, port is already bound, port type: ${row.vif_type}, old_mac ${row.mac_address}, new_mac ${text(changes.mac_address)}.`,
      );
    checkMac(world, row.network_id, text(changes.mac_address), row.id);
  }
  policyFor(changes.qos_policy_id, call, "Port", row.id);
  const macAddress = text(changes.mac_address) || row.mac_address;
  if (isList(changes.fixed_ips)) {
    const wanted = wantedOf(changes.fixed_ips);
    checkSubnetsExist(world, wanted);
    next.fixed_ips = allocate(world, {
      networkId: row.network_id,
      mac: macAddress,
      deviceOwner: text(changes.device_owner) || row.device_owner,
      wanted,
      portId: row.id,
      current: row.fixed_ips,
    });
  } else delete next.fixed_ips;
  if (changes.security_groups !== undefined) {
    const groups = groupsOf(changes.security_groups);
    checkGroups(world, groups, row.project_id, actor.admin);
    next.security_groups = [...new Set(groups)];
  }
  const secured = (changes.port_security_enabled ?? row.port_security_enabled) === true;
  const grouped = groupsOf(next.security_groups ?? row.security_groups).length > 0;
  if (!secured && grouped)
    throw conflict(
      "PortSecurityPortHasSecurityGroup",
      "Port has security group associated. Cannot disable port security or IP address until security group is removed.",
    );
  if (changes.allowed_address_pairs !== undefined)
    next.allowed_address_pairs = pairsOf(givenPairs(changes.allowed_address_pairs), macAddress);
  if (changes.extra_dhcp_opts !== undefined) next.extra_dhcp_opts = optionsOf(changes.extra_dhcp_opts);
  if (changes.host_id !== undefined && changes.host_id !== row.host_id)
    Object.assign(next, binding(text(changes.host_id)), { status: "DOWN" });
  return parts.revised(row, next, call);
}

/** Ports of routers and floating addresses go with these (neutron: l3_db prevent_l3_port_deletion). */
function checkOwnDeletion(row: Port, world: World): void {
  const owner =
    row.device_owner === floatingHolder
      ? world.of(floatingIps).get(row.device_id)
      : isRouterOwned(row.device_owner)
        ? world.of(routers).get(row.device_id)
        : undefined;
  if (owner === undefined || row.fixed_ips.length === 0) return;
  throw conflict(
    "ServicePortInUse",
    `Port ${row.id} cannot be deleted directly via the port API: has device owner ${row.device_owner}.`,
  );
}

const own = parts.columns({
  texts: ["network_id", "mac_address", "status", "device_id", "device_owner"],
  flags: ["admin_state_up"],
});

export const portResource: Resource<Port> = {
  singular: "port",
  plural: "ports",
  path: "/v2.0/ports",
  table: ports,
  policies: parts.policies("port"),
  attributes,
  ...own,
  filters: {
    ...own.filters,
    fixed_ips: fixedIpFilter,
    ip_allocation: exact("ip_allocation"),
    "binding:host_id": exact("host_id"),
    security_groups: (values) => (row) =>
      isList(row.security_groups) && row.security_groups.some((id) => values.includes(text(id))),
  },
  owner: "project_id",
  shared: (row, call) => call.world.of(networks).get(row.network_id)?.project_id === call.actor.projectId,
  writable: (row, call) =>
    call.actor.admin ||
    row.project_id === call.actor.projectId ||
    call.world.of(networks).get(row.network_id)?.project_id === call.actor.projectId,
  quota: "port",
  make,
  onUpdate: update,
  onDelete(row, call) {
    parts.checkRevision(row, call);
    checkOwnDeletion(row, call.world);
    refuseTrunkPort(call.world, row.id);
    leavePort(call, row.id);
    return undefined;
  },
};
