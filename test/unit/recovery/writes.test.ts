import { beforeEach, describe, expect, test } from "vitest";
import {
  type Cloud,
  CloudError,
  type Clouds,
  collect,
  provisionNetwork,
  silentLog,
  type Write,
} from "../../../src/cloud/index.ts";
import type { Store } from "../../../src/cloud/store.ts";
import { systemIds } from "../../../src/gateway/runtime.ts";
import { type OpenWrites, openWrites } from "../../../src/recovery/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakeCloud.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** Writes and the store that keeps account of them, on a cloud in memory. */

const clock = virtualClock();
const flow = { clock, ids: systemIds, log: silentLog };
let world: FakeWorld;
let store: Store;
/** Thrown by the store's next writes, as long as it is there. */
let trouble: CloudError | undefined;

beforeEach(async () => {
  world = fakeWorld();
  trouble = undefined;
  const memory = await openStore({ kind: "memory", clock, ids: systemIds });
  const troubled = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    if (trouble !== undefined) throw trouble;
    return act();
  };
  store = new Proxy(memory, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      const isWriting = name === "put" || name === "write" || name === "delete";
      return (...args: unknown[]): unknown =>
        isWriting ? troubled(async () => Reflect.apply(member, target, args)) : Reflect.apply(member, target, args);
    },
  });
});

const clouds = (): Clouds => ({
  names: ["fake"],
  defaultName: "fake",
  signInUrl: () => "",
  open: async () => world.cloudOf("p1"),
  check: async () => {},
  close: async () => {},
});

const gateway = (ownClouds: readonly string[] = [], isVolatile = false): Promise<OpenWrites> =>
  openWrites({ store, clouds: clouds(), ...flow, settleMs: 0, ownClouds, isVolatile });

const write = (key?: string, said = "make it"): Write => ({
  operation: "some.Service/Make",
  requestId: `req-${systemIds.uuid()}`,
  cloud: world.cloudOf("p1"),
  key,
  said: async () => [said],
});

const KEEPING = {
  pack: ({ id }: { readonly id: string }) => ({ id }),
  unpack: ({ id }: Readonly<Record<string, unknown>>) => ({ id: String(id) }),
};

const make = async (cloud: Cloud): Promise<{ readonly id: string }> => {
  const subnets = [{ name: "range", ipVersion: 4 as const, cidr: "10.9.0.0/24" }];
  return (await provisionNetwork(cloud, { name: "wanted", subnets }, flow)).network;
};

const full = (): CloudError =>
  new CloudError("UNAVAILABLE", "the store is full: its disk, or the size it may have, is used up");

describe("a store that takes nothing", () => {
  test("lets nothing be made", async () => {
    const writes = await gateway();
    trouble = full();
    await expect(writes.run(write(), make, KEEPING)).rejects.toMatchObject({ reason: "UNAVAILABLE", message: /full/ });
    expect(world.calls).not.toContain("networks.create");
  });

  test("at the end of a write refuses it, and has it taken back when it is there again", async () => {
    const writes = await gateway();
    const last = async (cloud: Cloud): Promise<{ readonly id: string }> => {
      const made = await make(cloud);
      trouble = full();
      return made;
    };
    await expect(writes.run(write("k"), last, KEEPING)).rejects.toMatchObject({ reason: "UNAVAILABLE" });
    expect(world.networks.size).toBe(1);
    trouble = undefined;
    await writes.tick();
    expect(world.networks.size).toBe(0);
    expect(await collect(writes.unfinished({}))).toEqual([]);
    await writes.run(write("k"), make, KEEPING);
    expect(world.networks.size).toBe(1);
  });

  test("does not stand in the way of what needs no account", async () => {
    const { id } = await make(world.cloudOf("p1"));
    const writes = await gateway();
    trouble = full();
    const remove = async (cloud: Cloud): Promise<{ readonly id: string }> => {
      await cloud.networks.delete(id);
      return { id };
    };
    await writes.run(write(), remove, KEEPING);
    expect(world.networks.size).toBe(0);
  });
});

