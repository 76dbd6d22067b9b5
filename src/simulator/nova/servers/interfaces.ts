/** A server's interfaces, plugged and unplugged while it runs (nova stable/zed: api/openstack/compute/attach_interfaces.py). */
import { all, ofType } from "../../core/checks.ts";
import { isList, isObject, type Json, type JsonObject, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Answer, Call, MemberRoute, Policy } from "../../core/types.ts";
import type { Task } from "../../machine.ts";
import { deletePort, networkOf, networksOfProject, plugPort, portsOfDevice, unbindPort } from "../../neutron/ports.ts";
import { type Network, type Port, ports, subnets } from "../../neutron/tables.ts";
import { begin, finish } from "./history.ts";
import { change } from "./lifecycle.ts";
import { freePort, type Interface, plugInto } from "./networking.ts";
import { type Server, servers } from "./rows.ts";
import { checkObject, type Property, tag, uuidText } from "./schema.ts";
import { refuseLocked, refuseState } from "./states.ts";

const policy = (name: string, rule: Policy["rule"] = "member"): Policy => ({
  name: `os_compute_api:os-attach-interfaces:${name}`,
  rule,
});

const attachable = ["active", "paused", "stopped"] as const;
const unplugging: readonly [number, number] = [500, 1500];

function shown(server: Server, port: Port, call: Call): JsonObject {
  return {
    net_id: port.network_id,
    port_id: port.id,
    mac_addr: port.mac_address,
    port_state: port.status,
    fixed_ips: port.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    ...(call.version >= 70 ? { tag: server.port_tags[port.id] ?? null } : {}),
  };
}

function own(server: Server, call: Call): Port {
  const id = call.params.port ?? "";
  const port = portsOfDevice(call.world, server.id).find((one) => one.id === id);
  if (port === undefined) throw new Refusal(404, `Port id ${id} could not be found.`);
  return port;
}

const properties: readonly Property[] = [
  { name: "net_id", check: uuidText },
  { name: "port_id", check: uuidText },
  {
    name: "fixed_ips",
    check: (value) => {
      const complaint = ofType("array")(value);
      if (complaint !== undefined) return complaint;
      for (const [index, one] of (isList(value) ? value : []).entries())
        checkObject(String(index), one, [{ name: "ip_address", check: all(ofType("string")), required: true }], 0);
      return isList(value) && value.length > 1 ? "it is too long" : undefined;
    },
  },
  { name: "tag", check: tag, since: 49 },
];

/** What the body asks for; Nova's words for what cannot go together. */
function wanted({ input }: Call): Interface {
  const networkId = text(input.net_id);
  const portId = text(input.port_id);
  const fixed: Json = isList(input.fixed_ips) ? (input.fixed_ips[0] ?? null) : null;
  const fixedIp = isObject(fixed) ? text(fixed.ip_address) : "";
  if (networkId !== "" && portId !== "") throw new Refusal(400, "Must not input both network_id and port_id");
  if (fixedIp !== "" && networkId === "") throw new Refusal(400, "Must input network_id when request IP address");
  return { portId, networkId, fixedIp, tag: text(input.tag) };
}

/** The port or network that is meant, found; Nova's words for what cannot be. */
function found(call: Call, asked: Interface): Interface {
  const { portId, networkId, tag: label } = asked;
  if (portId !== "") return { ...freePort(call, portId, 404), tag: label };
  if (networkId !== "") return { ...asked, networkId: known(call, networkId) };
  const [only, ...others] = networksOfProject(call.world, call.actor.projectId);
  if (only === undefined) throw new Refusal(404, "Interface attach failed: no network");
  if (others.length > 0)
    throw new Refusal(400, "Multiple possible networks found, use a Network ID to be more specific.");
  return { ...asked, networkId: only.id };
}

/** The compute host, not the API, misses the network, which makes it a 500 (seen live). */
function known(call: Call, id: string): string {
  let network: Network;
  try {
    network = networkOf(call.world, id, call.actor.projectId);
  } catch (error) {
    throw error instanceof Refusal ? unexpected("oslo_messaging.rpc.client.RemoteError") : error;
  }
  if (network.port_security_enabled && call.world.of(subnets).by("network_id", id).length === 0)
    throw new Refusal(
      400,
      "Network requires port_security_enabled and subnet associated in order to apply security groups.",
    );
  return id;
}

