import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";
import type { FixedIp, VnicType } from "./port.ts";
import type { Secret } from "./secret.ts";
import type { VolumeAttachment, VolumeSource } from "./volume.ts";

export type ServerStatus =
  | "building"
  | "active"
  | "stopped"
  | "paused"
  | "suspended"
  | "rebooting"
  | "resizing"
  | "resized"
  | "rebuilding"
  | "migrating"
  | "shelved"
  | "rescued"
  | "deleting"
  | "deleted"
  | "error"
  | "unknown";

/** A network card of a server, joined from the ports of the cloud. */
export interface ServerInterface {
  readonly portId: string;
  readonly networkId: string;
  readonly macAddress: string;
  readonly fixedIps: readonly FixedIp[];
  readonly vnicType: VnicType;
  readonly securityGroupIds: readonly string[];
  readonly status: "active" | "building" | "down" | "error";
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly status: ServerStatus;
  /** The cloud's own word for the status. */
  readonly nativeStatus: string;
  /** What the cloud is doing with it right now, in its own words. */
  readonly task: string | undefined;
  /** Why it is in error. */
  readonly fault: string | undefined;
  /** Absent when the flavour was deleted meanwhile and the cloud tells only its name. */
  readonly flavourId: string | undefined;
  readonly flavourName: string;
  readonly vcpus: number;
  readonly ramMiB: number;
  readonly diskGiB: number;
  /** Absent when booted from a volume. */
  readonly imageId: string | undefined;
  /** An opaque name of the host, the same for two servers of the tenant on one host; empty until placed. */
  readonly hostId: string;
  readonly zone: string | undefined;
  readonly keyName: string | undefined;
  readonly description: string;
  /** Without the reserved keys. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly volumeIds: readonly string[];
  readonly interfaces: readonly ServerInterface[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One network card at creation: an existing port, or a network with an optional static address. */
export type ServerAttachment = { readonly portId: string } | { readonly networkId: string; readonly fixedIp?: string };

/** A volume that is made with a server; the default is that it outlives it. */
export interface BlankVolume {
  readonly sizeGiB: number;
  readonly typeName?: string;
  readonly deleteWithServer?: boolean;
}

/** A volume that is there already, or a new one of an image, a snapshot; the size is of a new one. */
export type BootVolume = VolumeSource & Partial<BlankVolume>;

export interface ServerDraft {
  readonly name: string;
  readonly description?: string;
  readonly flavourId: string;
  readonly imageId?: string;
  /** `auto` lets the cloud choose, `none` makes a server without a network. */
  readonly attachments: readonly ServerAttachment[] | "auto" | "none";
  /** The bytes that the guest gets at first boot, base64. */
  readonly userData?: Secret;
  readonly configDrive?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly keyName?: string;
  readonly zone?: string;
  /** The server group that it joins. */
  readonly groupId?: string;
  /** Servers on whose host it should be; a hint that not every cloud follows. */
  readonly sameHostAs?: readonly string[];
  /** Servers on whose hosts it should not be; a hint that not every cloud follows. */
  readonly differentHostFrom?: readonly string[];
  /** The volume that it boots from, in place of an image. */
  readonly bootVolume?: BootVolume;
  /** Blank volumes beside the one that it boots from. */
  readonly volumes?: readonly BlankVolume[];
  /** For the cards that the cloud makes of networks; a port keeps its own. */
  readonly securityGroupIds?: readonly string[];
  readonly marker: Marker;
}

export type ServerAction =
  | "start"
  | "stop"
  | "pause"
  | "unpause"
  | "suspend"
  | "resume"
  | "reboot-soft"
  | "reboot-hard"
  | "unshelve";

export interface ServerQuery {
  readonly name?: string;
  readonly status?: ServerStatus;
}

export interface ServerChange {
  readonly name?: string;
  readonly description?: string;
  /** The whole of the metadata: what it does not name goes. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A volume to plug in. */
export interface VolumeAttachmentDraft {
  readonly volumeId: string;
  /** A wish that most hypervisors do not follow; the answer tells what it became. */
  readonly device?: string;
  /** Whether the volume goes with the server; the default is that it stays. */
  readonly deleteWithServer?: boolean;
}

/** An image of a server as it is now. */
export interface ServerSnapshotDraft {
  readonly name: string;
  /** Properties of the image. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly marker: Marker;
}

/** Which attachments are asked for; both = those that fit both. */
export interface VolumeAttachmentQuery {
  readonly serverIds?: readonly string[];
  readonly volumeIds?: readonly string[];
}

export interface Servers extends Marked<Server> {
  /** With interfaces and flavours joined: a constant number of requests per page, none per server. */
  list(query?: ServerQuery): Listing<Server>;
  /** Ids and names only, the cheapest list that the cloud has. */
  names(query?: ServerQuery): Listing<{ readonly id: string; readonly name: string }>;
  get(id: string): Promise<Server>;
  create(draft: ServerDraft): Promise<{ readonly id: string }>;
  update(id: string, change: ServerChange): Promise<void>;
  /** Accepted, not finished: wait for the status. */
  act(id: string, action: ServerAction): Promise<void>;
  /** Another size; accepted, not finished: once `resized` it waits for one of the two below. */
  resize(id: string, flavourId: string): Promise<void>;
  confirmResize(id: string): Promise<void>;
  revertResize(id: string): Promise<void>;
  /** The same machine on a fresh disk made of the image; what was on the old one is lost. Accepted, not finished. */
  rebuild(id: string, imageId: string): Promise<void>;
  delete(id: string): Promise<void>;
  /** Plugs a free port or a fresh port of a network into a running server; returns the port's id. */
  attach(id: string, attachment: ServerAttachment): Promise<{ readonly portId: string }>;
  detach(id: string, portId: string): Promise<void>;
  /**
   * Accepted, not finished: wait for the image to be `active`. Of a server that was booted from a volume the image has
   * no bytes, and refers to a snapshot of each of its volumes.
   */
  snapshot(id: string, draft: ServerSnapshotDraft): Promise<{ readonly imageId: string }>;
  /** Plugs a free volume into a server; accepted, not finished. */
  attachVolume(id: string, draft: VolumeAttachmentDraft): Promise<VolumeAttachment>;
  /** Accepted, not finished: the volume becomes `available`. */
  detachVolume(id: string, volumeId: string): Promise<void>;
  /** The volumes of many servers: a constant number of requests per page, none per server. */
  volumeAttachments(query?: VolumeAttachmentQuery): Listing<VolumeAttachment>;
}
