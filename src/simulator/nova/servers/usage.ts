/** What a project's servers used in a time (nova stable/zed: api/openstack/compute/simple_tenant_usage.py). */
import type { JsonObject } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, Route } from "../../core/types.ts";
import { databaseTime } from "../form.ts";
import { type Server, servers } from "./rows.ts";

const hour = 3_600_000;

interface Period {
  readonly start: number;
  readonly end: number;
}

function period(call: Call): Period {
  const read = (name: string, fallback: number) => {
    const value = call.query.getAll(name).at(-1);
    if (value === undefined) return fallback;
    const zoned = value.includes("T") && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(value) ? `${value}Z` : value;
    const at = Date.parse(zoned);
    if (Number.isNaN(at)) throw new Refusal(400, `Unable to parse datetime: ${value}`);
    return at;
  };
  const wanted = { start: read("start", call.now - 672 * hour), end: read("end", call.now) };
  if (wanted.start > wanted.end)
    throw new Refusal(400, "Invalid start time. The start time cannot occur after the end time.");
  return wanted;
}

function hoursOf({ launched_at, terminated_at }: Server, { start, end }: Period): number {
  if (launched_at === null) return 0;
  return Math.max(0, Math.min(terminated_at ?? end, end) - Math.max(launched_at, start)) / hour;
}

function usageOf(call: Call, project: string, wanted: Period, detailed: boolean): JsonObject | undefined {
  const used = call.world
    .of(servers)
    .by("project_id", project)
    .filter(
      ({ launched_at, terminated_at }) =>
        launched_at !== null && launched_at <= wanted.end && (terminated_at ?? wanted.end) >= wanted.start,
    );
  if (used.length === 0) return undefined;
  const rows = used.map((server) => {
    const { flavor } = server;
    return {
      hours: hoursOf(server, wanted),
      flavor: flavor.name,
      instance_id: server.id,
      name: server.display_name,
      tenant_id: project,
      memory_mb: flavor.ram,
      local_gb: flavor.disk + flavor.ephemeral,
      vcpus: flavor.vcpus,
      started_at: databaseTime(server.launched_at ?? server.created_at),
      ended_at: server.terminated_at === null ? null : databaseTime(server.terminated_at),
      state: server.deleted ? "terminated" : server.vm_state,
      uptime: Math.floor(((server.terminated_at ?? call.now) - (server.launched_at ?? call.now)) / 1000),
    };
  });
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    tenant_id: project,
    ...(detailed ? { server_usages: rows } : {}),
    total_local_gb_usage: sum(({ hours, local_gb }) => hours * local_gb),
    total_vcpus_usage: sum(({ hours, vcpus }) => hours * vcpus),
    total_memory_mb_usage: sum(({ hours, memory_mb }) => hours * memory_mb),
    total_hours: sum(({ hours }) => hours),
    start: databaseTime(wanted.start),
    stop: databaseTime(wanted.end),
  };
}

export const usageRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2.1/os-simple-tenant-usage",
    policy: { name: "os_compute_api:os-simple-tenant-usage:list", rule: "admin" },
    handle: (call) => {
      const wanted = period(call);
      const detailed = call.query.getAll("detailed").at(-1) === "1";
      const projects = new Set([...call.world.of(servers).all()].map(({ project_id }) => project_id));
      const usages = [...projects].flatMap((project) => usageOf(call, project, wanted, detailed) ?? []);
      return { status: 200, body: { tenant_usages: usages } };
    },
  },
  {
    method: "GET",
    path: "/v2.1/os-simple-tenant-usage/{project}",
    policy: {
      name: "os_compute_api:os-simple-tenant-usage:show",
      rule: ({ actor, params }) => actor.admin || (actor.projectId === params.project && actor.roles.has("reader")),
    },
    handle: (call) => ({
      status: 200,
      body: { tenant_usage: usageOf(call, call.params.project ?? "", period(call), true) ?? {} },
    }),
  },
];
