/** Floating addresses: taken from an external network's pools, led to ports (neutron stable/zed: db/l3_db.py). */
import { isIPv4 } from "node:net";
import { isVisible } from "../core/crud.ts";
import { type Json, type JsonObject, text } from "../core/json.ts";
import type { Answer, Attribute, Call, Resource, Route } from "../core/types.ts";
import { canonical } from "./addresses.ts";
import { badRequest, conflict, floatingIpNotFound, notFound } from "./errors.ts";
import { forwardingsOf, nowhere, statusTask, statusTime, type Target, target } from "./floating-association.ts";
import type { Wanted } from "./ipam.ts";
import { visibleNetwork } from "./networks.ts";
import * as parts from "./parts.ts";
import { newPort } from "./port-making.ts";
import { floatingHolder } from "./port-owners.ts";
import { portResource } from "./port-resource.ts";
import { orNull } from "./subnet-checks.ts";
import { type FloatingIp, floatingIps, networks, type Port, ports, subnets } from "./tables.ts";

function details({ port_id }: FloatingIp, { world }: Call): Json {
  const port = port_id === null ? undefined : world.of(ports).get(port_id);
  if (port === undefined) return null;
  const { name, network_id, mac_address, admin_state_up, status, device_id, device_owner } = port;
  return { name, network_id, mac_address, admin_state_up, status, device_id, device_owner };
}

/** Taken and forgotten: there is no DNS service behind this Neutron (seen live). */
const dns = (name: string): Attribute<FloatingIp> => ({
  name,
  create: "optional",
  check: parts.string(255),
  view: () => "",
});

/** As an address shows them: ports in a range are not told. */
function forwardings({ id }: FloatingIp, { world }: Call): Json {
  return forwardingsOf(world, id).map(
    ({ id: own, protocol, internal_ip_address, internal_port_id, internal, external }) => ({
      id: own,
      protocol,
      internal_ip_address,
      internal_port_id,
      ...(internal[0] === internal[1] ? { internal_port: internal[0] } : {}),
      ...(external[0] === external[1] ? { external_port: external[0] } : {}),
    }),
  );
}

function refuseForwarding({ id }: FloatingIp, { world }: Call): void {
  if (forwardingsOf(world, id).length > 0)
    throw conflict("FipInUseByPortForwarding", `Floating IP ${id} in use by Port Forwarding resources.`);
}

const attributes: readonly Attribute<FloatingIp>[] = [
  parts.id,
  parts.tenant,
  {
    name: "floating_ip_address",
    create: "optional",
    check: orNull(parts.address),
    policy: parts.attributePolicy("floatingip:floating_ip_address"),
  },
  { name: "floating_network_id", create: "required", check: parts.uuid },
  { name: "router_id" },
  { name: "port_id", create: "optional", update: true, check: orNull(parts.uuid) },
  { name: "fixed_ip_address", create: "optional", update: true, check: orNull(parts.address) },
  { name: "subnet_id", create: "optional", check: orNull(parts.uuid), shown: false },
  { name: "status" },
  parts.description,
  { name: "port_details", view: details },
  dns("dns_name"),
  dns("dns_domain"),
  { name: "port_forwardings", view: forwardings },
  ...parts.standard,
];

/** Where the request leads the address; undefined when it does not say. */
function requested(input: JsonObject, floating: FloatingIp, call: Call): Target | undefined {
  // A null address alone means the port that it has, by its only address (seen live).
  const same = input.port_id === undefined && input.fixed_ip_address === null && floating.port_id !== null;
  const portId = same ? (floating.port_id ?? "") : text(input.port_id);
  const named = canonical(text(input.fixed_ip_address));
  if (portId === "" && named !== "")
    throw badRequest("floatingip", "fixed_ip_address cannot be specified without a port_id");
  if (input.port_id === undefined && !same) return undefined;
  if (portId === "") return nowhere;
  const port = call.world.of(ports).get(portId);
  if (port === undefined || !isVisible(portResource, port, call)) throw notFound("Port", portId);
  if (port.project_id !== floating.project_id && !call.actor.admin)
    throw badRequest(
      "floatingip",
      `Cannot process floating IP association with Port ${portId}, since that port is owned by a different tenant`,
    );
  return target(call.world, floating, port, named);
}

