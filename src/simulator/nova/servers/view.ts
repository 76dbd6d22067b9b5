/** A server as clients see it, by microversion and role (nova stable/zed: api/openstack/compute/views/servers.py; seen live). */
import type { Json, JsonObject } from "../../core/json.ts";
import { isoSeconds } from "../../core/times.ts";
import type { Call } from "../../core/types.ts";
import { floatingIpsOf } from "../../neutron/floating-association.ts";
import { portsOfDevice } from "../../neutron/ports.ts";
import { networks, type Port, securityGroups } from "../../neutron/tables.ts";
import { databaseTime, links } from "../form.ts";
import { devicesOf } from "./devices.ts";
import { serverGroups } from "./groups.ts";
import { zoneOf } from "../places.ts";
import { hostId } from "./hosts.ts";
import type { Server } from "./rows.ts";
import { statusOf } from "./states.ts";

const progressing: ReadonlySet<string> = new Set([
  "ACTIVE",
  "BUILD",
  "REBUILD",
  "RESIZE",
  "VERIFY_RESIZE",
  "MIGRATING",
]);
const faulty: ReadonlySet<string> = new Set(["ERROR", "DELETED"]);

/** Path of a server below the API's root. */
export function pathOf({ id }: Server): string {
  return `/servers/${id}`;
}

export function brief(server: Server, call: Call): JsonObject {
  return { id: server.id, name: server.display_name, links: links(call, pathOf(server)) };
}

function bookmark(call: Call, path: string): readonly JsonObject[] {
  return links(call, path).filter(({ rel }) => rel === "bookmark");
}

/** Addresses by network name; `plain` is the short form of `/ips`. A server that is being built has none. */
export function addressesOf(server: Server, call: Call, plain = false): JsonObject {
  if (server.vm_state === "building" || server.deleted) return {};
  const byNetwork: Record<string, Json[]> = {};
  for (const port of portsOfDevice(call.world, server.id)) {
    const name = call.world.of(networks).get(port.network_id)?.name ?? "";
    byNetwork[name] ??= [];
    for (const { ip_address: addr } of port.fixed_ips) {
      const version = addr.includes(":") ? 6 : 4;
      const more = plain ? {} : { "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": port.mac_address };
      byNetwork[name].push({ version, addr, ...more });
      for (const floating of floatingIpsOf(call.world, port.id)) {
        if (floating.fixed_ip_address !== addr) continue;
        const kind = plain ? {} : { ...more, "OS-EXT-IPS:type": "floating" };
        byNetwork[name].push({ version: 4, addr: floating.floating_ip_address, ...kind });
      }
    }
  }
  return byNetwork;
}

/** One entry per port and group, so a group may come twice (seen live). */
function groupsOf(ports: readonly Port[], call: Call): JsonObject[] {
  return ports.flatMap((port) =>
    port.security_groups.flatMap((id) => {
      const group = call.world.of(securityGroups).get(id);
      return group === undefined ? [] : [{ name: group.name === "" ? id : group.name }];
    }),
  );
}

function image({ image_ref: id, image_properties: properties }: Server, call: Call): Json {
  if (id === "") return "";
  return { id, links: bookmark(call, `/images/${id}`), ...(call.version < 98 ? {} : { properties }) };
}

function flavor({ flavor: own }: Server, call: Call): JsonObject {
  if (call.version < 47) return { id: own.id, links: bookmark(call, `/flavors/${encodeURIComponent(own.id)}`) };
  const { vcpus, ram, disk, ephemeral, swap, extra_specs } = own;
  return { vcpus, ram, disk, ephemeral, swap, original_name: own.name, extra_specs };
}

function fault({ fault: own }: Server, call: Call): JsonObject {
  if (own === null) return {};
  const details = call.actor.admin ? { details: own.message } : {};
  return { fault: { code: own.code, created: isoSeconds(own.created), message: own.message, ...details } };
}

/** What administrators see besides. */
function attributes(server: Server, call: Call): JsonObject {
  const prefix = "OS-EXT-SRV-ATTR:";
  const host = server.host === "" ? null : server.host;
  const base = {
    [`${prefix}host`]: host,
    [`${prefix}instance_name`]: `instance-${server.number.toString(16).padStart(8, "0")}`,
    [`${prefix}hypervisor_hostname`]: host,
  };
  if (call.version < 3) return base;
  return {
    ...base,
    [`${prefix}reservation_id`]: server.reservation_id,
    [`${prefix}launch_index`]: server.launch_index,
    [`${prefix}hostname`]: server.hostname,
    [`${prefix}kernel_id`]: "",
    [`${prefix}ramdisk_id`]: "",
    [`${prefix}root_device_name`]: "/dev/sda",
    [`${prefix}user_data`]: server.user_data,
  };
}

