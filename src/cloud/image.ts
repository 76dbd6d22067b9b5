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
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ImageQuery {
  readonly name?: string;
}

export interface Images {
  list(query?: ImageQuery): Listing<Image>;
  /** NOT_FOUND when this tenant cannot see it. */
  get(id: string): Promise<Image>;
}
