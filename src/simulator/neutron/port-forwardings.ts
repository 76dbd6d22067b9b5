/** Ports of a floating address that lead to ports inside (neutron stable/zed: services/portforwarding/pf_plugin.py; seen live). */
import { isVisible, routesOf } from "../core/crud.ts";
import { type Json, type JsonObject, repr, text } from "../core/json.ts";
import type { Attribute, Call, Check, Filter, Resource, Route, Service } from "../core/types.ts";
import type { World } from "../world.ts";
import { badRequest, conflict, floatingIpNotFound, httpBadRequest, missing, notFound } from "./errors.ts";
import { floatingIpsOf, release, routerBetween, statusTask, statusTime } from "./floating-association.ts";
import { floatingIpResource } from "./floating-ips.ts";
import * as parts from "./parts.ts";
import { portResource } from "./port-resource.ts";
import { type FloatingIp, floatingIps, type Port, type PortForwarding, portForwardings, ports } from "./tables.ts";

const refuse = (message: string) => badRequest("port_forwarding", message);

const protocols = ["tcp", "udp", "icmp", "icmp6", "sctp", "dccp"];

const port: Check = (value) => {
  const number = Number(value);
  if (!/^\d+$/.test(String(value))) return `${parts.shown(value)} is not an integer`;
  if (number < 1) return `'${number}' is too small - must be at least '1'`;
  return number > 65_535 ? `'${number}' is too large - must be no larger than '65535'` : undefined;
};

const range: Check = (value) => {
  const ends = String(value).split(":");
  if (ends.length > 2 || ends.includes("")) return "Port range must be two integers separated by a colon";
  const wrong = ends.find((end) => port(end) !== undefined);
  if (wrong !== undefined) return `Invalid port: ${wrong}`;
  const [first = 0, last = first] = ends.map(Number);
  return first > last ? "First port in a port range must be lower than the second port" : undefined;
};

type Range = readonly [number, number];

function rangeOf(value: Json): Range {
  const [first = 0, last = first] = String(value).split(":").map(Number);
  return [first, last];
}

const shownRange = ([first, last]: Range): string => `${first}:${last}`;
const single = ([first, last]: Range): number | null => (first === last ? first : null);
const meets = ([a, b]: Range, [c, d]: Range): boolean => a <= d && c <= b;

type Side = "external" | "internal";
const given = { create: "optional", update: true } as const;

const one = (side: Side): Attribute<PortForwarding> => ({
  name: `${side}_port`,
  ...given,
  check: port,
  view: (row) => single(row[side]),
});
const many = (side: Side): Attribute<PortForwarding> => ({
  name: `${side}_port_range`,
  ...given,
  check: range,
  view: (row) => shownRange(row[side]),
});

const needed = { create: "required", update: true } as const;

const attributes: readonly Attribute<PortForwarding>[] = [
  parts.id,
  one("external"),
  many("external"),
  { name: "internal_ip_address", ...needed, check: parts.address },
  { name: "protocol", ...needed, check: parts.oneOf(...protocols) },
  { name: "internal_port_id", ...needed, check: parts.uuid },
  one("internal"),
  many("internal"),
  { ...parts.description, ...given },
];

function floatingOf(call: Call): FloatingIp {
  const id = call.params.floatingip ?? "";
  const row = call.world.of(floatingIps).get(id);
  if (row === undefined || !isVisible(floatingIpResource, row, call)) throw floatingIpNotFound(id);
  return row;
}

/** The ports of one side that the input names, or those that there were. */
function sideOf(side: Side, input: JsonObject, before: Range | undefined): Range {
  const named = input[`${side}_port_range`] ?? input[`${side}_port`];
  if (named !== undefined) return rangeOf(named);
  if (before !== undefined) return before;
  throw httpBadRequest(`Failed to parse request. Required attribute '${side}_port' not specified`);
}

function isSameInside(a: PortForwarding, b: PortForwarding): boolean {
  return (
    a.internal_port_id === b.internal_port_id &&
    a.internal_ip_address === b.internal_ip_address &&
    a.protocol === b.protocol &&
    meets(a.internal, b.internal)
  );
}

function isSameOutside(a: PortForwarding, b: PortForwarding): boolean {
  return a.floatingip_id === b.floatingip_id && a.protocol === b.protocol && meets(a.external, b.external);
}

function twins(row: PortForwarding, world: World) {
  const others = world.of(portForwardings).filter(({ id }) => id !== row.id);
  return {
    inside: others.find((other) => isSameInside(other, row)),
    outside: others.find((other) => isSameOutside(other, row)),
  };
}

function refuseTwins(row: PortForwarding, world: World): void {
  const { inside, outside } = twins(row, world);
  const side = inside === undefined ? "external" : "internal";
  const twin = inside ?? outside;
  if (twin === undefined) return;
  const [theirs, ours] = [shownRange(twin[side]), shownRange(row[side])];
  throw refuse(
    `There is a port collision with the ${side}_port_range. The following ranges collides: ${theirs} and ${ours}`,
  );
}

/** The same, in the words of a change. */
function refuseTwinsOfChange(row: PortForwarding, world: World): void {
  const { inside, outside } = twins(row, world);
  if (inside === undefined && outside === undefined) return;
  const { internal_port_id, internal_ip_address, floatingip_id } = row;
  const values: JsonObject =
    inside !== undefined
      ? { internal_port_id, internal_ip_address, internal_port: single(row.internal) }
      : { floatingip_id, external_port: single(row.external) };
  throw refuse(
    `Another port forwarding entry with the same attributes already exists, conflicting values are ${repr(values)}`,
  );
}

