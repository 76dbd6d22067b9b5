import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** What is let through; a group lets through what any of its rules does. */
export interface SecurityGroupRule {
  readonly id: string;
  readonly groupId: string;
  readonly description: string;
  /** Into the server, or out of it. */
  readonly direction: "ingress" | "egress";
  readonly ipVersion: 4 | 6;
  /** `tcp`, `udp`, `icmp`, a number, …; absent = all of them. */
  readonly protocol: string | undefined;
  /** First port, or the type of an ICMP message; absent = all of them. */
  readonly portMin: number | undefined;
  /** Last port, or the code of an ICMP message. */
  readonly portMax: number | undefined;
  /** The addresses of the other end; absent, with no group either = everybody. */
  readonly remoteCidr: string | undefined;
  /** The other end is a card in this group. */
  readonly remoteGroupId: string | undefined;
}

/** Rules that cards are guarded by. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Whether answers to what was let through are let through. */
  readonly isStateful: boolean;
  readonly rules: readonly SecurityGroupRule[];
  readonly projectId: string;
  readonly tags: readonly string[];
}

export interface SecurityGroupDraft {
  readonly name: string;
  readonly description?: string;
  readonly isStateful?: boolean;
  readonly marker: Marker;
}

export interface SecurityGroupRuleDraft {
  readonly description?: string;
  readonly direction: SecurityGroupRule["direction"];
  readonly ipVersion: SecurityGroupRule["ipVersion"];
  readonly protocol?: string;
  readonly portMin?: number;
  readonly portMax?: number;
  readonly remoteCidr?: string;
  readonly remoteGroupId?: string;
  readonly marker: Marker;
}

export interface SecurityGroupChange {
  readonly name?: string;
  readonly description?: string;
}

export interface SecurityGroupQuery {
  readonly ids?: readonly string[];
  readonly name?: string;
}

export interface SecurityGroups extends Marked<SecurityGroup> {
  list(query?: SecurityGroupQuery): Listing<SecurityGroup>;
  get(id: string): Promise<SecurityGroup>;
  /** A new group lets everything out and nothing in, by rules that the cloud makes. */
  create(draft: SecurityGroupDraft): Promise<SecurityGroup>;
  update(id: string, change: SecurityGroupChange): Promise<SecurityGroup>;
  delete(id: string): Promise<void>;
  /** ALREADY_EXISTS when the group has the same rule. */
  addRule(groupId: string, draft: SecurityGroupRuleDraft): Promise<SecurityGroupRule>;
  removeRule(ruleId: string): Promise<void>;
}
