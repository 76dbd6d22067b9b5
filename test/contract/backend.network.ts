/** The contract of networks, subnets and ports. */
import { describe, expect, test } from "vitest";
import { type Cloud, collect, type Network, type Subnet } from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";

/** A network with one subnet, for the length of one test; what a failing one leaves is swept up at the end. */
export async function withNetwork(
  bench: Bench,
  run: (made: { cloud: Cloud; network: Network; subnet: Subnet }) => Promise<void>,
): Promise<void> {
  const cloud = await bench.open();
  const name = bench.name("net");
  const network = await cloud.networks.create({ name, marker: bench.marker() });
  const subnet = await cloud.subnets.create({
    name,
    networkId: network.id,
    ipVersion: 4,
    cidr: "10.123.0.0/24",
    marker: bench.marker(),
  });
  await run({ cloud, network, subnet });
  await cloud.subnets.delete(subnet.id);
  await cloud.networks.delete(network.id);
}

export function networkContract(bench: Bench): void {
  describe.skipIf(bench.target.expectations.missing.networks !== undefined)("networks", () => {
    test("a network lives: made, seen, found by its marker, changed, deleted", async () => {
      const { networks, tenant } = await bench.open();
      const marker = bench.marker();
      const name = bench.name("life");
      const made = await networks.create({ name, description: "two\nlines", isAdminUp: true, marker });
      expect(made).toMatchObject({ name, description: "two\nlines", isAdminUp: true, isExternal: false, tags: [] });
      expect(made.projectId).toBe(tenant.projectId);
      expect(await networks.get(made.id)).toEqual(made);
      expect(await collect(networks.list({ name }))).toEqual([made]);
      expect(await collect(networks.list({ ids: [made.id, NOBODY] }))).toEqual([made]);
      expect(await collect(networks.list({ ids: [] }))).toEqual([]);
      expect(await networks.findByMarker(marker)).toEqual(made);
      expect(await networks.findByMarker(bench.marker(), name)).toBeUndefined();
      const changed = await networks.update(made.id, { description: "one line", isAdminUp: false });
      expect(changed).toMatchObject({ name, description: "one line", isAdminUp: false });
      expect((await networks.findByMarker(marker, name))?.id).toBe(made.id);
      await networks.delete(made.id);
      expect(await reasonOf(networks.get(made.id))).toBe("NOT_FOUND");
      expect(await reasonOf(networks.delete(made.id))).toBe("NOT_FOUND");
      expect(await networks.findByMarker(marker)).toBeUndefined();
    });

    test("another tenant neither sees nor deletes it", async () => {
      const [mine, theirs] = await Promise.all([bench.open(), bench.open(bench.target.second)]);
      const made = await mine.networks.create({ name: bench.name("mine"), marker: bench.marker() });
      expect(await reasonOf(theirs.networks.get(made.id))).toBe("NOT_FOUND");
      expect(await reasonOf(theirs.networks.delete(made.id))).toBe("NOT_FOUND");
      expect(await collect(theirs.networks.list({ ids: [made.id] }))).toEqual([]);
      await mine.networks.delete(made.id);
    });

    test("a subnet takes a gateway, none, or the cloud's choice, and its pools", async () => {
      const cloud = await bench.open();
      const { id } = await cloud.networks.create({ name: bench.name("subnets"), marker: bench.marker() });
      const draft = { name: bench.name("subnet"), networkId: id, ipVersion: 4 } as const;
      const marker = bench.marker();
      const chosen = await cloud.subnets.create({ ...draft, cidr: "10.50.0.0/24", marker });
      expect(chosen).toMatchObject({ gatewayIp: "10.50.0.1", isDhcpEnabled: true, description: "", networkId: id });
      expect(await cloud.subnets.findByMarker(marker)).toEqual(chosen);
      const pools = [{ start: "10.51.0.10", end: "10.51.0.20" }];
      const more = { gatewayIp: null, isDhcpEnabled: false, pools, marker: bench.marker() };
      const bare = await cloud.subnets.create({ ...draft, cidr: "10.51.0.0/24", ...more });
      expect(bare).toMatchObject({ gatewayIp: undefined, isDhcpEnabled: false, pools });
      const own = { ...draft, cidr: "10.52.0.0/24", gatewayIp: "10.52.0.254", marker: bench.marker() };
      expect((await cloud.subnets.create(own)).gatewayIp).toBe("10.52.0.254");
      const six = { ...draft, ipVersion: 6, cidr: "fd00:50::/64", marker: bench.marker() } as const;
      expect(await cloud.subnets.create(six)).toMatchObject({ ipVersion: 6, cidr: "fd00:50::/64" });
      const again = { ...draft, cidr: "10.50.0.0/25", marker: bench.marker() };
      expect(await reasonOf(cloud.subnets.create(again))).toBe("INVALID_VALUE");
      const all = await collect(cloud.subnets.list({ networkIds: [id] }));
      expect(all).toHaveLength(4);
      expect(await cloud.subnets.get(chosen.id)).toEqual(chosen);
      for (const subnet of all) await cloud.subnets.delete(subnet.id);
      expect(await reasonOf(cloud.subnets.get(chosen.id))).toBe("NOT_FOUND");
      await cloud.networks.delete(id);
    });

    test("a port takes an address that is free, is known as ours, and keeps its network", async () => {
      await withNetwork(bench, async ({ cloud, network, subnet }) => {
        const marker = bench.marker();
        const fixedIps = [{ ipAddress: "10.123.0.77", subnetId: subnet.id }];
        const port = await cloud.ports.create({ networkId: network.id, fixedIps, marker });
        expect(port).toMatchObject({ networkId: network.id, fixedIps, isOwned: true, deviceId: undefined, tags: [] });
        expect(port.vnicType).toBe("normal");
        expect(await cloud.ports.get(port.id)).toEqual(port);
        expect(await cloud.ports.findByMarker(marker)).toEqual(port);
        expect(await cloud.ports.findByMarker(bench.marker())).toBeUndefined();
        const listed = await collect(cloud.ports.list({ networkIds: [network.id] }));
        expect(listed.map(({ id }) => id)).toContain(port.id);
        expect(await collect(cloud.ports.list({ ids: [port.id], ofServers: true }))).toEqual([]);
        const same = { networkId: network.id, fixedIps, marker: bench.marker() };
        expect(await reasonOf(cloud.ports.create(same))).toBe("IN_USE");
        const foreign = { ...same, fixedIps: [{ ipAddress: "192.0.2.1" }] };
        expect(await reasonOf(cloud.ports.create(foreign))).toBe("INVALID_VALUE");
        const nowhere = { networkId: NOBODY, marker: bench.marker() };
        expect(await reasonOf(cloud.ports.create(nowhere))).toBe("NOT_FOUND");
        expect(await reasonOf(cloud.networks.delete(network.id))).toBe("IN_USE");
        expect(await reasonOf(cloud.subnets.delete(subnet.id))).toBe("IN_USE");
        await cloud.ports.delete(port.id);
        expect(await reasonOf(cloud.ports.get(port.id))).toBe("NOT_FOUND");
      });
    });

    test("a port takes a MAC address of one's own", async () => {
      await withNetwork(bench, async ({ cloud, network }) => {
        const draft = { networkId: network.id, name: bench.name("port"), macAddress: "fa:16:3e:00:12:34" };
        const port = await cloud.ports.create({ ...draft, marker: bench.marker() });
        expect(port).toMatchObject(draft);
        await cloud.ports.delete(port.id);
      });
    });
  });
}
