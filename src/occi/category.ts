/** Categories: what OCCI calls a kind, a mixin or an action (GFD.221 §5.2), and the identities that name them. */
import type { Attribute } from "./attribute.ts";

export type CategoryClass = "kind" | "mixin" | "action";

/** Scheme (ends in `#`) and term; together the identity. */
export interface CategoryName {
  readonly scheme: string;
  readonly term: string;
}

/** A category as an entity shows it. */
export interface CategoryRef extends CategoryName {
  readonly title?: string;
}

/** A category as the query interface shows it. */
export interface Category extends CategoryRef {
  readonly class: CategoryClass;
  readonly attributes: readonly Attribute[];
  /** Identities of the actions it brings. */
  readonly actions: readonly string[];
  /** A path that ends in `/`; core#entity and actions have none. */
  readonly location?: string;
  /** Identity of a kind's parent. */
  readonly parent?: string;
  /** Identities that a mixin depends on and the kinds that it applies to. */
  readonly depends?: readonly string[];
  readonly applies?: readonly string[];
}

export const CORE = "http://schemas.ogf.org/occi/core#";
export const INFRASTRUCTURE = "http://schemas.ogf.org/occi/infrastructure#";
/** Everything below it is the OCCI working group's own (GFD.221 §5.5.1). */
export const RESERVED_SCHEME = "http://schemas.ogf.org/occi/";

/** The compute resource templates of the profile (GFD.222). */
export const CRTP = "http://schemas.ogf.org/occi/infrastructure/compute/template/1.1#";

export const TERM = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
export const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]+#$/;

export function identityOf({ scheme, term }: CategoryName): string {
  return scheme + term;
}

/** Scheme and term of an identity; nothing when it is not one. */
export function parseIdentity(identity: string): CategoryName | undefined {
  const hash = identity.indexOf("#");
  if (hash < 0) return undefined;
  const scheme = identity.slice(0, hash + 1);
  const term = identity.slice(hash + 1);
  return SCHEME.test(scheme) && TERM.test(term) ? { scheme, term } : undefined;
}

/**
 * Names that other texts use for what we serve: read, never written.
 * GFD.184 §3.2.4 prints `ipnetworking` in its table and `ipnetwork` in its text.
 */
const ALIASES: ReadonlyMap<string, string> = new Map([
  [
    "http://schemas.ogf.org/occi/infrastructure/network#ipnetworking",
    "http://schemas.ogf.org/occi/infrastructure/network#ipnetwork",
  ],
]);

/** GFD.222 names its own scheme in three ways. */
const SCHEME_ALIASES: ReadonlyMap<string, string> = new Map([
  ["http://schemas.ogf.org/occi/infrastructure/compute/template/1.0#", CRTP],
  ["http://fedcloud.egi.eu/occi/infrastructure/compute/template/1.1#", CRTP],
  ["http://fedcloud.egi.eu/occi/infrastructure/compute/template/1.0#", CRTP],
]);

export function canonicalIdentity(name: CategoryName): string {
  const identity = (SCHEME_ALIASES.get(name.scheme) ?? name.scheme) + name.term;
  return ALIASES.get(identity) ?? identity;
}
