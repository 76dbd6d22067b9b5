/** The one way a handler says no. The service that runs it renders it in its own form. */
import type { Json } from "./json.ts";

export class Refusal extends Error {
  readonly status: number;
  /** The service's name for it: Neutron's `NetworkNotFound`, Nova's `itemNotFound`; empty lets the service choose by status. */
  readonly kind: string;
  /** Further members of the error object (Cinder's and Nova's `retryAfter`). */
  readonly more: Readonly<Record<string, Json>>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    message: string,
    extra: {
      readonly kind?: string;
      readonly more?: Readonly<Record<string, Json>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.kind = extra.kind ?? "";
    this.more = extra.more ?? {};
    this.headers = extra.headers ?? {};
  }
}

/** Thrown instead of a Refusal for a missing or invalid token, which each service words on its own. */
export function unauthorized(): Refusal {
  return new Refusal(401, "The request you have made requires authentication.");
}
