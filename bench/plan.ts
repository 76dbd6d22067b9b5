/** One request to a cloud, as data. */
export interface Upstream {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a call costs upstream: stages one after another, the requests of a stage side by side. */
export type Plan = readonly (readonly Upstream[])[];
