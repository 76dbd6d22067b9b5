/** A request and what becomes of it, without a socket: the listener and the in-process `fetch` both speak this. */
import type { IncomingHttpHeaders } from "node:http";

export interface Exchange {
  readonly method: string;
  /** Path and query as the client wrote them: `/compute/v2.1/flavors?limit=1`. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Where the client sits: in this process, on this machine, or elsewhere. */
  readonly peer: "process" | "loopback" | "remote";
  readonly hasBody: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Base address where the request arrived, for links when it names no usable host: `http://127.0.0.1:9797`. */
  arrivedAt(): string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** The body leaves in pieces of so many bytes, a pause of milliseconds before each. */
  readonly slow?: { readonly bytes: number; readonly every: number };
  /** The connection ends after so many bytes of the body. */
  readonly truncate?: number;
}

/** A reply; a connection that is cut without one; or nothing, for as long as the client waits. */
export type Outcome = Reply | "cut" | "hang";
