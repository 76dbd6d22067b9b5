import { CloudError, type Flavour, type Image } from "../../cloud/index.ts";
import { type Attribute, roundFloat } from "../attribute.ts";
import { INFRASTRUCTURE } from "../category.ts";
import { COMPUTE_SIZES } from "./sizes.ts";

/** Images as os_tpl and flavours as resource_tpl (GFD.224 §3.5; ooi's template schemes), and how one is chosen. */

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

/** A size that a template decides. */
export function fixed(name: keyof typeof COMPUTE_SIZES, value: number): Attribute {
  const { type, description } = COMPUTE_SIZES[name];
  return { name, type, description, immutable: true, default: value };
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
  readonly cores?: number | undefined;
  readonly memoryGib?: number | undefined;
  readonly diskGiB?: number | undefined;
}

/** What an image asks of a flavour. */
export type Needs = Pick<Image, "minDiskGiB" | "minRamMiB">;

/** A flavour without a disk boots from a volume of any size (nova stable/zed: servers:create:zero_disk_flavor is for admins). */
export function isFitting(flavour: Flavour, { cores = 0, memoryGib = 0, diskGiB = 0 }: Sizes, needs?: Needs): boolean {
  const hasRoom = flavour.diskGiB >= Math.max(diskGiB, needs?.minDiskGiB ?? 0);
  return (
    flavour.vcpus >= cores &&
    gibOfMib(flavour.ramMiB) >= memoryGib &&
    flavour.ramMiB >= (needs?.minRamMiB ?? 0) &&
    (flavour.diskGiB === 0 || hasRoom)
  );
}

export function isExact(flavour: Flavour, { cores, memoryGib }: Sizes): boolean {
  const sameCores = cores === undefined || flavour.vcpus === cores;
  return sameCores && (memoryGib === undefined || gibOfMib(flavour.ramMiB) === roundFloat(memoryGib));
}

/** Those with a disk first, since a volume costs; then the smallest: cores, memory, disk, name. */
export function bySize(a: Flavour, b: Flavour): number {
  const disk = Number(a.diskGiB === 0) - Number(b.diskGiB === 0);
  return disk || a.vcpus - b.vcpus || a.ramMiB - b.ramMiB || a.diskGiB - b.diskGiB || compare(a.name, b.name);
}

export function smallestFit(
  flavours: readonly Flavour[],
  sizes: Sizes,
  needs: Needs | undefined,
  isWanted: (flavour: Flavour) => boolean = () => true,
): Flavour | undefined {
  return flavours.filter((flavour) => isFitting(flavour, sizes, needs) && isWanted(flavour)).sort(bySize)[0];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
