/** The way to every configured cloud over OpenStack's APIs. */
import {
  type Clock,
  type Cloud,
  CloudError,
  type Clouds,
  type Flavour,
  type Ids,
  type Log,
  type OpenRequest,
} from "../../cloud/index.ts";
import { capabilitiesOf } from "./capabilities/capabilities.ts";
import { regionsOf } from "./catalogue.ts";
import { openFlavours } from "./compute/flavours.ts";
import { openKeyPairs } from "./compute/key-pairs.ts";
import { openServerGroups } from "./compute/server-groups.ts";
import { openServers } from "./compute/servers.ts";
import type { CloudConfig } from "./config/config.ts";
import { endpointAt, withoutVersion } from "./endpoint.ts";
import { openSignIns, type SignIns } from "./identity/sign-ins.ts";
import type { CatalogueEntry } from "./identity/token.ts";
import { openTokens } from "./identity/tokens.ts";
import { openImages } from "./image/images.ts";
import { type Inspection, inspect } from "./inspect.ts";
import { openFloatingIps } from "./network/floating-ips.ts";
import { openNetworks } from "./network/networks.ts";
import { openPorts } from "./network/ports.ts";
import { openRouters } from "./network/routers.ts";
import { openSecurityGroups } from "./network/security-groups.ts";
import { openSubnets } from "./network/subnets.ts";
import { BREAKER, type BreakerPolicy } from "./pipeline/break.ts";
import type { Context, Send } from "./pipeline/exchange.ts";
import { gaveUp } from "./pipeline/fail.ts";
import { LIMIT, type LimitPolicy } from "./pipeline/limit.ts";
import { anonymousPipeline, guarding, type Surroundings } from "./pipeline/pipeline.ts";
import type { RequestEvent } from "./pipeline/report.ts";
import { type Randomness, RETRY, type RetryPolicy } from "./pipeline/retry.ts";
import { openTransport, TRANSPORT_LIMITS, type Transport, type TransportLimits } from "./pipeline/transport.ts";
import { openQuotas } from "./quotas.ts";
import { openShared, Session, type Shared } from "./session.ts";
import { openVolumeBackups } from "./volume/backups.ts";
import { openVolumeSnapshots } from "./volume/snapshots.ts";
import { openVolumes } from "./volume/volumes.ts";
import { openZones } from "./zones.ts";

export interface ConnectOptions {
  readonly configs: Readonly<Record<string, CloudConfig>>;
  readonly defaultName: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly limits?: {
    readonly transport?: Partial<TransportLimits>;
    readonly retry?: Partial<RetryPolicy>;
    /** Requests at a time to each service. */
    readonly requests?: Partial<LimitPolicy>;
    readonly breaker?: Partial<BreakerPolicy>;
    /** Sign-ins that are remembered per cloud. */
    readonly signIns?: number;
  };
  /** Told of every HTTP request that has ended, for metrics. */
  readonly onRequest?: (event: RequestEvent) => void;
  /** Spreads retries; a test that wants them predictable gives its own. */
  readonly random?: Randomness;
}

interface Connection {
  readonly shared: Shared;
  readonly signIns: SignIns;
  readonly anonymous: Send;
  readonly transport: Transport;
}

const SIGN_INS = 1000;

export interface OpenStackClouds extends Clouds {
  /** Where a cloud's services are, as Keystone tells whoever shows these credentials: for doors that speak OpenStack's own API. */
  catalogue(request: OpenRequest): Promise<readonly CatalogueEntry[]>;
  /** The same as `open`, with what lies below: for whoever looks for a fault. */
  inspect(request: OpenRequest): Promise<Inspection>;
}

