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

export interface Flavours {
  list(): Listing<Flavour>;
  get(id: string): Promise<Flavour>;
}
