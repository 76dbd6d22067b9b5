/** What a port's `device_owner` says about it. */
import type { Port } from "./tables.ts";

/** Ports that Neutron keeps for itself and removes with their network (neutron-lib: AUTO_DELETE_PORT_OWNERS). */
const own: ReadonlySet<string> = new Set(["network:dhcp", "network:distributed"]);

export function isAutoDeleted({ device_owner }: Port): boolean {
  return own.has(device_owner);
}

/** A router's port on a network that it joins, on the external network, and the holder of a floating address. */
export const routerInterface = "network:router_interface";
export const routerGateway = "network:router_gateway";
export const floatingHolder = "network:floatingip";

const ofRouters: ReadonlySet<string> = new Set([
  routerInterface,
  "network:router_interface_distributed",
  "network:ha_router_replicated_interface",
  routerGateway,
  "network:router_centralized_snat",
]);

export function isRouterOwned(deviceOwner: string): boolean {
  return ofRouters.has(deviceOwner);
}

/** Ports of Neutron's own services are trusted: without security groups. */
export function isTrusted(deviceOwner: string): boolean {
  return deviceOwner.startsWith("network:");
}
