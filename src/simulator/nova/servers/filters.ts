/** What `GET /servers` may be asked for (nova stable/zed: api/openstack/compute/servers.py `_get_servers`, schemas `query_params_v21`). */
import { readBoolean } from "../../core/checks.ts";
import type { Json } from "../../core/json.ts";
import { authorize } from "../../core/policy.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, Filter } from "../../core/types.ts";
import { portsOfDevice } from "../../neutron/ports.ts";
import { invalidQuery } from "../form.ts";
import { type Server, servers } from "./rows.ts";
import { statesOf } from "./states.ts";

type Test = (server: Server) => boolean;

/** The core's filters see rows; these see servers, which is what the table holds. */
function typed(make: (values: readonly string[], call: Call, name: string) => Test): Filter {
  return (values, call, name) => {
    const test = make(values, call, name);
    const table = call.world.of(servers);
    return ({ id }) => {
      const server = table.get(id);
      return server !== undefined && test(server);
    };
  };
}

/** Filters that Nova takes of everybody; it drops the others of tenants without a word (seen live). */
const tenants: ReadonlySet<string> = new Set([
  "reservation_id",
  "name",
  "status",
  "image",
  "flavor",
  "ip",
  "ip6",
  "changes-since",
  "changes-before",
  "all_tenants",
  "tags",
  "tags-any",
  "not-tags",
  "not-tags-any",
  "locked",
]);

/** From 2.83 on tenants may filter by these, too. */
const tenantsSince83: ReadonlySet<string> = new Set([
  "availability_zone",
  "config_drive",
  "key_name",
  "created_at",
  "launched_at",
  "terminated_at",
  "power_state",
  "task_state",
  "vm_state",
  "progress",
  "user_id",
]);

function heard(call: Call, name: string): boolean {
  return call.actor.admin || tenants.has(name) || (call.version >= 83 && tenantsSince83.has(name));
}

const anything: Test = () => true;
const everything = () => true;

/** A filter of administrators, which tenants may give in vain. */
function limited(make: (values: readonly string[], call: Call, name: string) => Test): Filter {
  return typed((values, call, name) => (heard(call, name) ? make(values, call, name) : anything));
}

function shown(value: Json | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

function equal(column: string): Filter {
  return limited((values) => (server) => values.includes(shown(server[column])));
}

/** A pattern as MySQL and SQLite search it: anywhere in the text. */
function pattern(values: readonly string[], name: string): RegExp {
  const value = values.at(-1) ?? "";
  try {
    return new RegExp(value, "i");
  } catch {
    throw invalidQuery(name, value, `'${value}' is not a 'regex'`);
  }
}

function like(column: string): Filter {
  return limited((values, _call, name) => {
    const wanted = pattern(values, name);
    return (server) => wanted.test(shown(server[column]));
  });
}

/** Prefixes, as Nova's own `ip` and `ip6` are patterns matched from the start. */
function address(version: 4 | 6): Filter {
  return typed((values, call, name) => {
    const wanted = new RegExp(`^(?:${pattern(values, name).source})`, "i");
    return (server) =>
      portsOfDevice(call.world, server.id).some(({ fixed_ips }) =>
        fixed_ips.some(({ ip_address }) => ip_address.includes(":") === (version === 6) && wanted.test(ip_address)),
      );
  });
}

/** ISO 8601; without a zone it is UTC. */
function moment(values: readonly string[], name: string): number {
  const value = values.at(-1) ?? "";
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value) || !value.includes("T") ? value : `${value}Z`;
  const at = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(zoned.replace(" ", "+")) : Number.NaN;
  if (Number.isNaN(at)) throw invalidQuery(name, value, `'${value}' is not a 'date-time'`);
  return at;
}

const status: Filter = typed((values, call) => {
  const { vm, task, known } = statesOf(values);
  if (!known) {
    if (call.version >= 38) throw new Refusal(400, "Invalid status value");
    return () => false;
  }
  if (vm.size === 1 && vm.has("deleted") && !call.actor.admin)
    throw new Refusal(403, "Only administrators may list deleted instances");
  return (server) => vm.has(server.vm_state) && (task.has("default") || task.has(server.task_state ?? ""));
});

function tagged(test: (has: (tag: string) => boolean, wanted: readonly string[]) => boolean): Filter {
  return typed((values, call) => {
    if (call.version < 26) return anything;
    const wanted = (values.at(-1) ?? "").split(",");
    return (server) => test((tag) => server.tags.includes(tag), wanted);
  });
}

const acceptable = "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'";

/** Whether all tenants' servers are asked for, which only administrators may. */
export function wantsAllTenants(call: Call): boolean {
  const value = call.query.getAll("all_tenants").at(-1);
  if (value === undefined) return false;
  // An empty value counts as yes (nova: api/openstack/common.py is_all_tenants).
  const wanted = value === "" ? true : readBoolean(value);
  if (wanted === undefined)
    throw new Refusal(400, `Unrecognized value '${value}', acceptable values are: ${acceptable}`);
  return wanted;
}

