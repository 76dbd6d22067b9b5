/** The networks a client asks for, checked in Nova's words, and the ports it gets (nova stable/zed: network/neutron.py). */
import { isList, isObject, type Json, type JsonObject, text } from "../../core/json.ts";
import { limitsOf } from "../../core/quota.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import {
  allocatePort,
  bindPort,
  type Context,
  networkOf,
  networksOfProject,
  portOf,
  releaseDevicePorts,
  securityGroupsNamed,
} from "../../neutron/ports.ts";
import { type Network, networks as neutronNetworks, ports, subnets } from "../../neutron/tables.ts";
import { uuid } from "./schema.ts";

/** One interface of a new server: a port that exists, or a network on which to make one. */
export interface Interface {
  readonly portId: string;
  readonly networkId: string;
  readonly fixedIp: string;
  readonly tag: string;
}

const ambiguous = () => new Refusal(409, "Multiple possible networks found, use a Network ID to be more specific.");

/** Gives Neutron's refusal Nova's words. */
function translated<T>(ask: () => T, refuse: () => Refusal): T {
  try {
    return ask();
  } catch (error) {
    throw error instanceof Refusal && error.status === 404 ? refuse() : error;
  }
}

function withSubnets(call: Call, network: Network): Network {
  if (call.world.of(subnets).by("network_id", network.id).length === 0)
    throw new Refusal(400, `Network ${network.id} requires a subnet in order to boot instances on.`);
  return network;
}

/** A port that no server has yet. */
export function freePort(call: Call, id: string, missing: number): Interface {
  const unknown = () => new Refusal(missing, `Port id ${id} could not be found.`);
  const port = translated(() => portOf(call.world, id, call.actor.projectId), unknown);
  if (port.device_id !== "") throw new Refusal(409, `Port ${id} is still in use.`);
  if (port.fixed_ips.length === 0) throw new Refusal(400, `Port ${id} requires a FixedIP in order to be used.`);
  return { portId: id, networkId: port.network_id, fixedIp: "", tag: "" };
}

function onNetwork(call: Call, id: string, fixedIp: string): Interface {
  if (!uuid.test(id)) throw new Refusal(400, `Bad networks format: network uuid is not in proper format (${id})`);
  const unknown = () => new Refusal(400, `Network ${id} could not be found.`);
  withSubnets(
    call,
    translated(() => networkOf(call.world, id, call.actor.projectId), unknown),
  );
  if (fixedIp !== "") refuseUsed(call, id, fixedIp);
  return { portId: "", networkId: id, fixedIp, tag: "" };
}

function refuseUsed(call: Call, networkId: string, fixedIp: string): void {
  const user = call.world
    .of(ports)
    .by("network_id", networkId)
    .find((port) => port.fixed_ips.some(({ ip_address }) => ip_address === fixedIp));
  if (user !== undefined)
    throw new Refusal(400, `Fixed IP address ${fixedIp} is already in use on instance ${user.device_id}.`);
}

/** The network of a server that names none: the only one, or none at all. */
function usual(call: Call, wanted: boolean): readonly Interface[] {
  const found = networksOfProject(call.world, call.actor.projectId);
  if (found.length > 1) throw ambiguous();
  const [only] = found;
  if (only !== undefined) return [{ portId: "", networkId: withSubnets(call, only).id, fixedIp: "", tag: "" }];
  if (!wanted) return [];
  throw new Refusal(400, `Unable to automatically allocate a network for project ${call.actor.projectId}`);
}

function requested(call: Call, item: Json): Interface {
  const { port, uuid: network, fixed_ip: fixedIp, tag } = isObject(item) ? item : {};
  if (text(port) !== "") {
    if (text(fixedIp) !== "")
      throw new Refusal(
        400,
        `Specified Fixed IP '${text(fixedIp)}' cannot be used with port '${text(port)}': the two cannot be specified together.`,
      );
    return { ...freePort(call, text(port), 400), tag: text(tag) };
  }
  if (text(network) === "") throw new Refusal(400, "Bad network format: missing 'uuid'");
  return { ...onNetwork(call, text(network), text(fixedIp)), tag: text(tag) };
}

