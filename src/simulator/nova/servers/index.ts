/**
 * Servers: rows and tables of states, worked by the machine; everything else are views and checks around them.
 *
 * rows (tables) · states (status by state) · transitions (actions by state) · lifecycle (tasks) · endings ·
 * moving (shelve, rescue, migrate) · migrations · schema (checks of bodies) · create ·
 * networking (ports at create) · block-mapping, devices, volumes, volume-attachments (what Cinder gives) · images (what boots on what) · hosts (scheduler) · groups (server groups) · quota · view ·
 * filters · update · actions · snapshots · labels (metadata, tags) · interfaces · security-groups · consoles · diagnostics · history ·
 * usage (os-simple-tenant-usage)
 */
import { Refusal } from "../../core/refusal.ts";
import type { Call, Policy, Resource } from "../../core/types.ts";
import { serverActions } from "./actions.ts";
import { diagnosticRoutes } from "./diagnostics.ts";
import { serverMigrationRoutes } from "./migrations.ts";
import { consoleRoutes } from "./consoles.ts";
import { isListed, refuseSort, serverFilters, serverSort } from "./filters.ts";
import { historyRoutes } from "./history.ts";
import { interfaceRoutes } from "./interfaces.ts";
import { metadataRoutes, tagRoutes } from "./labels.ts";
import { destroy } from "./lifecycle.ts";
import { type Server, servers } from "./rows.ts";
import { securityGroupRoutes } from "./security-groups.ts";
import { updateRoute } from "./update.ts";
import { addressesOf, brief, view } from "./view.ts";
import { volumeRoutes } from "./volume-attachments.ts";

const policy = (verb: string, rule: Policy["rule"]): Policy => ({ name: `os_compute_api:servers:${verb}`, rule });

const addresses: Resource<Server>["members"] = [
  {
    method: "GET",
    path: "/ips",
    policy: { name: "os_compute_api:ips:index", rule: "reader" },
    run: (server, call) => ({ status: 200, body: { addresses: addressesOf(server, call, true) } }),
  },
  {
    method: "GET",
    path: "/ips/{network}",
    policy: { name: "os_compute_api:ips:show", rule: "reader" },
    run: (server, call) => {
      const name = call.params.network ?? "";
      const found = Object.entries(addressesOf(server, call, true)).find(([network]) => network === name)?.[1];
      if (found === undefined) throw new Refusal(404, "Instance is not a member of specified network");
      return { status: 200, body: { [name]: found } };
    },
  },
];

/** Readers; and none may sort by what he does not see. */
function mayList(call: Call): boolean {
  refuseSort(call);
  return call.actor.admin || call.actor.roles.has("reader");
}

export const serverResource: Resource<Server> = {
  singular: "server",
  plural: "servers",
  path: "/v2.1/servers",
  table: servers,
  policies: {
    list: policy("index", mayList),
    detail: policy("detail", mayList),
    show: policy("show", "reader"),
    delete: policy("delete", "member"),
  },
  attributes: [],
  order: [
    { column: "created_at", descending: true },
    { column: "number", descending: true },
  ],
  sort: serverSort,
  filters: serverFilters,
  owner: "project_id",
  listed: isListed,
  find: (key, call) => {
    const server = call.world.of(servers).get(key);
    return server?.deleted === true ? undefined : server;
  },
  notFound: (id) => new Refusal(404, `Instance ${id} could not be found.`),
  onDelete: (server, call) => {
    destroy(call, server);
    return "keep";
  },
  view: (server, call) => view(server, call, call.path.endsWith("/detail") ? "list" : "one"),
  brief,
  members: [
    updateRoute,
    ...metadataRoutes,
    ...tagRoutes,
    ...addresses,
    ...interfaceRoutes,
    ...securityGroupRoutes,
    ...historyRoutes,
    ...consoleRoutes,
    ...volumeRoutes,
    ...diagnosticRoutes,
    ...serverMigrationRoutes,
  ],
  actions: serverActions,
};
