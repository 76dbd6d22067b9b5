import { CloudError } from "../cloud/index.ts";
import { MOUNT, type Place, splitAddress } from "./passthroughPath.ts";

export interface CatalogueEntry {
  readonly type: string;
  readonly endpoints: readonly {
    readonly interface: string;
    readonly region: string | undefined;
    readonly url: string;
  }[];
}

/** The cloud that is passed through to. */
export interface PassthroughCloud {
  readonly name: string;
  /** Where identity is; with or without a version. */
  readonly authUrl: string;
  /** The endpoints that the gateway itself uses; callers of every interface end up there. */
  readonly interface: string;
  /** The region of paths that name none. */
  readonly region: string | undefined;
  /** The regions that may be named; empty = all that the catalogue has. */
  readonly regions: readonly string[];
  /** Endpoints that go before the catalogue's, by type of service. */
  readonly overrides: Readonly<Record<string, string | undefined>>;
  readonly tls: { readonly verify: boolean; readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** A service of one region: where it is, and where it is found here. */
export interface Target {
  readonly type: string;
  readonly region: string | undefined;
  readonly origin: string;
  /** Everything below it is the service's; without a slash at its end. */
  readonly basePath: string;
  /** Its path on the gateway, e.g. `/openstack/compute@RegionTwo`. */
  readonly prefix: string;
}

const IDENTITY = "identity";
/** Far above any cloud's catalogue: services times regions. */
const MAX_KNOWN = 4096;
/** Far above one service's: its interfaces, and those that it had before it moved. */
const MAX_ADDRESSES = 64;

/**
 * The services of one cloud. They come from its configuration and from what its own Keystone and Nova say, and from
 * nowhere else: no caller can name an address.
 */
export class Targets {
  readonly cloud: PassthroughCloud;
  readonly #known = new Map<string, Target>();
  /** Every address of a service, of any interface, by its path here: what its links may begin with. */
  readonly #addresses = new Map<string, Set<string>>();

  constructor(cloud: PassthroughCloud) {
    this.cloud = cloud;
    this.#configured(IDENTITY, cloud.overrides[IDENTITY] ?? cloud.authUrl);
    for (const [type, url] of Object.entries(cloud.overrides)) if (url !== undefined) this.#configured(type, url);
  }

  #configured(type: string, url: string): void {
    const address = splitAddress(url);
    if (address === undefined) throw new CloudError("INVALID_VALUE", `cloud ${this.cloud.name}: ${type} is at no URL`);
    this.#put({ type, region: this.cloud.region, ...address, prefix: this.#prefix(type, undefined) });
  }

  /** Takes over the addresses of a catalogue. */
  learn(catalogue: readonly CatalogueEntry[]): void {
    const fresh = new Map<string, Target>();
    for (const { type, endpoints } of catalogue) {
      for (const { interface: kind, region, url } of endpoints) {
        const address = splitAddress(url);
        if (address === undefined || !this.#isOffered(region)) continue;
        const prefix = this.#prefix(type, region);
        this.#remember(prefix, address);
        const other = fresh.get(prefix);
        // The order of a catalogue is nobody's promise: of two services of one type it must always be the same.
        const isLater = other !== undefined && baseOf(other) <= baseOf(address);
        if (bare(kind) !== this.cloud.interface || isLater || this.#isConfigured(prefix)) continue;
        fresh.set(prefix, { type, region, origin: address.origin, basePath: address.basePath, prefix });
      }
    }
    for (const target of fresh.values()) this.#put(target);
  }

  /** Takes over an address that a service gave for a part of itself which no catalogue lists: a console. */
  learnPart(type: string, region: string | undefined, url: string): Target | undefined {
    const address = splitAddress(url);
    if (address === undefined) return undefined;
    return this.#put({ type, region, origin: address.origin, basePath: "", prefix: this.#prefix(type, region) });
  }

  find({ type, region }: Pick<Place, "type" | "region">): Target | undefined {
    const exact = this.#known.get(this.#prefix(type, region));
    if (exact !== undefined || region !== undefined || this.cloud.region !== undefined) return exact;
    // No region is the gateway's own: the service's only one will do, the first of several would be a guess.
    const all = [...this.#known.values()].filter((target) => target.type === type);
    return all.length === 1 ? all[0] : undefined;
  }

  /** What may be written after `/openstack/`. */
  names(): readonly string[] {
    return [...this.#known.values()].map(({ prefix }) => prefix.slice(MOUNT.length + 1)).sort();
  }

  /** The beginnings of a service's own addresses, wherever it takes itself to be. */
  addressesOf(target: Target): readonly string[] {
    return [...(this.#addresses.get(target.prefix) ?? [])];
  }

  /** The path here of an absolute address of the cloud; `own` goes before other services that lie at the same place. */
  pathOf(url: string, own: Target): string | undefined {
    const parsed = URL.parse(url);
    if (parsed === null) return undefined;
    const place = parsed.origin + parsed.pathname;
    let best: { readonly prefix: string; readonly base: string } | undefined;
    for (const [prefix, bases] of this.#addresses) {
      for (const base of bases) {
        if (place !== base && !place.startsWith(`${base}/`)) continue;
        const isBetter = best === undefined || base.length > best.base.length;
        if (isBetter || (base.length === best?.base.length && prefix === own.prefix)) best = { prefix, base };
      }
    }
    return best === undefined ? undefined : best.prefix + place.slice(best.base.length) + parsed.search + parsed.hash;
  }

  /** Where callers find an endpoint of their catalogue, or nothing when it cannot be reached here. */
  gatewayPathOf(entry: CatalogueEntry, endpoint: CatalogueEntry["endpoints"][number]): string | undefined {
    const { region } = endpoint;
    const address = splitAddress(endpoint.url);
    const target = address === undefined ? undefined : this.#known.get(this.#prefix(entry.type, region));
    if (address === undefined || target === undefined) return undefined;
    const path = target.prefix + address.suffix;
    if (this.#isConfigured(target.prefix)) return path;
    const ours = entry.endpoints.find((one) => bare(one.interface) === this.cloud.interface && one.region === region);
    const chosen = ours === undefined ? undefined : splitAddress(ours.url);
    // Another service of the same type: it has no name of its own here.
    return chosen !== undefined && baseOf(chosen) === baseOf(target) ? path : undefined;
  }

  #put(target: Target): Target {
    if (this.#known.size < MAX_KNOWN || this.#known.has(target.prefix)) this.#known.set(target.prefix, target);
    this.#remember(target.prefix, target);
    return target;
  }

  #remember(prefix: string, address: { readonly origin: string; readonly basePath: string }): void {
    if (this.#addresses.size >= MAX_KNOWN && !this.#addresses.has(prefix)) return;
    const bases = this.#addresses.getOrInsertComputed(prefix, () => new Set());
    if (bases.size < MAX_ADDRESSES) bases.add(baseOf(address));
  }

  #prefix(type: string, region: string | undefined): string {
    const isOwn = region === undefined || region === this.cloud.region;
    return `${MOUNT}/${encodeURIComponent(type)}${isOwn ? "" : `@${encodeURIComponent(region)}`}`;
  }

  #isOffered(region: string | undefined): boolean {
    const { regions } = this.cloud;
    return region === undefined || regions.length === 0 || regions.includes(region);
  }

  #isConfigured(prefix: string): boolean {
    const { overrides } = this.cloud;
    return [IDENTITY, ...Object.keys(overrides)].some(
      (type) => (type === IDENTITY || overrides[type] !== undefined) && this.#prefix(type, undefined) === prefix,
    );
  }
}

function baseOf({ origin, basePath }: { readonly origin: string; readonly basePath: string }): string {
  return origin + basePath;
}

/** Catalogues of old write `publicURL`. */
function bare(name: string): string {
  return name.replace(/URL$/, "");
}
