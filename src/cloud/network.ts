import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

export type NetworkStatus = "active" | "building" | "down" | "error";

/** How a network is realised below; visible and settable for administrators only on most clouds. */
export interface ProviderSegment {
  /** `flat`, `vlan`, `vxlan`, `geneve`, … */
  readonly type: string | undefined;
  readonly physicalNetwork: string | undefined;
  readonly segmentationId: number | undefined;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: NetworkStatus;
  readonly isAdminUp: boolean;
  readonly isShared: boolean;
  /** Leads outside the cloud; floating addresses come from it. */
  readonly isExternal: boolean;
  readonly mtu: number | undefined;
  readonly subnetIds: readonly string[];
  readonly provider: ProviderSegment | undefined;
  readonly projectId: string;
  readonly zones: readonly string[];
  readonly tags: readonly string[];
}

export interface NetworkDraft {
  readonly name: string;
  readonly description?: string;
  readonly isAdminUp?: boolean;
  readonly isShared?: boolean;
  readonly provider?: ProviderSegment;
  readonly marker: Marker;
}

export interface NetworkChange {
  readonly name?: string;
  readonly description?: string;
  readonly isAdminUp?: boolean;
}

export interface NetworkQuery {
  readonly ids?: readonly string[];
  readonly name?: string;
}

export interface Networks extends Marked<Network> {
  list(query?: NetworkQuery): Listing<Network>;
  get(id: string): Promise<Network>;
  create(draft: NetworkDraft): Promise<Network>;
  update(id: string, change: NetworkChange): Promise<Network>;
  delete(id: string): Promise<void>;
}
