/** Images and flavors as a server may use them (nova stable/zed: compute/api.py _validate_flavor_image_nostatus). */
import { type Json, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call } from "../../core/types.ts";
import { type Image, images, isVisible } from "../../glance/images.ts";
import { flavors } from "../flavors.ts";
import type { EmbeddedFlavor } from "./rows.ts";

const gib = 1_073_741_824;

/** The flavor of a reference, which may be a whole URL. */
export function flavorOf(call: Call, ref: Json | undefined): EmbeddedFlavor {
  const id = typeof ref === "number" ? String(ref) : (text(ref).split("/").at(-1) ?? "");
  const found = call.world.of(flavors).get(id);
  const usable =
    found !== undefined && (found.is_public || call.actor.admin || found.access.includes(call.actor.projectId));
  if (found === undefined || !usable) throw new Refusal(400, `Flavor ${id} could not be found.`);
  const { name, vcpus, ram, disk, ephemeral, swap, extra_specs } = found;
  return { id, name, vcpus, ram, disk, ephemeral, swap, extra_specs };
}

export function imageOf(call: Call, id: string): Image {
  const image = call.world.of(images).get(id);
  if (image === undefined || !isVisible(image, call)) throw new Refusal(400, "Can not find requested image");
  return image;
}

/** What a server keeps of its image (nova: utils.py get_system_metadata_from_image). */
export function imageProperties(image: Image, flavor: EmbeddedFlavor): Readonly<Record<string, string>> {
  const { id, properties, min_ram, min_disk, disk_format, container_format } = image;
  return {
    ...properties,
    base_image_ref: id,
    min_ram: String(min_ram),
    min_disk: String(Math.max(min_disk, flavor.disk)),
    ...(disk_format === null ? {} : { disk_format }),
    ...(container_format === null ? {} : { container_format }),
  };
}

/** Whether the image runs on the flavor. */
export function refuseMisfit(image: Image, flavor: EmbeddedFlavor): void {
  if (image.status !== "active") throw new Refusal(400, `Image ${image.id} is not active.`);
  if (flavor.ram < image.min_ram) throw new Refusal(400, "Flavor's memory is too small for requested image.");
  const small = "Flavor's disk is too small for requested image. Flavor disk is";
  const disk = flavor.disk * gib;
  if (disk === 0) return;
  if ((image.size ?? 0) > disk) throw new Refusal(400, `${small} ${disk} bytes, image is ${image.size} bytes.`);
  if (flavor.disk < image.min_disk)
    throw new Refusal(400, `${small} ${disk} bytes, minimum size is ${image.min_disk * gib} bytes.`);
}
