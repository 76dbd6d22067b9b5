import type { Listing } from "./page.ts";

export type ZoneService = "compute" | "volume" | "network";

/** A part of the cloud that fails by itself. */
export interface Zone {
  readonly name: string;
  /** In every service that has it. */
  readonly isAvailable: boolean;
  /** What can be placed in it. */
  readonly services: readonly ZoneService[];
}

export interface Zones {
  list(): Listing<Zone>;
}
