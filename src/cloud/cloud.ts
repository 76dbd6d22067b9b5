import type { Capabilities } from "./capabilities.ts";
import type { Credentials } from "./credentials.ts";
import type { Flavours } from "./flavour.ts";
import type { FloatingIps } from "./floatingIp.ts";
import type { Images } from "./image.ts";
import type { KeyPairs } from "./keyPair.ts";
import type { Networks } from "./network.ts";
import type { Ports } from "./port.ts";
import type { Quotas } from "./quota.ts";
import type { Removal } from "./removal.ts";
import type { Routers } from "./router.ts";
import type { Log } from "./runtime.ts";
import type { SecurityGroups } from "./securityGroup.ts";
import type { Servers } from "./server.ts";
import type { ServerGroups } from "./serverGroup.ts";
import type { Subnets } from "./subnet.ts";
import type { Volumes } from "./volume.ts";
import type { VolumeBackups } from "./volumeBackup.ts";
import type { VolumeSnapshots } from "./volumeSnapshot.ts";
import type { Zones } from "./zone.ts";

/** Who calls, as the cloud itself says. */
export interface Tenant {
  readonly projectId: string;
  readonly projectName: string;
  readonly userId: string;
  readonly userName: string;
  readonly roles: readonly string[];
}

/** Single things by what their tenant saw of them lately; what was not seen is asked for. */
export interface Recall {
  readonly image: Images["get"];
  readonly flavour: Flavours["get"];
  readonly network: Networks["get"];
  /** Drops what was told from memory; whether there was anything. */
  forget(): boolean;
}

/** A cloud, bound to one caller's tenant, one region and one call's deadline. */
export interface Cloud {
  /** The configured name, e.g. the key in clouds.yaml. */
  readonly name: string;
  readonly region: string | undefined;
  readonly tenant: Tenant;
  readonly images: Images;
  readonly flavours: Flavours;
  readonly networks: Networks;
  readonly subnets: Subnets;
  readonly ports: Ports;
  readonly servers: Servers;
  readonly volumes: Volumes;
  readonly volumeSnapshots: VolumeSnapshots;
  readonly volumeBackups: VolumeBackups;
  readonly securityGroups: SecurityGroups;
  readonly floatingIps: FloatingIps;
  readonly routers: Routers;
  readonly quotas: Quotas;
  readonly keyPairs: KeyPairs;
  readonly serverGroups: ServerGroups;
  readonly zones: Zones;
  /** What this cloud does for this tenant, and why not; known for a minute. */
  capabilities(): Promise<Capabilities>;
  /**
   * Looks at what a write is drafted by, as it was up to a minute ago: whoever uses it lets the cloud judge what is made
   * of it, and drafts anew what is refused. Absent where nothing is remembered.
   */
  readonly recall?: () => Recall;
  /** The same cloud for the same tenant, cut loose from the caller's cancellation: for undoing half of a write. */
  detached(): Cloud;
  /**
   * Says what goes together with whatever is removed next, so that it goes even if this process ends in between. Absent
   * where nobody keeps account of writes.
   */
  readonly intend?: (removals: readonly Removal[]) => void;
}

export interface OpenRequest {
  /** A configured cloud, or the default one. */
  readonly cloud?: string;
  readonly region?: string;
  readonly credentials: Credentials;
  /** Aborts every request of the call: the caller's deadline and cancellation. */
  readonly signal: AbortSignal;
  /** `req-<uuid>`, sent upstream as the global request id. */
  readonly requestId: string;
  readonly log: Log;
}

/** The way to every configured cloud. */
export interface Clouds {
  readonly names: readonly string[];
  readonly defaultName: string;
  /** The public address of the cloud's sign-in, without a version, for `WWW-Authenticate`. */
  signInUrl(cloud?: string): string;
  /** Signs in (or finds the cached sign-in) and binds a cloud to the call. UNAUTHENTICATED, NOT_FOUND for an unknown name. */
  open(request: OpenRequest): Promise<Cloud>;
  /** Whether the cloud answers at all, without credentials; rejects with UNAVAILABLE otherwise. */
  check(cloud: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
