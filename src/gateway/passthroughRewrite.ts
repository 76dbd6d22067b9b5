import { createHash } from "node:crypto";
import type { JsonObject } from "@bufbuild/protobuf";
import { isObject } from "./json.ts";
import { isCataloguePath, isVersionsPath, MOUNT } from "./passthroughPath.ts";
import type { CatalogueEntry, Target, Targets } from "./passthroughTargets.ts";

/** What addresses are rewritten for: one answer of one service to one caller. */
export interface View {
  readonly targets: Targets;
  readonly target: Target;
  /** Scheme and host by which the caller reached the gateway. */
  readonly origin: string;
}

/** What is done to an answer: nothing, its links as they stream by, or the whole of a document that tells addresses. */
export type Treatment = "raw" | "links" | "catalogue" | "versions" | "console";

const CONSOLE_PATH = /^\/v2[^/]*\/(?:[^/]+\/)?servers\/[^/]+\/(?:remote-consoles|action)$/;

export function treatmentOf(type: string, method: string, path: string): Treatment {
  // What is stored there is the caller's own, to the byte.
  if (type === "object-store") return "raw";
  if (type === "identity" && isCataloguePath(path)) return "catalogue";
  if (type === "compute" && method === "POST" && CONSOLE_PATH.test(path)) return "console";
  return method === "GET" && isVersionsPath(path) ? "versions" : "links";
}

