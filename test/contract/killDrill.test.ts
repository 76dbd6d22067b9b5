import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { type Native, signIn } from "../support/native.ts";
import { Random } from "../support/random.ts";
import { type Tenant, type Thing, TRADES, work } from "./killClients.ts";
import { type GatewayProcess, gatewayProcess } from "./killGateway.ts";
import { POSTGRES_BINARIES, startPostgres } from "./storePostgres.ts";

/**
 * Gateways are killed at random moments of mixed writes. In the end everything is there that an answer said is there, once,
 * and nothing else. `VIMANA_KILLS` says how often, `VIMANA_SEED` repeats the moments of a run as far as machines repeat.
 */

const KILLS = Number(process.env.VIMANA_KILLS ?? 10);
const SEED = Number(process.env.VIMANA_SEED ?? Date.now() % 2 ** 32);
const TIMEOUT = 120_000 + KILLS * 30_000;

interface Ended {
  readonly kills: number;
  readonly made: number;
  readonly things: ReadonlyMap<Tenant, readonly Thing[]>;
}

describe(`gateways that are killed (seed ${SEED}, ${KILLS} times)`, { timeout: TIMEOUT }, () => {
  test("one, on SQLite", () =>
    drill(1, async (home) => ({ flags: ["--data-dir", join(home, "data")], stop: async () => {} })));

  test.skipIf(POSTGRES_BINARIES === undefined)("two, on one PostgreSQL", () =>
    drill(2, async () => {
      const server = await startPostgres(POSTGRES_BINARIES ?? "");
      return { flags: ["--store-url", await server.createDatabase()], stop: () => server.stop() };
    }),
  );
});

