import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** An address of an external network, which can be moved from card to card. */
export interface FloatingIp {
  readonly id: string;
  readonly ipAddress: string;
  readonly description: string;
  /** Follows an association by a moment. */
  readonly status: "active" | "down" | "error";
  /** The external network that it is of. */
  readonly networkId: string;
  /** The card that it leads to; absent while free. */
  readonly portId: string | undefined;
  /** Which of the card's addresses. */
  readonly fixedIp: string | undefined;
  readonly routerId: string | undefined;
  readonly projectId: string;
  readonly tags: readonly string[];
}

/** A card, and one of its addresses where it has several. */
export interface FloatingIpTarget {
  readonly portId: string;
  readonly fixedIp?: string;
}

export interface FloatingIpDraft {
  /** An external network. */
  readonly networkId: string;
  readonly subnetId?: string;
  /** One that is wanted; mostly for administrators only. */
  readonly ipAddress?: string;
  readonly description?: string;
  readonly target?: FloatingIpTarget;
  readonly marker: Marker;
}

export interface FloatingIpQuery {
  readonly ids?: readonly string[];
  readonly portIds?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** So many of them a page, for who may stop early. */
  readonly pageSize?: number;
}

export interface FloatingIps extends Marked<FloatingIp> {
  list(query?: FloatingIpQuery): Listing<FloatingIp>;
  get(id: string): Promise<FloatingIp>;
  create(draft: FloatingIpDraft): Promise<FloatingIp>;
  /** Leads it to a card, away from any other; nowhere = free. IN_USE when the card has another one. */
  associate(id: string, target: FloatingIpTarget | undefined): Promise<FloatingIp>;
  /** Gives the address back to the cloud. */
  delete(id: string): Promise<void>;
}
