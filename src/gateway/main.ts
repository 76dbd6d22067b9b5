import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { adminService } from "../../generated/ts/kubevim/admin.ts";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import { CapabilitiesServiceService } from "../../generated/ts/vimana/v1/capabilities.ts";
import { IdentityServiceService } from "../../generated/ts/vimana/v1/identity.ts";
import { type CloudConfig, type ConnectOptions, connectClouds, loadCloudConfigs } from "../backends/openstack/index.ts";
import { type Clock, type Clouds, type Flow, type Ids, type Log, Secret } from "../cloud/index.ts";
import { adminHandlers, viVnfmHandlers } from "../etsi/index.ts";
import { createOcciDoor } from "../occi/index.ts";
import { capabilitiesHandlers, identityHandlers } from "../services/index.ts";
import { type SimulatedCloud, type Simulator, startSimulator } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { createAdmit } from "./admit.ts";
import { audit, isWrite } from "./audit.ts";
import { type Config, ConfigError, isLoopbackHost } from "./config.ts";
import { type GrpcDoor, openGrpc } from "./grpc.ts";
import { createHealth } from "./health.ts";
import { createInvoker, type Finished, routesOf } from "./invoke.ts";
import { createMetrics } from "./metrics.ts";
import { loadSchema } from "./operations.ts";
import { createPassthrough, type Passthrough } from "./passthrough.ts";
import { createRest } from "./rest.ts";
import { createLog, systemClock, systemIds } from "./runtime.ts";

/**
 * How the doors open. main is the composition root: the only place that knows every room.
 *
 * config   settings            runtime   clock, ids, log of the machine
 * operation, operations        what an operation is: for doors, and as the descriptors tell it
 * admit    who is let in       invoke    the chain of one call
 * grpc, grpcStatus, health     the gRPC door
 * rest, restRequest, template, json, problem   the HTTP door
 * validate field_behavior and limits
 * openapi…, docs   the HTTP door described, and the page to read that with
 * metrics  what is counted
 * passthrough   OpenStack's own API on the HTTP door
 */

export interface Gateway {
  /** Base addresses; gRPC as host:port. */
  readonly doors: { readonly grpc: string; readonly http: string; readonly occi: string };
  readonly cloudName: string;
  /** The embedded OpenStack, when nothing else is configured. */
  readonly simulator:
    | { readonly url: string; readonly credential: SimulatedCloud; readonly control: Simulator }
    | undefined;
  readonly clouds: Clouds;
  /** Takes no more calls, ends those under way within the grace, and frees everything. */
  close(graceMilliseconds: number): Promise<void>;
}

/** What tests replace; everything else is decided by the configuration. */
export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Log;
  readonly configs?: Readonly<Record<string, CloudConfig>>;
  readonly simulator?: Simulator;
  readonly limits?: ConnectOptions["limits"];
  readonly onFinished?: (finished: Finished) => void;
}

/** Milliseconds for calls whose caller sets no deadline: an allocate waits 30 s for its machine. */
const DEFAULT_DEADLINE = 120_000;
const EMBEDDED = "simulator";

/** Opens every door, on the configured cloud or on the embedded simulator. */
export async function startGateway(config: Config, around: Surroundings = {}): Promise<Gateway> {
  const { clock = systemClock, ids = systemIds, env = process.env } = around;
  const log = around.log ?? createLog(config.logLevel);
  const named = around.configs === undefined ? loadNamed(config, env) : { configs: around.configs, name: config.cloud };
  const simulator =
    named.name === undefined
      ? (around.simulator ?? (await startSimulator({ host: config.host, port: config.simulatorPort, clock, ids, log })))
      : undefined;
  const configs = simulator === undefined ? named.configs : { [EMBEDDED]: embeddedConfig(simulator) };
  const defaultName = named.name ?? EMBEDDED;
  const metrics = createMetrics();
  const clouds = connectClouds({
    configs,
    defaultName,
    clock,
    ids,
    log,
    onRequest: metrics.onRequest,
    ...(around.limits === undefined ? {} : { limits: around.limits }),
  });
  const health = createHealth(clouds, clock);
  const schema = loadSchema();
  const flow: Flow = { clock, ids, log };
  const place =
    config.dataDir === "memory" ? { kind: "memory" as const } : { kind: "sqlite" as const, dataDir: config.dataDir };
  const store = await openStore({ ...place, clock, ids, log });
  const admit = createAdmit({ clouds, log, anonymousClouds: anonymousClouds(config, simulator !== undefined) });
  const onFinished = (finished: Finished): void => {
    metrics.onFinished(finished);
    around.onFinished?.(finished);
  };
  const invoker = createInvoker({ schema, admit, clock, log, onFinished });
  const routes = [
    ...routesOf(schema, vi_vnfmService, viVnfmHandlers(flow, store, config.flavourPolicy)),
    ...routesOf(schema, adminService, adminHandlers),
    ...routesOf(schema, IdentityServiceService, identityHandlers(clouds)),
    ...routesOf(schema, CapabilitiesServiceService, capabilitiesHandlers),
  ];
  const newRequestId = (): string => `req-${ids.uuid()}`;
  const shared = { schema, routes, invoker, health, newRequestId, defaultDeadline: DEFAULT_DEADLINE };

  const opened: { close(grace: number): Promise<void> }[] = [];
  try {
    const grpc: GrpcDoor = await openGrpc({ ...shared, host: config.host, port: config.grpcPort });
    opened.push(grpc);
    const native = createPassthrough({
      cloud: cloudConfigOf(configs, defaultName),
      catalogue: (credentials, requestId, signal) => clouds.catalogue({ credentials, requestId, signal, log }),
      clock,
      log,
      newRequestId,
      onFinished,
    });
    opened.push(native);
    const restApp = createRest({ ...shared, clouds, metrics, showsMetricsToAll: config.metrics === "all" });
    const rest = await listen(restApp, config.host, config.httpPort, native);
    opened.push(rest);
    const occiApp = createOcciDoor({
      admit,
      flow,
      newRequestId,
      deadline: DEFAULT_DEADLINE,
      signInUrl: (cloud) => clouds.signInUrl(cloud),
      onFinished: ({ operation, requestId, milliseconds, target, error, cloud }) => {
        const finished: Finished = { operation, door: "occi", outcome: error?.reason ?? "OK", milliseconds };
        onFinished(finished);
        if (isWrite([operation.replace("occi/", "")])) audit(log, { requestId, ...finished, target, cloud });
      },
    });
    const occi = await listen(occiApp, config.host, config.occiPort);
    opened.push(occi);
    return {
      doors: { grpc: grpc.address, http: rest.url, occi: occi.url },
      cloudName: defaultName,
      simulator:
        simulator === undefined
          ? undefined
          : { url: simulator.url, credential: memberOf(simulator), control: simulator },
      clouds,
      async close(grace) {
        health.drain();
        await Promise.all(opened.map((door) => door.close(grace)));
        await clouds.close();
        await store.close();
        if (around.simulator === undefined) await simulator?.close();
      },
    };
  } catch (thrown) {
    await Promise.all(opened.map((door) => door.close(0)));
    await clouds.close();
    await store.close();
    if (around.simulator === undefined) await simulator?.close();
    throw thrown;
  }
}

