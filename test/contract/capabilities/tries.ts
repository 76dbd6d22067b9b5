import { COMPUTE_TRIES } from "./compute.ts";
import { NETWORK_TRIES } from "./networks.ts";
import { OCCI_TRIES } from "./occi.ts";
import { COMPUTE_CHANGES, OCCI_EXTENSION_TRIES } from "./occiExtensions.ts";
import { OCCI_NETWORK_TRIES } from "./occiNetworks.ts";
import { ADMIN_TRIES, FACADE_TRIES, PASSTHROUGH_TRIES, PRODUCT_TRIES } from "./others.ts";
import { STORAGE_TRIES } from "./storage.ts";
import type { Try } from "./trial.ts";

type Tries = Readonly<Record<string, Readonly<Record<string, Try>>>>;

function under(prefix: string, tries: Tries): readonly (readonly [string, Try])[] {
  return Object.entries(tries).flatMap(([operation, inputs]) =>
    Object.entries(inputs).map(([input, one]) => [`${prefix}${operation} ${input}`.trim(), one] as const),
  );
}

const CHANGE = "POST /compute/{id}";

function changesOf(tries: Tries): Tries {
  return { [CHANGE]: { ...tries[CHANGE], ...COMPUTE_CHANGES } };
}

/** How to try each row, by operation and input. */
export const TRIES: ReadonlyMap<string, Try> = new Map([
  ...under("kubenvf.kubevim.api.pb.vi_vnfm/", { ...COMPUTE_TRIES, ...NETWORK_TRIES, ...FACADE_TRIES }),
  ...under("admin.kubevim.kubenfv.api.pb.admin/", ADMIN_TRIES),
  ...under("occi/", {
    ...OCCI_TRIES,
    ...OCCI_NETWORK_TRIES,
    ...STORAGE_TRIES,
    ...OCCI_EXTENSION_TRIES,
    ...changesOf(OCCI_TRIES),
  }),
  ...under("", { ...PRODUCT_TRIES, ...PASSTHROUGH_TRIES }),
]);
