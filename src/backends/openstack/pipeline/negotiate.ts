/** Microversions: each service is sent its own header and no other's (cinder refuses a foreign one with 400). */
import { CloudError } from "../../../cloud/index.ts";
import type { Exchange, ServiceType, Step, VersionWish } from "./exchange.ts";

/** What a service offers; nothing when it has no microversions. */
export interface VersionRange {
  readonly min: string;
  readonly max: string;
}

export type FindRange = (exchange: Exchange) => Promise<VersionRange | undefined>;

/** The headers that say `version` to a service; those without microversions are sent none. */
const HEADERS: Partial<Record<ServiceType, (version: string) => Readonly<Record<string, string>>>> = {
  compute: (version) => ({
    "openstack-api-version": `compute ${version}`,
    // The name before 2.27, which every later Nova still reads.
    "x-openstack-nova-api-version": version,
  }),
  volume: (version) => ({ "openstack-api-version": `volume ${version}` }),
};

export function negotiating(findRange: FindRange): Step {
  return (next) => async (exchange) => {
    const { service, version: wish } = exchange.operation;
    const headersFor = HEADERS[service];
    if (wish === undefined || headersFor === undefined) return next(exchange);
    const version = negotiate(service, wish, await findRange(exchange));
    if (version === undefined) return next(exchange);
    return next({ ...exchange, headers: { ...exchange.headers, ...headersFor(version) } });
  };
}

/** The highest version that both sides know; nothing for a service without microversions. */
export function negotiate(service: string, wish: VersionWish, range: VersionRange | undefined): string | undefined {
  const needs = `${service} ${wish.since ?? wish.preferred}`;
  if (range === undefined) {
    if (wish.since === undefined) return undefined;
    throw new CloudError("VERSION_UNSUPPORTED", `this needs ${needs} or later, and the service has no microversions`);
  }
  if (
    compareVersions(range.min, wish.preferred) > 0 ||
    (wish.since !== undefined && compareVersions(range.max, wish.since) < 0)
  ) {
    const offers = `the service offers ${range.min} to ${range.max}`;
    throw new CloudError("VERSION_UNSUPPORTED", `this needs ${needs} to ${wish.preferred}, and ${offers}`);
  }
  return compareVersions(range.max, wish.preferred) < 0 ? range.max : wish.preferred;
}

export function compareVersions(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || minorOf(a) - minorOf(b);
}

function minorOf(version: string): number {
  const point = version.indexOf(".");
  return point < 0 ? 0 : Number(version.slice(point + 1));
}
