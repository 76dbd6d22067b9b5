/**
 * Door 3: product services for what no standard covers. One file per service.
 *
 * identity   who the caller is
 */
export { identityHandlers } from "./identity.ts";
