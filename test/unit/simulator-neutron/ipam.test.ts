/** Addresses: none given twice, none outside the pools, and exactly as many as there are. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.begin());
afterAll(() => cloud.rig.simulator.close());

function addresses(port: unknown): string[] {
  return items(port, "fixed_ips").map((one) => String(at(one, "ip_address")));
}

/** Pools inside 10.80.0.0/27 (hosts 1 to 30), as pairs of host numbers that do not touch. */
const pools = fc
  .uniqueArray(fc.integer({ min: 2, max: 30 }), { minLength: 2, maxLength: 6 })
  .map((ends) => ends.sort((a, b) => a - b))
  .map((ends) =>
    Array.from({ length: Math.floor(ends.length / 2) }, (_, i) => [ends[2 * i] ?? 2, ends[2 * i + 1] ?? 2] as const),
  );

test("pools are used up exactly, whatever is freed in between", async () => {
  await fc.assert(
    fc.asyncProperty(pools, fc.array(fc.nat(), { maxLength: 8 }), async (ranges, freed) => {
      await cloud.begin();
      await cloud.ask("admin", "PUT", `/quotas/${await projectId()}`, { quota: { port: -1 } });
      const network = await cloud.makeId("demo", "network", {});
      const host = (last: number) => `10.80.0.${last}`;
      await cloud.make("demo", "subnet", {
        network_id: network,
        ip_version: 4,
        cidr: "10.80.0.0/27",
        allocation_pools: ranges.map(([start, end]) => ({ start: host(start), end: host(end) })),
      });
      const size = ranges.reduce((sum, [start, end]) => sum + end - start + 1, 0);
      const held = new Map<string, string>();
      const allocate = async () => {
        const port = await cloud.make("demo", "port", { network_id: network });
        const [address = ""] = addresses(port);
        expect(held.has(address)).toBe(false);
        const last = Number(address.split(".").at(-1));
        expect(ranges.some(([start, end]) => last >= start && last <= end)).toBe(true);
        held.set(address, String(at(port, "id")));
      };
      while (held.size < size) await allocate();
      const full = await cloud.ask("demo", "POST", "/ports", { port: { network_id: network } });
      expect(refusal(full)).toEqual([
        409,
        "IpAddressGenerationFailure",
        `No more IP addresses available on network ${network}.`,
      ]);
      for (const pick of freed) {
        const [address, id] = [...held][pick % held.size] ?? ["", ""];
        expect((await cloud.ask("demo", "DELETE", `/ports/${id}`)).status).toBe(204);
        held.delete(address);
        await allocate();
      }
      expect(held.size).toBe(size);
    }),
    { numRuns: 12 },
  );
});

async function projectId(): Promise<string> {
  const { json } = await cloud.ask("demo", "GET", "/quotas/project");
  return String(at(json, "project", "project_id"));
}

test("a refused port leaves no address and no port behind", async () => {
  const network = await cloud.makeId("demo", "network", {});
  const subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.80.0.0/29" });
  const many = Array.from({ length: 6 }, () => ({ subnet_id: subnet }));
  const refused = await cloud.ask("demo", "POST", "/ports", { port: { network_id: network, fixed_ips: many } });
  expect(refused.status).toBe(409);
  expect(await cloud.list("demo", "ports", `?network_id=${network}`)).toEqual([]);
  const all = await cloud.make("demo", "port", { network_id: network, fixed_ips: many.slice(1) });
  expect(new Set(addresses(all)).size).toBe(5);
});

test("an address asked for by name is not chosen for another entry of the same request", async () => {
  const network = await cloud.makeId("demo", "network", {});
  const subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.80.0.0/29" });
  const fixed_ips = [{ subnet_id: subnet }, { ip_address: "10.80.0.2" }];
  const port = await cloud.make("demo", "port", { network_id: network, fixed_ips });
  expect(addresses(port).sort()).toEqual(["10.80.0.2", "10.80.0.3"]);
});

test("one address of each version, and a self-made one on each SLAAC subnet", async () => {
  const network = await cloud.makeId("demo", "network", {});
  const on = (fields: object) => cloud.makeId("demo", "subnet", { network_id: network, ...fields });
  const v4 = await on({ ip_version: 4, cidr: "10.80.0.0/29" });
  await on({ ip_version: 4, cidr: "10.81.0.0/29" });
  const modes = { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" };
  const v6 = await on({ ip_version: 6, cidr: "fd00:70::/64", ...modes });
  const mac_address = "fa:16:3e:a2:b8:75";
  const port = await cloud.make("demo", "port", { network_id: network, mac_address });
  expect(at(port, "fixed_ips")).toEqual([
    { subnet_id: v4, ip_address: "10.80.0.2" },
    { subnet_id: v6, ip_address: "fd00:70::f816:3eff:fea2:b875" },
  ]);
});

test("when one subnet is full the next of its version serves", async () => {
  const network = await cloud.makeId("demo", "network", {});
  for (const cidr of ["10.80.0.0/30", "10.81.0.0/30"])
    await cloud.make("demo", "subnet", { network_id: network, ip_version: 4, cidr });
  const made = [];
  for (let index = 0; index < 2; index++) made.push(await cloud.make("demo", "port", { network_id: network }));
  expect(made.flatMap(addresses).sort()).toEqual(["10.80.0.2", "10.81.0.2"]);
});

test("a changed port keeps an address that still fits, and gives back the others", async () => {
  const network = await cloud.makeId("demo", "network", {});
  const subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.80.0.0/29" });
  const id = await cloud.makeId("demo", "port", { network_id: network, fixed_ips: [{ ip_address: "10.80.0.5" }] });
  const put = async (fixed_ips: unknown) => {
    const { json } = await cloud.ask("demo", "PUT", `/ports/${id}`, { port: { fixed_ips } });
    return addresses(at(json, "port"));
  };
  expect(await put([{ subnet_id: subnet }])).toEqual(["10.80.0.5"]);
  expect(await put([{ ip_address: "10.80.0.6" }])).toEqual(["10.80.0.6"]);
  const next = { network_id: network, fixed_ips: [{ ip_address: "10.80.0.5" }] };
  expect(addresses(await cloud.make("demo", "port", next))).toEqual(["10.80.0.5"]);
});

test("default pools are all hosts but the gateway", async () => {
  const network = await cloud.makeId("demo", "network", {});
  const pool = async (fields: object) =>
    at(await cloud.make("demo", "subnet", { network_id: network, ...fields }), "allocation_pools");
  expect(await pool({ ip_version: 4, cidr: "10.50.0.0/29" })).toEqual([{ start: "10.50.0.2", end: "10.50.0.6" }]);
  expect(await pool({ ip_version: 4, cidr: "10.51.0.0/29", gateway_ip: null })).toEqual([
    { start: "10.51.0.1", end: "10.51.0.6" },
  ]);
  expect(await pool({ ip_version: 4, cidr: "10.52.0.0/29", gateway_ip: "10.52.0.3" })).toEqual([
    { start: "10.52.0.1", end: "10.52.0.2" },
    { start: "10.52.0.4", end: "10.52.0.6" },
  ]);
  expect(await pool({ ip_version: 4, cidr: "10.60.0.0/30" })).toEqual([{ start: "10.60.0.2", end: "10.60.0.2" }]);
  expect(await pool({ ip_version: 6, cidr: "fd00:1::/64" })).toEqual([
    { start: "fd00:1::1", end: "fd00:1::ffff:ffff:ffff:ffff" },
  ]);
});
