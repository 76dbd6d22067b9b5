import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

export type ImageStatus = "pending" | "active" | "deactivated" | "failed" | "deleted";

/** A boot image as the cloud shows it. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly status: ImageStatus;
  /** The cloud's own word for the status. */
  readonly nativeStatus: string;
  /** Bytes of the stored data; absent until there are some. */
  readonly sizeBytes: number | undefined;
  /** Of the disk that it holds, which may be written more briefly; absent where the cloud has not looked. */
  readonly virtualSizeBytes: number | undefined;
  readonly checksum: { readonly algorithm: string; readonly value: string } | undefined;
  readonly containerFormat: string | undefined;
  readonly diskFormat: string | undefined;
  /** Smallest disk that can hold it, GiB; 0 = no demand. */
  readonly minDiskGiB: number;
  /** Smallest memory that runs it, MiB; 0 = no demand. */
  readonly minRamMiB: number;
  readonly visibility: "public" | "private" | "shared" | "community";
  readonly ownerId: string | undefined;
  readonly isProtected: boolean;
  readonly tags: readonly string[];
  /** Free properties, e.g. `os_distro`. */
  readonly properties: Readonly<Record<string, string>>;
  /** The volume snapshots that hold its bytes: an image of a server that booted from a volume. */
  readonly volumeSnapshotIds: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ImageQuery {
  readonly name?: string;
}

export interface ImageDraft {
  readonly name: string;
  /** `qcow2`, `raw`, `iso`, … */
  readonly diskFormat: string;
  /** `bare` when absent. */
  readonly containerFormat?: string;
  /** `private` when absent. */
  readonly visibility?: Image["visibility"];
  readonly minDiskGiB?: number;
  readonly minRamMiB?: number;
  readonly isProtected?: boolean;
  readonly tags?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
  readonly marker: Marker;
}

/** The bytes of an image, as they come. */
export interface ImageData {
  readonly data: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number | undefined;
}

export interface Images extends Marked<Image> {
  list(query?: ImageQuery): Listing<Image>;
  /** NOT_FOUND when this tenant cannot see it. */
  get(id: string): Promise<Image>;
  /** Without data: `pending` until they are uploaded. */
  create(draft: ImageDraft): Promise<Image>;
  /** Reads the data once, no faster than the cloud takes them; STATE_CONFLICT when there are some already. */
  upload(id: string, data: AsyncIterable<Uint8Array>, sizeBytes?: number): Promise<void>;
  /** To be read to its end or left; STATE_CONFLICT when there are no data. */
  download(id: string): Promise<ImageData>;
  delete(id: string): Promise<void>;
}