describe("a store that ends with the process", () => {
  const unkept = (): Promise<OpenWrites> => gateway([], true);

  test("is not told of what works", async () => {
    const writes = await unkept();
    trouble = full();
    await writes.run(write(), make, KEEPING);
    expect(world.networks.size).toBe(1);
  });

  test("is told of what is left when a write has failed, and has it taken back", async () => {
    const writes = await unkept();
    world.failures.set("subnets.create", new CloudError("QUOTA_EXCEEDED", "no more subnets"));
    world.failures.set("networks.delete", new CloudError("UNAVAILABLE", "no answer"));
    await expect(writes.run(write(), make, KEEPING)).rejects.toMatchObject({ reason: "QUOTA_EXCEEDED" });
    expect(world.networks.size).toBe(1);
    expect(await collect(writes.unfinished({}))).toHaveLength(1);
    await writes.tick();
    expect(world.networks.size).toBe(0);
    expect(await collect(writes.unfinished({}))).toEqual([]);
  });
});

describe("a key", () => {
  test.each([false, true])("that two calls have at one time is one write; volatile: %s", async (isVolatile) => {
    const writes = await gateway([], isVolatile);
    const [one, other] = await Promise.all([1, 2].map(() => writes.run(write("k"), make, KEEPING)));
    expect(other?.answer.id).toBe(one?.answer.id);
    expect(world.networks.size).toBe(1);
  });

  test("serves every gateway of one store, and stands nowhere in it, nor does what was said", async () => {
    const [here, there] = [await gateway(), await gateway()];
    const first = await here.run(write("canary-key", "canary-said"), make, KEEPING);
    const second = await there.run(write("canary-key", "canary-said"), make, KEEPING);
    expect(second).toEqual({ answer: { id: first.answer.id }, isReplayed: true });
    const kept = JSON.stringify(await collect(store.list({ kind: "write" })));
    expect(kept).toContain(first.answer.id);
    expect(kept).not.toContain("canary");
  });

  test("is free again after a day", async () => {
    const writes = await gateway();
    await writes.run(write("k"), make, KEEPING);
    clock.advance(24 * 3600 * 1000 - 1);
    expect((await writes.run(write("k"), make, KEEPING)).isReplayed).toBe(true);
    clock.advance(1);
    expect((await writes.run(write("k"), make, KEEPING)).isReplayed).toBe(false);
  });

  test("whose answer is too large to be kept leaves nothing", async () => {
    const writes = await gateway();
    const large = { ...KEEPING, pack: () => ({ text: "x".repeat(2 ** 21) }) };
    await expect(writes.run(write("k"), make, large)).rejects.toMatchObject({ reason: "TOO_LARGE" });
    await writes.tick();
    expect(world.networks.size).toBe(0);
  });

  test("is waited for while its first call works, and then refused with a time to come back", async () => {
    const writes = await gateway();
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = async (cloud: Cloud): Promise<{ readonly id: string }> => {
      const made = await make(cloud);
      await promise;
      return made;
    };
    const first = writes.run(write("k"), slow, KEEPING);
    await expect.poll(() => world.networks.size).toBe(1);
    await expect(writes.run(write("k"), make, KEEPING)).rejects.toMatchObject({
      reason: "CONFLICT",
      retryAfterSeconds: 2,
    });
    resolve();
    await first;
    expect((await writes.run(write("k"), make, KEEPING)).isReplayed).toBe(true);
    expect(world.networks.size).toBe(1);
  });

  test("of a cloud that ended with its gateway means nothing to the next one", async () => {
    const first = await gateway(["fake"]);
    await first.run(write("k"), make, KEEPING);
    const second = await gateway(["fake"]);
    expect((await second.run(write("k"), make, KEEPING)).isReplayed).toBe(false);
  });
});
