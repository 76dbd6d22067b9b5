/**
 * Door 1: ETSI NFV. Handlers from messages to the cloud's ports and back.
 *
 * kubevim/   the façade: kube-vim-api's services (images, flavours, compute, operate, networks, admin; …Order reads
 *            requests, …View writes answers, boot, affinity and virtualFlavours decide, refuse says no)
 * filter/    SOL 013 filters
 * quantity   Kubernetes quantities
 */
import type { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import type { Flow, Store } from "../cloud/index.ts";
import type { Handlers } from "../gateway/operation.ts";
import { computeHandlers } from "./kubevim/compute.ts";
import { flavourHandlers } from "./kubevim/flavours.ts";
import { imageHandlers } from "./kubevim/images.ts";
import { networkHandlers } from "./kubevim/networks.ts";
import { type FlavourPolicy, virtualFlavours } from "./kubevim/virtualFlavours.ts";

export { adminHandlers } from "./kubevim/admin.ts";
export type { FlavourPolicy } from "./kubevim/virtualFlavours.ts";

/** Every RPC of the façade's Vi-Vnfm service. */
export function viVnfmHandlers(flow: Flow, store: Store, flavourPolicy: FlavourPolicy): Handlers<vi_vnfmService> {
  const held = virtualFlavours(store, flow.ids, flavourPolicy);
  return {
    ...imageHandlers,
    ...flavourHandlers(flow, held),
    ...computeHandlers(flow, held),
    ...networkHandlers(flow),
  };
}
