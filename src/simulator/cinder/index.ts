/**
 * Cinder v3 as of Zed (3.0 to 3.70): volumes, snapshots, attachments, types, quotas; backups end in error, as on a cloud
 * without that service.
 *
 * rows · states (which status follows which), moves · lifecycle (the machine's tasks) · errors, form (faults, pages, words) ·
 * fields, filters, policies, lookup (reading requests) · volumes, volume-view, create, delete, metadata, volume-actions,
 * attach-actions · snapshots · attaching, attachments, attach (Nova's door) · types, encryption (of types) · quotas, quota-sets · images (Glance) ·
 * transfers · qos · backups · messages · empty (what it has none of) · about (zones, services) · seed
 */
import type { Answer, Call, Microversions, Policy, Route, Service } from "../core/types.ts";
import { webobError } from "../core/webob.ts";
import { aboutRoutes } from "./about.ts";
import { attachmentResource, attachmentRoutes } from "./attachments.ts";
import { backupResource, backupRoutes, backupTasks } from "./backups.ts";
import { emptyRoutes } from "./empty.ts";
import { encryptionRoutes } from "./encryption.ts";
import { malformed } from "./errors.ts";
import { headers, list, refuse, words } from "./form.ts";
import { tasks } from "./lifecycle.ts";
import { messageResource } from "./messages.ts";
import { qosResource, qosRoutes } from "./qos.ts";
import { quotaRoutes } from "./quota-sets.ts";
import { quotaDefaults, usageOf } from "./quotas.ts";
import { seedCinder } from "./seed.ts";
import { snapshotResource, snapshotRoutes } from "./snapshots.ts";
import { transferResources, transferRoutes } from "./transfers.ts";
import { typeResource, typeRoutes } from "./types.ts";
import { volumeResource, volumeRoutes } from "./volumes.ts";

const anyone: Policy = { name: "volume:versions", rule: "public" };
const known: Policy = { name: "volume:versions", rule: "token" };

const microversions: Microversions = {
  name: "volume",
  major: 3,
  minimum: 0,
  maximum: 70,
  foreignOnly: malformed().message,
};

function versions(call: Call, status: number): Answer {
  const { major, minimum, maximum } = call.service.microversions ?? microversions;
  const links = [
    { rel: "describedby", type: "text/html", href: "https://docs.openstack.org/" },
    { rel: "self", href: `${call.base}/v3/` },
  ];
  const version = {
    id: "v3.0",
    status: "CURRENT",
    version: `${major}.${maximum}`,
    min_version: `${major}.${minimum}`,
    updated: "2022-08-31T00:00:00Z",
    links,
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.volume+json;version=3" }],
  };
  return { status, body: { versions: [version] } };
}

const unknownPath = (call: Call): Answer => ({
  ...webobError(call, 404, "The resource could not be found."),
  unrouted: true,
});

const roots: readonly Route[] = [
  { method: "GET", path: "/", policy: anyone, handle: (call) => versions(call, 300) },
  { method: "HEAD", path: "/", policy: anyone, handle: (call) => versions(call, 300) },
  {
    method: "GET",
    path: "/v3",
    policy: known,
    handle: (call) => ({ status: 302, headers: { Location: `${call.base}/v3/` }, unrouted: true }),
  },
  {
    method: "GET",
    path: "/v3/",
    policy: known,
    // Below a project there is no list of versions.
    handle: (call) => (call.root.endsWith("/v3") ? versions(call, 200) : unknownPath(call)),
  },
];

export const cinder: Service = {
  name: "cinder",
  type: "block-storage",
  prefix: "/volume",
  endpoint: "/v3",
  // Clients before 2025 look for it; its URL names the project.
  older: { type: "volumev3", name: "cinderv3", endpoint: "/v3/%(project_id)s" },
  roots: ["/v3"],
  projectInPath: true,
  foreignProject: "Malformed request url",
  microversions,
  // 2024.1 and later (cinder: api/openstack/api_version_request.py).
  modern: { microversions: { ...microversions, maximum: 71 } },
  bodyFirst: true,
  updateMethod: "PUT",
  statuses: { list: 200, detail: 200, show: 200, create: 202, update: 200, delete: 202 },
  list,
  words,
  quotas: quotaDefaults,
  usage: (call, project) => usageOf(call.world, project),
  resources: [
    volumeResource,
    snapshotResource,
    attachmentResource,
    typeResource,
    backupResource,
    ...transferResources,
    qosResource,
    messageResource,
  ],
  routes: [
    ...roots,
    ...volumeRoutes,
    ...snapshotRoutes,
    ...attachmentRoutes,
    ...typeRoutes,
    ...transferRoutes,
    ...qosRoutes,
    ...encryptionRoutes,
    ...emptyRoutes,
    ...backupRoutes,
    ...quotaRoutes,
    ...aboutRoutes,
  ],
  tasks: { ...tasks, ...backupTasks },
  seed: seedCinder,
  headers,
  refuse,
  unknownPath,
  // Cinder's mapper knows no wrong method: it is an unknown path, too.
  wrongMethod: unknownPath,
};
