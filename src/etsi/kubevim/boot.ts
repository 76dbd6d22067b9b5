import { type Cloud, CloudError, type Flavour, type Image, type ServerOrder } from "../../cloud/index.ts";
import { GIB } from "../quantity.ts";
import { invalid, referred } from "./refuse.ts";
import type { Resolved, VirtualFlavours } from "./virtualFlavours.ts";

/** The order with the flavour of the cloud that it means, and with what it boots from where that flavour has no disk. */
export async function resolveBoot(cloud: Cloud, order: ServerOrder, held: VirtualFlavours): Promise<ServerOrder> {
  const { imageId, ...rest } = order;
  const [resolved, image] = await Promise.all([
    resolveFlavour(cloud, order.flavourId, held),
    imageId === undefined ? undefined : referred("vcImageId", "image", () => cloud.images.get(imageId)),
  ]);
  const { flavourId, bootVolumeGiB } = resolved;
  if (image === undefined || bootVolumeGiB === undefined) return { ...order, flavourId };
  // A volume of an image takes the image's place: the order then names no image.
  const sizeGiB = Math.max(bootVolumeGiB, smallestDisk(image));
  return { ...rest, flavourId, bootVolume: { imageId: image.id, sizeGiB, deleteWithServer: true } };
}

async function resolveFlavour(cloud: Cloud, id: string, held: VirtualFlavours): Promise<Resolved> {
  const field = "computeFlavourId";
  const virtual = await held.resolve(cloud, id);
  if (virtual === "nothing fits") throw invalid(field, "no flavour of the cloud is like this one any more");
  if (virtual !== undefined) return virtual;
  const flavour: Flavour = await referred(field, "flavour", () => cloud.flavours.get(id));
  // 0: the image alone decides on the size of the volume.
  return { flavourId: flavour.id, bootVolumeGiB: flavour.diskGiB === 0 ? 0 : undefined };
}

/** GiB that a volume of this image needs. */
function smallestDisk(image: Image): number {
  if (image.status !== "active")
    throw new CloudError("STATE_CONFLICT", `the image is ${image.nativeStatus}`, { field: "vcImageId" });
  return Math.max(1, image.minDiskGiB, Math.ceil((image.sizeBytes ?? 0) / GIB));
}
