import type { Mismatch } from "./judge.ts";
import { statuses } from "./statuses.ts";

/**
 * Where the documents err: what the real OpenStack does (recorded in test/contract/simulator) and they do not say. A row that
 * no recorded answer meets is stale.
 */
export interface Erratum {
  readonly type: string;
  /** Start of the operations it is about (`GET /v2.1/servers`); absent: all. */
  readonly operations?: readonly string[];
  /** Ends of JSON paths; `""` is the answer as a whole. */
  readonly at: readonly string[];
  /** What the mismatch is called: a keyword of the schema, `null` for a null where none is foreseen, `path`, `status`. */
  readonly keyword: string;
  readonly because: string;
  /** No recorded answer can prove it: it masks the value, or the state lasts for a moment. */
  readonly isMasked?: true;
}

const guessed = "the document guesses statuses from methods";
const undocumented = "is not in the document";
const nullable = "is null when there is none";
const empty = "is an empty text when there is none";

export const errata: readonly Erratum[] = [
  ...Object.entries(statuses).flatMap(([type, rows]) =>
    rows.map((row): Erratum => ({ type, operations: [row], at: [""], keyword: "status", because: guessed })),
  ),
  ...(
    [
      ["compute", ["GET /", "GET /v2/*", "HEAD /v2.1/"]],
      ["image", ["GET /versions"]],
      ["block-storage", ["GET /v3/extensions/*"]],
      ["network", ["GET /", "GET /v2.0/", "GET /v2.0/floatingip_pools", "GET /v2.0/quotas/*"]],
    ] as const
  ).flatMap(([type, rows]) =>
    rows.map((row): Erratum => ({ type, operations: [row], at: [""], keyword: "path", because: undocumented })),
  ),

  {
    type: "identity",
    at: [
      "/password_expires_at",
      "/roles/*/description",
      "/projects/*/description",
      "/endpoint/region",
      "/endpoint/region_id",
    ],
    keyword: "null",
    because: nullable,
  },
  {
    type: "identity",
    operations: ["GET /v3/auth/"],
    at: ["/links"],
    keyword: "type",
    because: "is an object here as in every other list",
  },
  {
    type: "identity",
    at: ["/parent_id", "/endpoint/region_id"],
    keyword: "format",
    because: "a project's parent may be the default domain, and regions are called by their operator",
    isMasked: true,
  },
  {
    type: "identity",
    at: ["/endpoint/url", "/links/self", "/domains/*/id"],
    keyword: "format",
    because:
      "any text with a scheme is taken, links have the query as it was written, and the default domain's id is default",
    isMasked: true,
  },
  {
    type: "identity",
    at: ["/endpoints/*/region", "/endpoints/*/region_id"],
    keyword: "null",
    because: "an endpoint may be of no region",
    isMasked: true,
  },
  {
    type: "identity",
    at: ["/domain", "/domains/*"],
    keyword: "additionalProperties",
    because: "what a client gives beyond the schema is kept (keystone stable/zed: resource/schema.py)",
    isMasked: true,
  },
  {
    type: "block-storage",
    at: ["/volumes/*/updated_at"],
    keyword: "null",
    because: "is null until something changes",
    isMasked: true,
  },
  {
    type: "block-storage",
    at: ["/attachments/*/attached_at"],
    keyword: "null",
    because: "is null until a host is known (cinder stable/zed: cinder/api/v3/views/volumes.py)",
    isMasked: true,
  },
  {
    type: "identity",
    at: ["/domain_id", "/domain/id", "/region/id"],
    keyword: "format",
    because: "the default domain is called default, and regions are called by their operator",
  },

  {
    type: "compute",
    at: [
      "/OS-EXT-SRV-ATTR:host",
      "/OS-EXT-SRV-ATTR:hypervisor_hostname",
      "/OS-EXT-SRV-ATTR:user_data",
      "/OS-EXT-STS:task_state",
      "/OS-SRV-USG:launched_at",
      "/OS-SRV-USG:terminated_at",
      "/key_name",
      "/from_port",
      "/to_port",
      "/ip_protocol",
    ],
    keyword: "null",
    because: nullable,
  },
  { type: "compute", at: ["/server/description", "/servers/*/description"], keyword: "null", because: nullable },
  { type: "compute", at: ["/accessIPv4"], keyword: "format", because: empty },
  { type: "compute", at: ["/accessIPv6"], keyword: "format", because: empty },
  { type: "compute", at: ["/servers/*/name"], keyword: "format", because: "a name is no id" },
  {
    type: "compute",
    at: ["/flavor/swap"],
    keyword: "type",
    because: "is an empty text before 2.75 when there is none",
  },
  { type: "compute", at: ["/flavors/*", "/flavor"], keyword: "required", because: "descriptions came with 2.55" },
  {
    type: "compute",
    operations: ["GET /v2.1/servers/{server_id}/os-instance-actions"],
    at: ["/instanceActions/*"],
    keyword: "required",
    because: "the list has no events",
  },
  {
    type: "block-storage",
    at: [
      "/consistencygroup_id",
      "/group_id",
      "/snapshot_id",
      "/source_volid",
      "/service_uuid",
      "/volume/updated_at",
      "/group_snapshot_id",
      "/volume_type/description",
      "/volume_types/*/description",
      "/qos_specs_id",
      "/cluster_name",
      "/migration_status",
      "/backup/availability_zone",
      "/backups/*/availability_zone",
    ],
    keyword: "null",
    because: nullable,
  },
  {
    type: "block-storage",
    at: ["/group_id"],
    keyword: "false schema",
    because: "is there at every microversion, whatever the document says of 3.13",
  },
  {
    type: "block-storage",
    at: ["/attachment", "/attachments/*"],
    keyword: "required",
    because: "attachments have no name",
  },
  {
    type: "block-storage",
    operations: ["POST /v3/backups", "PUT /v3/backups"],
    at: ["/backup"],
    keyword: "required",
    because: "the answer to a write has id, name and links only",
  },
  {
    type: "block-storage",
    at: ["/attachment/attach_mode", "/attachments/*/attach_mode"],
    keyword: "false schema",
    because: "is there before one may choose it",
  },
  { type: "block-storage", at: ["/attached_at", "/detached_at"], keyword: "format", because: empty },
  {
    type: "block-storage",
    operations: ["GET /v3/snapshots", "GET /v3/snapshots/detail"],
    at: [""],
    keyword: "additionalProperties",
    because: "a page has a link to the next one",
  },

  {
    type: "image",
    operations: ["GET /v2/images/{image_id}/tasks"],
    at: ["/tasks/*"],
    keyword: "additionalProperties",
    because: "the tasks of an image are shown with columns of the database",
  },
  {
    type: "image",
    operations: ["POST /v2/metadefs/namespaces/{namespace_name}/tags 201"],
    at: [""],
    keyword: "required",
    because: "many tags are answered with many",
  },
  {
    type: "image",
    operations: ["POST /v2/metadefs/namespaces/{namespace_name}/tags 201"],
    at: [""],
    keyword: "additionalProperties",
    because: "many tags are answered with many",
  },
  { type: "image", at: ["/stores/*/default"], keyword: "type", because: "is the text true" },
  {
    type: "image",
    operations: ["GET /v2/schemas/"],
    at: [""],
    keyword: "type",
    because: "a schema is an object",
  },

  {
    type: "network",
    at: [
      "/ipv4_address_scope",
      "/ipv6_address_scope",
      "/provider:physical_network",
      "/port_details",
      "/remote_address_group_id",
      "/remote_group_id",
      "/remote_ip_prefix",
      "/provider:segmentation_id",
      "/security_group_rules/*/description",
      "/protocol",
      "/ipv6_address_mode",
      "/ipv6_ra_mode",
      "/resource_request",
    ],
    keyword: "null",
    because: nullable,
  },
  {
    type: "network",
    at: ["/updated"],
    keyword: "format",
    because: "each extension writes its times as it likes",
  },
  {
    type: "network",
    at: ["/used_ips", "/total_ips"],
    keyword: "type",
    because: "are numbers",
  },
  { type: "network", at: ["/subnet_ip_availability"], keyword: "type", because: "is a list" },
  {
    type: "network",
    at: ["/external_port_range", "/internal_port_range"],
    keyword: "type",
    because: "a range is a text with a colon",
  },
  { type: "network", at: ["/router/name"], keyword: "format", because: "a name is no id" },
];

