/** What stands behind networks, for administrators, and what the simulator's cloud has none of (with OVN; seen live). */
import { createHash } from "node:crypto";
import type { JsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call, Policy, Route } from "../core/types.ts";
import { hosts } from "../nova/places.ts";
import { conflict, missing } from "./errors.ts";
import { networks } from "./tables.ts";

const reader = (name: string): Policy => ({ name, rule: "reader" });

function idOf(kind: string, name: string): string {
  const digest = createHash("sha256").update(`${kind} ${name}`).digest("hex");
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${digest.slice(12, 16)}-${digest.slice(16, 20)}-${digest.slice(20, 32)}`;
}

/** One controller on each host. */
function agents(): readonly JsonObject[] {
  return hosts.map(({ name }) => {
    const id = idOf("agent", name);
    return {
      binary: "ovn-controller",
      host: name,
      heartbeat_timestamp: "1970-01-01 00:00:00+00:00",
      availability_zone: "",
      topic: "n/a",
      description: "",
      configurations: { chassis_name: id, "bridge-mappings": "physnet1:br-ex" },
      agent_type: "OVN Controller Gateway agent",
      id,
      alive: true,
      admin_state_up: true,
    };
  });
}

/** Whoever may not know gets an empty list and a bare 404, not a refusal (seen live). */
function known(call: Call, rows: readonly JsonObject[]): readonly JsonObject[] {
  const wanted = (row: JsonObject) =>
    [...call.query].every(([name, value]) => !Object.hasOwn(row, name) || String(row[name]) === value);
  return call.actor.admin ? rows.filter(wanted) : [];
}

function one(call: Call, rows: readonly JsonObject[], id: string, absent: Refusal): JsonObject {
  if (!call.actor.admin) throw new Refusal(404, "The resource could not be found.");
  const row = rows.find((candidate) => candidate.id === id);
  if (row === undefined) throw absent;
  return row;
}

/** Each network has one segment. */
function segments({ world }: Call): readonly JsonObject[] {
  return [...world.of(networks).all()].map((row) => ({
    id: idOf("segment", row.id),
    network_id: row.id,
    name: null,
    description: null,
    physical_network: row.physical_network,
    network_type: row.network_type,
    segmentation_id: row.segmentation_id,
    created_at: row.created_at,
    updated_at: row.created_at,
    revision_number: 0,
  }));
}

const get = (path: string, policy: string, handle: Route["handle"]): Route => ({
  method: "GET",
  path: `/v2.0/${path}`,
  policy: reader(policy),
  handle,
});

const empty = (path: string, plural: string): Route =>
  get(path, `get_${plural.replace(/s$/, "")}`, () => ({ status: 200, body: { [plural]: [] } }));

/** No external network is the default one, so none can be joined by itself. */
function topology(call: Call): never {
  const project = call.params.project ?? "";
  if (project !== call.actor.projectId && project !== "None" && !call.actor.admin)
    throw new Refusal(403, "Not authorized.", { kind: "NotAuthorized" });
  throw conflict("AutoAllocationFailure", "Deployment error: No default router:external network.");
}

export const backstageRoutes: readonly Route[] = [
  get("agents", "get_agent", (call) => ({ status: 200, body: { agents: known(call, agents()) } })),
  get("agents/{agent}", "get_agent", (call) => {
    const id = call.params.agent ?? "";
    const absent = missing("AgentNotFound", `Agent ${id} could not be found.`);
    return { status: 200, body: { agent: one(call, agents(), id, absent) } };
  }),
  get("segments", "get_segment", (call) => ({ status: 200, body: { segments: known(call, segments(call)) } })),
  get("segments/{segment}", "get_segment", (call) => {
    const id = call.params.segment ?? "";
    const absent = missing("SegmentNotFound", `Segment ${id} could not be found.`);
    return { status: 200, body: { segment: one(call, segments(call), id, absent) } };
  }),
  empty("service-providers", "service_providers"),
  empty("flavors", "flavors"),
  empty("service_profiles", "service_profiles"),
  get("auto-allocated-topology/{project}", "get_auto_allocated_topology", topology),
];
