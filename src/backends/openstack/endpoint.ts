/** Where a service is: its versioned endpoint, and what lies below it. */
import { CloudError } from "../../cloud/index.ts";
import type { Query, ServiceType } from "./pipeline/exchange.ts";

/** The version that a catalogue or an operator may leave out of an endpoint. */
const VERSION: Readonly<Record<ServiceType, string>> = {
  identity: "v3",
  compute: "v2.1",
  image: "v2",
  network: "v2.0",
  volume: "v3",
};

const VERSION_SEGMENT = /^v\d+(?:\.\d+)?$/;

/** Segments of the endpoint with its version; `address` may be versioned or not, and end in a slash or not. */
export function endpointAt(service: ServiceType, address: string): URL {
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
  return new URL(`/${segments.join("/")}`, url.origin);
}

/** The endpoint's version document: `/v2.1/` of `/v2.1/<project>`. */
export function versionDocumentOf(endpoint: URL): URL {
  const segments = endpoint.pathname.split("/");
  const at = segments.findIndex((segment) => VERSION_SEGMENT.test(segment));
  return new URL(`${segments.slice(0, at + 1).join("/")}/`, endpoint.origin);
}

/** The endpoint without its version: `/identity` of `/identity/v3`. */
export function withoutVersion(endpoint: URL): string {
  const segments = endpoint.pathname.split("/");
  const at = segments.findIndex((segment) => VERSION_SEGMENT.test(segment));
  return `${endpoint.origin}${(at < 0 ? segments : segments.slice(0, at)).join("/")}`.replace(/\/+$/, "");
}

/** `.` and `..` mean something to every HTTP server even when encoded, so that no id may be one of them. */
const DOTS = /^\.{0,2}$/;

/** A resource below an endpoint. Every segment is encoded: an id with `/` or `..` never leads to another resource. */
export function urlBelow(endpoint: URL, path: readonly string[], query: Query = []): URL {
  for (const segment of path) {
    if (DOTS.test(segment)) throw new CloudError("NOT_FOUND", `${JSON.stringify(segment)} is no id`);
  }
  const place = [endpoint.origin + endpoint.pathname.replace(/\/+$/, ""), ...path.map(encodeURIComponent)].join("/");
  if (query.length === 0) return new URL(place);
  return new URL(`${place}?${new URLSearchParams(query.map(([name, value]) => [name, value]))}`);
}
