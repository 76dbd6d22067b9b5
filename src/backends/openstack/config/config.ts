/**
 * What is known of a cloud before it is asked anything.
 *
 * config       these types
 * load         the clouds of all sources: clouds.yaml, secure.yaml, environment
 * files        where the files are looked for, and how two of them become one
 * environment  `OS_*` as one more cloud
 * reader       reads keys and names them in errors
 * cloud        one entry of `clouds:` as a CloudConfig
 * auth         its `auth:` section
 */
import type { Secret } from "../../../cloud/index.ts";
import type { ServiceType } from "../pipeline/exchange.ts";
import type { Tls } from "../pipeline/transport.ts";

/** By name within a domain, or by id. */
export type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } };

/** The gateway's own way into a cloud. */
export type ConfiguredAuth =
  | {
      readonly method: "password";
      readonly user: Named;
      readonly password: Secret;
      readonly project: Named | undefined;
    }
  | { readonly method: "token"; readonly token: Secret; readonly project: Named | undefined }
  | {
      readonly method: "application-credential";
      /** By id, or by name together with the user that made it. */
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: Named };
      readonly secret: Secret;
    };

export type Interface = "public" | "internal" | "admin";

export interface CloudConfig {
  readonly name: string;
  /** As configured, with or without `/v3`. */
  readonly authUrl: string;
  /** Absent when callers must bring credentials of their own. */
  readonly auth: ConfiguredAuth | undefined;
  /** The region of calls that name none. */
  readonly region: string | undefined;
  /** The regions that calls may name; empty = all that the catalogue has. */
  readonly regions: readonly string[];
  readonly interface: Interface;
  /** Endpoints that go before the catalogue's. */
  readonly overrides: Readonly<Partial<Record<ServiceType, string>>>;
  readonly tls: Tls;
}
