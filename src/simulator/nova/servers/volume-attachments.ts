/** `os-volume_attachments`: volumes to and from a server that is there (nova stable/zed: api/openstack/compute/volumes.py; seen live). */
import {
  attachmentsOfVolume,
  completeAttachment,
  detachVolume,
  reserveVolume,
  volumeFor,
} from "../../cinder/attach.ts";
import { all, matching, nullable, ofType } from "../../core/checks.ts";
import { type JsonObject, repr, text } from "../../core/json.ts";
import { authorize } from "../../core/policy.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Answer, Call, MemberRoute, Policy } from "../../core/types.ts";
import type { Task } from "../../machine.ts";
import { addDevice, type BlockDevice, deviceName, deviceOf, devicesOf, removeDevice } from "./devices.ts";
import { begin, finish } from "./history.ts";
import { fails } from "./lifecycle.ts";
import { type Server, servers } from "./rows.ts";
import { checkObject, inside, isTrue, type Property, tag, truth, uuidText } from "./schema.ts";
import { refuseLocked, refuseState } from "./states.ts";
import { beginRelease, cinderOf, heard } from "./volumes.ts";

const policy = (name: string, rule: Policy["rule"] = "member"): Policy => ({
  name: `os_compute_api:os-volumes-attachments:${name}`,
  rule,
});

const attachable = ["active", "paused", "stopped", "resized"] as const;
const detachable = ["active", "paused", "stopped", "resized", "suspended"] as const;
const attaching: readonly [number, number] = [800, 2800];
const detaching: readonly [number, number] = [800, 2600];

function shown(device: BlockDevice, call: Call): JsonObject {
  const { volume_id, server_id } = device;
  return {
    ...(call.version < 89 ? { id: volume_id } : {}),
    volumeId: volume_id,
    serverId: server_id,
    device: device.device,
    ...(call.version >= 70 ? { tag: device.tag } : {}),
    ...(call.version >= 79 ? { delete_on_termination: device.delete_on_termination } : {}),
    ...(call.version >= 89 ? { attachment_id: device.attachment_id, bdm_uuid: device.id } : {}),
  };
}

function own(server: Server, call: Call): BlockDevice {
  const id = call.params.volume ?? "";
  const device = deviceOf(call.world, server.id, id);
  if (device === undefined) throw new Refusal(404, `Instance ${server.id} is not attached to volume ${id}`);
  return device;
}

function whole(call: Call, name: string): number | undefined {
  const value = call.query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^[0-9]*$/.test(value))
    throw new Refusal(
      400,
      `Invalid input for query parameters ${name}. Value: ${value}. ${repr(value)} does not match '^[0-9]*$'`,
    );
  return Number(value);
}

/** Pages count the local root disk, which is not shown (seen live). */
function list(server: Server, call: Call): Answer {
  const extra = [...new Set(call.query.keys())].filter((name) => name !== "limit" && name !== "offset");
  if (call.version >= 75 && extra.length > 0)
    throw new Refusal(
      400,
      `Additional properties are not allowed (${extra.map((name) => repr(name)).join(", ")} ${extra.length === 1 ? "was" : "were"} unexpected)`,
    );
  const disks = [...(server.image_ref === "" ? [] : [undefined]), ...devicesOf(call.world, server.id)];
  const from = whole(call, "offset") ?? 0;
  const page = disks.slice(from, from + (whole(call, "limit") ?? disks.length));
  return {
    status: 200,
    body: { volumeAttachments: page.flatMap((disk) => (disk === undefined ? [] : [shown(disk, call)])) },
  };
}

const pattern = "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$";
const device = nullable(all(ofType("string", "null"), matching(new RegExp(pattern), pattern)));

const creatable: readonly Property[] = [
  { name: "volumeId", check: uuidText, required: true },
  { name: "device", check: device },
  { name: "tag", check: tag, since: 49 },
  { name: "delete_on_termination", check: truth, since: 79 },
];

