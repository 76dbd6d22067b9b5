import { adminService } from "../../generated/ts/kubevim/admin.ts";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import { OcciServiceService } from "../../generated/ts/occi/v1/occi.ts";
import { CapabilitiesServiceService } from "../../generated/ts/vimana/v1/capabilities.ts";
import { ConformanceServiceService } from "../../generated/ts/vimana/v1/conformance.ts";
import { IdentityServiceService } from "../../generated/ts/vimana/v1/identity.ts";
import { RecoveryServiceService } from "../../generated/ts/vimana/v1/recovery.ts";
import { type CloudConfig, type ConnectOptions, connectClouds } from "../backends/openstack/index.ts";
import { type Clock, CloudError, type Clouds, type Flow, type Ids, type Log, type Store } from "../cloud/index.ts";
import { adminHandlers, viVnfmHandlers } from "../etsi/index.ts";
import { conformanceHandlers, createOcciDoor, type OcciDoorOptions, occiHandlers } from "../occi/index.ts";
import { openWrites } from "../recovery/index.ts";
import { capabilitiesHandlers, identityHandlers, recoveryHandlers } from "../services/index.ts";
import { type SimulatedCloud, type Simulator, startSimulator } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { createAdmit } from "./admit.ts";
import { audit, isWrite } from "./audit.ts";
import type { Config } from "./config.ts";
import { type GrpcDoor, openGrpc } from "./grpc.ts";
import { createHealth } from "./health.ts";
import { createInvoker, type Finished, routesOf } from "./invoke.ts";
import { listen } from "./listen.ts";
import { createMetrics } from "./metrics.ts";
import {
  anonymousClouds,
  cloudConfigOf,
  EMBEDDED,
  embeddedConfig,
  loadNamed,
  memberOf,
  operatorOf,
} from "./namedClouds.ts";
import { loadSchema } from "./operations.ts";
import { createPassthrough } from "./passthrough.ts";
import { createRest } from "./rest.ts";
import { createLog, every, productVersion, systemClock, systemIds } from "./runtime.ts";

/**
 * How the doors open. main is the composition root: the only place that knows every room.
 *
 * namedClouds   which clouds   listen   HTTP listeners
 * config   settings            runtime   clock, ids, log of the machine
 * operation, operations        what an operation is: for doors, and as the descriptors tell it
 * admit    who is let in       invoke    the chain of one call
 * grpc, grpcStatus, health, reflection   the gRPC door
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
  /** Stays open when the gateway closes. */
  readonly store?: Store;
  readonly limits?: ConnectOptions["limits"];
  readonly onFinished?: (finished: Finished) => void;
}

/** Milliseconds for calls whose caller sets no deadline: an allocate waits 30 s for its machine. */
const DEFAULT_DEADLINE = 120_000;

/** Between two looks at unfinished writes, and two signs of life, milliseconds. */
const RECOVERY_PAUSE = 3_000;

/** Ids of its own: a seed decides them. */
function embedded(
  { host, simulator }: Config,
  around: { readonly clock: Clock; readonly log: Log },
): Promise<Simulator> {
  return startSimulator({ host, ...simulator, ...around });
}