function insidePort(row: PortForwarding, call: Call): Port {
  const found = call.world.of(ports).get(row.internal_port_id);
  if (found === undefined || !isVisible(portResource, found, call)) throw notFound("Port", row.internal_port_id);
  return found;
}

/** The router through which the address leads there; refuses what cannot be reached or is led to already. */
function routerFor(row: PortForwarding, floating: FloatingIp, call: Call): string {
  const inside = insidePort(row, call);
  const home = inside.fixed_ips.find(({ ip_address }) => ip_address === row.internal_ip_address);
  if (home === undefined)
    throw refuse(
      `Requested internal IP address ${row.internal_ip_address} is not suitable for internal neutron port ${inside.id}, as its fixed_ips are ${repr(inside.fixed_ips)}`,
    );
  if (floatingIpsOf(call.world, inside.id).length > 0)
    throw conflict(
      "PortHasBindingFloatingIP",
      `Cannot create port forwarding to floating IP ${floating.floating_ip_address} (${floating.id}) with port ${inside.id} using fixed IP ${home.ip_address}, as that port already has a binding floating IP.`,
    );
  const external = floating.floating_network_id;
  if (floating.port_id !== null)
    throw conflict(
      "FloatingIPPortAlreadyAssociated",
      `Cannot associate floating IP ${floating.floating_ip_address} (${floating.id}) with port ${inside.id} using fixed IP ${home.ip_address}, as that fixed IP already has a floating IP on external network ${external}.`,
    );
  const router = routerBetween(call.world, home.subnet_id, external);
  if (router === undefined)
    throw refuse(
      `External network ${external} is not reachable from subnet ${home.subnet_id}. Cannot set Port forwarding for port ${inside.id} with Floating IP ${floating.id}`,
    );
  return router;
}

function checkRanges({ internal, external }: PortForwarding): void {
  const size = ([first, last]: Range) => last - first;
  if (size(internal) !== 0 && size(internal) !== size(external))
    throw refuse(
      "Invalid ranges of internal and/or external ports. The relation between internal and external ports must be N-N or 1-N",
    );
}

/** An address that leads somewhere by its ports belongs to the router on the way. */
function settle(floating: FloatingIp, router: string, call: Call): void {
  if (floating.router_id === router) return;
  call.world.of(floatingIps).put({ ...floating, router_id: router, ...parts.touch(floating, call.now) });
  call.machine.after(statusTime, statusTask, floating.id);
}

const filters: Readonly<Record<string, Filter>> = Object.fromEntries(
  ["id", "internal_port_id", "protocol", "internal_ip_address", "internal_port", "external_port"].map((name) => {
    const column = attributes.find((attribute) => attribute.name === name);
    const filter: Filter = (values, call) => (row) => {
      const forwarding = call.world.of(portForwardings).get(row.id);
      if (forwarding === undefined || column === undefined) return false;
      return values.includes(String(column.view === undefined ? row[name] : column.view(forwarding, call)));
    };
    return [name, filter];
  }),
);

const resource: Resource<PortForwarding> = {
  singular: "port_forwarding",
  plural: "port_forwardings",
  path: "/v2.0/floatingips/{floatingip}/port_forwardings",
  table: portForwardings,
  policies: parts.policies("floatingip_port_forwarding"),
  attributes,
  filters,
  sort: { id: "id", protocol: "protocol", internal_ip_address: "internal_ip_address" },
  order: [{ column: "id", descending: false }],
  visible: (row, call) => row.floatingip_id === call.params.floatingip,
  notFound: (id) => missing("PortForwardingNotFound", `Port Forwarding ${id} could not be found.`),
  make(draft, call) {
    const floating = floatingOf(call);
    const row: PortForwarding = {
      id: call.ids.uuid(),
      floatingip_id: floating.id,
      protocol: text(draft.protocol),
      internal_port_id: text(draft.internal_port_id),
      internal_ip_address: text(draft.internal_ip_address),
      internal: sideOf("internal", call.input, undefined),
      external: sideOf("external", call.input, undefined),
      description: text(draft.description),
    };
    checkRanges(row);
    refuseTwins(row, call.world);
    settle(floating, routerFor(row, floating, call), call);
    return row;
  },
  onUpdate(row, _changes, call) {
    const { input } = call;
    const changed: PortForwarding = {
      ...row,
      protocol: text(input.protocol ?? row.protocol),
      internal_port_id: text(input.internal_port_id ?? row.internal_port_id),
      internal_ip_address: text(input.internal_ip_address ?? row.internal_ip_address),
      internal: sideOf("internal", input, row.internal),
      external: sideOf("external", input, row.external),
      description: text(input.description ?? row.description),
    };
    checkRanges(changed);
    const { fixed_ips } = insidePort(changed, call);
    if (!fixed_ips.some(({ ip_address }) => ip_address === changed.internal_ip_address))
      throw refuse(
        `The internal IP does not correspond to an address on the internal port, which has fixed_ips ${repr(fixed_ips)}`,
      );
    refuseTwinsOfChange(changed, call.world);
    return changed;
  },
  onDelete(row, call) {
    call.world.of(portForwardings).delete(row.id);
    release(call, row.floatingip_id);
    return undefined;
  },
};

/** The address in the path comes first: who may not see it sees nothing of it. */
export function portForwardingRoutes(service: Service): readonly Route[] {
  return routesOf(resource, service).map((route) => ({
    ...route,
    handle(call) {
      floatingOf(call);
      return route.handle(call);
    },
  }));
}