const changeable: readonly Property[] = [
  { name: "volumeId", check: uuidText, required: true },
  { name: "device", check: device, since: 85 },
  { name: "tag", check: tag, since: 85 },
  { name: "delete_on_termination", check: truth, since: 85 },
  { name: "serverId", check: uuidText, since: 85 },
  { name: "id", check: uuidText, since: 85 },
];

function refuseVolume(server: Server, volumeId: string, call: Call): void {
  const { multiattach } = volumeFor(call.world, volumeId, call.actor);
  if (multiattach && call.version < 60)
    throw new Refusal(400, "Multiattach volumes are only supported starting with compute API version 2.60.");
  const held = attachmentsOfVolume(call.world, volumeId).filter((one) => one.attach_status === "attached");
  if (multiattach) {
    if (deviceOf(call.world, server.id, volumeId) !== undefined)
      throw new Refusal(400, `Invalid volume: volume ${volumeId} already attached`);
  } else if (held.length > 0) {
    const instances = held.map(({ instance_uuid }) => instance_uuid ?? "None").join(", ");
    throw new Refusal(400, `Invalid volume: volume ${volumeId} is already attached to instances: ${instances}`);
  }
}

/** Reserves the volume for the server; Cinder's refusal in Nova's words. */
function reserved(server: Server, volumeId: string, call: Call): string {
  try {
    return reserveVolume(cinderOf(call), volumeId, server.id).id;
  } catch (error) {
    throw error instanceof Refusal && error.status === 400 ? new Refusal(400, heard(error, call)) : error;
  }
}

function attach(server: Server, call: Call): Answer {
  const { input } = call;
  const volumeId = text(input.volumeId);
  refuseLocked(server, call);
  refuseState(server, "attach_volume", attachable);
  refuseVolume(server, volumeId, call);
  const name = deviceName(call.world, server, text(input.device));
  const one = addDevice(call.world, {
    id: call.ids.uuid(),
    server_id: server.id,
    volume_id: volumeId,
    attachment_id: reserved(server, volumeId, call),
    device: name,
    tag: text(input.tag) === "" ? null : text(input.tag),
    delete_on_termination: isTrue(input.delete_on_termination),
    boot_index: -1,
  });
  const action = begin(call, server, "attach_volume", "compute_attach_volume");
  call.machine.after(attaching, "nova.attachVolume", server.id, { volume: volumeId, action });
  // The answer keeps the older shape: an id, and neither of those of 2.89 (seen live).
  const { attachment_id: _, bdm_uuid: __, ...said } = shown(one, call);
  return { status: 200, body: { volumeAttachment: { id: volumeId, ...said } } };
}

const attached: Task = (id, args, context) => {
  const { world, at } = context;
  const server = world.of(servers).get(id);
  const one = deviceOf(world, id, text(args.volume));
  if (server === undefined || server.deleted || one === undefined) return;
  const failed = fails(server, "attach_volume") || !connects(one, server, context);
  finish(world, text(args.action), at, server.host, failed);
  if (!failed) return;
  detachVolume(cinderOf(context), one.volume_id, id);
  removeDevice(world, one);
};