/** Opens every door, on the configured cloud or on the embedded simulator. */
export async function startGateway(config: Config, around: Surroundings = {}): Promise<Gateway> {
  const { clock = systemClock, ids = systemIds, env = process.env } = around;
  const log = around.log ?? createLog(config.logLevel);
  const named = around.configs === undefined ? loadNamed(config, env) : { configs: around.configs, name: config.cloud };
  const simulator =
    named.name === undefined ? (around.simulator ?? (await embedded(config, { clock, log }))) : undefined;
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
  const store = around.store ?? (await openStore({ ...placeOf(config), clock, ids, log }));
  const writes = await openWrites({
    store,
    clouds,
    clock,
    ids,
    log,
    settleMs: config.recoverySettle,
    ownClouds: simulator === undefined ? [] : [EMBEDDED],
    isVolatile: around.store === undefined && config.dataDir === "memory",
  });
  const admit = createAdmit({
    clouds,
    log,
    anonymousClouds: anonymousClouds(config, simulator !== undefined),
    operatorToken: config.operatorToken,
  });
  const onFinished = (finished: Finished): void => {
    metrics.onFinished(finished);
    around.onFinished?.(finished);
  };
  const deleteMany = config.occiDeleteMany ?? (simulator === undefined ? 0 : 1000);
  const newRequestId = (): string => `req-${ids.uuid()}`;
  const occiOptions = {
    flow,
    store: writes.store,
    writes,
    presence: writes.presence,
    newRequestId,
    version: productVersion(),
    deadline: DEFAULT_DEADLINE,
    deleteMany,
    deleteAll: config.occiDeleteMany !== undefined,
    signInUrl: (cloud?: string) => clouds.signInUrl(cloud),
    ...freeSizes(config, clouds, simulator),
  };
  const invoker = createInvoker({ schema, admit, writes, clock, log, onFinished });
  const routes = [
    ...routesOf(schema, vi_vnfmService, viVnfmHandlers(flow, writes.store, config.flavourPolicy)),
    ...routesOf(schema, adminService, adminHandlers),
    ...routesOf(schema, IdentityServiceService, identityHandlers(clouds)),
    ...routesOf(schema, CapabilitiesServiceService, capabilitiesHandlers),
    ...routesOf(schema, OcciServiceService, occiHandlers(occiOptions)),
    ...routesOf(schema, ConformanceServiceService, conformanceHandlers(occiOptions)),
    ...routesOf(schema, RecoveryServiceService, recoveryHandlers(writes)),
  ];
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
      ...(config.httpUrl === undefined ? {} : { publicUrl: config.httpUrl }),
    });
    opened.push(native);
    const restApp = createRest({ ...shared, clouds, metrics, showsMetricsToAll: config.metrics === "all" });
    const rest = await listen(restApp, config.host, config.httpPort, native);
    opened.push(rest);
    const occiApp = createOcciDoor({
      ...occiOptions,
      ...(config.occiUrl === undefined ? {} : { baseUrl: config.occiUrl }),
      admit,
      onFinished: ({ operation, requestId, milliseconds, target, error, cloud }) => {
        const finished: Finished = { operation, door: "occi", outcome: error?.reason ?? "OK", milliseconds };
        onFinished(finished);
        if (isWrite([operation.replace("occi/", "")])) audit(log, { requestId, ...finished, target, cloud });
      },
    });
    const occi = await listen(occiApp, config.host, config.occiPort);
    opened.push(occi);
    const endRecovery = [writes.beat, writes.tick].map((work) =>
      every(RECOVERY_PAUSE, () =>
        work().catch((thrown) => log.warn({ error: CloudError.from(thrown).message }, "recovery failed")),
      ),
    );
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
        await Promise.all(endRecovery.map((end) => end()));
        await writes.close();
        if (around.store === undefined) await store.close();
        if (around.simulator === undefined) await simulator?.close();
      },
    };
  } catch (thrown) {
    await Promise.all(opened.map((door) => door.close(0)));
    await clouds.close();
    if (around.store === undefined) await store.close();
    if (around.simulator === undefined) await simulator?.close();
    throw thrown;
  }
}

function placeOf({ storeUrl, dataDir }: Config) {
  if (storeUrl !== undefined) return { kind: "postgres" as const, url: storeUrl };
  return dataDir === "memory" ? { kind: "memory" as const } : { kind: "sqlite" as const, dataDir };
}

/** What becomes of an OCCI compute's free sizes: the simulator's operator makes them a flavour, any other cloud's does not. */
function freeSizes(
  { occiFlavourPolicy }: Config,
  clouds: Clouds,
  simulator: Simulator | undefined,
): Pick<OcciDoorOptions, "flavourPolicy" | "flavourMaker"> {
  if (occiFlavourPolicy !== "auto" && occiFlavourPolicy !== "make") return { flavourPolicy: occiFlavourPolicy };
  if (simulator === undefined) return { flavourPolicy: occiFlavourPolicy === "auto" ? "smallest-fit" : "make" };
  return {
    flavourPolicy: "make",
    flavourMaker: ({ call: { signal, requestId, log } }) =>
      clouds.open({ cloud: EMBEDDED, credentials: operatorOf(simulator), signal, requestId, log }),
  };
}
