/** Collections that the simulator's storage has nothing in, as a cloud that does not use them: groups, clusters. */
import type { JsonObject } from "../core/json.ts";
import type { Call, Policy, Route } from "../core/types.ts";
import { notInVersion } from "./form.ts";
import { admin, reads } from "./policies.ts";

interface Empty {
  readonly path: string;
  readonly plural: string;
  readonly policy: Policy;
  readonly since?: number;
  readonly rows?: (call: Call) => readonly JsonObject[];
}

/** The group type that every Cinder has from its own migrations (cinder: db/migrations, default_cgsnapshot_type). */
const groupType = {
  id: "7fc10315-5f70-4fa9-8ee2-48b255352235",
  name: "default_cgsnapshot_type",
  description: "Default group type for migrating cgsnapshot",
  is_public: true,
};
const groupSpecs = { group_specs: { consistent_group_snapshot_enabled: "<is> True" } };

const empty: readonly Empty[] = [
  { path: "groups", plural: "groups", policy: reads("group:get_all"), since: 13 },
  { path: "group_snapshots", plural: "group_snapshots", policy: reads("group:get_all_group_snapshots"), since: 14 },
  {
    path: "group_types",
    plural: "group_types",
    policy: reads("group:access_group_types_specs"),
    since: 11,
    rows: ({ actor }) => [{ ...groupType, ...(actor.admin ? groupSpecs : {}) }],
  },
  { path: "consistencygroups", plural: "consistencygroups", policy: reads("consistencygroup:get_all") },
  { path: "cgsnapshots", plural: "cgsnapshots", policy: reads("consistencygroup:get_all_cgsnapshots") },
  { path: "clusters", plural: "clusters", policy: admin("clusters:get_all"), since: 7 },
];

/** A list and, where the API has it, the list with details; what it is asked for besides finds nothing. */
function routesOf({ path, plural, policy, since = 0, rows }: Empty): readonly Route[] {
  const handle = (call: Call) => {
    if (call.version < since) throw notInVersion();
    return { status: 200, body: { [plural]: rows?.(call) ?? [] } };
  };
  return ["", "/detail"].map((tail) => ({ method: "GET", path: `/v3/${path}${tail}`, policy, handle }));
}

export const emptyRoutes: readonly Route[] = empty.flatMap(routesOf);
