/** What descriptors are made of that needs no descriptor itself. */
import type { Json } from "./json.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who asks, as its token says. */
export interface Actor {
  readonly userId: string;
  /** Empty for an unscoped, domain-scoped or system-scoped token. */
  readonly projectId: string;
  /** Empty unless the token is scoped to a domain. */
  readonly domainId: string;
  readonly system: boolean;
  /** Names of roles, implied ones included. */
  readonly roles: ReadonlySet<string>;
  readonly admin: boolean;
  /** Id of the application credential that made the token, if one did. */
  readonly applicationCredentialId: string;
  /** Id of the token itself; empty for an anonymous caller. */
  readonly tokenId: string;
}

/** What a handler answers. A Buffer is sent as it is; anything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body?: Json | Uint8Array;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The path led nowhere: what the service's own controllers add to an answer is missing from this one. */
  readonly unrouted?: boolean;
}

/** From and until which microversion (minor, both inclusive) something exists. */
export interface Versioned {
  readonly since?: number;
  readonly until?: number;
}

/** A service's microversions: `OpenStack-API-Version: <name> <major>.<minor>`, and an older header if it had one. */
export interface Microversions {
  readonly name: string;
  readonly major: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly legacyHeader?: string;
  /** Said with 400 when the header names only other services (Cinder); absent: such a header is not heard. */
  readonly foreignOnly?: string;
}

/** The service's own type, its older one, or both. */
export type CatalogueForm = "new" | "old" | "both";
