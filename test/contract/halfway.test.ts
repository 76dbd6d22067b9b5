import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Native, signIn } from "../support/native.ts";
import { virtualClock } from "../support/virtualClock.ts";

/**
 * A write is all or nothing (house rule 2): every upstream call of an allocation fails in turn and in every way; what is
 * left is either one whole server, when the answer says so, or nothing at all.
 */

interface Left {
  readonly servers: readonly string[];
  readonly ports: readonly string[];
  readonly networks: readonly string[];
  readonly subnets: readonly string[];
}

const EFFECTS = [
  { what: "answers 400", effect: { status: 400, body: { badRequest: { code: 400, message: "faulty" } } } },
  { what: "answers 500", effect: { status: 500 } },
  { what: "answers 503", effect: { status: 503 } },
  { what: "is cut before it was carried out", effect: "cut-before" },
  { what: "is cut after it was carried out", effect: "cut-after" },
  { what: "never answers after it was carried out", effect: "hang-after" },
] as const;

describe("half-way failures", () => {
  let simulator: Simulator;
  let gateway: TestGateway;
  let native: Native;

  beforeAll(async () => {
    const clock = virtualClock();
    simulator = await startSimulator({ clock });
    gateway = await startTestGateway({ simulator, clock, limits: { transport: { headersMs: 300 } } });
  });

  afterAll(async () => {
    await gateway.close();
    await simulator.close();
  });

  const demo = () => {
    const cloud = simulator.clouds().demo;
    if (cloud === undefined) throw new Error("the default world has no demo");
    return simulatedConfig("demo", cloud);
  };

  beforeEach(async () => {
    simulator.reset();
    native = await signIn(demo());
  });

  const ids = async (service: string, path: string, member: string): Promise<string[]> => {
    const { body } = await native.call(service, "GET", path);
    return (body[member] as readonly { readonly id: string }[]).map(({ id }) => id).sort();
  };

  const left = async (): Promise<Left> => ({
    servers: await ids("compute", "/servers", "servers"),
    ports: await ids("network", "/ports", "ports"),
    networks: await ids("network", "/networks", "networks"),
    subnets: await ids("network", "/subnets", "subnets"),
  });

  const post = async (path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${gateway.http}/vivnfm/v5${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-auth-token": native.token },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  const computeBody = async (): Promise<object> => {
    const networkId = await native.find("network", "/networks", "networks", "demo-net");
    const nic = { networkId: { value: networkId }, typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" };
    return {
      computeName: "half",
      computeFlavourId: { value: await native.find("compute", "/flavors", "flavors", "m1.tiny") },
      vcImageId: { value: await native.find("image", "/images", "images", "cirros") },
      // The first card needs a port of its own, the second is left to the compute service.
      interfaceData: [nic, nic],
      interfaceIPAM: [{ networkId: { value: networkId }, macAddress: { mac: "fa:16:3e:00:00:01" } }],
      userData: { content: "#!/bin/sh\n" },
    };
  };

  const networkBody = async (): Promise<object> => ({
    networkResourceName: "half",
    networkResourceType: "NETWORK",
    typeNetworkData: {
      bandwidth: 0,
      layer3Attributes: [{ cidr: { cidr: "10.9.0.0/24" } }, { cidr: { cidr: "10.9.1.0/24" } }],
    },
  });

  /** The writes and reads that the allocation makes when nothing goes wrong. */
  const callsOf = async (
    path: string,
    body: () => Promise<object>,
  ): Promise<readonly { method: string; path: string }[]> => {
    // The first time also asks for the services' versions, which are remembered.
    expect((await post(path, await body())).status).toBe(200);
    simulator.reset();
    native = await signIn(demo());
    const request = await body();
    simulator.requests.clear();
    expect((await post(path, request)).status).toBe(200);
    return simulator.requests.list().filter((record) => !record.path.includes("/auth/tokens"));
  };

  describe.each([
    { what: "compute", path: "/compute", body: computeBody, whole: { servers: 1, ports: 2, networks: 0, subnets: 0 } },
    { what: "network", path: "/networks", body: networkBody, whole: { servers: 0, ports: 0, networks: 1, subnets: 2 } },
  ])("allocating a $what", ({ path, body, whole }) => {
    test.each(EFFECTS)(
      "when a call $what",
      async ({ effect }) => {
        const calls = await callsOf(path, body);
        expect(calls.filter(({ method }) => method === "POST").length).toBeGreaterThanOrEqual(2);
        for (let nth = 1; nth <= calls.length; nth += 1) {
          simulator.reset();
          native = await signIn(demo());
          const request = await body();
          const before = await left();
          const fault = simulator.faults.add({ match: { path: /^\/(?:compute|network|image)\//, nth }, effect });
          const answer = await post(path, request);
          fault.remove();
          const after = await left();
          const made = Object.fromEntries(
            (["servers", "ports", "networks", "subnets"] as const).map((kind) => [
              kind,
              after[kind].length - before[kind].length,
            ]),
          );
          const failed = calls[nth - 1];
          const expected = answer.status === 200 ? whole : { servers: 0, ports: 0, networks: 0, subnets: 0 };
          expect([nth, failed?.method, failed?.path, answer.status, made]).toEqual([
            nth,
            failed?.method,
            failed?.path,
            answer.status,
            expected,
          ]);
          expect(fault.happened).toBe(1);
        }
      },
      120_000,
    );
  });
});
