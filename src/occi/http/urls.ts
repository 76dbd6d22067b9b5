import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { CloudError } from "../../cloud/index.ts";

/** Where this door is, as the client sees it. */
export interface Urls {
  /** The URL of a path of ours. */
  readonly absolute: (path: string) => string;
  /** The absolute path of a URI of ours, as it stands there. */
  readonly pathOf: (uri: string) => string | undefined;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** From a configured base, else from the request's own `Host`. */
export function urlsOf(request: IncomingMessage, baseUrl: string | undefined): Urls {
  const base = baseUrl?.replace(/\/$/, "") ?? `${schemeOf(request)}://${hostOf(request)}`;
  const authority = base.slice(base.indexOf("://") + 3).toLowerCase();
  return {
    absolute: (path) => base + path,
    pathOf: (uri) => pathOf(uri, authority),
  };
}

/** The path of a URL of ours. Its scheme does not matter: a proxy may have taken the TLS off. */
function pathOf(uri: string, authority: string): string | undefined {
  if (uri.startsWith("/")) return uri;
  const match = /^https?:\/\/([^/?#]+)(\/[^?#]*)$/i.exec(uri);
  return match?.[1]?.toLowerCase() === authority ? match[2] : undefined;
}

function schemeOf({ socket }: IncomingMessage): string {
  return socket instanceof TLSSocket ? "https" : "http";
}

function hostOf({ headers, socket }: IncomingMessage): string {
  const { host } = headers;
  if (host === undefined || host === "") {
    const address = socket.localAddress ?? "127.0.0.1";
    return `${address.includes(":") ? `[${address}]` : address}:${socket.localPort ?? 80}`;
  }
  if (!HOST.test(host)) throw new CloudError("MALFORMED", "Host names no host", { field: "host" });
  return host;
}
