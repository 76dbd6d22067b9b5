import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** A size of machine. */
export interface Flavour {
  readonly id: string;
  /** Unique within the cloud. */
  readonly name: string;
  readonly description: string | undefined;
  readonly vcpus: number;
  readonly ramMiB: number;
  /** Root disk, GiB; 0 = the machine must boot from a volume. */
  readonly diskGiB: number;
  readonly ephemeralGiB: number;
  readonly swapMiB: number;
  readonly isPublic: boolean;
  /** Scheduler and hypervisor hints such as `hw:cpu_policy`. */
  readonly extraSpecs: Readonly<Record<string, string>>;
}

export interface FlavourDraft {
  readonly name: string;
  readonly description?: string;
  readonly vcpus: number;
  readonly ramMiB: number;
  /** Root disk, GiB; 0 = the machine must boot from a volume. */
  readonly diskGiB: number;
  readonly ephemeralGiB?: number;
  readonly swapMiB?: number;
  /** For everybody, which is the default, or for this tenant only. */
  readonly isPublic?: boolean;
  /** Of a private one: the tenants that have it, this one when absent. */
  readonly projectIds?: readonly string[];
  readonly extraSpecs?: Readonly<Record<string, string>>;
  readonly marker: Marker;
}

export interface Flavours extends Marked<Flavour> {
  list(): Listing<Flavour>;
  get(id: string): Promise<Flavour>;
  /** With its extra specs or not at all; FORBIDDEN for tenants of most clouds. */
  create(draft: FlavourDraft): Promise<Flavour>;
  delete(id: string): Promise<void>;
}