function unexpected(type: string): Refusal {
  const report = "Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.";
  return new Refusal(500, `Unexpected API Error. ${report}\n<class '${type}'>`);
}

function attach(server: Server, call: Call): Answer {
  refuseLocked(server, call);
  refuseState(server, "attach_interface", attachable);
  let one = wanted(call);
  const action = begin(call, server, "attach_interface", "compute_attach_interface");
  let id: string;
  try {
    one = found(call, one);
    id = plugInto(call, server, one);
  } catch (error) {
    // A port is looked for before the host is asked: what was begun then never ends (seen live).
    const isAsked = one.portId === "" || call.world.of(ports).get(one.portId) !== undefined;
    if (isAsked) finish(call.world, action, call.now, server.host, true);
    if (!(error instanceof Refusal)) throw error;
    if (error.kind.startsWith("InvalidIpFor")) throw unexpected("nova.exception_Remote.InvalidInput_Remote");
    if (error.kind === "IpAddressAlreadyAllocated")
      throw new Refusal(400, `Fixed IP address ${one.fixedIp} is already in use on instance ${server.id}.`);
    if (error.kind === "IpAddressGenerationFailure")
      throw new Refusal(400, `No fixed IP addresses available for network: ${one.networkId}`);
    throw error.kind === "OverQuota" ? new Refusal(403, "Maximum number of ports exceeded") : error;
  }
  finish(call.world, action, call.now, server.host);
  const tags = one.tag === "" ? server.port_tags : { ...server.port_tags, [id]: one.tag };
  const changed = change(call.world, server, call.now, { port_tags: tags });
  const port = portsOfDevice(call.world, server.id).find((candidate) => candidate.id === id);
  if (port === undefined) throw unexpected("nova.exception.PortNotFound");
  // The answer still says DOWN; a running server plugs it in right after (seen live).
  const body = { interfaceAttachment: shown(changed, port, call) };
  if (server.vm_state === "active") plugPort(call, id);
  return { status: 200, body };
}

function detach(server: Server, call: Call): Answer {
  refuseLocked(server, call);
  refuseState(server, "detach_interface", attachable);
  const port = portsOfDevice(call.world, server.id).find(({ id }) => id === call.params.port);
  // The host, not the API, would miss it (seen live).
  if (port === undefined) return { status: 202 };
  const action = begin(call, server, "detach_interface", "compute_detach_interface");
  call.machine.after(unplugging, "nova.detach", server.id, { port: port.id, action });
  return { status: 202 };
}

const detached: Task = (id, args, { world, ids, at }) => {
  const server = world.of(servers).get(id);
  const port = portsOfDevice(world, id).find((one) => one.id === text(args.port));
  if (server === undefined || port === undefined) return;
  const context = { world, ids, now: at };
  if (port.made_for_device) deletePort(context, port.id);
  else unbindPort(context, port.id);
  finish(world, text(args.action), at, server.host);
};

export const interfaceTasks: Readonly<Record<string, Task>> = { "nova.detach": detached };

export const interfaceRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/os-interface",
    policy: policy("list", "reader"),
    run: (server, call) => {
      const list = portsOfDevice(call.world, server.id).map((port) => shown(server, port, call));
      return { status: 200, body: { interfaceAttachments: list } };
    },
  },
  {
    method: "GET",
    path: "/os-interface/{port}",
    policy: policy("show", "reader"),
    run: (server, call) => ({ status: 200, body: { interfaceAttachment: shown(server, own(server, call), call) } }),
  },
  {
    method: "POST",
    path: "/os-interface",
    policy: policy("create"),
    schema: (call) => {
      const given = isObject(call.body) ? call.body.interfaceAttachment : undefined;
      return given === undefined ? {} : checkObject("interfaceAttachment", given, properties, call.version);
    },
    run: attach,
  },
  { method: "DELETE", path: "/os-interface/{port}", policy: policy("delete"), run: detach },
];
