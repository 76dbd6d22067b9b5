/** The pretended hypervisors, for administrators (nova stable/zed: api/openstack/compute/hypervisors.py; words seen live). */
import { createHash } from "node:crypto";
import type { JsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { type Host, hosts, serviceOn } from "./places.ts";
import { servers } from "./servers/rows.ts";

const policy = (verb: string): Policy => ({ name: `os_compute_api:os-hypervisors:${verb}`, rule: "admin" });

const cpu = {
  arch: "x86_64",
  model: "Nehalem",
  vendor: "Intel",
  features: ["pge", "clflush"],
  topology: { cores: 1, threads: 1, sockets: 4 },
};

/** The same in every simulator: it is derived from the host's name. */
function uuidOf({ name }: Host): string {
  const digest = createHash("sha256").update(`hypervisor ${name}`).digest("hex");
  return [0, 8, 12, 16, 20, 32]
    .flatMap((from, at, cuts) => (at === 5 ? [] : [digest.slice(from, cuts[at + 1])]))
    .join("-");
}

const onHost = (call: Call, name: string) =>
  call.world.of(servers).filter(({ host, deleted }) => host === name && !deleted);

function idOf(host: Host, call: Call): string | number {
  return call.version < 53 ? hosts.indexOf(host) + 1 : uuidOf(host);
}

function brief(host: Host, call: Call): JsonObject {
  const service = serviceOn(call.world, host.name);
  return {
    id: idOf(host, call),
    hypervisor_hostname: host.name,
    state: service?.forced_down === true ? "down" : "up",
    status: service?.disabled === true ? "disabled" : "enabled",
  };
}

interface Amounts extends Readonly<Record<string, number>> {
  readonly vcpus: number;
}

/** What 2.88 took away, for Placement knows it better. */
function amounts(host: Host, call: Call): Amounts {
  const here = onHost(call, host.name);
  const sum = (of: (one: (typeof here)[number]) => number) => here.reduce((total, one) => total + of(one), 0);
  const ram = sum(({ flavor }) => flavor.ram) + 512;
  const disk = sum(({ flavor }) => flavor.disk + flavor.ephemeral);
  return {
    vcpus: host.vcpus,
    memory_mb: host.ram,
    local_gb: host.disk,
    vcpus_used: sum(({ flavor }) => flavor.vcpus),
    memory_mb_used: ram,
    local_gb_used: disk,
    free_ram_mb: host.ram - ram,
    free_disk_gb: host.disk - disk,
    current_workload: here.filter(({ task_state }) => task_state !== null).length,
    running_vms: here.length,
    disk_available_least: host.disk - disk,
  };
}

function uptime(call: Call): string {
  return ` ${new Date(call.now).toISOString().slice(11, 19)} up 7 days,  1:00,  0 users,  load average: 0.10, 0.10, 0.10`;
}

function serversOf(host: Host, call: Call): JsonObject {
  const here = onHost(call, host.name).map(({ id, display_name }) => ({ name: display_name, uuid: id }));
  return here.length === 0 ? {} : { servers: here };
}

function wantsServers(call: Call): boolean {
  return call.version >= 53 && (call.query.get("with_servers") ?? "").toLowerCase() === "true";
}

function full(host: Host, call: Call): JsonObject {
  const service = serviceOn(call.world, host.name);
  return {
    ...brief(host, call),
    hypervisor_type: "fake",
    hypervisor_version: 1000,
    host_ip: "127.0.0.1",
    service: {
      id: (call.version < 53 ? service?.number : service?.id) ?? null,
      host: host.name,
      disabled_reason: service?.disabled_reason ?? null,
    },
    ...(wantsServers(call) ? serversOf(host, call) : {}),
    ...(call.version >= 88
      ? { uptime: uptime(call) }
      : { ...amounts(host, call), cpu_info: call.version < 28 ? pythonic(cpu) : cpu }),
  };
}

/** As Python's json.dumps writes it. */
function pythonic(value: JsonObject): string {
  return JSON.stringify(value).replaceAll('":', '": ').replaceAll(',"', ', "');
}

/** Those whose service is still there, narrowed by the pattern of their name. */
function chosen(call: Call, pattern: string | null): readonly Host[] {
  const found = hosts.filter(
    ({ name }) => serviceOn(call.world, name) !== undefined && (pattern === null || name.includes(pattern)),
  );
  if (found.length === 0 && pattern !== null)
    throw new Refusal(404, `No hypervisor matching '${pattern}' could be found.`);
  return found;
}

function find(call: Call): Host {
  const id = call.params.hypervisor ?? "";
  if (call.version >= 53 && !/^[0-9a-f-]{36}$/.test(id)) throw new Refusal(400, `Invalid uuid ${id}`);
  const host = chosen(call, null).find((one) => String(idOf(one, call)) === id);
  if (host === undefined) throw new Refusal(404, `Hypervisor with ID '${id}' could not be found.`);
  return host;
}

const pattern = (call: Call): string | null =>
  call.version >= 53 ? call.query.get("hypervisor_hostname_pattern") : null;

function list(call: Call, show: (host: Host) => JsonObject): Answer {
  return { status: 200, body: { hypervisors: chosen(call, pattern(call)).map(show) } };
}

function statistics(call: Call): Answer {
  const total: Record<string, number> = { count: 0 };
  for (const host of chosen(call, null)) {
    total.count = (total.count ?? 0) + 1;
    for (const [name, amount] of Object.entries(amounts(host, call))) total[name] = (total[name] ?? 0) + amount;
  }
  return { status: 200, body: { hypervisor_statistics: total } };
}

const path = "/v2.1/os-hypervisors";

export const hypervisorRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    policy: policy("list"),
    handle: (call) =>
      list(call, (host) => ({ ...brief(host, call), ...(wantsServers(call) ? serversOf(host, call) : {}) })),
  },
  {
    method: "GET",
    path: `${path}/detail`,
    policy: policy("list-detail"),
    handle: (call) => list(call, (host) => full(host, call)),
  },
  { method: "GET", path: `${path}/statistics`, until: 87, policy: policy("statistics"), handle: statistics },
  {
    method: "GET",
    path: `${path}/{hypervisor}`,
    policy: policy("show"),
    handle: (call) => ({ status: 200, body: { hypervisor: full(find(call), call) } }),
  },
  {
    method: "GET",
    path: `${path}/{hypervisor}/uptime`,
    until: 87,
    policy: policy("uptime"),
    handle: (call) => ({ status: 200, body: { hypervisor: { ...brief(find(call), call), uptime: uptime(call) } } }),
  },
  {
    method: "GET",
    path: `${path}/{hypervisor}/search`,
    until: 52,
    policy: policy("search"),
    handle: (call) => {
      const found = chosen(call, call.params.hypervisor ?? "");
      return { status: 200, body: { hypervisors: found.map((host) => brief(host, call)) } };
    },
  },
  {
    method: "GET",
    path: `${path}/{hypervisor}/servers`,
    until: 52,
    policy: policy("servers"),
    handle: (call) => {
      const found = chosen(call, call.params.hypervisor ?? "");
      const shown = found.map((host) => ({ ...brief(host, call), ...serversOf(host, call) }));
      return { status: 200, body: { hypervisors: shown } };
    },
  },
];
