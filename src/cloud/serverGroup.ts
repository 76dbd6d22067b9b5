import type { Listing } from "./page.ts";

/** Servers on one host, or each on a host of its own; a soft policy is a wish. */
export type ServerGroupPolicy = "affinity" | "anti-affinity" | "soft-affinity" | "soft-anti-affinity";

/** Servers that are placed with a regard to each other; a server joins at its creation. */
export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: ServerGroupPolicy | "other";
  readonly serverIds: readonly string[];
}

export interface ServerGroupDraft {
  readonly name: string;
  readonly policy: ServerGroupPolicy;
}

/** A group has no home for a marker: a lost answer is looked up by name among the groups that were not there before. */
export interface ServerGroups {
  list(): Listing<ServerGroup>;
  get(id: string): Promise<ServerGroup>;
  create(draft: ServerGroupDraft): Promise<ServerGroup>;
  /** Its servers stay. */
  delete(id: string): Promise<void>;
}