async function drill(
  count: number,
  openStore: (home: string) => Promise<{ readonly flags: readonly string[]; stop(): Promise<void> }>,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "vimana-kill-"));
  const simulator = await startSimulator();
  const store = await openStore(home);
  const gateways = Array.from({ length: count }, (_, nth) =>
    gatewayProcess({ home: join(home, `gateway-${nth}`), simulator, store: store.flags }),
  );
  try {
    for (const gateway of gateways) await gateway.start();
    // Another project than the one of the gateway's own credential has its writes ended when it calls.
    const tenants = [await tenantOf(simulator, "demo"), await tenantOf(simulator, "other")];
    const before = new Map<Tenant, Inventory>();
    for (const tenant of tenants) before.set(tenant, await inventoryOf(tenant));
    const ended = await killing(simulator, gateways, tenants);
    expect(ended.kills).toBe(KILLS);
    await settled(simulator, gateways, tenants);
    for (const tenant of tenants) {
      const expected = wholeOf(before.get(tenant), ended.things.get(tenant) ?? []);
      expect(await inventoryOf(tenant)).toEqual(expected);
    }
    console.error(`${count} gateway(s): ${ended.kills} kills by seed ${SEED}, ${ended.made} writes answered`);
  } finally {
    for (const gateway of gateways) await gateway.kill();
    await store.stop();
    await simulator.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function tenantOf(simulator: Simulator, name: string): Promise<Tenant> {
  const cloud = simulator.clouds()[name];
  if (cloud === undefined) throw new Error(`no ${name}`);
  const native = await signIn(simulatedConfig(name, cloud));
  return {
    ...native,
    networkId: await native.find("network", "/networks", "networks", `${name}-net`),
    flavourId: await native.find("compute", "/flavors", "flavors", "m1.tiny"),
    imageId: await native.find("image", "/images", "images", "cirros"),
  };
}

/** Kills one after the other while clients of both tenants work, and lets these come to the end of what they do. */
async function killing(
  simulator: Simulator,
  gateways: readonly GatewayProcess[],
  tenants: readonly Tenant[],
): Promise<Ended> {
  const random = new Random(SEED);
  let isOver = false;
  let keys = 0;
  const doors = () => {
    const alive = gateways.flatMap((gateway) => gateway.doors ?? []);
    return alive.length === 0 ? undefined : random.pick(alive);
  };
  const newKey = (): string => {
    keys += 1;
    return `${SEED}-${gateways.length}-${keys}`;
  };
  const jobs = tenants.flatMap((as) =>
    TRADES.map((trade, nth) => {
      const options = { trade, as, name: `drill-${nth}`, newKey, doors, isOver: () => isOver };
      return work(options).then((things) => ({ as, things }));
    }),
  );
  const failed = Promise.all(jobs).then(() => new Promise<never>(() => {}));
  let kills = 0;
  while (kills < KILLS) {
    await Promise.race([failed, moment(simulator, random)]);
    const gateway = random.pick(gateways);
    await gateway.kill();
    kills += 1;
    await gateway.start();
  }
  isOver = true;
  const things = new Map<Tenant, Thing[]>();
  for (const { as, things: some } of await Promise.all(jobs)) things.set(as, [...(things.get(as) ?? []), ...some]);
  return { kills, made: keys, things };
}

/** So many requests of the cloud from now, and a little more: between any two steps, or in the middle of one. */
function moment(simulator: Simulator, random: Random): Promise<void> {
  const { requests } = simulator;
  const { promise, resolve } = Promise.withResolvers<void>();
  const add = requests.add;
  let left = 5 + random.below(120);
  requests.add = (record) => {
    add.call(requests, record);
    left -= 1;
    if (left > 0) return;
    requests.add = add;
    let turns = random.below(60);
    const turn = (): void => {
      turns -= 1;
      if (turns <= 0) resolve();
      else setImmediate(turn);
    };
    turn();
  };
  return promise;
}

/** Until nothing is unfinished any more, told by a gateway; each look is a call of its project as well. */
async function settled(
  simulator: Simulator,
  gateways: readonly GatewayProcess[],
  tenants: readonly Native[],
): Promise<void> {
  const at = gateways[0]?.doors;
  if (at === undefined) throw new Error("no gateway is ready");
  for (const { token } of tenants) {
    const ask = async (): Promise<readonly unknown[]> => {
      const response = await fetch(`${at.http}/v1/unfinished_writes`, { headers: { "x-auth-token": token } });
      return ((await response.json()) as { writes: readonly unknown[] }).writes;
    };
    await eventually(ask, (writes) => writes.length === 0, 60);
  }
  simulator.requests.clear();
}

/** How many there are of each name, by kind; subnets and ports by what they belong to. */
type Inventory = Readonly<Record<string, Readonly<Record<string, number>>>>;

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly network_id?: string;
  readonly device_id?: string;
}

async function inventoryOf({ call, projectId }: Native): Promise<Inventory> {
  const list = async (service: string, path: string, member: string): Promise<readonly Listed[]> =>
    (await call(service, "GET", path)).body[member] as readonly Listed[];
  const own = `?project_id=${projectId}`;
  const [servers, networks, subnets, ports, volumes] = await Promise.all([
    list("compute", "/servers", "servers"),
    list("network", `/networks${own}`, "networks"),
    list("network", `/subnets${own}`, "subnets"),
    list("network", `/ports${own}`, "ports"),
    list("block-storage", "/volumes/detail", "volumes"),
  ]);
  const named = (things: readonly Listed[], id: string | undefined): string =>
    things.find((thing) => thing.id === id)?.name ?? `nothing known (${id})`;
  const count = (names: readonly string[]): Readonly<Record<string, number>> =>
    Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
  return {
    servers: count(servers.map(({ name }) => name)),
    networks: count(networks.map(({ name }) => name)),
    volumes: count(volumes.map(({ name }) => name)),
    subnets: count(subnets.map(({ network_id }) => named(networks, network_id))),
    ports: count(ports.map(({ device_id }) => named(servers, device_id))),
  };
}

function wholeOf(before: Inventory = {}, things: readonly Thing[]): Inventory {
  const whole: Record<string, Record<string, number>> = {};
  for (const [kind, names] of Object.entries(before)) whole[kind] = { ...names };
  for (const { name, parts } of things) {
    for (const [kind, count] of Object.entries(parts)) whole[kind] = { ...whole[kind], [name]: count };
  }
  return whole;
}
