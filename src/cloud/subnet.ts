import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** First and last address of a range that is handed out, both included. */
export interface AddressPool {
  readonly start: string;
  readonly end: string;
}

export interface Subnet {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly networkId: string;
  readonly ipVersion: 4 | 6;
  readonly cidr: string;
  /** Absent when the subnet has no gateway. */
  readonly gatewayIp: string | undefined;
  readonly isDhcpEnabled: boolean;
  readonly pools: readonly AddressPool[];
  readonly dnsServers: readonly string[];
  readonly tags: readonly string[];
}

export interface SubnetDraft {
  readonly name: string;
  readonly networkId: string;
  readonly ipVersion: 4 | 6;
  readonly cidr: string;
  /** An address, or `null` for no gateway; absent lets the cloud choose. */
  readonly gatewayIp?: string | null;
  readonly isDhcpEnabled?: boolean;
  readonly pools?: readonly AddressPool[];
  readonly marker: Marker;
}

export interface SubnetQuery {
  readonly ids?: readonly string[];
  readonly networkIds?: readonly string[];
}

export interface Subnets extends Marked<Subnet> {
  list(query?: SubnetQuery): Listing<Subnet>;
  get(id: string): Promise<Subnet>;
  create(draft: SubnetDraft): Promise<Subnet>;
  delete(id: string): Promise<void>;
}
