import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

export type PortStatus = "active" | "building" | "down" | "error";

/** How the virtual NIC reaches the network: by the host's switch, by passing hardware through, or by a virtual function. */
export type VnicType = "normal" | "direct" | "direct-physical" | "macvtap" | "other";

export interface FixedIp {
  readonly ipAddress: string;
  readonly subnetId: string;
}

/** A socket of a network, with its addresses. */
export interface Port {
  readonly id: string;
  readonly name: string;
  readonly networkId: string;
  readonly macAddress: string;
  readonly fixedIps: readonly FixedIp[];
  /** The server (or router, …) that it belongs to; absent while free. */
  readonly deviceId: string | undefined;
  readonly deviceOwner: string | undefined;
  readonly isAdminUp: boolean;
  readonly status: PortStatus;
  readonly vnicType: VnicType;
  readonly securityGroupIds: readonly string[];
  readonly tags: readonly string[];
  /** Made by this gateway for one server, which it therefore must not outlive. */
  readonly isOwned: boolean;
}

export interface PortDraft {
  readonly name?: string;
  readonly networkId: string;
  readonly fixedIps?: readonly { readonly ipAddress?: string; readonly subnetId?: string }[];
  readonly macAddress?: string;
  readonly vnicType?: VnicType;
  /** The tenant's default group when absent; none when empty. */
  readonly securityGroupIds?: readonly string[];
  readonly marker: Marker;
}

export interface PortChange {
  readonly name?: string;
  readonly isAdminUp?: boolean;
  /** All of them: those that it does not name go. */
  readonly securityGroupIds?: readonly string[];
}

export interface PortQuery {
  readonly ids?: readonly string[];
  readonly deviceIds?: readonly string[];
  readonly networkIds?: readonly string[];
  /** Only ports that servers own. */
  readonly ofServers?: boolean;
}

export interface Ports extends Marked<Port> {
  list(query?: PortQuery): Listing<Port>;
  get(id: string): Promise<Port>;
  create(draft: PortDraft): Promise<Port>;
  update(id: string, change: PortChange): Promise<Port>;
  delete(id: string): Promise<void>;
}
