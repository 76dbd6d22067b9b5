import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

export type VolumeSnapshotStatus = "creating" | "available" | "busy" | "deleting" | "error" | "unknown";

/** A volume as it was at one moment. */
export interface VolumeSnapshot {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: VolumeSnapshotStatus;
  /** The cloud's own word for the status. */
  readonly nativeStatus: string;
  readonly volumeId: string;
  readonly sizeGiB: number;
  /** Without the reserved keys. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface VolumeSnapshotDraft {
  /** May be in use: the snapshot is then what a power failure would leave. */
  readonly volumeId: string;
  readonly name: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly marker: Marker;
}

export interface VolumeSnapshotQuery {
  readonly name?: string;
  readonly volumeId?: string;
}

export interface VolumeSnapshots extends Marked<VolumeSnapshot> {
  list(query?: VolumeSnapshotQuery): Listing<VolumeSnapshot>;
  get(id: string): Promise<VolumeSnapshot>;
  /** Accepted, not finished: wait for `available`. */
  create(draft: VolumeSnapshotDraft): Promise<VolumeSnapshot>;
  delete(id: string): Promise<void>;
}
