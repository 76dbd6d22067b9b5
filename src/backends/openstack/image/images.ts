/** Images: Glance v2. */
import { CloudError, type Image, type ImageStatus, type Images, RESERVED_PREFIX } from "../../../cloud/index.ts";
import {
  asText,
  asTime,
  flag,
  type JsonObject,
  numberOrNone,
  numberOrZero,
  textOrEmpty,
  textOrNone,
  texts,
} from "../json.ts";
import { items } from "../paging.ts";
import type { Session } from "../session.ts";

/** Glance's default page has 25, its maximum is 1000 (`limit_param_default`, `api_limit_max`). */
const PAGE = "100";

export function openImages(session: Session): Images {
  return {
    list: (query = {}) =>
      items(
        session,
        {
          service: "image",
          name: "images.list",
          method: "GET",
          path: ["images"],
          query: [["limit", PAGE], ...(query.name === undefined ? [] : [["name", nameFilter(query.name)] as const])],
        },
        "images",
        decodeImage,
      ),
    get: async (id) =>
      decodeImage(await session.ask({ service: "image", name: "images.get", method: "GET", path: ["images", id] })),
  };
}

/** Glance reads `in:a,b` and commas in a filter's value; a name in quotes is taken as it is (glance: api/v2/images.py). */
function nameFilter(name: string): string {
  return name.startsWith("in:") || name.includes(",") ? `in:"${name.replaceAll('"', '\\"')}"` : name;
}

/** Glance's statuses (glance: doc/source/user/statuses.rst). */
const STATUS: Readonly<Record<string, ImageStatus>> = {
  queued: "pending",
  saving: "pending",
  uploading: "pending",
  importing: "pending",
  active: "active",
  deactivated: "deactivated",
  killed: "failed",
  deleted: "deleted",
  pending_delete: "deleted",
};

const VISIBILITIES: readonly Image["visibility"][] = ["public", "private", "shared", "community"];

/** Members of an image that have a meaning of their own; all others are free properties. */
const KNOWN = new Set([
  ...["id", "name", "status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "os_hidden"],
  ...["container_format", "disk_format", "min_disk", "min_ram", "visibility", "owner", "protected", "tags"],
  ...["created_at", "updated_at", "self", "file", "schema", "locations", "direct_url", "stores"],
]);

export function decodeImage(json: JsonObject): Image {
  const nativeStatus = asText(json.status, "image.status");
  const status = STATUS[nativeStatus];
  if (status === undefined) {
    throw new CloudError("UPSTREAM_FAILED", `the cloud's answer is not understood: image.status is ${nativeStatus}`);
  }
  return {
    id: asText(json.id, "image.id"),
    name: textOrEmpty(json.name),
    status,
    nativeStatus,
    sizeBytes: numberOrNone(json.size),
    checksum: decodeChecksum(json),
    containerFormat: textOrNone(json.container_format),
    diskFormat: textOrNone(json.disk_format),
    minDiskGiB: numberOrZero(json.min_disk),
    minRamMiB: numberOrZero(json.min_ram),
    visibility: VISIBILITIES.find((visibility) => visibility === json.visibility) ?? "private",
    ownerId: textOrNone(json.owner),
    isProtected: flag(json.protected, false),
    tags: texts(json.tags).filter((tag) => !tag.startsWith(RESERVED_PREFIX)),
    properties: decodeProperties(json),
    createdAt: asTime(json.created_at, "image.created_at"),
    updatedAt: asTime(json.updated_at, "image.updated_at"),
  };
}

function decodeChecksum(json: JsonObject): Image["checksum"] {
  const algorithm = textOrNone(json.os_hash_algo);
  const value = textOrNone(json.os_hash_value);
  if (algorithm !== undefined && value !== undefined) return { algorithm, value };
  const md5 = textOrNone(json.checksum);
  return md5 === undefined ? undefined : { algorithm: "md5", value: md5 };
}

function decodeProperties(json: JsonObject): Readonly<Record<string, string>> {
  const free = Object.entries(json).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === "string" && !KNOWN.has(entry[0]) && !entry[0].startsWith(RESERVED_PREFIX),
  );
  return Object.fromEntries(free);
}
