/** Trunks: ports that carry others by VLAN (neutron stable/zed: services/trunk; words seen live). */
import { isList, isObject, type Json, type JsonObject, repr, text } from "../core/json.ts";
import { view } from "../core/attributes.ts";
import type { Call, MemberRoute, Resource } from "../core/types.ts";
import { defineTable, type World } from "../world.ts";
import { conflict, httpBadRequest, invalidInput, missing } from "./errors.ts";
import * as parts from "./parts.ts";
import { type Port, ports, type Standard } from "./tables.ts";

interface SubPort extends Readonly<Record<string, string | number>> {
  readonly port_id: string;
  readonly segmentation_type: string;
  readonly segmentation_id: number;
}

export interface Trunk extends Standard {
  readonly port_id: string;
  readonly admin_state_up: boolean;
  readonly status: string;
  readonly sub_ports: readonly SubPort[];
}

const trunks = defineTable<Trunk>("neutron.trunks", ["project_id", "port_id"]);

const subPortOwner = "trunk:subport";

function trunkOf(world: World, port: string): Trunk | undefined {
  return world.of(trunks).by("port_id", port)[0];
}

function carrierOf(world: World, port: string): Trunk | undefined {
  return world.of(trunks).find(({ sub_ports }) => sub_ports.some(({ port_id }) => port_id === port));
}

/** Refuses to delete a port that a trunk stands on. */
export function refuseTrunkPort(world: World, port: string): void {
  const own = trunkOf(world, port);
  if (own !== undefined)
    throw conflict("PortInUseAsTrunkParent", `Port ${port} is currently a parent port for trunk ${own.id}.`);
  const carrier = carrierOf(world, port);
  if (carrier !== undefined)
    throw conflict("PortInUseAsSubPort", `Port ${port} is currently a subport for trunk ${carrier.id}.`);
}

/** `trunk_details` of a parent port; undefined for others. */
export function trunkDetails(row: Port, call: Call): Json | undefined {
  const trunk = trunkOf(call.world, row.id);
  if (trunk === undefined) return undefined;
  const carried = trunk.sub_ports.map((one) => ({
    ...one,
    mac_address: call.world.of(ports).get(one.port_id)?.mac_address ?? "",
  }));
  return { trunk_id: trunk.id, sub_ports: carried };
}

function portFor(id: string, call: Call): Port {
  const port = call.world.of(ports).get(id);
  const mine = port !== undefined && (call.actor.admin || port.project_id === call.actor.projectId);
  if (port === undefined || !mine) throw missing("PortNotFound", `Port ${id} could not be found.`);
  return port;
}

/** A port carries one trunk, or is carried by one, or neither. */
function freePort(id: string, call: Call): Port {
  const port = portFor(id, call);
  if (trunkOf(call.world, id) !== undefined) throw parentInUse(id);
  if (carrierOf(call.world, id) !== undefined)
    throw conflict("TrunkPortInUse", `Port ${id} is in use by another trunk.`);
  return port;
}

const parentInUse = (id: string) =>
  conflict("ParentPortInUse", `Port ${id} is currently in use and is not eligible for use as a parent port.`);

function subPortsOf(
  value: Json | undefined,
  taken: readonly SubPort[],
  { trunk, parent }: { readonly trunk: string; readonly parent: string },
  call: Call,
): SubPort[] {
  const list = isList(value) ? value : [];
  const seen = [...taken];
  return list.map((one) => {
    if (!isObject(one) || typeof one.port_id !== "string")
      throw httpBadRequest("Invalid input for sub_ports. Reason: Validation of dictionary's keys failed.");
    const type = one.segmentation_type;
    if (type === undefined || one.segmentation_id === undefined)
      throw invalidInput(
        `Invalid subport details '${repr(one)}': missing segmentation information. Must specify both segmentation_id and segmentation_type`,
      );
    if (type !== "vlan") throw invalidInput(`Unknown segmentation_type '${text(type)}'`);
    const id = parts.toInteger(one.segmentation_id);
    if (id < 1 || id > 4094) throw invalidInput(`Segmentation ID '${id}' is not in range`);
    if (one.port_id === parent) throw parentInUse(parent);
    freePort(one.port_id, call);
    const twin = seen.find((other) => other.segmentation_id === id || other.port_id === one.port_id);
    if (twin !== undefined)
      throw conflict(
        "DuplicateSubPort",
        `segmentation_type vlan and segmentation_id ${id} already in use on trunk ${trunk}.`,
      );
    const sub: SubPort = { port_id: one.port_id, segmentation_type: type, segmentation_id: id };
    seen.push(sub);
    return sub;
  });
}

