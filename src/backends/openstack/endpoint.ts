/** Where a service is: its versioned endpoint, and what lies below it. */
import { CloudError } from "../../cloud/index.ts";
import type { Address, Query, ServiceType } from "./pipeline/exchange.ts";

/** The version that a catalogue or an operator may leave out of an endpoint. */
const VERSION: Readonly<Record<ServiceType, string>> = {
  identity: "v3",
  compute: "v2.1",
  image: "v2",
  network: "v2.0",
  volume: "v3",
};

const VERSION_SEGMENT = /^v\d+(?:\.\d+)?$/;

/** The endpoint with its version; `address` may be versioned or not, and end in a slash or not. */
export function endpointAt(service: ServiceType, address: string): Address {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new CloudError("UPSTREAM_FAILED", `the endpoint of ${service} is no URL: ${address}`, { cause });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new CloudError("UPSTREAM_FAILED", `the endpoint of ${service} is neither http nor https: ${address}`);
  }
  const segments = url.pathname.split("/").filter((segment) => segment !== "");
  if (!segments.some((segment) => VERSION_SEGMENT.test(segment))) segments.push(VERSION[service]);
  return { origin: url.origin, path: `/${segments.join("/")}` };
}

/** The endpoint's version document: `/v2.1/` of `/v2.1/<project>`. */
export function versionDocumentOf({ origin, path }: Address): Address {
  const segments = path.split("/");
  const at = segments.findIndex((segment) => VERSION_SEGMENT.test(segment));
  return { origin, path: `${segments.slice(0, at + 1).join("/")}/` };
}

/** The endpoint without its version: `/identity` of `/identity/v3`. */
export function withoutVersion({ origin, path }: Address): string {
  const segments = path.split("/");
  const at = segments.findIndex((segment) => VERSION_SEGMENT.test(segment));
  return `${origin}${(at < 0 ? segments : segments.slice(0, at)).join("/")}`.replace(/\/+$/, "");
}

/** `.` and `..` mean something to every HTTP server even when encoded, so that no id may be one of them. */
const DOTS = /^\.{0,2}$/;

/** A resource below an endpoint. Every segment is encoded: an id with `/` or `..` never leads to another resource. */
export function addressBelow({ origin, path }: Address, segments: readonly string[], query: Query = []): Address {
  let place = path;
  for (const segment of segments) {
    if (DOTS.test(segment)) throw new CloudError("NOT_FOUND", `${JSON.stringify(segment)} is no id`);
    place += `/${encode(segment)}`;
  }
  let separator = "?";
  for (const [name, value] of query) {
    place += `${separator}${encode(name)}=${encode(value)}`;
    separator = "&";
  }
  return { origin, path: place };
}

/** Most names and ids need no encoding. */
const PLAIN = /^[A-Za-z0-9_.~-]*$/;

/** Half a character is none, and nothing has such a name. */
function encode(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text.toWellFormed());
}
