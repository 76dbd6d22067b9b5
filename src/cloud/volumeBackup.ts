import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** A copy of a volume outside of the volume's own storage. */
export interface VolumeBackup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: "creating" | "available" | "busy" | "deleting" | "error" | "unknown";
  /** The cloud's own word for the status. */
  readonly nativeStatus: string;
  /** Why it is in error. */
  readonly failure: string | undefined;
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly createdAt: Date;
}

export interface VolumeBackupDraft {
  /** May be in use: the backup is then what a power failure would leave. */
  readonly volumeId: string;
  readonly name: string;
  readonly description?: string;
  readonly marker: Marker;
}

export interface VolumeBackupQuery {
  readonly name?: string;
  readonly volumeId?: string;
}

export interface VolumeBackups extends Marked<VolumeBackup> {
  list(query?: VolumeBackupQuery): Listing<VolumeBackup>;
  get(id: string): Promise<VolumeBackup>;
  /** Accepted, not finished: wait for `available`; without a backup service it ends in `error`. */
  create(draft: VolumeBackupDraft): Promise<VolumeBackup>;
  delete(id: string): Promise<void>;
}