function carry(world: World, subs: readonly SubPort[], owner: string): void {
  for (const { port_id } of subs) world.of(ports).patch(port_id, { device_owner: owner });
}

function make(draft: JsonObject, call: Call): Trunk {
  const parent = freePort(text(draft.port_id), call);
  const sub_ports = subPortsOf(draft.sub_ports, [], { trunk: "", parent: parent.id }, call);
  carry(call.world, sub_ports, subPortOwner);
  return {
    ...parts.begin(draft, call, call.actor.projectId, 1),
    port_id: parent.id,
    admin_state_up: draft.admin_state_up !== false,
    status: "ACTIVE",
    sub_ports,
  };
}

function refuseDisabled({ id, admin_state_up }: Trunk): void {
  if (!admin_state_up) throw conflict("TrunkDisabled", `Trunk ${id} is currently disabled.`);
}

function given(call: Call): Json | undefined {
  const list = isObject(call.body) ? call.body.sub_ports : undefined;
  if (!isList(list)) throw httpBadRequest("Invalid input for sub_ports. Reason: it is not a list.");
  return list;
}

function change(row: Trunk, sub_ports: readonly SubPort[], call: Call) {
  const changed = call.world.of(trunks).put({ ...row, sub_ports, ...parts.touch(row, call.now) });
  // The answer is the trunk without a wrapper, while its switches still work on it (seen live).
  return { status: 200, body: view(trunkResource, { ...changed, status: "DOWN" }, call) };
}

const members: readonly MemberRoute<Trunk>[] = [
  {
    method: "GET",
    path: "/get_subports",
    policy: { name: "get_subports", rule: "reader" },
    run: ({ sub_ports }) => ({ status: 200, body: { sub_ports } }),
  },
  {
    method: "PUT",
    path: "/add_subports",
    policy: { name: "add_subports", rule: "member" },
    run(row, call) {
      refuseDisabled(row);
      const more = subPortsOf(given(call), row.sub_ports, { trunk: row.id, parent: row.port_id }, call);
      carry(call.world, more, subPortOwner);
      return change(row, [...row.sub_ports, ...more], call);
    },
  },
  {
    method: "PUT",
    path: "/remove_subports",
    policy: { name: "remove_subports", rule: "member" },
    run(row, call) {
      refuseDisabled(row);
      const list = given(call);
      const ids = isList(list) ? list.map((one) => (isObject(one) ? text(one.port_id) : "")) : [];
      const absent = ids.find((id) => !row.sub_ports.some(({ port_id }) => port_id === id));
      if (absent !== undefined)
        throw missing("SubPortNotFound", `SubPort ${absent} on trunk ${row.id} could not be found.`);
      const gone = row.sub_ports.filter(({ port_id }) => ids.includes(port_id));
      carry(call.world, gone, "");
      return change(
        row,
        row.sub_ports.filter((one) => !gone.includes(one)),
        call,
      );
    },
  },
];

const columns = parts.columns({ texts: ["port_id", "status"], flags: ["admin_state_up"] });

export const trunkResource: Resource<Trunk> = {
  singular: "trunk",
  plural: "trunks",
  path: "/v2.0/trunks",
  table: trunks,
  policies: parts.policies("trunk"),
  attributes: [
    parts.id,
    parts.name,
    parts.tenant,
    parts.flag("admin_state_up", true),
    { name: "port_id", create: "required", check: parts.uuid },
    { name: "status" },
    {
      name: "sub_ports",
      create: "optional",
      default: [],
      check: (value) => (isList(value) ? undefined : parts.notList(value)),
    },
    parts.description,
    ...parts.standard,
  ],
  ...columns,
  owner: "project_id",
  quota: "trunk",
  make,
  onUpdate: (row, changes, call) => parts.revised(row, changes, call),
  onDelete(row, call) {
    refuseDisabled(row);
    carry(call.world, row.sub_ports, "");
    return undefined;
  },
  members,
};
