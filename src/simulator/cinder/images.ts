/** Cinder and Glance: images that volumes are made of, and images made of volumes (cinder stable/zed: volume/flows/api/create_volume.py). */
import { Refusal } from "../core/refusal.ts";
import type { Call } from "../core/types.ts";
import { sums } from "../glance/data.ts";
import { type Image, images, isVisible } from "../glance/images.ts";
import type { World } from "../world.ts";
import { invalidInput } from "./errors.ts";
import type { Context, Labels, Volume } from "./rows.ts";

const gib = 1_073_741_824;

/** The image that a reference means: an id, a URL that ends in one, or a name that only one image has. */
export function imageFor(call: Call, ref: string): Image {
  const table = call.world.of(images);
  const byId = table.get(ref.split("/").at(-1) ?? "");
  if (byId !== undefined && isVisible(byId, call)) return byId;
  const named = table.filter((image) => image.name === ref && isVisible(image, call));
  if (named.length > 1) throw new Refusal(409, `Multiple matches found for '${ref}', use an ID to be more specific.`);
  const [only] = named;
  if (only === undefined) throw new Refusal(400, "Invalid image identifier or unable to access requested image.");
  return only;
}

/** Refuses an image that is not there yet, or does not fit into `size` GiB. */
export function refuseMisfit(image: Image, size: number): void {
  if (image.status !== "active") throw invalidInput(`Image ${image.id} is not active.`);
  const needed = Math.ceil((image.size ?? 0) / gib);
  if (needed > size) throw invalidInput(`Size of specified image ${needed}GB is larger than volume size ${size}GB.`);
  if (image.min_disk > size)
    throw invalidInput(`Volume size ${size}GB cannot be smaller than the image minDisk size ${image.min_disk}GB.`);
}

/** What a volume remembers of its image. */
export function imageLabels(image: Image): Labels {
  const own = { image_id: image.id, image_name: image.name, checksum: image.checksum };
  const formats = { container_format: image.container_format, disk_format: image.disk_format };
  const numbers = { min_disk: image.min_disk, min_ram: image.min_ram, size: image.size };
  const known = Object.entries({ ...own, ...formats, ...numbers }).filter(([, value]) => value !== null);
  return { ...image.properties, ...Object.fromEntries(known.map(([key, value]) => [key, String(value)])) };
}

const ownLabels: ReadonlySet<string> = new Set([
  "image_id",
  "image_name",
  "checksum",
  "container_format",
  "disk_format",
  "min_disk",
  "min_ram",
  "size",
]);

export interface Upload {
  readonly name: string;
  readonly disk_format: string;
  readonly container_format: string;
  readonly visibility: string;
  readonly protected: boolean;
}

/** A queued image that the volume will be written into. */
export function queueUpload(context: Context, volume: Volume, upload: Upload): Image {
  const kept = Object.entries(volume.image_metadata ?? {}).filter(([key]) => !ownLabels.has(key));
  return context.world.of(images).put({
    id: context.ids.uuid(),
    ...upload,
    status: "queued",
    owner: volume.project_id,
    os_hidden: false,
    min_disk: 0,
    min_ram: 0,
    size: null,
    virtual_size: null,
    checksum: null,
    os_hash_value: null,
    tags: [],
    created_at: context.now,
    updated_at: context.now,
    properties: Object.fromEntries(kept),
  });
}

/** The image holds what the pretended disk of the volume holds; unless somebody deleted it meanwhile. */
export function uploaded(world: World, id: string, volume: Volume, at: number): void {
  const image = world.of(images).get(id);
  if (image?.status !== "queued") return;
  const data = new TextEncoder().encode(`volume ${volume.id}\n`);
  const size = { size: data.byteLength, virtual_size: data.byteLength };
  world.blobs.set(id, data);
  world.of(images).put({ ...image, ...sums(data), ...size, status: "active", updated_at: at });
}
