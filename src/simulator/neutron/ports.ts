/**
 * What Nova asks of Neutron, in the process: ports for its servers. Errors are the Refusals that Neutron raises
 * (`kind` is Neutron's type: IpAddressAlreadyAllocated, IpAddressGenerationFailure, PortNotFound, OverQuota …), for Nova
 * to translate.
 */
import { claim } from "../core/quota.ts";
import type { World } from "../world.ts";
import { notFound } from "./errors.ts";
import { leavePort } from "./floating-association.ts";
import { words } from "./form.ts";
import { visibleNetwork } from "./networks.ts";
import { touch } from "./parts.ts";
import { binding, type Context, newPort } from "./port-making.ts";
import { quotaDefaults } from "./quotas.ts";
import { ensureDefaultGroup } from "./security-groups.ts";
import { type Network, networks, type Port, ports, type SecurityGroup, securityGroups } from "./tables.ts";

export type { Context } from "./port-making.ts";

export interface PortRequest {
  readonly networkId: string;
  /** The server's project: it owns the port and pays its quota. */
  readonly projectId: string;
  /** The server. */
  readonly deviceId: string;
  /** An address that must be one of the network's; absent: one of each IP version is chosen. */
  readonly fixedIp?: string;
  /** Absent: `fa:16:3e:` and chance. */
  readonly macAddress?: string;
  /** Ids; absent: the project's default group. */
  readonly securityGroups?: readonly string[];
  /** The compute host, which binds the port at once; absent: bound later by `bindPort`. */
  readonly host?: string;
  /** Availability zone of the server, for the owner `compute:<zone>`; default `nova`. */
  readonly zone?: string;
  readonly name?: string;
  readonly tags?: readonly string[];
  /** The server's hostname, which the port's DNS assignment shows. */
  readonly dnsName?: string;
}

/** Makes a port for a server; it is DOWN until `plugPort`. */
export function allocatePort(context: Context, request: PortRequest): Port {
  const { networkId, projectId, deviceId, fixedIp, macAddress, securityGroups: groups, zone = "nova" } = request;
  const { world } = context;
  const network = world.of(networks).get(networkId);
  if (network === undefined) throw notFound("Network", networkId);
  const used = world.of(ports).count("project_id", projectId);
  claim({ world, service: { name: "neutron", quotas: quotaDefaults, words } }, "port", projectId, used);
  const port = newPort(context, {
    network,
    projectId,
    deviceId,
    deviceOwner: `compute:${zone}`,
    host: request.host ?? "",
    name: request.name ?? "",
    tags: request.tags ?? [],
    madeForDevice: true,
    ...(fixedIp === undefined ? {} : { wanted: [{ address: fixedIp }] }),
    ...(macAddress === undefined ? {} : { macAddress }),
    ...(groups === undefined ? {} : { securityGroups: groups }),
    ...(request.dnsName === undefined ? {} : { dnsName: request.dnsName }),
  });
  return world.of(ports).put(port);
}

function existing(world: World, portId: string): Port {
  const port = world.of(ports).get(portId);
  if (port === undefined) throw notFound("Port", portId);
  return port;
}

function change(context: Context, port: Port, changes: Partial<Port>): Port {
  return context.world.of(ports).put({ ...port, ...changes, ...touch(port, context.now) });
}

/** The server that a port is given to. */
export interface Device {
  readonly id: string;
  /** Empty: it is not bound yet. */
  readonly host: string;
  /** The port is called so in DNS. */
  readonly hostname: string;
}

/** Gives a port to a server and binds it; the port's status stays DOWN until `plugPort`. */
export function bindPort(context: Context, portId: string, { id, host, hostname }: Device, zone = "nova"): Port {
  const port = existing(context.world, portId);
  const given = { device_id: id, device_owner: `compute:${zone}`, dns_name: hostname };
  return change(context, port, { ...given, ...binding(host) });
}

function setStatus(context: Context, portId: string, status: string): void {
  const port = context.world.of(ports).get(portId);
  if (port !== undefined && port.status !== status) change(context, port, { status });
}

/** The host has plugged the port in: ACTIVE. Nothing happens when the port is gone. */
export function plugPort(context: Context, portId: string): void {
  setStatus(context, portId, "ACTIVE");
}

/** The host has pulled it out (server stopped or gone): DOWN, still bound. */
export function unplugPort(context: Context, portId: string): void {
  setStatus(context, portId, "DOWN");
}

/** Takes a port from its server and its host: DOWN, free for another. Nothing happens when the port is gone. */
export function unbindPort(context: Context, portId: string): void {
  const port = context.world.of(ports).get(portId);
  if (port === undefined) return;
  change(context, port, {
    device_id: "",
    device_owner: "",
    status: "DOWN",
    dns_name: "",
    made_for_device: false,
    ...binding(""),
  });
}

/** Deletes one port (Nova's rollback, or an interface detached that Nova had made). Nothing happens when it is gone. */
export function deletePort(context: Context, portId: string): void {
  leavePort(context, portId);
  context.world.of(ports).delete(portId);
}

/** At the end of a server: deletes the ports that Nova made for it, unbinds those it was given. */
export function releaseDevicePorts(context: Context, deviceId: string): void {
  for (const port of portsOfDevice(context.world, deviceId)) {
    if (port.made_for_device) deletePort(context, port.id);
    else unbindPort(context, port.id);
  }
}

/** The server's ports, oldest first. */
export function portsOfDevice(world: World, deviceId: string): Port[] {
  return deviceId === "" ? [] : world.of(ports).by("device_id", deviceId);
}

/** A port that the project may use: its own, or one on its network; else Neutron's PortNotFound. */
export function portOf(world: World, portId: string, projectId: string): Port {
  const port = existing(world, portId);
  if (port.project_id === projectId) return port;
  if (world.of(networks).get(port.network_id)?.project_id === projectId) return port;
  throw notFound("Port", portId);
}

/** A network that the project sees (own, shared or external), or Neutron's NetworkNotFound. */
export function networkOf(world: World, networkId: string, projectId: string): Network {
  return visibleNetwork(world, networkId, projectId);
}

/** The networks a server of the project may be put on when it names none: its own and shared ones, not external ones. */
export function networksOfProject(world: World, projectId: string): Network[] {
  return world.of(networks).filter((row) => !row.external && (row.project_id === projectId || row.shared));
}

/** The project's security groups with this name or id (several when a name is not unique); `default` is always there. */
export function securityGroupsNamed(context: Context, projectId: string, nameOrId: string): SecurityGroup[] {
  ensureDefaultGroup(context, projectId);
  const own = context.world.of(securityGroups).by("project_id", projectId);
  const byId = own.find(({ id }) => id === nameOrId);
  return byId === undefined ? own.filter(({ name }) => name === nameOrId) : [byId];
}
