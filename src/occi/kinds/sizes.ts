/** The sizes of a compute: attributes of the kind, and what resource templates decide (GFD.224 §3.1, §3.5.2). */
export const COMPUTE_SIZES = {
  "occi.compute.cores": { type: "integer", description: "Number of virtual cores" },
  "occi.compute.memory": { type: "float", description: "Memory in GiB" },
} as const;
