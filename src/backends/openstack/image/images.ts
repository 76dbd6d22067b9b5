/** Images: Glance v2. */
import {
  CloudError,
  first,
  type Image,
  type ImageDraft,
  type ImageStatus,
  type Images,
  type Marker,
} from "../../../cloud/index.ts";
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
import { MARKER_KEY, markMetadata, readMetadata, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import { items } from "../paging.ts";
import type { Query } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { download, upload } from "./data.ts";

/** Glance's default page has 25, its maximum is 1000 (`limit_param_default`, `api_limit_max`). */
const PAGE = "100";

export function openImages(session: Session): Images {
  return {
    list: (query = {}) => listImages(session, query.name === undefined ? [] : [["name", nameFilter(query.name)]]),
    get: async (id) =>
      decodeImage(await session.ask({ service: "image", name: "images.get", method: "GET", path: ["images", id] })),
    findByMarker: (marker) => findImage(session, marker),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "image",
          name: "images.create",
          method: "POST",
          path: ["images"],
          body: encodeImage(draft),
        },
        read: decodeImage,
        find: (detached) => findImage(detached, draft.marker),
      }),
    upload: (id, data, sizeBytes) => upload(session, openImages, id, data, sizeBytes),
    download: (id) => download(session, id),
    delete: async (id) => {
      await session.send({ service: "image", name: "images.delete", method: "DELETE", path: ["images", id] });
    },
  };
}

function listImages(session: Session, filters: Query) {
  const query: Query = [["limit", PAGE], ...filters];
  const operation = { service: "image", name: "images.list", method: "GET", path: ["images"], query } as const;
  return items(session, operation, "images", decodeImage);
}

/** Glance searches for any property. */
function findImage(session: Session, marker: Marker): Promise<Image | undefined> {
  return first(listImages(session, [[MARKER_KEY, marker.value]]));
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
    virtualSizeBytes: numberOrNone(json.virtual_size),
    checksum: decodeChecksum(json),
    containerFormat: textOrNone(json.container_format),
    diskFormat: textOrNone(json.disk_format),
    minDiskGiB: numberOrZero(json.min_disk),
    minRamMiB: numberOrZero(json.min_ram),
    visibility: VISIBILITIES.find((visibility) => visibility === json.visibility) ?? "private",
    ownerId: textOrNone(json.owner),
    isProtected: flag(json.protected, false),
    tags: withoutReserved(texts(json.tags)),
    properties: decodeProperties(json),
    volumeSnapshotIds: decodeSnapshotIds(textOrNone(json.block_device_mapping)),
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

/** nova stable/zed: nova/compute/api.py snapshot_volume_backed writes the mapping as JSON text. */
function decodeSnapshotIds(mapping: string | undefined): readonly string[] {
  if (mapping === undefined) return [];
  try {
    const devices: unknown = JSON.parse(mapping);
    if (!Array.isArray(devices)) return [];
    return devices.flatMap((device: unknown) => {
      const id: unknown =
        typeof device === "object" && device !== null ? Reflect.get(device, "snapshot_id") : undefined;
      return typeof id === "string" ? [id] : [];
    });
  } catch {
    // A property of that name may hold anything: callers set properties.
    return [];
  }
}

function decodeProperties(json: JsonObject): Readonly<Record<string, string>> {
  const free = Object.entries(json).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && !KNOWN.has(entry[0]),
  );
  return readMetadata(Object.fromEntries(free));
}

export function encodeImage(draft: ImageDraft): JsonObject {
  const { properties = {} } = draft;
  const known = Object.keys(properties).find((name) => KNOWN.has(name));
  if (known !== undefined) {
    throw new CloudError("INVALID_VALUE", `${known} is a member of every image, and no free property`, {
      field: `properties.${known}`,
    });
  }
  return {
    ...markMetadata(properties, draft.marker),
    name: draft.name,
    disk_format: draft.diskFormat,
    container_format: draft.containerFormat ?? "bare",
    visibility: draft.visibility ?? "private",
    ...(draft.minDiskGiB === undefined ? {} : { min_disk: draft.minDiskGiB }),
    ...(draft.minRamMiB === undefined ? {} : { min_ram: draft.minRamMiB }),
    ...(draft.isProtected === undefined ? {} : { protected: draft.isProtected }),
    ...(draft.tags === undefined ? {} : { tags: draft.tags }),
  };
}
