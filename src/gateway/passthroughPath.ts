import { CloudError } from "../cloud/index.ts";

/** Where the pass-through lies on the HTTP door. */
export const MOUNT = "/openstack";

/** What a caller's path means: a service of one region, and a path at it. */
export interface Place {
  /** The service's type as the cloud's catalogue has it, e.g. `compute`. */
  readonly type: string;
  /** Absent: the region that is the gateway's own. */
  readonly region: string | undefined;
  /** Below the service, as the caller wrote it: empty or with a leading slash. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly search: string;
}

export function isPassthrough(url: string | undefined): boolean {
  return url !== undefined && /^\/openstack(?:[/?]|$)/.test(url);
}

/** Reads `/openstack/<type>[@<region>]/…`; refuses whatever a server could take for a way out of the service. */
export function parsePlace(url: string): Place {
  const mark = url.indexOf("?");
  const whole = mark < 0 ? url : url.slice(0, mark);
  const rest = whole.slice(MOUNT.length).replace(/^\/+/, "");
  const slash = rest.indexOf("/");
  const key = decode(slash < 0 ? rest : rest.slice(0, slash));
  const at = key.indexOf("@");
  const type = at < 0 ? key : key.slice(0, at);
  const region = at < 0 ? "" : key.slice(at + 1);
  // One slash: `//x` would be a host for whoever reads the path as a reference (RFC 3986 §4.2).
  const path = slash < 0 ? "" : rest.slice(slash).replace(/^\/+/, "/");
  if (path.split("/").some(leadsUp)) {
    throw new CloudError("INVALID_VALUE", "the path has a segment `.` or `..`, encoded or not", { field: "path" });
  }
  return { type, region: region === "" ? undefined : region, path, search: mark < 0 ? "" : url.slice(mark) };
}

/** Servers differ in how often they decode, in whether `\` is a slash, and in what `;` ends. */
function leadsUp(segment: string): boolean {
  let text = segment;
  for (let rounds = 0; rounds < MAX_ENCODINGS; rounds += 1) {
    if (text.split(/[/\\]/).some((part) => /^\.{1,2}(?:;.*)?$/s.test(part))) return true;
    const next = text.replace(/%[0-7][0-9a-f]/gi, (code) => decodeURIComponent(code));
    if (next === text) return false;
    text = next;
  }
  return true;
}

/** Nothing that means well is encoded more often. */
const MAX_ENCODINGS = 6;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CloudError("INVALID_VALUE", "the service's name is not percent-encoded UTF-8", { field: "path" });
  }
}

/** Segments from which on an address is the version's or the tenant's: `v2.1`, `AUTH_<project>`, `<project>`. */
const OWN_SEGMENT = /^v\d+(?:\.\d+)?$|(?:^|_)[0-9a-f]{32}$|(?:^|_)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An endpoint of a catalogue, cut before its version: `http://h/compute` and `/v2.1/<project>`. */
export interface SplitAddress {
  readonly origin: string;
  /** Without a slash at its end; empty for the origin's root. */
  readonly basePath: string;
  readonly suffix: string;
}

/** Nothing for what is no http or https (or ws) address. */
export function splitAddress(address: string): SplitAddress | undefined {
  const url = URL.parse(address.replace(/^ws(s?):/i, "http$1:"));
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  const segments = url.pathname.split("/");
  const cut = segments.findIndex((segment) => OWN_SEGMENT.test(segment));
  const path = (cut < 0 ? segments : segments.slice(0, cut)).join("/");
  const basePath = path.replace(/\/+$/, "");
  const rest = url.pathname.slice(basePath.length);
  // A URL without a path gets one from its reader; a catalogue's `http://h` must not become `…/image/`.
  const suffix = /^[^/]+:\/\/[^/?#]*(?:[?#]|$)/.test(address) ? "" : rest;
  return { origin: url.origin, basePath, suffix: suffix + url.search };
}

/** A path of a service that answers with its versions (openstack api-ref, "API versions", of each service). */
export function isVersionsPath(path: string): boolean {
  return /^(?:\/?|\/versions\/?|\/v\d+(?:\.\d+)?\/?)$/.test(path);
}

/** Keystone's answers that hold a catalogue: tokens, their catalogue, and what other proofs are exchanged for. */
export function isCataloguePath(path: string): boolean {
  return /^\/v3\/(?:auth\/tokens|auth\/catalog|ec2tokens|s3tokens|OS-FEDERATION\/.+\/auth|auth\/OS-FEDERATION\/.+)\/?$/.test(
    path,
  );
}