/** What a POST asks for, `count` servers of it. */
export function interfacesOf(call: Call, input: JsonObject, count: number): readonly Interface[] {
  const { networks } = input;
  if (networks === "none") return [];
  const wanted =
    networks === undefined || networks === "auto" || (isList(networks) && networks.length === 0)
      ? usual(call, networks === "auto")
      : (isList(networks) ? networks : []).map((item) => requested(call, item));
  const twice = wanted.find(
    ({ portId }, index) => portId !== "" && wanted.findIndex((one) => one.portId === portId) !== index,
  );
  if (twice !== undefined) throw new Refusal(400, `Duplicate ports (${twice.portId}) are not allowed`);
  if (count > 1) {
    if (wanted.some(({ fixedIp }) => fixedIp !== ""))
      throw new Refusal(
        400,
        "Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.",
      );
    if (wanted.some(({ portId }) => portId !== ""))
      throw new Refusal(
        400,
        "Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.",
      );
  }
  refuseTooManyPorts(call, wanted.filter(({ portId }) => portId === "").length * count);
  return wanted;
}

/** Nova asks Neutron for its quota before it begins (nova: network/neutron.py validate_networks). */
function refuseTooManyPorts(call: Call, adding: number): void {
  const neutron = call.services.find(({ type }) => type === "network");
  const limit = neutron === undefined ? -1 : (limitsOf(call.world, neutron, call.actor.projectId).port ?? -1);
  const used = limit < 0 ? 0 : call.world.of(ports).count("project_id", call.actor.projectId);
  if (limit >= 0 && adding > 0 && used + adding > limit) throw new Refusal(403, "Maximum number of ports exceeded");
}

/** Ids of security groups by name or id, in Nova's words. */
export function securityGroupIds(call: Call, value: Json | undefined): readonly string[] | undefined {
  if (!isList(value) || value.length === 0) return undefined;
  const names = new Set(value.flatMap((item) => (isObject(item) ? [text(item.name)] : [])));
  return [...names].map((name) => {
    const found = securityGroupsNamed(call, call.actor.projectId, name);
    if (found.length > 1)
      throw new Refusal(409, `Multiple security_groups found matching '${name}'. Use an ID to be more specific.`);
    const [only] = found;
    if (only === undefined) throw new Refusal(400, `Unable to find security_group with name or id '${name}'`);
    return only.id;
  });
}

/** Where a server's ports go. */
export interface Home {
  readonly id: string;
  readonly project_id: string;
  readonly host: string;
  readonly hostname: string;
  readonly availability_zone: string;
}

/** Gives a server one interface and binds it to its host; the port's id. */
export function plugInto(context: Context, home: Home, wanted: Interface, groups?: readonly string[]): string {
  if (wanted.portId !== "") return bindPort(context, wanted.portId, home).id;
  return allocatePort(context, {
    networkId: wanted.networkId,
    projectId: home.project_id,
    deviceId: home.id,
    host: home.host,
    dnsName: home.hostname,
    ...(wanted.fixedIp === "" ? {} : { fixedIp: wanted.fixedIp }),
    ...(groups === undefined ? {} : { securityGroups: groups }),
  }).id;
}

/** Gives a server all its interfaces, or none and the reason why its build will fail. */
export function allocate(
  call: Call,
  home: Home,
  wanted: readonly Interface[],
  groups: readonly string[] | undefined,
): { readonly tags: Readonly<Record<string, string>>; readonly doom: string | null } {
  const tags: Record<string, string> = {};
  try {
    for (const one of wanted) {
      const network = call.world.of(neutronNetworks).get(one.networkId);
      if (one.portId === "" && network?.external === true && !network.shared && !call.actor.admin)
        throw new Refusal(403, "");
      const id = plugInto(call, home, one, groups);
      if (one.tag !== "") tags[id] = one.tag;
    }
    return { tags, doom: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    releaseDevicePorts(call, home.id);
    return { tags: {}, doom: `Build of instance ${home.id} aborted: ${cause(error, wanted)}` };
  }
}

/** Nova's words for Neutron's (nova: network/neutron.py _create_port_minimal; compute/manager.py; seen live). */
function cause({ kind }: Refusal, wanted: readonly Interface[]): string {
  const fixed = wanted.find(({ fixedIp }) => fixedIp !== "");
  if (fixed !== undefined && kind.startsWith("InvalidIpFor"))
    return `Invalid input received: Fixed IP ${fixed.fixedIp} is not a valid ip address for network ${fixed.networkId}.`;
  if (kind === "IpAddressGenerationFailure")
    return `No fixed IP addresses available for network: ${wanted[0]?.networkId ?? ""}`;
  return "Failed to allocate the network(s), not rescheduling.";
}