/** A server that is being built shows none yet (seen live). */
function volumesOf({ id, vm_state, deleted }: Server, call: Call): JsonObject[] {
  if (vm_state === "building" || deleted) return [];
  return devicesOf(call.world, id).map(({ volume_id, delete_on_termination }) =>
    call.version < 3 ? { id: volume_id } : { id: volume_id, delete_on_termination },
  );
}

function time(at: number | null): string | null {
  return at === null ? null : databaseTime(at);
}

/** What PUT and rebuild left out before 2.75. */
function extended(server: Server, call: Call): JsonObject {
  const { actor, version } = call;
  const groups = server.deleted ? [] : groupsOf(portsOfDevice(call.world, server.id), call);
  return {
    "OS-EXT-AZ:availability_zone": server.host === "" ? server.availability_zone : zoneOf(call.world, server.host),
    config_drive: server.config_drive,
    key_name: server.key_name,
    "OS-SRV-USG:launched_at": time(server.launched_at),
    "OS-SRV-USG:terminated_at": time(server.terminated_at),
    ...(groups.length > 0 ? { security_groups: groups } : {}),
    ...(actor.admin ? attributes(server, call) : {}),
    "OS-EXT-STS:task_state": server.task_state,
    "OS-EXT-STS:vm_state": server.vm_state,
    "OS-EXT-STS:power_state": server.power_state,
    "os-extended-volumes:volumes_attached": volumesOf(server, call),
    ...(actor.admin && version >= 16 ? { host_status: server.host === "" ? "" : "UP" } : {}),
  };
}

function newer(server: Server, call: Call): JsonObject {
  const since: readonly (readonly [number, () => JsonObject])[] = [
    [9, () => ({ locked: server.locked })],
    [73, () => ({ locked_reason: server.locked_reason })],
    [19, () => ({ description: server.display_description })],
    [26, () => ({ tags: server.tags })],
    [63, () => ({ trusted_image_certificates: server.trusted_certs })],
    // The zone asked for, not the one it is in (nova: doc/api_samples/servers/v2.96).
    [96, () => ({ pinned_availability_zone: server.pinned_zone })],
    [100, () => ({ scheduler_hints: server.scheduler_hints })],
    [90, () => (call.actor.admin ? {} : { "OS-EXT-SRV-ATTR:hostname": server.hostname })],
  ];
  const seen: Record<string, Json> = {};
  for (const [version, part] of since) if (call.version >= version) Object.assign(seen, part());
  return seen;
}

/** Only asked of one server: a list does not tell (nova: views/servers.py `show_server_groups`). */
function groupIds(server: Server, call: Call): JsonObject {
  if (call.version < 71) return {};
  const group = call.world.of(serverGroups).find(({ members }) => members.includes(server.id));
  return { server_groups: group === undefined ? [] : [group.id] };
}

/** `one`: of a GET for one server; `changed`: the answer of PUT and rebuild, which is short before 2.75. */
export function view(server: Server, call: Call, kind: "one" | "list" | "changed"): JsonObject {
  const status = statusOf(server);
  return {
    id: server.id,
    name: server.display_name,
    status,
    tenant_id: server.project_id,
    user_id: server.user_id,
    metadata: server.metadata,
    hostId: hostId(server.host, server.project_id),
    image: image(server, call),
    flavor: flavor(server, call),
    created: isoSeconds(server.created_at),
    updated: isoSeconds(server.updated_at),
    addresses: addressesOf(server, call, kind === "changed" && call.version < 75),
    accessIPv4: server.access_ip_v4,
    accessIPv6: server.access_ip_v6,
    links: links(call, pathOf(server)),
    "OS-DCF:diskConfig": server.auto_disk_config ? "AUTO" : "MANUAL",
    ...(faulty.has(status) ? fault(server, call) : {}),
    ...(progressing.has(status) ? { progress: server.progress } : {}),
    ...(kind === "changed" && call.version < 75 ? {} : extended(server, call)),
    ...newer(server, call),
    ...(kind === "list" ? {} : groupIds(server, call)),
  };
}