const allTenants: Filter = (_values, call) => {
  const verb = call.path.endsWith("/detail") ? "detail" : "index";
  if (wantsAllTenants(call)) authorize({ name: `os_compute_api:servers:${verb}:get_all_tenants`, rule: "admin" }, call);
  return everything;
};

/** Whether a list holds a server at all: those of the project, and deleted ones only on request. */
export function isListed(server: Server, call: Call): boolean {
  if (server.project_id !== call.actor.projectId && !(call.actor.admin && wantsAllTenants(call))) return false;
  const { query } = call;
  const wanted = call.actor.admin ? query.getAll("deleted").at(-1) : undefined;
  if (wanted !== undefined) return server.deleted === (readBoolean(wanted) ?? false);
  if (query.has("changes-since") || query.has("changes-before")) return true;
  if (call.actor.admin && query.getAll("status").some((value) => value.toUpperCase() === "DELETED"))
    return server.deleted;
  return !server.deleted;
}

const byProject: Filter = limited((values, call) =>
  wantsAllTenants(call) ? (server) => values.includes(server.project_id) : anything,
);

const locked: Filter = typed((values, call) => {
  if (call.version < 73) return anything;
  const wanted = readBoolean(values.at(-1) ?? "");
  return (server) => server.locked === (wanted ?? false);
});

export const serverFilters: Readonly<Record<string, Filter>> = {
  all_tenants: allTenants,
  deleted: () => everything,
  soft_deleted: () => everything,
  status,
  name: like("display_name"),
  display_name: like("display_name"),
  description: like("display_description"),
  display_description: like("display_description"),
  hostname: like("hostname"),
  image: equal("image_ref"),
  image_ref: equal("image_ref"),
  flavor: typed((values) => (server) => values.includes(server.flavor.id)),
  ip: address(4),
  ip6: address(6),
  "changes-since": typed((values, _call, name) => {
    const since = moment(values, name);
    return (server) => server.updated_at >= since;
  }),
  "changes-before": typed((values, call, name) => {
    if (call.version < 66) return anything;
    const before = moment(values, name);
    return (server) => server.updated_at <= before;
  }),
  host: equal("host"),
  node: equal("host"),
  uuid: equal("id"),
  user_id: equal("user_id"),
  project_id: byProject,
  tenant_id: byProject,
  vm_state: equal("vm_state"),
  task_state: equal("task_state"),
  power_state: equal("power_state"),
  progress: equal("progress"),
  key_name: like("key_name"),
  config_drive: like("config_drive"),
  availability_zone: like("availability_zone"),
  reservation_id: like("reservation_id"),
  launch_index: equal("launch_index"),
  locked_by: like("locked_by"),
  access_ip_v4: like("access_ip_v4"),
  access_ip_v6: like("access_ip_v6"),
  locked,
  tags: tagged((has, wanted) => wanted.every(has)),
  "tags-any": tagged((has, wanted) => wanted.some(has)),
  "not-tags": tagged((has, wanted) => !wanted.every(has)),
  "not-tags-any": tagged((has, wanted) => !wanted.some(has)),
};

/** Sort keys, and columns they mean; those that mean nothing here leave the order as it is. */
const sortable = [
  "access_ip_v4",
  "access_ip_v6",
  "auto_disk_config",
  "availability_zone",
  "config_drive",
  "created_at",
  "display_description",
  "display_name",
  "host",
  "hostname",
  "image_ref",
  "instance_type_id",
  "kernel_id",
  "key_name",
  "launch_index",
  "launched_at",
  "locked_by",
  "node",
  "power_state",
  "progress",
  "project_id",
  "ramdisk_id",
  "root_device_name",
  "task_state",
  "terminated_at",
  "updated_at",
  "user_id",
  "uuid",
  "vm_state",
] as const;
/** Known and of no effect. */
const ignored = [
  "architecture",
  "cell_name",
  "cleaned",
  "default_ephemeral_device",
  "default_swap_device",
  "deleted",
  "deleted_at",
  "disable_terminate",
  "ephemeral_gb",
  "ephemeral_key_uuid",
  "id",
  "key_data",
  "launched_on",
  "locked",
  "memory_mb",
  "os_type",
  "reservation_id",
  "root_gb",
  "shutdown_terminate",
  "user_data",
  "vcpus",
  "vm_mode",
];
const renamed: Readonly<Record<string, string>> = { node: "host", uuid: "id" };
export const serverSort: Readonly<Record<string, string>> = Object.fromEntries([
  ...sortable.map((name) => [name, renamed[name] ?? name]),
  ...ignored.map((name) => [name, name === "locked" ? name : "created_at"]),
]);

/** By host and node only administrators may sort. */
export function refuseSort(call: Call): void {
  for (const key of call.query.getAll("sort_key"))
    if ((key === "host" || key === "node") && !call.actor.admin)
      throw new Refusal(403, `Only administrators can sort servers by ${key}`);
}