/** The hidden port that holds the address. */
function holder(id: string, draft: JsonObject, call: Call): Port {
  const { world, actor } = call;
  const network = visibleNetwork(world, text(draft.floating_network_id), actor.projectId, actor.admin);
  if (!network.external) throw badRequest("floatingip", `Network ${network.id} is not a valid external network`);
  const own = world.of(subnets).by("network_id", network.id);
  if (!own.some(({ ip_version }) => ip_version === 4))
    throw badRequest("floatingip", `Network ${network.id} does not contain any IPv4 subnet`);
  const wanted: Wanted = {
    ...(text(draft.subnet_id) === "" ? {} : { subnetId: text(draft.subnet_id) }),
    ...(text(draft.floating_ip_address) === "" ? {} : { address: canonical(text(draft.floating_ip_address)) }),
  };
  const port = newPort(call, {
    network,
    projectId: "",
    deviceId: id,
    deviceOwner: floatingHolder,
    ...(Object.keys(wanted).length === 0 ? {} : { wanted: [wanted] }),
  });
  return { ...port, status: "N/A" };
}

function make(draft: JsonObject, call: Call): FloatingIp {
  const base = parts.begin(draft, call, call.actor.projectId, 0);
  const port = holder(base.id, draft, call);
  const address = port.fixed_ips.map(({ ip_address }) => ip_address).find(isIPv4);
  if (address === undefined)
    throw conflict(
      "ExternalIpAddressExhausted",
      `Unable to find any IP address on external network ${port.network_id}.`,
    );
  const row: FloatingIp = {
    ...base,
    floating_network_id: port.network_id,
    floating_ip_address: address,
    floating_port_id: port.id,
    ...nowhere,
    status: "DOWN",
  };
  const chosen = requested(call.input, row, call) ?? nowhere;
  call.world.of(ports).put(port);
  settle(row, chosen, call);
  return { ...row, ...chosen };
}

/** The status follows, a little later. */
function settle(row: FloatingIp, { port_id }: Target, call: Call): void {
  if ((row.status === "ACTIVE") !== (port_id !== null)) call.machine.after(statusTime, statusTask, row.id);
}

function update(row: FloatingIp, changes: JsonObject, call: Call): JsonObject {
  parts.checkRevision(row, call);
  const { port_id: _port, fixed_ip_address: _fixed, ...rest } = changes;
  const chosen = requested(call.input, row, call);
  if (chosen !== undefined) {
    refuseForwarding(row, call);
    settle(row, chosen, call);
  }
  // Asking alone counts as a change (seen live).
  return { ...rest, ...chosen, ...parts.touch(row, call.now) };
}

function withFilters(): Pick<Resource, "filters" | "sort" | "order"> {
  const texts = ["floating_ip_address", "floating_network_id", "router_id", "port_id", "fixed_ip_address", "status"];
  const { filters, sort, order } = parts.columns({ texts });
  const nameless = <T>(table: Readonly<Record<string, T>> = {}) =>
    Object.fromEntries(Object.entries(table).filter(([key]) => key !== "name"));
  return { filters: nameless(filters), sort: nameless(sort), order };
}

export const floatingIpResource: Resource<FloatingIp> = {
  singular: "floatingip",
  plural: "floatingips",
  path: "/v2.0/floatingips",
  table: floatingIps,
  policies: parts.policies("floatingip"),
  attributes,
  ...withFilters(),
  owner: "project_id",
  quota: "floatingip",
  notFound: (key) => floatingIpNotFound(key),
  make,
  onUpdate: update,
  onDelete(row, call) {
    parts.checkRevision(row, call);
    refuseForwarding(row, call);
    call.machine.cancel(row.id);
    call.world.of(ports).delete(row.floating_port_id);
    return undefined;
  },
};

/** `/floatingip_pools`: the subnets that addresses may come from, as if they were the caller's (seen live). */
function pools({ world, actor }: Call): Answer {
  const open = world.of(subnets).filter(({ network_id, ip_version }) => {
    return ip_version === 4 && world.of(networks).get(network_id)?.external === true;
  });
  const floatingip_pools = open.map(({ id, name, network_id, cidr }) => ({
    subnet_id: id,
    subnet_name: name,
    tenant_id: actor.projectId,
    network_id,
    cidr,
    project_id: actor.projectId,
  }));
  return { status: 200, body: { floatingip_pools } };
}

export const floatingIpPoolRoute: Route = {
  method: "GET",
  path: "/v2.0/floatingip_pools",
  policy: { name: "get_floatingip_pool", rule: "reader" },
  handle: pools,
};
