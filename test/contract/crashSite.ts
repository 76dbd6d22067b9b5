import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import { connectClouds } from "../../src/backends/openstack/index.ts";
import { type Cloud, collect, type Flow, type JsonObject, silentLog } from "../../src/cloud/index.ts";
import type { Store } from "../../src/cloud/store.ts";
import { viVnfmHandlers } from "../../src/etsi/index.ts";
import { systemIds } from "../../src/gateway/runtime.ts";
import { createOcciDoor } from "../../src/occi/index.ts";
import { openWrites } from "../../src/recovery/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { openStore } from "../../src/store/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { Fuse, fusedCloud, fusedStore } from "../support/fuse.ts";
import { type Native, signIn } from "../support/native.ts";
import { virtualClock } from "../support/virtualClock.ts";

/** A cloud and a store that outlive the gateways in front of them. */
export interface Site {
  readonly native: Native;
  readonly store: Store;
  readonly clock: ReturnType<typeof virtualClock>;
  /** A gateway, or its next life: the ones before are dead. */
  gateway(): Promise<Life>;
  /** All that the tenant has, by kind; and what the gateway holds. */
  inventory(): Promise<Readonly<Record<string, readonly string[]>>>;
}

export interface Life {
  readonly fuse: Fuse;
  etsi<Method extends keyof typeof vi_vnfmService>(method: Method, request: unknown, key?: string): Promise<unknown>;
  /** Rejects where the status is none of success. */
  occi(method: string, path: string, lines: readonly string[], key?: string): Promise<string>;
  /** One look at what is unfinished; and looks until the time is over in which something may still show. */
  tick(): Promise<void>;
  recover(): Promise<void>;
  unfinished(): Promise<number>;
  close(): Promise<void>;
}

const LISTS = [
  ["servers", "compute", "/servers"],
  ["keypairs", "compute", "/os-keypairs"],
  ["server_groups", "compute", "/os-server-groups"],
  ["ports", "network", "/ports"],
  ["networks", "network", "/networks"],
  ["subnets", "network", "/subnets"],
  ["floatingips", "network", "/floatingips"],
  ["volumes", "block-storage", "/volumes/detail"],
  ["snapshots", "block-storage", "/snapshots"],
  ["images", "image", "/images"],
] as const;

/** A clean world each time. */
export async function openSites(): Promise<{ fresh(): Promise<Site>; close(): Promise<void> }> {
  const clock = virtualClock();
  const simulator = await startSimulator({ clock });
  return {
    close: () => simulator.close(),
    async fresh() {
      simulator.reset();
      return siteOn(simulator, clock);
    },
  };
}

async function siteOn(simulator: Simulator, clock: Site["clock"]): Promise<Site> {
  const { demo } = simulator.clouds();
  if (demo === undefined) throw new Error("the default world has no demo");
  const config = simulatedConfig("demo", demo);
  const native = await signIn(config);
  const store = await openStore({ kind: "memory", clock, ids: systemIds });
  let lives = 0;
  return {
    native,
    store,
    clock,
    async gateway() {
      lives += 1;
      return live(config, store, clock, lives);
    },
    async inventory() {
      const found = LISTS.map(async ([member, service, path]) => {
        const { body } = await native.call(service, "GET", path);
        const items = body[member] as readonly Listed[];
        const told = items.map(({ id, name, size, keypair, attachments = [] }) =>
          [id ?? keypair?.name, name, size, attachments.length > 0 ? "plugged" : "free"].join(" "),
        );
        return [member, told.sort()] as const;
      });
      const held = (await collect(store.list({ kind: "flavour" }))).map(({ id }) => id);
      return { ...Object.fromEntries(await Promise.all(found)), held };
    },
  };
}

/** What of a thing can change in these writes. */
interface Listed {
  readonly id?: string;
  readonly name?: string;
  readonly size?: number;
  readonly keypair?: { readonly name: string };
  readonly attachments?: readonly unknown[];
}

const KEEPING = {
  pack: (answer: object): JsonObject => ({ text: JSON.stringify(answer) }),
  unpack: ({ text }: JsonObject): object => JSON.parse(String(text)),
};

async function live(
  config: ReturnType<typeof simulatedConfig>,
  store: Store,
  clock: Site["clock"],
  pid: number,
): Promise<Life> {
  const fuse = new Fuse();
  const own = fusedStore(store, fuse);
  const common = { clock, ids: systemIds, log: silentLog };
  const clouds = connectClouds({ configs: { demo: config }, defaultName: "demo", ...common });
  // Of those that came before none is alive.
  const machine = { place: "here", pid, isRunning: (other: number) => other === pid };
  const writes = await openWrites({ store: own, clouds, settleMs: 15_000, machine, ...common });
  const flow: Flow = common;
  const handlers = viVnfmHandlers(flow, writes.store, "exact");
  const open = async (): Promise<Cloud> => {
    const request = { credentials: { kind: "configured" as const }, signal: AbortSignal.timeout(60_000) };
    return fusedCloud(await clouds.open({ ...request, requestId: systemIds.uuid(), log: silentLog }), fuse);
  };
  const callOf = (cloud: Cloud, operation: string, requestId: string) => {
    return { operation, requestId, cloud, signal: new AbortController().signal, log: silentLog, warn: () => {} };
  };
  const door = createOcciDoor({
    admit: async ({ operation, requestId, signal }) => ({ ...callOf(await open(), operation, requestId), signal }),
    flow,
    store: writes.store,
    writes,
    presence: writes.presence,
    newRequestId: () => `req-${systemIds.uuid()}`,
    signInUrl: () => "http://nowhere",
    version: "0.0.0",
  });
  const server = await listening(createServer(door));
  const gone = new AbortController();
  return {
    fuse,
    async etsi(method, request, key) {
      const cloud = await open();
      const write = {
        operation: method,
        requestId: systemIds.uuid(),
        cloud,
        key,
        said: async () => [JSON.stringify(request)],
      };
      const handle = handlers[method] as (request: unknown, call: ReturnType<typeof callOf>) => Promise<object>;
      const work = (bound: Cloud): Promise<object> => handle(request, callOf(bound, method, write.requestId));
      return (await writes.run(write, work, KEEPING)).answer;
    },
    async occi(method, path, lines, key) {
      const isJson = lines[0]?.startsWith("{") === true;
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
        method,
        headers: {
          "content-type": isJson ? "application/occi+json" : "text/plain",
          accept: "text/plain",
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        ...(lines.length === 0 ? {} : { body: lines.join("\n") }),
        signal: gone.signal,
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text;
    },
    tick: () => writes.tick(),
    async recover() {
      for (let look = 0; look < 3; look += 1) {
        await writes.tick();
        clock.advance(10_000);
      }
    },
    unfinished: async () => (await collect(writes.unfinished({}))).length,
    async close() {
      gone.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await clouds.close();
    },
  };
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
