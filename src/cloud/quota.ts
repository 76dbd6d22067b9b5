/** How much of something the tenant may have, and has. */
export interface Quota {
  readonly service: "compute" | "network" | "volume";
  /** The cloud's own name: `instances`, `cores`, `ram` (MiB), `floatingip`, `gigabytes`, … */
  readonly name: string;
  /** Absent = no limit. */
  readonly limit: number | undefined;
  /** What is reserved for work under way included; absent where the cloud does not count. */
  readonly used: number | undefined;
}

export interface Quotas {
  /** Of the caller's tenant; a service that the cloud does not have has none. */
  list(): Promise<readonly Quota[]>;
}
