import { CloudError } from "../../src/cloud/index.ts";
import type { Store } from "../../src/cloud/store.ts";
import { systemClock, systemIds } from "../../src/gateway/runtime.ts";
import { openStore } from "../../src/store/index.ts";
import { type Address, keyOf, optionsOf } from "./storeAdapters.ts";

/** Another process on the same store. What it has acknowledged goes to standard output, a line each. */

const RETRIED = ["CONFLICT", "ALREADY_EXISTS", "UNAVAILABLE", "AMBIGUOUS"] as const;

async function readNumber(store: Store, id: string): Promise<{ n: number; revision: number | undefined }> {
  const document = await store.get(keyOf(id));
  return { n: Number(document?.body.n ?? 0), revision: document?.revision };
}

/** Adds to one number, whatever the others do: optimistic writes. */
async function count(store: Store, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    try {
      const { n, revision } = await readNumber(store, "counter");
      await store.put({ ...keyOf("counter"), body: { n: n + 1 }, expected: revision ?? "absent" });
      done++;
    } catch (thrown) {
      if (!CloudError.is(thrown, ...RETRIED)) throw thrown;
    }
  }
}

/** Adds to one number by careless writes, each under a lease. */
async function countUnderLease(store: Store, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const lease = await store.acquireLease("counter", `process ${process.pid}`, 60_000);
    if (lease === undefined) {
      await systemClock.sleep(1);
      continue;
    }
    const { n } = await readNumber(store, "leased");
    await store.write({ puts: [{ ...keyOf("leased"), body: { n: n + 1 }, expected: "any" }], lease });
    await store.releaseLease(lease);
    done++;
  }
}

/** For ever: two documents, a message and the number of the newest in one batch; survives a server that does not. */
async function write(store: Store): Promise<void> {
  const padding = "x".repeat(3000);
  for (;;) {
    try {
      const last = await readNumber(store, "last");
      const body = { n: last.n + 1, padding };
      const id = String(body.n);
      const halves = ["left", "right"].map((kind) => ({ ...keyOf(id, { kind }), body, expected: "absent" as const }));
      const newest = { ...keyOf("last"), body: { n: body.n }, expected: last.revision ?? ("absent" as const) };
      await store.write({ puts: [...halves, newest], messages: [{ topic: "t", body }] });
      process.stdout.write(`${body.n}\n`);
    } catch (thrown) {
      if (!CloudError.is(thrown, ...RETRIED)) throw thrown;
      await systemClock.sleep(20);
    }
  }
}

const [mode = "", address = "", times = "0"] = process.argv.slice(2);
const to: Address = JSON.parse(address);
const store = await openStore({ ...optionsOf(to), clock: systemClock, ids: systemIds });
if (mode === "count") await count(store, Number(times));
else if (mode === "lease") await countUnderLease(store, Number(times));
else if (mode === "write") await write(store);
else throw new Error(`unknown mode ${mode}`);
await store.close();
