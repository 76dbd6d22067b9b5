import { create, fromJson, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadSchema, type Operation } from "../../src/gateway/operations.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { fuzzMessage, type Pools } from "../support/fuzzMessages.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { Random } from "../support/random.ts";
import { virtualClock } from "../support/virtualClock.ts";

/**
 * Requests made from the descriptors, over REST and gRPC: whatever is sent, no answer is a fault of the gateway's own, and
 * a refused request changes nothing. `VIMANA_FUZZ` sets how many; `VIMANA_FUZZ_SEED` repeats a run.
 */

const RUNS = Number(process.env.VIMANA_FUZZ ?? 3000);
const SEED = Number(process.env.VIMANA_FUZZ_SEED ?? Date.now() % 2 ** 31);
const RESET_EVERY = 200;
/** Codes that say "my fault": none of them may follow from an input. */
const FAULTS = new Set([
  status.UNKNOWN,
  status.INTERNAL,
  status.DATA_LOSS,
  status.DEADLINE_EXCEEDED,
  status.UNAVAILABLE,
]);
const WATCHED = [
  "nova.servers",
  "neutron.networks",
  "neutron.subnets",
  "neutron.ports",
  "glance.images",
  "nova.flavors",
];

const schema = loadSchema();

describe(`fuzz, seed ${SEED}`, () => {
  let simulator: Simulator;
  let gateway: TestGateway;
  let client: Client;
  let pools: Pools;

  beforeAll(async () => {
    const clock = virtualClock();
    simulator = await startSimulator({ clock });
    gateway = await startTestGateway({ simulator, clock });
    client = new Client(gateway.grpc, credentials.createInsecure());
    const ids = (table: string): string[] => [...(simulator.world.snapshot().tables.get(table)?.keys() ?? [])];
    pools = {
      known: [
        { at: /vcImageId|softwareImageId/, values: ids("glance.images") },
        { at: /lavourId/, values: ids("nova.flavors") },
        { at: /networkId|networkResourceId/, values: ids("neutron.networks") },
        { at: /subnetId/, values: ids("neutron.subnets") },
        { at: /computeOperation$/, values: ["START", "STOP", "PAUSE", "REBOOT", "SUSPEND"] },
        { at: /cidr/, values: ["10.7.0.0/24", "10.7.0.0/31", "fd00::/64"] },
      ],
    };
  });

  afterAll(async () => {
    client.close();
    await gateway.close();
    await simulator.close();
  });

  /** The rows that callers' writes are about, by identity: rows are never changed in place. */
  const world = (): ReadonlyMap<string, ReadonlyMap<string, unknown>> => {
    const { tables } = simulator.world.snapshot();
    return new Map(WATCHED.map((name) => [name, tables.get(name) ?? new Map()]));
  };

  const isSame = (before: ReturnType<typeof world>, after: ReturnType<typeof world>): boolean =>
    WATCHED.every((name) => {
      const [left, right] = [before.get(name), after.get(name)];
      return left?.size === right?.size && [...(left ?? [])].every(([id, row]) => right?.get(id) === row);
    });

  const rest = async (random: Random, { bindings, input }: Operation): Promise<string | undefined> => {
    const binding = random.pick(bindings);
    const body = fuzzMessage(random, input, pools);
    const path = binding.template.replace(/\{([^}]+)\}/g, (_, field: string) => {
      const known = pools.known.find(({ at }) =>
        at.test(field.replace(/_(.)/g, (__, letter: string) => letter.toUpperCase())),
      );
      return encodeURIComponent(
        known === undefined ? random.pick(["x", "..", "a/b", "%", "é"]) : random.pick(known.values),
      );
    });
    const query =
      binding.body === ""
        ? `?filter=${encodeURIComponent(random.pick(["", "x", "(eq,name,x)", "(gt,a,", "(in,name,a,b)"]))}`
        : "";
    const response = await fetch(`${gateway.http}${path}${query}`, {
      method: binding.method,
      ...(binding.body === "" ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (response.ok) return undefined;
    const problem = JSON.parse(text) as { code: number };
    if (FAULTS.has(problem.code)) throw new Error(`${binding.method} ${path}${query} ${JSON.stringify(body)}: ${text}`);
    return text;
  };

  const grpc = async (random: Random, { name, input, isStreaming }: Operation): Promise<string | undefined> => {
    const json = fuzzMessage(random, input, pools);
    let bytes: Uint8Array;
    try {
      bytes = toBinary(input, fromJson(input, json, { registry: schema.registry, ignoreUnknownFields: true }));
    } catch {
      // What JSON cannot say, bytes can: any at all.
      bytes = random.chance(0.5)
        ? toBinary(input, create(input))
        : Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    }
    const same = (buffer: Buffer): Buffer => buffer;
    const error = await new Promise<ServiceError | null>((resolve) => {
      if (isStreaming) {
        const stream = client.makeServerStreamRequest(`/${name}`, same, same, Buffer.from(bytes));
        stream.on("data", () => {});
        stream.on("end", () => resolve(null));
        stream.on("error", (failure: ServiceError) => resolve(failure));
        return;
      }
      client.makeUnaryRequest(`/${name}`, same, same, Buffer.from(bytes), (failure: ServiceError | null) =>
        resolve(failure),
      );
    });
    if (error === null) return undefined;
    if (FAULTS.has(error.code)) throw new Error(`${name} ${JSON.stringify(json)}: ${error.code} ${error.details}`);
    return error.details;
  };

  test(`${RUNS} requests`, { timeout: 600_000 }, async () => {
    const random = new Random(SEED);
    const refusals = new Map<string, number>();
    // A self-test is hundreds of requests by itself.
    const operations = schema.operations.filter(({ localName }) => localName !== "runConformance");
    let accepted = 0;
    for (let run = 0; run < RUNS; run += 1) {
      if (run % RESET_EVERY === 0) simulator.world.restore(start(simulator));
      const before = world();
      const operation = random.pick(operations);
      const hasRest = operation.bindings.length > 0;
      const refusal = hasRest && random.chance(0.5) ? await rest(random, operation) : await grpc(random, operation);
      if (refusal === undefined) {
        accepted += 1;
        continue;
      }
      refusals.set(operation.name, (refusals.get(operation.name) ?? 0) + 1);
      if (!isSame(before, world())) throw new Error(`refused and changed: ${operation.name} ${refusal}`);
    }
    // A fuzzer that is always refused, or never, looks at nothing.
    expect(accepted).toBeGreaterThan(RUNS / 20);
    expect(refusals.size).toBeGreaterThan(10);
  });
});

/** The default world with the token that the gateway holds: a reset would take that away, too. */
const starts = new WeakMap<Simulator, ReturnType<Simulator["world"]["snapshot"]>>();
function start(simulator: Simulator): ReturnType<Simulator["world"]["snapshot"]> {
  const known = starts.get(simulator) ?? simulator.world.snapshot();
  starts.set(simulator, known);
  return known;
}
