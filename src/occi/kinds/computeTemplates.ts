import type { Flavour, Image } from "../../cloud/index.ts";
import type { Template, Templates } from "../table.ts";
import { termOfId } from "../term.ts";
import type { ComputeChange, ComputeDraft, ComputeServer } from "./computeRows.ts";
import { PROFILES } from "./crtp.ts";
import { fixed, gibOfMib, isBootable, OS_TEMPLATES, OS_TPL, RESOURCE_TEMPLATES, RESOURCE_TPL } from "./templates.ts";

/** Every image is an OS template, and every flavour a resource template. */

type Family = Templates<ComputeServer, ComputeDraft, ComputeChange>;

export function osTemplate({ id, name }: Image): Template {
  return { id, title: name, attributes: [] };
}

/** A new one rebuilds the compute. */
export const OS_FAMILY: Family = {
  scheme: OS_TEMPLATES,
  base: OS_TPL,
  needs: ["image.read"],
  rows: [],
  assigned: ({ imageId, bootImageId }) => {
    const id = imageId ?? bootImageId;
    return id === undefined ? undefined : { scheme: OS_TEMPLATES, term: termOfId(id) };
  },
  async *list({ call }) {
    for await (const image of call.cloud.images.list()) if (isBootable(image)) yield osTemplate(image);
  },
  write: async ({ call }, id) => ({ image: await call.cloud.images.get(id) }),
  change: async ({ call }, id) => ({ image: await call.cloud.images.get(id) }),
};

const DISK = {
  name: "org.openstack.flavor.disk",
  type: "integer",
  immutable: true,
  description: "Root disk in GiB",
} as const;

export function resourceTemplate({ id, name, vcpus, ramMiB, diskGiB }: Flavour): Template {
  const attributes = [
    fixed("occi.compute.cores", vcpus),
    fixed("occi.compute.memory", gibOfMib(ramMiB)),
    { ...DISK, default: diskGiB },
  ];
  return { id, title: name, attributes };
}

/** A new one resizes the compute; one that waits for its confirmation may be named again. */
export const RESOURCE_FAMILY: Family = {
  scheme: RESOURCE_TEMPLATES,
  base: RESOURCE_TPL,
  needs: ["flavour.read"],
  // The names of the profiles have their places already.
  place: (term) => (Object.hasOwn(PROFILES, term) ? `flavour/${term}` : term),
  rows: [{ ...DISK, read: ({ diskGiB }) => diskGiB }],
  assigned: ({ flavourId, flavourName }) =>
    flavourId === undefined ? undefined : { scheme: RESOURCE_TEMPLATES, term: termOfId(flavourId), title: flavourName },
  isPending: ({ status }) => status === "resized",
  async *list({ call }) {
    for await (const flavour of call.cloud.flavours.list()) yield resourceTemplate(flavour);
  },
  write: async ({ call }, id) => ({ flavour: await call.cloud.flavours.get(id) }),
  change: async ({ call }, id) => ({ flavour: await call.cloud.flavours.get(id) }),
};