interface NamedClouds {
  readonly configs: Readonly<Record<string, CloudConfig>>;
  /** Nothing: no cloud is configured. */
  readonly name: string | undefined;
}

/** A cloud counts as configured when it is named; a clouds.yaml that merely lies about does not. */
function loadNamed(config: Config, env: NodeJS.ProcessEnv): NamedClouds {
  if (config.cloud === undefined && (env.OS_AUTH_URL ?? "") === "") {
    if (config.anonymousClouds.length > 0) throw new ConfigError("anonymous-cloud: no cloud is configured");
    return { configs: {}, name: undefined };
  }
  const { configs, defaultName } = loadCloudConfigs({
    env: config.cloud === undefined ? env : { ...env, OS_CLOUD: config.cloud },
  });
  const unknown = config.anonymousClouds.find((name) => configs[name] === undefined);
  if (unknown !== undefined) throw new ConfigError(`anonymous-cloud: no cloud is named ${unknown}`);
  return { configs, name: defaultName };
}

function cloudConfigOf(configs: NamedClouds["configs"], name: string): CloudConfig {
  const config = configs[name];
  if (config === undefined) throw new ConfigError(`cloud: no cloud is named ${name}`);
  return config;
}

/** The simulator's ordinary member: what callers without credentials are. */
function memberOf(simulator: Simulator): SimulatedCloud {
  const member = simulator.clouds().demo;
  if (member === undefined) throw new Error("the simulator's default world has no member");
  return member;
}

function embeddedConfig(simulator: Simulator): CloudConfig {
  const { auth_url, username, password, project_name, user_domain_name, project_domain_name, region_name } =
    memberOf(simulator);
  return {
    name: EMBEDDED,
    authUrl: auth_url,
    auth: {
      method: "password",
      user: { name: username, domain: { name: user_domain_name } },
      password: new Secret(password),
      project: { name: project_name, domain: { name: project_domain_name } },
    },
    region: region_name,
    regions: [],
    interface: "public",
    overrides: {},
    tls: { verify: true },
  };
}

function anonymousClouds(config: Config, isEmbedded: boolean): readonly string[] {
  if (config.anonymous === "off" || !isLoopbackHost(config.host)) return [];
  return isEmbedded ? [EMBEDDED] : config.anonymousClouds;
}

interface HttpDoor {
  readonly url: string;
  close(grace: number): Promise<void>;
}

/** Node's own limits: 64 KiB of headers (OCCI puts whole messages there), 20 s to send them. */
const HTTP_LIMITS = { maxHeaderSize: 65_536, headersTimeout: 20_000, requestTimeout: 300_000 } as const;

/** With `native`, bodies may take as long as images do: each of the two behind this door has its own limit. */
function listen(app: RequestListener, host: string, port: number, native?: Passthrough): Promise<HttpDoor> {
  const options: ServerOptions =
    native === undefined
      ? HTTP_LIMITS
      : { ...HTTP_LIMITS, requestTimeout: 0, shouldUpgradeCallback: native.shouldUpgrade };
  const server = createServer(options, native?.before(app) ?? app);
  if (native !== undefined) server.on("upgrade", native.upgrade);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve({ url: urlOf(server), close: (grace) => closeServer(server, grace) });
    });
  });
}

function urlOf(server: Server): string {
  const address = server.address() as AddressInfo;
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

function closeServer(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