function connects(one: BlockDevice, { host }: Server, context: Parameters<Task>[2]): boolean {
  try {
    completeAttachment(cinderOf(context), one.attachment_id, { device: one.device, host });
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function detach(server: Server, call: Call): Answer {
  refuseLocked(server, call);
  refuseState(server, "detach_volume", detachable);
  volumeFor(call.world, call.params.volume ?? "", call.actor);
  const one = own(server, call);
  if (one.boot_index === 0) throw new Refusal(400, "Cannot detach a root device volume");
  beginRelease(call, one);
  const action = begin(call, server, "detach_volume", "compute_detach_volume");
  call.machine.after(detaching, "nova.detachVolume", server.id, { volume: one.volume_id, action });
  return { status: 202 };
}

const detached: Task = (id, args, context) => {
  const { world, at } = context;
  const server = world.of(servers).get(id);
  const one = deviceOf(world, id, text(args.volume));
  if (server === undefined || one === undefined) return;
  detachVolume(cinderOf(context), one.volume_id, id);
  removeDevice(world, one);
  finish(world, text(args.action), at, server.host);
};

/** What is the same volume is changed, another one takes its place: that is for administrators. */
function change(server: Server, call: Call): Answer {
  const { input } = call;
  const id = call.params.volume ?? "";
  const one = deviceOf(call.world, server.id, id);
  const other = text(input.volumeId);
  if (other !== id || call.version < 85) authorize(policy("swap", "admin"), call);
  if (one === undefined) throw new Refusal(404, `No volume Block Device Mapping with id ${id}.`);
  if (other !== id || call.version < 85) return swap(server, one, other, call);
  for (const [name, value] of [
    ["tag", one.tag],
    ["device", one.device],
  ] as const)
    if (input[name] !== undefined && input[name] !== value)
      throw new Refusal(400, `The ${name} property is not mutable`);
  for (const [name, value] of [
    ["serverId", server.id],
    ["id", id],
  ] as const)
    if (input[name] !== undefined && input[name] !== value)
      throw new Refusal(400, `The ${name} property is not mutable`);
  if (input.delete_on_termination !== undefined)
    addDevice(call.world, { ...one, delete_on_termination: isTrue(input.delete_on_termination) });
  return { status: 202 };
}

function swap(server: Server, one: BlockDevice, other: string, call: Call): Answer {
  refuseLocked(server, call);
  refuseState(server, "swap_volume", ["active", "paused", "resized"]);
  const from = volumeFor(call.world, one.volume_id, call.actor);
  const to = volumeFor(call.world, other, call.actor);
  if (to.size < from.size) throw new Refusal(400, "Invalid volume: New volume must be the same size or larger.");
  refuseVolume(server, other, call);
  const attachment_id = reserved(server, other, call);
  beginRelease(call, one);
  const action = begin(call, server, "swap_volume", "compute_swap_volume");
  call.machine.after(detaching, "nova.swapVolume", server.id, { volume: one.volume_id, other, attachment_id, action });
  return { status: 202 };
}

const swapped: Task = (id, args, context) => {
  const { world, at } = context;
  const server = world.of(servers).get(id);
  const one = deviceOf(world, id, text(args.volume));
  if (server === undefined || one === undefined) return;
  detachVolume(cinderOf(context), one.volume_id, id);
  const next = { ...one, volume_id: text(args.other), attachment_id: text(args.attachment_id) };
  const connected = connects(next, server, context);
  if (connected) addDevice(world, next);
  else {
    detachVolume(cinderOf(context), next.volume_id, id);
    removeDevice(world, one);
  }
  finish(world, text(args.action), at, server.host, !connected);
};

export const volumeTasks: Readonly<Record<string, Task>> = {
  "nova.attachVolume": attached,
  "nova.detachVolume": detached,
  "nova.swapVolume": swapped,
};

const path = "/os-volume_attachments";
const reading = (properties: readonly Property[]) => (call: Call) =>
  checkObject("volumeAttachment", inside(call, "volumeAttachment"), properties, call.version);

export const volumeRoutes: readonly MemberRoute<Server>[] = [
  { method: "GET", path, policy: policy("index", "reader"), run: list },
  {
    method: "GET",
    path: `${path}/{volume}`,
    policy: policy("show", "reader"),
    run: (server, call) => ({ status: 200, body: { volumeAttachment: shown(own(server, call), call) } }),
  },
  { method: "POST", path, policy: policy("create"), schema: reading(creatable), run: attach },
  { method: "PUT", path: `${path}/{volume}`, policy: policy("update"), schema: reading(changeable), run: change },
  { method: "DELETE", path: `${path}/{volume}`, policy: policy("delete"), run: detach },
];
