import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../src/cloud/index.ts";
import type { DocumentKey, Store } from "../../src/cloud/store.ts";
import { systemIds } from "../../src/gateway/runtime.ts";
import { openStore, type StoreOptions } from "../../src/store/index.ts";
import { virtualClock } from "../support/virtualClock.ts";
import { POSTGRES_BINARIES, type PostgresServer, startPostgres } from "./storePostgres.ts";

/** The adapters, each with a way to data of its own: what the contract is held against. */

/** Options that reach the same data again, also from another process. */
export type Address =
  | { readonly kind: "sqlite"; readonly dataDir: string }
  | { readonly kind: "postgres"; readonly url: string };

export interface Place {
  readonly clock: ReturnType<typeof virtualClock>;
  /** Another connection to the same data; the memory, which has none, gives the same store. */
  open(options?: { readonly maxDocumentBytes?: number }): Promise<Store>;
  /** Undefined when no other process can reach the data. */
  readonly address: Address | undefined;
  close(): Promise<void>;
}

export interface Adapter {
  readonly name: "memory" | "sqlite" | "postgres";
  readonly isAvailable: boolean;
  /** Once before all places, and once after them. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** New and empty. */
  place(): Promise<Place>;
}

export function optionsOf(
  address: Address,
):
  | Pick<StoreOptions & { kind: "sqlite" }, "kind" | "dataDir">
  | Pick<StoreOptions & { kind: "postgres" }, "kind" | "url"> {
  return address.kind === "sqlite" ? address : { kind: "postgres", url: new Secret(address.url) };
}

function shared(address: Address, clean: () => void = () => {}): Place {
  const clock = virtualClock(Date.parse("2026-11-21T00:00:00Z"));
  const opened: Store[] = [];
  return {
    clock,
    address,
    async open(options = {}) {
      const store = await openStore({ ...optionsOf(address), clock, ids: systemIds, ...options });
      opened.push(store);
      return store;
    },
    async close() {
      for (const store of opened) await store.close();
      clean();
    },
  };
}

const nothing = async (): Promise<void> => {};

export const memory: Adapter = {
  name: "memory",
  isAvailable: true,
  start: nothing,
  stop: nothing,
  async place() {
    const clock = virtualClock(Date.parse("2026-11-21T00:00:00Z"));
    let store: Promise<Store> | undefined;
    return {
      clock,
      address: undefined,
      open(options = {}) {
        store ??= openStore({ kind: "memory", clock, ids: systemIds, ...options });
        return store;
      },
      close: async () => (await store)?.close(),
    };
  },
};

export const sqlite: Adapter = {
  name: "sqlite",
  isAvailable: true,
  start: nothing,
  stop: nothing,
  async place() {
    const dataDir = mkdtempSync(join(tmpdir(), "vimana-store-"));
    return shared({ kind: "sqlite", dataDir }, () => rmSync(dataDir, { recursive: true, force: true }));
  },
};

let server: PostgresServer | undefined;

export function postgresServer(): PostgresServer {
  if (server === undefined) throw new Error("the server is not started");
  return server;
}

export const postgres: Adapter = {
  name: "postgres",
  isAvailable: POSTGRES_BINARIES !== undefined,
  async start() {
    if (POSTGRES_BINARIES !== undefined) server = await startPostgres(POSTGRES_BINARIES);
  },
  async stop() {
    await server?.stop();
  },
  async place() {
    return shared({ kind: "postgres", url: await postgresServer().createDatabase() });
  },
};

/** A key for tests that care about little of it. */
export function keyOf(id: string, rest: Partial<DocumentKey> = {}): DocumentKey {
  return { kind: "thing", cloud: "prod/east", project: "p1", id, ...rest };
}

/** The reason that a promise was rejected with, or what it was fulfilled with. */
export async function outcome<T>(promise: Promise<T>): Promise<T | string> {
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof Error && "reason" in thrown && thrown.reason !== "INTERNAL") return String(thrown.reason);
    throw thrown;
  }
}