function meets(row: Erratum, { type, operation, at, keyword, status }: Mismatch): boolean {
  if (row.type !== type || row.keyword !== keyword) return false;
  const wanted = keyword === "path" ? operation : `${operation} ${status}`;
  if (row.operations?.every((one) => !isNamed(wanted, one, keyword === "path"))) return false;
  return row.at.some((end) => endsIn(at, end));
}

/** Whole paths, unless they end in a star; of operations that the document has, the beginning is enough. */
function isNamed(operation: string, name: string, whole: boolean): boolean {
  if (whole && !name.endsWith("*")) return operation === name;
  return operation.startsWith(name.replace(/\*$/, ""));
}

/** Whether a JSON path has this end, in which `*` may stand for a name. */
function endsIn(at: string, end: string): boolean {
  if (end === "") return at === "";
  const [names, wanted] = [at.split("/"), end.split("/").slice(1)];
  return (
    wanted.length < names.length && wanted.every((one, index) => one === "*" || names.at(index - wanted.length) === one)
  );
}

/** The rows that excuse a mismatch. */
export function errataFor(mismatch: Mismatch): readonly Erratum[] {
  return errata.filter((row) => meets(row, mismatch));
}

export const isErratum = (mismatch: Mismatch): boolean => errataFor(mismatch).length > 0;
