import { connect, createServer, type Server } from "node:net";
import { DatabaseError } from "pg";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/cloud/index.ts";
import { systemIds } from "../../src/gateway/runtime.ts";
import { openStore } from "../../src/store/index.ts";
import { postgresFailure } from "../../src/store/postgresFailure.ts";
import { virtualClock } from "../support/virtualClock.ts";
import { keyOf } from "./storeAdapters.ts";
import type { PostgresServer } from "./storePostgres.ts";

/** What only a server can do wrong. */

const open = (url: string, poolSize = 10) =>
  openStore({ kind: "postgres", url: new Secret(url), poolSize, clock: virtualClock(), ids: systemIds });

/** Between the gateway and the server: hangs up when a COMMIT has been passed on, and its answer is on the way. */
async function cutter(to: string): Promise<{ url: string; arm(): void; close(): Promise<void> }> {
  const url = new URL(to);
  const port = Number(url.port);
  let isArmed = false;
  const server: Server = createServer((client) => {
    const upstream = connect(port, url.hostname);
    let isCut = false;
    client.on("data", (data) => {
      isCut ||= isArmed && data.includes("COMMIT");
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (!isCut) client.write(data);
      else client.destroy();
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  url.port = String(address.port);
  return {
    url: url.href,
    arm: () => {
      isArmed = !isArmed;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export function serverFaults(server: () => PostgresServer): void {
  describe("a server", () => {
    test("that cannot be had is UNAVAILABLE, with the reason and without the password", async () => {
      const url = await server().createDatabase();
      const wrong = (change: (url: URL) => void): string => {
        const changed = new URL(url);
        change(changed);
        return changed.href;
      };
      const cases: readonly (readonly [string, RegExp])[] = [
        [wrong((it) => (it.password = "hunter2")), /refuses the gateway's credentials/],
        [wrong((it) => (it.pathname = "/nowhere")), /no such database/],
        [wrong((it) => (it.port = "1")), /cannot be reached/],
      ];
      for (const [at, message] of cases) {
        const error: unknown = await open(at).catch((thrown) => thrown);
        expect(error).toMatchObject({ reason: "UNAVAILABLE", message: expect.stringMatching(message) });
        expect(String(error)).not.toMatch(/hunter2|p@ss|p%40ss/);
      }
    });

    test("whose database is not in UTF-8 is refused", async () => {
      const refusal = { reason: "VERSION_UNSUPPORTED", message: expect.stringContaining("LATIN1") };
      await expect(open(await server().createDatabase("LATIN1"))).rejects.toMatchObject(refusal);
    });

    test("that has become read-only is read, and says what it is", async () => {
      const url = await server().createDatabase();
      const before = await open(url);
      await before.put({ ...keyOf("1"), body: {}, expected: "absent" });
      const name = new URL(url).pathname.slice(1);
      await server().run(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      // Sessions keep what they were opened with: these end, and the pool opens others.
      const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'vimana'`;
      await server().run(url, others);
      await expect.poll(() => before.check().catch((thrown) => thrown.message)).toBe("the store is read-only");
      const put = before.put({ ...keyOf("2"), body: {}, expected: "absent" });
      await expect(put).rejects.toMatchObject({ reason: "UNAVAILABLE", message: "the store is read-only" });
      expect(await before.get(keyOf("1"))).toBeDefined();
      await before.close();
    });

    test("that is cut off during a commit leaves AMBIGUOUS, and the truth is there to be read", async () => {
      const line = await cutter(await server().createDatabase());
      const store = await open(line.url);
      line.arm();
      const put = store.put({ ...keyOf("1"), body: { n: 1 }, expected: "absent" });
      await expect(put).rejects.toMatchObject({ reason: "AMBIGUOUS" });
      line.arm();
      expect((await store.get(keyOf("1")))?.body).toEqual({ n: 1 });
      await store.close();
      await line.close();
    });

    test("settles batches that meet head-on", async () => {
      const url = await server().createDatabase();
      const stores = await Promise.all([open(url, 4), open(url, 4)]);
      const ids = ["a", "b", "c", "d"];
      const writes = Array.from({ length: 40 }, (_, n) => {
        const puts = ids.map((id) => ({ ...keyOf(id), body: { n }, expected: "any" as const, keys: { n: String(n) } }));
        return stores[n % 2]?.write({
          puts: n % 3 === 0 ? puts : puts.toReversed(),
          messages: [{ topic: "t", body: { n } }],
        });
      });
      await Promise.all(writes);
      const [store] = stores;
      if (store === undefined) throw new Error("no store");
      const read = await Promise.all(ids.map(async (id) => (await store.get(keyOf(id)))?.body.n));
      expect(new Set(read).size).toBe(1);
      const lease = await store.acquireLease("t", "me", 1000);
      if (lease === undefined) throw new Error("no lease");
      const messages = await store.takeMessages({ topic: "t", lease, limit: 100 });
      // The newest message tells of the write that won.
      expect(messages).toHaveLength(40);
      expect(messages.at(-1)?.body.n).toBe(read[0]);
      for (const each of stores) await each.close();
    });
  });

  test("a server's codes are told in our words", () => {
    const failure = (code: string, during?: "commit") => {
      const error = Object.assign(new DatabaseError("x", 1, "error"), { code });
      const { error: told, isTransient } = postgresFailure(error, during);
      return [told.reason, told.message, isTransient];
    };
    expect(failure("53100")).toEqual(["UNAVAILABLE", "the store is full: the server's disk is used up", false]);
    expect(failure("40P01")).toEqual(["UNAVAILABLE", expect.stringContaining("busy"), true]);
    expect(failure("40001", "commit")).toEqual(["UNAVAILABLE", expect.stringContaining("busy"), true]);
    expect(failure("57P01", "commit")).toEqual(["AMBIGUOUS", expect.any(String), false]);
    expect(failure("57P01")).toEqual(["UNAVAILABLE", expect.any(String), false]);
    expect(failure("42601")).toEqual(["INTERNAL", "internal error", false]);
    const socket = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    expect(postgresFailure(socket).error.reason).toBe("UNAVAILABLE");
    expect(postgresFailure(socket, "commit").error.reason).toBe("AMBIGUOUS");
    expect(postgresFailure(new TypeError("ours")).error.reason).toBe("INTERNAL");
  });
}
