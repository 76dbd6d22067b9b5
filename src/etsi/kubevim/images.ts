import type { SoftwareImageInformation } from "../../../generated/ts/kubevim/image.ts";
import type { vi_vnfmService } from "../../../generated/ts/kubevim/vi_vnfm.ts";
import type { Image } from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";
import { compileFilter, matching } from "../filter/filter.ts";
import { formatQuantity, GIB, MIB } from "../quantity.ts";

type ImageHandlers = Pick<Handlers<vi_vnfmService>, "queryImages" | "queryImage">;

/** Software images (IFA 006 §7.2). */
export const imageHandlers: ImageHandlers = {
  async queryImages({ imageQueryFilter }, { cloud }) {
    const filter = compileFilter<SoftwareImageInformation>(
      imageQueryFilter?.value,
      "SoftwareImageInformation",
      ({ name }) => name,
    );
    return { softwareImagesInformation: matching(cloud.images.list(), encodeImage, filter) };
  },

  async queryImage({ softwareImageId }, { cloud }) {
    return { softwareImageInformation: encodeImage(await cloud.images.get(softwareImageId?.value ?? "")) };
  },
};

/** kube-vim's word for an image that servers can boot from. */
const READY = "ready";

export function encodeImage(image: Image): SoftwareImageInformation {
  const { properties, checksum } = image;
  return {
    softwareImageId: { value: image.id },
    name: image.name,
    provider: properties.provider ?? properties.os_distro,
    version: properties.version ?? properties.os_version,
    checksum: checksum === undefined ? undefined : `${checksum.algorithm}:${checksum.value}`,
    containerFormat: image.containerFormat,
    diskFormat: image.diskFormat,
    createdAt: image.createdAt,
    updatedAt: image.updatedAt,
    minDisk: image.minDiskGiB === 0 ? undefined : { string: formatQuantity(image.minDiskGiB * GIB) },
    minRam: image.minRamMiB === 0 ? undefined : { string: formatQuantity(image.minRamMiB * MIB) },
    size: { string: formatQuantity(image.sizeBytes ?? 0) },
    status: image.status === "active" ? READY : image.nativeStatus,
    metadata: { fields: { ...properties } },
  };
}
