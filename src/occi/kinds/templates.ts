import { CloudError, type Flavour, type Image } from "../../cloud/index.ts";
import { roundFloat } from "../attribute.ts";
import { INFRASTRUCTURE } from "../category.ts";

/** Images as os_tpl and flavours as resource_tpl (GFD.224 §3.5; ooi's template schemes). */

export const OS_TEMPLATES = "http://schemas.openstack.org/template/os#";
export const RESOURCE_TEMPLATES = "http://schemas.openstack.org/template/resource#";

export const OS_TPL = {
  scheme: INFRASTRUCTURE,
  term: "os_tpl",
  title: "OS template",
  location: "/os_tpl/",
} as const;
export const RESOURCE_TPL = {
  scheme: INFRASTRUCTURE,
  term: "resource_tpl",
  title: "Resource template",
  location: "/resource_tpl/",
} as const;

/** GiB is 2^30 here, as the cloud counts, although GFD.224 §3.1 says 10^9. */
export function gibOfMib(mebibytes: number): number {
  return roundFloat(mebibytes / 1024);
}

/** Kernels and ramdisks are images too, but nothing boots from them alone. */
const PARTS = ["aki", "ari"];

export function isBootable(image: Image): boolean {
  return image.status === "active" && !PARTS.includes(image.containerFormat ?? "");
}

/**
 * The image of a compute that names none (GFD.224 §3.5 lets a default exist; pOCCI, doyouspeakocci and occi-wg's suite rely on one): the first
 * bootable one by name, so that everybody can tell which it will be.
 */
export function defaultImage(images: readonly Image[]): Image {
  const [image] = images.filter(isBootable).sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  if (image === undefined) throw new CloudError("MISSING_VALUE", "no OS template is named and the cloud has none");
  return image;
}

/** What a client wants of a flavour when it names no resource template. */
export interface Sizes {
  readonly cores: number | undefined;
  readonly memoryGib: number | undefined;
}

export function isFitting(flavour: Flavour, sizes: Sizes, image: Image): boolean {
  return (
    flavour.vcpus >= (sizes.cores ?? 0) &&
    gibOfMib(flavour.ramMiB) >= (sizes.memoryGib ?? 0) &&
    flavour.ramMiB >= image.minRamMiB &&
    flavour.diskGiB >= image.minDiskGiB &&
    // Without a disk it boots from a volume only (nova stable/zed: servers:create:zero_disk_flavor is for admins).
    flavour.diskGiB > 0
  );
}

export function isExact(flavour: Flavour, { cores, memoryGib }: Sizes): boolean {
  const sameCores = cores === undefined || flavour.vcpus === cores;
  return sameCores && (memoryGib === undefined || gibOfMib(flavour.ramMiB) === roundFloat(memoryGib));
}

/** Smallest first: cores, then memory, then disk, then name. */
export function bySize(a: Flavour, b: Flavour): number {
  return a.vcpus - b.vcpus || a.ramMiB - b.ramMiB || a.diskGiB - b.diskGiB || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