/** The same address on the gateway; nothing for one that is not the cloud's, and for one that is the gateway's already. */
export function throughGateway(url: string, { targets, target, origin }: View): string | undefined {
  const below = (path: string): string | undefined => {
    if (path === MOUNT || path.startsWith(`${MOUNT}/`)) return undefined;
    const isBelow = path === target.basePath || path.startsWith(`${target.basePath}/`);
    return isBelow ? target.prefix + path.slice(target.basePath.length) : undefined;
  };
  if (/^\/(?!\/)/.test(url)) return below(url);
  if (!/^https?:\/\//i.test(url)) return undefined;
  // Services that heed X-Forwarded-Host write the gateway's name themselves.
  const path = url.startsWith(`${origin}/`) ? below(url.slice(origin.length)) : targets.pathOf(url, target);
  return path === undefined ? undefined : origin + path;
}

/** A document with a catalogue in it (Keystone `POST`, `GET /v3/auth/tokens`, `GET /v3/auth/catalog`), learned from and rewritten. */
export function rewriteCatalogue(document: JsonObject, view: View): JsonObject {
  if (isObject(document.token)) return { ...document, token: rewriteCatalogue(document.token, view) };
  const { catalog } = document;
  if (!Array.isArray(catalog)) return rewriteLinks(document, view);
  view.targets.learn(catalog.flatMap((entry) => (isObject(entry) ? [entryOf(entry)] : [])));
  const rewritten = catalog.map((entry) => (isObject(entry) ? rewriteEntry(entry, view) : entry));
  return { ...rewriteLinks({ ...document, catalog: [] }, view), catalog: rewritten };
}

function rewriteEntry(entry: JsonObject, view: View): JsonObject {
  if (!Array.isArray(entry.endpoints)) return entry;
  const known = entryOf(entry);
  const endpoints = entry.endpoints.map((endpoint) => {
    if (!isObject(endpoint)) return endpoint;
    const path = view.targets.gatewayPathOf(known, endpointOf(endpoint));
    return path === undefined ? endpoint : { ...endpoint, url: view.origin + path };
  });
  return { ...entry, endpoints };
}

function entryOf({ type, endpoints }: JsonObject): CatalogueEntry {
  const list = Array.isArray(endpoints) ? endpoints : [];
  return { type: textOf(type), endpoints: list.flatMap((one) => (isObject(one) ? [endpointOf(one)] : [])) };
}

function endpointOf(endpoint: JsonObject): CatalogueEntry["endpoints"][number] {
  const region = textOf(endpoint.region_id) || textOf(endpoint.region);
  return {
    interface: textOf(endpoint.interface),
    region: region === "" ? undefined : region,
    url: textOf(endpoint.url),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * A version document. Its `self` links are the service's own by definition, even where it takes itself to be at another
 * host: behind a load balancer it often does (keystoneauth1 discover.py takes them as they are).
 */
export function rewriteVersions(document: JsonObject, view: View): JsonObject {
  return rewriteLinks(document, view, (href) => {
    const url = URL.parse(href);
    const version = url === null ? null : /\/v\d+(?:\.\d+)?(?:\/.*)?$/.exec(url.pathname);
    if (url === null || version === null || href.startsWith(`${view.origin}${MOUNT}/`)) return undefined;
    return view.origin + view.target.prefix + version[0] + url.search;
  });
}

type RewriteSelf = (href: string) => string | undefined;

/** A copy with every `href` rewritten. */
function rewriteLinks(value: JsonObject, view: View, self: RewriteSelf = () => undefined): JsonObject {
  const copy: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    if (isObject(inner)) copy[key] = rewriteLinks(inner, view, self);
    else if (Array.isArray(inner))
      copy[key] = inner.map((item) => (isObject(item) ? rewriteLinks(item, view, self) : item));
    else if (typeof inner === "string" && (key === "href" || key === "self")) {
      const isSelf = key === "self" || value.rel === "self";
      copy[key] = (isSelf ? self(inner) : undefined) ?? throughGateway(inner, view) ?? inner;
    } else copy[key] = inner;
  }
  return copy;
}

/**
 * Nova's way to a console (`remote_console`, before 2.6 `console`). Console proxies are in no catalogue: they are known
 * by this answer only, and get a place beside the services.
 */
export function rewriteConsole(document: JsonObject, view: View): JsonObject {
  const key = isObject(document.remote_console) ? "remote_console" : "console";
  const found = document[key];
  if (!isObject(found) || typeof found.url !== "string") return document;
  const url = URL.parse(found.url);
  if (url === null || !/^(?:https?|wss?):$/.test(url.protocol)) return document;
  // One place for each proxy: cells have their own (nova admin guide, "Cells": consoles).
  const mark = createHash("sha256").update(url.host).digest("hex").slice(0, 8);
  const part = `console-${textOf(found.type).replace(/[^a-z0-9-]/gi, "") || "any"}-${mark}`;
  const target = view.targets.learnPart(part, view.target.region, found.url);
  if (target === undefined) return document;
  if (!url.protocol.startsWith("ws")) aimNoVnc(url, target.prefix);
  const scheme = url.protocol.startsWith("ws") ? view.origin.replace(/^http/, "ws") : view.origin;
  return { ...document, [key]: { ...found, url: scheme + target.prefix + url.pathname + url.search } };
}

/** noVNC opens its socket at the host's root, below `path` (noVNC docs/EMBEDDING.md). */
function aimNoVnc(url: URL, prefix: string): void {
  const path = url.searchParams.get("path");
  const token = url.searchParams.get("token");
  const own = path ?? (token === null ? undefined : `websockify?token=${token}`);
  if (own !== undefined) url.searchParams.set("path", `${prefix.slice(1)}/${own.replace(/^\/+/, "")}`);
}

/** Headers that hold an address of the cloud. */
export function rewriteHeader(name: string, value: string, view: View): string {
  switch (name) {
    case "location":
    case "content-location":
      return throughGateway(value, view) ?? value;
    case "link":
      return value.replace(/<([^<>]*)>/g, (whole, url: string) => {
        const found = throughGateway(url, view);
        return found === undefined ? whole : `<${found}>`;
      });
    case "www-authenticate":
      // keystonemiddleware's own, which names the cloud's Keystone by whatever address its operator wrote.
      return value.replace(/(Keystone uri=")([^"]*)(")/gi, (_whole, before: string, url: string, after: string) => {
        const version = /\/v3\/?$/.exec(url)?.[0] ?? "";
        return `${before}${view.origin}${MOUNT}/identity${version}${after}`;
      });
    default:
      return value;
  }
}
