/** What Cinder tells of itself: zones, extensions, filters, services, pools. Only what is simulated is announced. */
import type { JsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { zoneless } from "../core/times.ts";
import type { Answer, Call, Route } from "../core/types.ts";
import { attachmentFilters } from "./attachments.ts";
import { backupFilters } from "./backups.ts";
import { zone } from "./create.ts";
import { boolParam } from "./filters.ts";
import { admin, reads } from "./policies.ts";
import { type Backend, backends, volumes } from "./rows.ts";
import { snapshotFilters } from "./snapshots.ts";
import { volumeFilters } from "./volumes.ts";

const extensions = [
  ["VolumeImageMetadata", "os-vol-image-meta", "Show image metadata associated with the volume.", "2012-12-07"],
  ["UsedLimits", "os-used-limits", "Provide data on limited resources that are being used.", "2013-10-03"],
  ["AdminActions", "os-admin-actions", "Enable admin actions.", "2012-08-25"],
  ["TypesExtraSpecs", "os-types-extra-specs", "Type extra specs support.", "2011-08-24"],
  ["Backups", "backups", "Backups support.", "2012-12-12"],
  ["Quotas", "os-quota-sets", "Quota management support.", "2011-08-08"],
  ["VolumeActions", "os-volume-actions", "Enable volume actions.", "2012-05-31"],
  ["AvailabilityZones", "os-availability-zone", "Describe Availability Zones.", "2013-06-27"],
  ["TypesManage", "os-types-manage", "Types manage support.", "2011-08-24"],
  [
    "ExtendedSnapshotAttributes",
    "os-extended-snapshot-attributes",
    "Extended SnapshotAttributes support.",
    "2012-06-19",
  ],
  ["VolumeHostAttribute", "os-vol-host-attr", "Expose host as an attribute of a volume.", "2011-11-03"],
  ["Scheduler_stats", "scheduler-stats", "Scheduler stats support.", "2014-09-07"],
  [
    "VolumeMigStatusAttribute",
    "os-vol-mig-status-attr",
    "Expose migration_status as an attribute of a volume.",
    "2013-08-08",
  ],
  [
    "VolumeTenantAttribute",
    "os-vol-tenant-attr",
    "Expose the internal project_id as an attribute of a volume.",
    "2011-11-03",
  ],
  ["VolumeTypeAccess", "os-volume-type-access", "Volume type access support.", "2014-06-26"],
  ["Services", "os-services", "Services support.", "2012-10-28"],
  ["SchedulerHints", "OS-SCH-HNT", "Pass arbitrary key/value pairs to the scheduler.", "2013-04-18"],
] as const;

function extension([name, alias, description, day]: (typeof extensions)[number]): JsonObject {
  // Two of them write their time in a way of their own.
  const end = alias === "os-volume-type-access" ? "Z" : alias === "os-services" ? "-00:00" : "+00:00";
  return { name, alias, description, updated: `${day}T00:00:00${end}`, links: [] };
}

function oneExtension(call: Call): Answer {
  const found = extensions.find(([, alias]) => alias === call.params.alias);
  if (found === undefined) throw new Refusal(404, "The resource could not be found.");
  return { status: 200, body: { extension: extension(found) } };
}

const filters: Readonly<Record<string, readonly string[]>> = {
  volume: volumeFilters,
  backup: backupFilters,
  snapshot: snapshotFilters,
  attachment: attachmentFilters,
  pool: ["name", "volume_type"],
  volume_type: ["is_public", "extra_specs"],
};

function resourceFilters(call: Call): Answer {
  const wanted = call.query.get("resource");
  const rows = Object.entries(filters).filter(([resource]) => wanted === null || resource === wanted);
  return { status: 200, body: { resource_filters: rows.map(([resource, names]) => ({ resource, filters: names })) } };
}

function services(call: Call): Answer {
  const at = zoneless(call.now);
  const cluster = call.version >= 7 ? { cluster: null } : {};
  const state = { zone, status: "enabled", state: "up", updated_at: at, disabled_reason: null, ...cluster };
  const replicated = { replication_status: "disabled", active_backend_id: null, frozen: false };
  const stores = [...call.world.of(backends).all()].map(({ host }) => ({
    binary: "cinder-volume",
    host: host.split("#")[0] ?? host,
    ...state,
    ...replicated,
    ...(call.version >= 49 ? { backend_state: "up" } : {}),
  }));
  const scheduler = { binary: "cinder-scheduler", host: "controller", ...state };
  return { status: 200, body: { services: [...stores, scheduler] } };
}

/** GiB of each pretended back end. */
const capacity = 100_000;

function pool({ id, host }: Backend, call: Call): JsonObject {
  if (!boolParam(call, "detail")) return { name: host };
  const used = call.world.of(volumes).filter((volume) => volume.host === host);
  const taken = used.reduce((sum, { size }) => sum + size, 0);
  const capabilities = {
    pool_name: id,
    volume_backend_name: id,
    vendor_name: "simulator",
    driver_version: "1.0.0",
    storage_protocol: "iSCSI",
    total_capacity_gb: capacity,
    free_capacity_gb: capacity - taken,
    provisioned_capacity_gb: taken,
    allocated_capacity_gb: taken,
    reserved_percentage: 0,
    max_over_subscription_ratio: 20.0,
    thin_provisioning_support: true,
    thick_provisioning_support: false,
    multiattach: true,
    timestamp: zoneless(call.now),
  };
  return { name: host, capabilities };
}

export const aboutRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v3/os-availability-zone",
    policy: reads("volume:availability_zone_list"),
    handle: () => ({
      status: 200,
      body: { availabilityZoneInfo: [{ zoneName: zone, zoneState: { available: true } }] },
    }),
  },
  {
    method: "GET",
    path: "/v3/extensions",
    policy: { name: "volume:extensions", rule: "token" },
    handle: () => ({ status: 200, body: { extensions: extensions.map(extension) } }),
  },
  {
    method: "GET",
    path: "/v3/extensions/{alias}",
    policy: { name: "volume:extensions", rule: "token" },
    handle: oneExtension,
  },
  {
    method: "GET",
    path: "/v3/resource_filters",
    since: 33,
    policy: { name: "volume:resource_filters", rule: "token" },
    handle: resourceFilters,
  },
  { method: "GET", path: "/v3/os-services", policy: admin("volume_extension:services:index"), handle: services },
  {
    method: "GET",
    path: "/v3/scheduler-stats/get_pools",
    policy: admin("scheduler_extension:scheduler_stats:get_pools"),
    handle: (call) => ({
      status: 200,
      body: { pools: [...call.world.of(backends).all()].map((backend) => pool(backend, call)) },
    }),
  },
];
