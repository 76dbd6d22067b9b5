/** What an image may be: its base attributes with their checks, and how it is shown. */
import { all, boolean, integer, matching, nullable, ofType, oneOf, string } from "../core/checks.ts";
import { isList, type Json, type JsonObject } from "../core/json.ts";
import { isoSeconds } from "../core/times.ts";
import type { Call, Check } from "../core/types.ts";
import { denied, mismatch } from "./form.ts";
import type { Image } from "./images.ts";

export const diskFormats = [null, "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"];
export const containerFormats = [null, "ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"];

export const uuid = /^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$/;

const tags: Check = (value) => {
  if (!isList(value)) return ofType("array")(value);
  for (const tag of value) {
    const complaint = string(0, 255)(tag);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
};

/** Attributes a client may give. */
export const base: Readonly<Record<string, Check>> = {
  id: all(ofType("string"), matching(uuid)),
  name: nullable(string(0, 255)),
  visibility: oneOf("community", "public", "private", "shared"),
  protected: boolean,
  os_hidden: boolean,
  owner: nullable(string(0, 255)),
  min_ram: integer(0, 2147483647),
  min_disk: integer(0, 2147483647),
  disk_format: oneOf(...diskFormats),
  container_format: oneOf(...containerFormats),
  tags,
};

/** Attributes only Glance sets; naming one is a 403. */
export const readOnly: ReadonlySet<string> = new Set([
  "status",
  "checksum",
  "os_hash_algo",
  "os_hash_value",
  "size",
  "virtual_size",
  "created_at",
  "updated_at",
  "self",
  "file",
  "schema",
  "stores",
  "direct_url",
  "locations",
  "deleted",
  "deleted_at",
]);

/** Names of Glance's own notes. */
export const reserved = "os_glance";

/** Checks one attribute or custom property. */
export function check(name: string, value: Json, call: Call): void {
  if (readOnly.has(name)) throw denied(`Attribute '${name}' is read-only.`);
  if (name.startsWith(reserved)) throw denied(`Attribute '${name}' is reserved.`);
  const test = Object.hasOwn(base, name) ? base[name] : string(0, 65_535);
  const complaint = test?.(value);
  if (complaint !== undefined) throw mismatch(name, complaint);
  if (name === "visibility" && value === "public" && !call.actor.admin)
    throw denied("You are not authorized to complete publicize_image action.");
}

export function isBase(name: string): boolean {
  return Object.hasOwn(base, name);
}

/** An image as Glance shows it: custom properties first. */
export function imageView(image: Image): JsonObject {
  const path = `/v2/images/${image.id}`;
  return {
    ...image.properties,
    name: image.name,
    disk_format: image.disk_format,
    container_format: image.container_format,
    visibility: image.visibility,
    size: image.size,
    virtual_size: image.virtual_size,
    status: image.status,
    checksum: image.checksum,
    protected: image.protected,
    min_ram: image.min_ram,
    min_disk: image.min_disk,
    owner: image.owner,
    os_hidden: image.os_hidden,
    os_hash_algo: image.os_hash_value === null ? null : "sha512",
    os_hash_value: image.os_hash_value,
    id: image.id,
    created_at: isoSeconds(image.created_at),
    updated_at: isoSeconds(image.updated_at),
    tags: image.tags,
    self: path,
    file: `${path}/file`,
    schema: "/v2/schemas/image",
    ...(image.status === "active" || image.status === "deactivated" ? { stores: "files" } : {}),
  };
}
