import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { rewriteHeader, type View } from "./passthroughRewrite.ts";

/** Headers that are about one connection (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Who vouches for whom is the gateway's to say: a service that heeds these would believe the caller. */
const FORWARDED = /^(?:forwarded|x-forwarded-.*|x-real-ip|x-original-.*|x-rewrite-url)$/;

const HOST = /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** Scheme and host by which the caller reached this door; his word only where it can be a host. */
export function originOf(request: IncomingMessage): string {
  const { socket } = request;
  const scheme = socket instanceof TLSSocket ? "https" : "http";
  const { host } = request.headers;
  if (host !== undefined && HOST.test(host)) return `${scheme}://${host}`;
  const { localAddress = "127.0.0.1", localPort = 80 } = socket;
  return `${scheme}://${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}

const REQUEST_ID = /^req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The global request id of the caller (oslo.middleware request_id.py takes no other form), or else a new one. */
export function requestIdOf(request: IncomingMessage, newRequestId: () => string): string {
  const given = request.headers["x-openstack-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : newRequestId();
}

export interface Forwarding {
  readonly view: View;
  readonly requestId: string;
  /** This process, as `Via` names it. */
  readonly pseudonym: string;
  /** Whether the answer must be readable here. */
  readonly isPlain: boolean;
}

/** Makes the caller's headers those of the request upstream, in place: the proxy reads them from the request. */
export function forwardHeaders(request: IncomingMessage, { view, requestId, pseudonym, isPlain }: Forwarding): void {
  const { headers } = request;
  const isUpgrade = headers.upgrade?.toLowerCase() === "websocket";
  const named = new Set(connectionTokens(headers));
  for (const name of Object.keys(headers)) {
    // WSGI makes one variable of `X-Forwarded-For` and `X_Forwarded_For` (PEP 3333).
    const plain = name.replaceAll("_", "-");
    const isHop = (HOP_BY_HOP.has(plain) || named.has(name)) && name !== "transfer-encoding";
    const isHandshake = isUpgrade && (name === "connection" || name === "upgrade");
    if ((isHop && !isHandshake) || FORWARDED.test(plain)) delete headers[name];
  }
  // The door has said 100 already.
  delete headers.expect;
  if (isUpgrade) headers.connection = "Upgrade";
  const url = new URL(view.origin);
  headers["x-forwarded-for"] = request.socket.remoteAddress ?? "";
  headers["x-forwarded-host"] = url.host;
  headers["x-forwarded-port"] = url.port || (url.protocol === "https:" ? "443" : "80");
  headers["x-forwarded-proto"] = url.protocol.slice(0, -1);
  // oslo.middleware http_proxy_to_wsgi.py puts it before its own prefix, which is right only where it has none.
  if (view.target.basePath === "") headers["x-forwarded-prefix"] = view.target.prefix;
  headers.via = [headers.via, `1.1 ${pseudonym}`].filter((hop) => hop !== undefined && hop !== "").join(", ");
  headers["x-openstack-request-id"] ??= requestId;
  if (isPlain) headers["accept-encoding"] = "identity";
  if (isUpgrade && headers.origin === view.origin) headers.origin = view.target.origin;
}

function connectionTokens(headers: IncomingHttpHeaders): readonly string[] {
  return (headers.connection ?? "").split(",").map((token) => token.trim().toLowerCase());
}

export type HeaderList = ReadonlyMap<string, { readonly name: string; readonly values: readonly string[] }>;

/** An answer's headers for the caller, by lower-case name, as they were written upstream but for addresses. */
export function answerHeaders(answer: IncomingMessage, view: View): HeaderList {
  const named = new Set(connectionTokens(answer.headers));
  const list = new Map<string, { name: string; values: string[] }>();
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index] ?? "";
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || named.has(key)) continue;
    list
      .getOrInsertComputed(key, () => ({ name, values: [] }))
      .values.push(rewriteHeader(key, answer.rawHeaders[index + 1] ?? "", view));
  }
  return list;
}
