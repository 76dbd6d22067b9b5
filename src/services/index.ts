/**
 * Door 3: product services for what no standard covers. One file per service.
 *
 * capabilities   what works for the caller
 * identity   who the caller is
 * recovery   which writes are not ended
 */
export { CAPABILITY_ROWS, capabilitiesHandlers, judgedRows } from "./capabilities.ts";
export { identityHandlers } from "./identity.ts";
export { recoveryHandlers } from "./recovery.ts";
