/** The contract of routers, floating addresses, security groups and quotas. */
import { describe, expect, test } from "vitest";
import { collect } from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";
import { withNetwork } from "./backend.network.ts";

export function routingContract(bench: Bench): void {
  const { missing } = bench.target.expectations;

  describe.skipIf(missing.networks !== undefined)("security groups", () => {
    test("a group lives with its rules: made, found, changed, deleted", async () => {
      const { securityGroups, tenant } = await bench.open();
      const marker = bench.marker();
      const draft = { name: bench.name("group"), description: "two\nlines" };
      const made = await securityGroups.create({ ...draft, marker });
      expect(made).toMatchObject({ ...draft, isStateful: true, projectId: tenant.projectId, tags: [] });
      expect(made.rules.map(({ direction, ipVersion }) => `${direction} ${ipVersion}`).toSorted()).toEqual([
        "egress 4",
        "egress 6",
      ]);
      expect(await securityGroups.findByMarker(marker)).toEqual(made);
      expect(await securityGroups.findByMarker(bench.marker(), draft.name)).toBeUndefined();
      expect(await collect(securityGroups.list({ name: draft.name }))).toEqual([made]);
      expect(await collect(securityGroups.list({ ids: [made.id, NOBODY] }))).toEqual([made]);

      const ssh = { direction: "ingress", ipVersion: 4, protocol: "tcp", portMin: 22, portMax: 22 } as const;
      const wanted = { ...ssh, remoteCidr: "10.0.0.0/8", description: "ssh" };
      const rule = await securityGroups.addRule(made.id, { ...wanted, marker: bench.marker() });
      expect(rule).toMatchObject({ ...wanted, groupId: made.id, remoteGroupId: undefined });
      const again = { ...wanted, marker: bench.marker() };
      expect(await reasonOf(securityGroups.addRule(made.id, again))).toBe("ALREADY_EXISTS");
      const peers = { direction: "ingress", ipVersion: 6, remoteGroupId: made.id } as const;
      const peer = await securityGroups.addRule(made.id, { ...peers, marker: bench.marker() });
      expect(peer).toMatchObject({ ...peers, protocol: undefined, portMin: undefined, remoteCidr: undefined });
      const ids = (await securityGroups.get(made.id)).rules.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([rule.id, peer.id]));
      await securityGroups.removeRule(rule.id);
      expect(await reasonOf(securityGroups.removeRule(rule.id))).toBe("NOT_FOUND");
      expect((await securityGroups.get(made.id)).rules.map(({ id }) => id)).not.toContain(rule.id);
      const bad = { ...ssh, portMin: 80, marker: bench.marker() };
      expect(await reasonOf(securityGroups.addRule(made.id, bad))).toBe("INVALID_VALUE");
      expect(await reasonOf(securityGroups.addRule(NOBODY, again))).toBe("NOT_FOUND");

      const changed = await securityGroups.update(made.id, { description: "one line" });
      expect(changed).toMatchObject({ name: draft.name, description: "one line" });
      expect((await securityGroups.findByMarker(marker, draft.name))?.id).toBe(made.id);
      const theirs = await bench.open(bench.target.second);
      expect(await reasonOf(theirs.securityGroups.get(made.id))).toBe("NOT_FOUND");
      await securityGroups.delete(made.id);
      expect(await reasonOf(securityGroups.delete(made.id))).toBe("NOT_FOUND");
    });

    test("a group that a card has is in use", async () => {
      await withNetwork(bench, async ({ cloud, network }) => {
        const { id } = await cloud.securityGroups.create({ name: bench.name("used"), marker: bench.marker() });
        const draft = { networkId: network.id, securityGroupIds: [id], marker: bench.marker() };
        const port = await cloud.ports.create(draft);
        expect(port.securityGroupIds).toEqual([id]);
        expect(await reasonOf(cloud.securityGroups.delete(id))).toBe("IN_USE");
        expect(await cloud.ports.update(port.id, { securityGroupIds: [], name: "bare" })).toMatchObject({
          ...{ securityGroupIds: [], name: "bare", isOwned: true },
        });
        await cloud.securityGroups.delete(id);
        await cloud.ports.delete(port.id);
      });
    });
  });

  describe.skipIf(missing.routing !== undefined)("routers and floating addresses", () => {
    test("a router lives: made, found, joined to a subnet, opened, closed, deleted", { timeout: 180_000 }, async () => {
      await withNetwork(bench, async ({ cloud, network, subnet }) => {
        const { routers } = cloud;
        const marker = bench.marker();
        const draft = { name: bench.name("router"), description: "two\nlines", isAdminUp: true };
        const made = await routers.create({ ...draft, marker });
        expect(made).toMatchObject({ ...draft, gateway: undefined, tags: [] });
        expect(await routers.findByMarker(marker, draft.name)).toEqual(made);
        expect(await routers.findByMarker(bench.marker())).toBeUndefined();
        expect(await collect(routers.list({ name: draft.name }))).toEqual([made]);

        const joined = await routers.addInterface(made.id, { subnetId: subnet.id });
        expect(joined.subnetId).toBe(subnet.id);
        const [card] = await collect(cloud.ports.list({ deviceIds: [made.id] }));
        expect(card).toMatchObject({ id: joined.portId, networkId: network.id });
        expect(card?.fixedIps[0]?.ipAddress).toBe(subnet.gatewayIp);
        expect(await reasonOf(routers.delete(made.id))).toBe("IN_USE");

        const external = (await collect(cloud.networks.list())).find(({ isExternal }) => isExternal)?.id ?? "";
        const open = await routers.update(made.id, { gatewayNetworkId: external, description: "one line" });
        expect(open.gateway).toMatchObject({ networkId: external, isSnat: true });
        expect(open.description).toBe("one line");
        expect((await routers.findByMarker(marker))?.id).toBe(made.id);
        expect((await routers.update(made.id, { gatewayNetworkId: null })).gateway).toBeUndefined();

        await routers.removeInterface(made.id, { subnetId: subnet.id });
        expect(await reasonOf(routers.removeInterface(made.id, { subnetId: subnet.id }))).toBe("NOT_FOUND");
        const theirs = await bench.open(bench.target.second);
        expect(await reasonOf(theirs.routers.get(made.id))).toBe("NOT_FOUND");
        await routers.delete(made.id);
        expect(await reasonOf(routers.delete(made.id))).toBe("NOT_FOUND");
      });
    });

    test("an address leads to a card, to another, and back to the cloud", { timeout: 180_000 }, async () => {
      await withNetwork(bench, async ({ cloud, network, subnet }) => {
        const { floatingIps, routers } = cloud;
        const external = (await collect(cloud.networks.list())).find(({ isExternal }) => isExternal)?.id ?? "";
        const way = { name: bench.name("way"), gatewayNetworkId: external, marker: bench.marker() };
        const router = await routers.create(way);
        await routers.addInterface(router.id, { subnetId: subnet.id });
        const [one, two] = [
          await cloud.ports.create({ networkId: network.id, marker: bench.marker() }),
          await cloud.ports.create({ networkId: network.id, marker: bench.marker() }),
        ];
        const marker = bench.marker();
        const made = await floatingIps.create({ networkId: external, description: bench.name("address"), marker });
        expect(made).toMatchObject({ networkId: external, portId: undefined, fixedIp: undefined, tags: [] });
        expect(made.description).toBe(bench.name("address"));
        expect((await floatingIps.findByMarker(marker))?.id).toBe(made.id);
        expect(await floatingIps.findByMarker(bench.marker())).toBeUndefined();
        const led = await floatingIps.associate(made.id, { portId: one.id });
        const fixedIp = one.fixedIps[0]?.ipAddress;
        expect(led).toMatchObject({ id: made.id, portId: one.id, fixedIp, routerId: router.id });
        const listed = await collect(floatingIps.list({ portIds: [one.id, two.id] }));
        expect(listed.map(({ id }) => id)).toEqual([made.id]);
        expect(await collect(floatingIps.list({ ipAddresses: [made.ipAddress] }))).toHaveLength(1);
        const paged = await collect(floatingIps.list({ pageSize: 1 }));
        expect(paged.map(({ id }) => id)).toContain(made.id);
        const second = { networkId: external, target: { portId: one.id }, marker: bench.marker() };
        expect(await reasonOf(floatingIps.create(second))).toBe("IN_USE");
        expect((await floatingIps.associate(made.id, { portId: two.id })).portId).toBe(two.id);
        expect((await floatingIps.associate(made.id, undefined)).portId).toBeUndefined();
        expect(await reasonOf(floatingIps.associate(made.id, { portId: NOBODY }))).toBe("NOT_FOUND");
        const inside = { networkId: network.id, marker: bench.marker() };
        expect(await reasonOf(floatingIps.create(inside))).toBe("INVALID_VALUE");
        const theirs = await bench.open(bench.target.second);
        expect(await reasonOf(theirs.floatingIps.get(made.id))).toBe("NOT_FOUND");
        await floatingIps.delete(made.id);
        expect(await reasonOf(floatingIps.delete(made.id))).toBe("NOT_FOUND");
        for (const { id } of [one, two]) await cloud.ports.delete(id);
        await routers.removeInterface(router.id, { subnetId: subnet.id });
        await routers.delete(router.id);
      });
    });
  });

  describe.skipIf(missing.quotas !== undefined)("quotas", () => {
    test("every service tells what is allowed and used, and what is made counts", async () => {
      const { quotas, networks } = await bench.open();
      const before = await quotas.list();
      const keys = before.map(({ service, name }) => `${service} ${name}`);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).toEqual(expect.arrayContaining(["compute instances", "compute cores", "network network"]));
      if (missing.volumes === undefined) expect(keys).toContain("volume gigabytes");
      const used = (list: typeof before) => list.find(({ name }) => name === "network")?.used ?? Number.NaN;
      const { id } = await networks.create({ name: bench.name("counted"), marker: bench.marker() });
      expect(used(await quotas.list())).toBe(used(before) + 1);
      await networks.delete(id);
    });
  });
}
