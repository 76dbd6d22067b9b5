import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** The way of a router to the outside. */
export interface RouterGateway {
  /** An external network. */
  readonly networkId: string;
  /** Whether what is inside goes out under the router's address. */
  readonly isSnat: boolean;
  readonly ipAddresses: readonly string[];
}

/** Joins subnets; its cards are the ports with its id as device. */
export interface Router {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: "active" | "building" | "down" | "error";
  readonly isAdminUp: boolean;
  readonly gateway: RouterGateway | undefined;
  readonly projectId: string;
  readonly zones: readonly string[];
  readonly tags: readonly string[];
}

export interface RouterDraft {
  readonly name: string;
  readonly description?: string;
  readonly isAdminUp?: boolean;
  /** The external network that it leads to. */
  readonly gatewayNetworkId?: string;
  readonly marker: Marker;
}

export interface RouterChange {
  readonly name?: string;
  readonly description?: string;
  readonly isAdminUp?: boolean;
  /** `null` closes the way out. */
  readonly gatewayNetworkId?: string | null;
}

export interface RouterQuery {
  readonly ids?: readonly string[];
  readonly name?: string;
}

/** A subnet, whose gateway address the router takes, or a port that is free. */
export type RouterInterfaceTarget = { readonly subnetId: string } | { readonly portId: string };

export interface RouterInterface {
  readonly portId: string;
  readonly subnetId: string;
}

export interface Routers extends Marked<Router> {
  list(query?: RouterQuery): Listing<Router>;
  get(id: string): Promise<Router>;
  create(draft: RouterDraft): Promise<Router>;
  update(id: string, change: RouterChange): Promise<Router>;
  /** IN_USE while it has interfaces. */
  delete(id: string): Promise<void>;
  addInterface(id: string, target: RouterInterfaceTarget): Promise<RouterInterface>;
  removeInterface(id: string, target: RouterInterfaceTarget): Promise<void>;
}
