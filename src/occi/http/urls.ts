import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { CloudError } from "../../cloud/index.ts";

/** Where this door is, as the client sees it. */
export interface Urls {
  /** The URL of a path of ours. */
  readonly absolute: (path: string) => string;
  /** Id of the entity directly below a location that a client's URI names. */
  readonly idAt: (uri: string, location: string) => string | undefined;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
/** Ids of the cloud that may stand in a path: nothing in them can lead elsewhere. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/;
const URN = "urn:uuid:";

export function isId(segment: string): boolean {
  return ID.test(segment);
}

/** From a configured base, else from the request's own `Host`. */
export function urlsOf(request: IncomingMessage, baseUrl: string | undefined): Urls {
  const base = baseUrl?.replace(/\/$/, "") ?? `${schemeOf(request)}://${hostOf(request)}`;
  const authority = base.slice(base.indexOf("://") + 3).toLowerCase();
  return {
    absolute: (path) => base + path,
    idAt(uri, location) {
      if (uri.startsWith(URN)) return idOf(uri.slice(URN.length));
      const path = pathOf(uri, authority);
      return path?.startsWith(location) === true ? idOf(path.slice(location.length)) : undefined;
    },
  };
}

function idOf(text: string): string | undefined {
  return isId(text) ? text : undefined;
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
