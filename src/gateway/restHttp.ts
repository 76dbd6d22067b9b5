import type { IncomingMessage } from "node:http";
import { CloudError } from "../cloud/index.ts";
import { MAX_MESSAGE_BYTES } from "./invoke.ts";

/** What the HTTP door reads of a request: its address, its headers, its body. */

/** The path and the query; a proxy may send the whole URL (RFC 9112 §3.2.2). */
export function addressOf({ url = "/" }: IncomingMessage): { readonly path: string; readonly query: string } {
  const local = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]+/i, "");
  const question = local.indexOf("?");
  return question < 0
    ? { path: local, query: "" }
    : { path: local.slice(0, question), query: local.slice(question + 1) };
}

/** A header by its lower-case name; one that came several times is joined by commas. */
export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
}

/** Whether there is no body, or one of JSON (RFC 9112 §6.3 tells from the headers whether there is one). */
export function isJsonOrNone({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] === undefined && headers["content-length"] === undefined) return true;
  const [type = ""] = (headers["content-type"] ?? "").split(";", 1);
  return type.trim().toLowerCase() === "application/json";
}

/** Milliseconds for a body to arrive; the door has no limit of its own, because of the images that pass through it. */
const BODY_DEADLINE = 60_000;

export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new CloudError("DEADLINE_EXCEEDED", "did not arrive in time", { field: "body" })),
    BODY_DEADLINE,
  );
  try {
    return await Promise.race([collectBody(request), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function collectBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_MESSAGE_BYTES)
      throw new CloudError("TOO_LARGE", `the body is over ${MAX_MESSAGE_BYTES} bytes`, { field: "body" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
