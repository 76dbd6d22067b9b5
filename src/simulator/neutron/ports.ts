/**
 * What Nova asks of Neutron, in the process: ports for its servers. Errors are the Refusals that Neutron raises
 * (`kind` is Neutron's type: IpAddressAlreadyAllocated, IpAddressGenerationFailure, PortNotFound, OverQuota …), for Nova
 * to translate.
 */
import type { Ids } from "../../cloud/runtime.ts";
import type { World } from "../world.ts";
import type { Network, Port, SecurityGroup } from "./tables.ts";

/** What a change of Neutron's rows needs. A `Call` is one; a task makes one of its context: `{ world, ids, now: at }`. */
export interface Context {
  readonly world: World;
  readonly ids: Ids;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

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
}

/** Makes a port for a server. */
export function allocatePort(context: Context, request: PortRequest): Port {
  throw new Error(`not yet: ${context.now} ${request.networkId}`);
}

/** Gives a port to a server and, when `host` is not empty, binds it there; the port's status stays DOWN until `plugPort`. */
export function bindPort(context: Context, portId: string, deviceId: string, host: string, zone = "nova"): Port {
  throw new Error(`not yet: ${context.now} ${portId} ${deviceId} ${host} ${zone}`);
}

/** The host has plugged the port in: ACTIVE. Nothing happens when the port is gone. */
export function plugPort(context: Context, portId: string): void {
  throw new Error(`not yet: ${context.now} ${portId}`);
}

/** The host has pulled it out (server stopped or gone): DOWN, still bound. */
export function unplugPort(context: Context, portId: string): void {
  throw new Error(`not yet: ${context.now} ${portId}`);
}

/** Takes a port from its server and its host: DOWN, free for another. */
export function unbindPort(context: Context, portId: string): void {
  throw new Error(`not yet: ${context.now} ${portId}`);
}

/** Deletes one port (Nova's rollback, or an interface detached that Nova had made). */
export function deletePort(context: Context, portId: string): void {
  throw new Error(`not yet: ${context.now} ${portId}`);
}

/** At the end of a server: deletes the ports that Nova made for it, unbinds those it was given. */
export function releaseDevicePorts(context: Context, deviceId: string): void {
  throw new Error(`not yet: ${context.now} ${deviceId}`);
}

/** The server's ports, oldest first. */
export function portsOfDevice(world: World, deviceId: string): Port[] {
  throw new Error(`not yet: ${deviceId} ${world.of.name}`);
}

/** A port that the project may use, or Neutron's PortNotFound. */
export function portOf(world: World, portId: string, projectId: string): Port {
  throw new Error(`not yet: ${portId} ${projectId} ${world.of.name}`);
}

/** A network that the project sees (own, shared or external), or Neutron's NetworkNotFound. */
export function networkOf(world: World, networkId: string, projectId: string): Network {
  throw new Error(`not yet: ${networkId} ${projectId} ${world.of.name}`);
}

/** The networks a server of the project may be put on when it names none: its own and shared ones, not external ones. */
export function networksOfProject(world: World, projectId: string): Network[] {
  throw new Error(`not yet: ${projectId} ${world.of.name}`);
}

/** The project's security groups with this name or id; `default` is made when it was not there. Several: Nova's 409. */
export function securityGroupsNamed(context: Context, projectId: string, nameOrId: string): SecurityGroup[] {
  throw new Error(`not yet: ${context.now} ${projectId} ${nameOrId}`);
}
