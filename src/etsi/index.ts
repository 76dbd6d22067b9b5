/**
 * Door 1: ETSI NFV. Handlers from messages to the cloud's ports and back.
 *
 * kubevim/   the façade: kube-vim-api's services (images, flavours, compute, networks, admin; …Order reads requests,
 *            …View writes answers, refuse says no)
 * filter/    SOL 013 filters
 * quantity   Kubernetes quantities
 */
import type { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import type { Flow } from "../cloud/index.ts";
import type { Handlers } from "../gateway/operation.ts";
import { computeHandlers } from "./kubevim/compute.ts";
import { flavourHandlers } from "./kubevim/flavours.ts";
import { imageHandlers } from "./kubevim/images.ts";
import { networkHandlers } from "./kubevim/networks.ts";

export { adminHandlers } from "./kubevim/admin.ts";

/** Every RPC of the façade's Vi-Vnfm service. */
export function viVnfmHandlers(flow: Flow): Handlers<vi_vnfmService> {
  return { ...imageHandlers, ...flavourHandlers, ...computeHandlers(flow), ...networkHandlers(flow) };
}