export function connectClouds(options: ConnectOptions): OpenStackClouds {
  const { configs, defaultName, clock, limits } = options;
  if (configs[defaultName] === undefined) throw unknownCloud(defaultName, Object.keys(configs));
  const closing = new AbortController();
  const around: Surroundings = {
    clock,
    random: options.random ?? Math.random,
    retry: { ...RETRY, ...limits?.retry },
    guards: guarding({ ...LIMIT, ...limits?.requests }, { ...BREAKER, ...limits?.breaker }, clock),
    onRequest: options.onRequest,
  };
  const connections = new Map<string, Connection>();

  /** Connections are opened with the first call to their cloud. */
  function connection(name: string): Connection {
    const open = connections.get(name);
    if (open !== undefined) return open;
    const config = Object.hasOwn(configs, name) ? configs[name] : undefined;
    if (config === undefined) throw unknownCloud(name, Object.keys(configs));
    if (closing.signal.aborted) throw new CloudError("UNAVAILABLE", "the gateway is shutting down");
    const transport = openTransport(config.tls, { ...TRANSPORT_LIMITS, ...limits?.transport });
    const anonymous = anonymousPipeline(around, transport.send);
    const made: Connection = {
      shared: openShared(config, around, options.ids, transport.send, closing.signal),
      signIns: openSignIns({
        config,
        tokens: openTokens(config, anonymous),
        clock,
        closing: closing.signal,
        limit: limits?.signIns ?? SIGN_INS,
      }),
      anonymous,
      transport,
    };
    connections.set(name, made);
    return made;
  }

  async function sessionFor(request: OpenRequest): Promise<Session> {
    const name = request.cloud ?? defaultName;
    const { shared, signIns } = connection(name);
    const region = request.region ?? shared.config.region;
    const context = contextOf(name, region, request);
    const bound = await signIns.open(request.credentials, context);
    checkRegion(shared.config, request.region, bound.signIn.catalogue);
    return new Session(shared, bound, context);
  }

  return {
    names: Object.keys(configs),
    defaultName,
    signInUrl: (name = defaultName) => {
      const config = Object.hasOwn(configs, name) ? configs[name] : undefined;
      if (config === undefined) throw unknownCloud(name, Object.keys(configs));
      return withoutVersion(endpointAt("identity", config.authUrl));
    },
    open: async (request) => {
      const session = await sessionFor(request);
      return bindCloud(request.cloud ?? defaultName, session);
    },
    inspect: async (request) => {
      const name = request.cloud ?? defaultName;
      const session = await sessionFor(request);
      return inspect(session, bindCloud(name, session), connection(name).shared.config, session.bound.signIn);
    },
    catalogue: async (request) => {
      const name = request.cloud ?? defaultName;
      const { signIns } = connection(name);
      const { signIn } = await signIns.open(request.credentials, contextOf(name, request.region, request));
      return signIn.catalogue;
    },
    check: async (name, signal) => {
      const { shared, anonymous } = connection(name);
      const operation = { service: "identity", name: "versions.get", method: "GET", path: [] } as const;
      const context = {
        cloud: name,
        region: undefined,
        requestId: `req-${options.ids.uuid()}`,
        signal,
        log: options.log,
      };
      try {
        await anonymous({ operation, context, url: endpointAt("identity", shared.config.authUrl), headers: {} });
      } catch (cause) {
        if (signal.aborted) throw gaveUp(signal.reason, cause);
        throw new CloudError("UNAVAILABLE", `cloud ${name} does not answer: ${messageOf(cause)}`, { cause });
      }
    },
    close: async () => {
      closing.abort(new CloudError("UNAVAILABLE", "the gateway is shutting down"));
      await Promise.all([...connections.values()].map(({ transport }) => transport.close()));
    },
  };
}

function bindCloud(name: string, session: Session): Cloud {
  const flavours = openFlavours(session);
  /** What this call has looked up need not be looked up again for the server that it makes. */
  const known: Flavour[] = [];
  const noting =
    (get: Cloud["flavours"]["get"]): Cloud["flavours"]["get"] =>
    async (id) => {
      const found = await get(id);
      known.push(found);
      return found;
    };
  const images = openImages(session);
  const networks = openNetworks(session);
  return {
    name,
    region: session.region,
    tenant: session.bound.signIn.tenant,
    images,
    flavours: { ...flavours, get: noting(flavours.get) },
    networks,
    subnets: openSubnets(session),
    ports: openPorts(session),
    servers: openServers(session, known),
    volumes: openVolumes(session),
    volumeSnapshots: openVolumeSnapshots(session),
    volumeBackups: openVolumeBackups(session),
    securityGroups: openSecurityGroups(session),
    floatingIps: openFloatingIps(session),
    routers: openRouters(session),
    quotas: openQuotas(session),
    keyPairs: openKeyPairs(session),
    serverGroups: openServerGroups(session),
    zones: openZones(session),
    capabilities: () => capabilitiesOf(session),
    recall: () => {
      const recalled = session.memory.of(session, { images, flavours, networks });
      return { ...recalled, flavour: noting(recalled.flavour) };
    },
    detached: () => bindCloud(name, session.detached()),
  };
}

function contextOf(cloud: string, region: string | undefined, { requestId, signal, log }: OpenRequest): Context {
  return { cloud, region, requestId, signal, log };
}

/** A region is the caller's word, and wrong before any service is asked for. */
function checkRegion(config: CloudConfig, asked: string | undefined, catalogue: readonly CatalogueEntry[]): void {
  if (asked === undefined) return;
  const offered = regionsOf(catalogue);
  const isAllowed = config.regions.length === 0 || config.regions.includes(asked);
  // An empty catalogue is what a cloud with nothing but overrides has.
  if (isAllowed && (offered.size === 0 || offered.has(asked))) return;
  throw new CloudError("NOT_FOUND", `cloud ${config.name} has no region ${JSON.stringify(asked)}`);
}

function unknownCloud(name: string, known: readonly string[]): CloudError {
  return new CloudError("NOT_FOUND", `no cloud is named ${JSON.stringify(name)}; there are: ${known.join(", ")}`);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
