import { type Clock, type Cloud, CloudError, type Clouds, type Ids, type Log, silentLog } from "../cloud/index.ts";
import { listen } from "../gateway/listen.ts";
import { systemClock, systemIds } from "../gateway/runtime.ts";
import { createOcciDoor, type FlavourPolicy, type Limits } from "../occi/index.ts";
import { openWrites } from "../recovery/index.ts";
import { openStore } from "../store/index.ts";

/** What a server knows of whoever calls, before it is let in. */
export interface OcciCaller {
  readonly header: (name: string) => string | undefined;
  /** Whether the caller is on this machine. */
  readonly isLoopback: boolean;
  readonly requestId: string;
  /** Aborts when the caller leaves or the deadline passes: hand it to whatever the cloud does. */
  readonly signal: AbortSignal;
}

export interface OcciServerOptions {
  /** The cloud as this caller may use it; rejects with a `CloudError`: UNAUTHENTICATED for who must sign in first. */
  readonly open: (caller: OcciCaller) => Promise<Cloud>;
  /** Where callers sign in: told in `WWW-Authenticate` of a 401 (rOCCI-api and grycap/im follow it). */
  readonly signInUrl?: string;
  /** Default 127.0.0.1. There is no TLS: beyond loopback a proxy with TLS belongs in front. */
  readonly host?: string;
  /** 0, the default, picks a free one. */
  readonly port?: number;
  /** Folder for what no cloud has a home for: mixins of users, accounts of writes. Default: memory. */
  readonly dataDir?: string;
  /** What clients call this server, when a proxy changes `Host`. */
  readonly baseUrl?: string;
  /** Default `smallest-fit`. */
  readonly flavourPolicy?: FlavourPolicy;
  /** How many entities one deletion may remove; 0, the default, allows none but single ones. */
  readonly deleteMany?: number;
  readonly limits?: Partial<Limits>;
  /** Told in `Server`; default 0.0.0. */
  readonly version?: string;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly ids?: Ids;
}

export interface OcciServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Takes no more requests and ends those under way within the grace, milliseconds (default 1000). */
  close(grace?: number): Promise<void>;
}

/** How long a cloud may take to show what an interrupted create made, milliseconds. */
const SETTLE = 10_000;

/** An OCCI 1.2 server (GFD.223, GFD.226, GFD.229) over an implementation of the port `Cloud`. */
export async function startOcciServer(options: OcciServerOptions): Promise<OcciServer> {
  const { clock = systemClock, ids = systemIds, log = silentLog, dataDir, version = "0.0.0" } = options;
  const place = dataDir === undefined ? { kind: "memory" as const } : { kind: "sqlite" as const, dataDir };
  const store = await openStore({ ...place, clock, ids, log });
  const clouds = nobodysClouds(options.signInUrl);
  const writes = await openWrites({
    store,
    clouds,
    clock,
    ids,
    log,
    settleMs: SETTLE,
    isVolatile: dataDir === undefined,
  });
  const { baseUrl, flavourPolicy, deleteMany, limits } = options;
  const door = createOcciDoor({
    admit: async ({ header, isLoopback, requestId, signal, operation }) => {
      const cloud = await options.open({ header, isLoopback, requestId, signal });
      const callLog = log.child({ requestId, operation });
      return { operation, requestId, signal, cloud, log: callLog, warn: (message) => callLog.warn({}, message) };
    },
    flow: { clock, ids, log },
    store: writes.store,
    writes,
    presence: writes.presence,
    version,
    newRequestId: () => `req-${ids.uuid()}`,
    signInUrl: () => clouds.signInUrl(),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(flavourPolicy === undefined ? {} : { flavourPolicy }),
    ...(deleteMany === undefined ? {} : { deleteMany }),
    ...(limits === undefined ? {} : { limits }),
  });
  const { url, close } = await listen(door, options.host ?? "127.0.0.1", options.port ?? 0);
  return {
    url,
    async close(grace = 1000) {
      await close(grace);
      await writes.close();
      await store.close();
    },
  };
}

/** No credentials are held here: what a crash cut short is seen to when its owner's next call brings a cloud. */
function nobodysClouds(signInUrl: string | undefined): Clouds {
  const none = (): CloudError => new CloudError("NOT_FOUND", "this server holds no credentials of any cloud");
  return {
    names: [],
    defaultName: "",
    signInUrl() {
      if (signInUrl === undefined) throw none();
      return signInUrl;
    },
    open: () => Promise.reject(none()),
    check: async () => {},
    close: async () => {},
  };
}
