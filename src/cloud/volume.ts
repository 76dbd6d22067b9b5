import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

export type VolumeStatus =
  | "creating"
  | "available"
  | "attaching"
  | "in-use"
  | "detaching"
  | "extending"
  /** The cloud copies, moves or backs it up; nothing else can be done meanwhile. */
  | "busy"
  | "deleting"
  | "error"
  | "unknown";

/** A volume in a server; the id is the link's own. */
export interface VolumeAttachment {
  readonly id: string;
  readonly volumeId: string;
  readonly serverId: string;
  /** The device inside of the server, as the cloud knows it: `/dev/vdb`. */
  readonly device: string | undefined;
}

/** A disk that outlives servers. */
export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: VolumeStatus;
  /** The cloud's own word for the status. */
  readonly nativeStatus: string;
  readonly sizeGiB: number;
  readonly isBootable: boolean;
  /** The kind of disk, e.g. `fast`; absent where the cloud has no kinds. */
  readonly typeName: string | undefined;
  readonly zone: string | undefined;
  /** In the cloud's order; one that is only being made may be missing yet. */
  readonly attachments: readonly VolumeAttachment[];
  /** Without the reserved keys. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The image that it was made from. */
  readonly imageId: string | undefined;
  /** The snapshot that it was made from; may be gone. */
  readonly snapshotId: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a new volume begins with; the default is nothing. */
export type VolumeSource =
  | { readonly imageId: string }
  | { readonly snapshotId: string }
  | { readonly volumeId: string };

export interface VolumeDraft {
  readonly name: string;
  readonly description?: string;
  readonly sizeGiB: number;
  readonly typeName?: string;
  readonly source?: VolumeSource;
  readonly zone?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly marker: Marker;
}

export interface VolumeChange {
  readonly name?: string;
  readonly description?: string;
  /** The whole of the metadata: what it does not name goes. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface VolumeQuery {
  readonly name?: string;
  readonly status?: VolumeStatus;
}

export interface Volumes extends Marked<Volume> {
  list(query?: VolumeQuery): Listing<Volume>;
  get(id: string): Promise<Volume>;
  /** Accepted, not finished: wait for `available`. */
  create(draft: VolumeDraft): Promise<Volume>;
  update(id: string, change: VolumeChange): Promise<Volume>;
  /** Makes it larger; accepted, not finished. */
  extend(id: string, sizeGiB: number): Promise<void>;
  /** IN_USE while a server has it or a snapshot needs it; accepted, not finished. */
  delete(id: string): Promise<void>;
}
