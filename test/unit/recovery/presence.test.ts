import { expect, test } from "vitest";
import { silentLog } from "../../../src/cloud/index.ts";
import { systemIds } from "../../../src/gateway/runtime.ts";
import { LEASE_MS, type Machine, openPresence } from "../../../src/recovery/presence.ts";
import { openStore } from "../../../src/store/index.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** Who is taken for gone. */

const alive = new Set<number>();
const machine = (place: string | undefined, pid: number): Machine => ({ place, pid, isRunning: (id) => alive.has(id) });

async function gateways(...machines: readonly Machine[]) {
  const clock = virtualClock();
  const store = await openStore({ kind: "memory", clock, ids: systemIds });
  const open = (one: Machine) => openPresence({ store, clock, ids: systemIds, log: silentLog, machine: one });
  const presences = await Promise.all(machines.map(open));
  for (const presence of presences) await presence.renew();
  const [first, second] = presences;
  if (first === undefined || second === undefined) throw new Error("two are needed");
  return { clock, first, second };
}

test("a process that died on the same machine is gone at once", async () => {
  alive.clear();
  const { first, second } = await gateways(machine("here", 1), machine("here", 2));
  expect(await second.isGone(first.owner)).toBe(true);
});

test.each([
  ["that runs on the same machine", "here", "here", true],
  ["whose process id means another one elsewhere", "here", "there", false],
  ["on a machine that tells nothing", undefined, undefined, false],
])("a gateway %s is there as long as it is heard of", async (_, place, other, isRunning) => {
  alive.clear();
  if (isRunning) alive.add(1);
  const { clock, first, second } = await gateways(machine(place, 1), machine(other, 2));
  expect(await second.isGone(first.owner)).toBe(false);
  for (let times = 0; times < 10; times += 1) {
    clock.advance(LEASE_MS / 2);
    await first.renew();
    expect(await second.isGone(first.owner)).toBe(false);
  }
  clock.advance(LEASE_MS + 1);
  expect(await second.isGone(first.owner)).toBe(true);
});

test("a gateway whose clock jumped goes on under its name, either way", async () => {
  alive.clear();
  const { clock, first, second } = await gateways(machine(undefined, 1), machine(undefined, 2));
  clock.advance(24 * 3600 * 1000);
  await first.renew();
  expect(await second.isGone(first.owner)).toBe(false);
  clock.advance(-48 * 3600 * 1000);
  await first.renew();
  expect(await second.isGone(first.owner)).toBe(false);
  expect(await first.isGone(first.owner)).toBe(false);
});

test("a gateway that left is gone", async () => {
  alive.clear();
  alive.add(1);
  const { first, second } = await gateways(machine("here", 1), machine("here", 2));
  await first.leave();
  expect(await second.isGone(first.owner)).toBe(true);
});
