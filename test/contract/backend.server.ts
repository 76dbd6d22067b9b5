/** The contract of servers. */
import { describe, expect, test } from "vitest";
import {
  type Cloud,
  collect,
  type Server,
  type ServerDraft,
  type ServerStatus,
  waitFor,
  waitUntilGone,
} from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";
import { withNetwork } from "./backend.network.ts";

export async function waitForServer(bench: Bench, cloud: Cloud, id: string, wanted: ServerStatus): Promise<Server> {
  const { item } = await waitFor({
    clock: bench.at().clock,
    timeout: bench.target.expectations.patienceMs,
    read: () => cloud.servers.get(id),
    done: ({ status, task }) => status === "error" || (status === wanted && task === undefined),
  });
  expect(item).toMatchObject({ status: wanted, fault: undefined });
  return item;
}

export async function removeServer(bench: Bench, cloud: Cloud, id: string): Promise<void> {
  await cloud.servers.delete(id);
  await waitUntilGone(bench.at().clock, () => cloud.servers.get(id), bench.target.expectations.patienceMs);
}

export async function serverDraft(
  bench: Bench,
  cloud: Cloud,
  what: string,
): Promise<Omit<ServerDraft, "attachments" | "imageId"> & { readonly imageId: string }> {
  const { expectations } = bench.target;
  const [image] = await collect(cloud.images.list({ name: expectations.image }));
  const flavour = (await collect(cloud.flavours.list())).find(({ name }) => name === expectations.flavour);
  if (image === undefined || flavour === undefined) throw new Error("the target lacks its image or flavour");
  return { name: bench.name(what), flavourId: flavour.id, imageId: image.id, marker: bench.marker() };
}

export function serverContract(bench: Bench): void {
  const { expectations, second } = bench.target;

  describe.skipIf(expectations.missing.servers !== undefined)("servers", () => {
    test("a server lives: made, seen with its cards, found, changed, stopped, started, deleted", {
      timeout: 120_000,
    }, async () => {
      await withNetwork(bench, async ({ cloud, network, subnet }) => {
        const { servers } = cloud;
        const draft = await serverDraft(bench, cloud, "life (1)");
        const fixedIps = [{ ipAddress: "10.123.0.99", subnetId: subnet.id }];
        const port = await cloud.ports.create({ networkId: network.id, fixedIps, marker: bench.marker() });
        const metadata = { purpose: "contract" };
        const more = {
          description: "a server",
          metadata,
          attachments: [{ portId: port.id }, { networkId: network.id }],
        };
        const { id } = await servers.create({ ...draft, ...more });
        expect((await servers.findByMarker(draft.marker, draft.name))?.id).toBe(id);

        const active = await waitForServer(bench, cloud, id, "active");
        const { name, flavourId, imageId } = draft;
        expect(active).toMatchObject({ name, flavourId, imageId, description: "a server", metadata });
        expect(active.interfaces).toHaveLength(2);
        expect(active.interfaces).toContainEqual({
          portId: port.id,
          networkId: network.id,
          macAddress: port.macAddress,
          fixedIps,
          vnicType: "normal",
          securityGroupIds: port.securityGroupIds,
          status: "active",
        });
        expect(await collect(servers.list({ name: draft.name }))).toEqual([active]);
        expect(await collect(servers.names({ name: draft.name }))).toEqual([{ id, name: draft.name }]);
        expect(await collect(servers.list({ name: draft.name, status: "stopped" }))).toEqual([]);
        expect(await collect(servers.list({ name: "life .1." }))).toEqual([]);
        expect((await collect(cloud.ports.list({ deviceIds: [id], ofServers: true }))).length).toBe(2);

        expect(await reasonOf(servers.act(id, "start"))).toBe("STATE_CONFLICT");
        await servers.act(id, "stop");
        await waitForServer(bench, cloud, id, "stopped");
        await servers.act(id, "start");
        await waitForServer(bench, cloud, id, "active");

        await servers.update(id, { name: `${draft.name}!`, description: "renamed" });
        expect(await servers.get(id)).toMatchObject({ name: `${draft.name}!`, description: "renamed", metadata });

        const theirs = await bench.open(second);
        expect(await reasonOf(theirs.servers.get(id))).toBe("NOT_FOUND");
        expect(await reasonOf(theirs.servers.delete(id))).toBe("NOT_FOUND");
        expect(await reasonOf(theirs.servers.act(id, "stop"))).toBe("NOT_FOUND");

        await removeServer(bench, cloud, id);
        expect(await reasonOf(servers.delete(id))).toBe("NOT_FOUND");
        // A port that was there before the server outlives it; one that Nova made does not.
        expect((await cloud.ports.get(port.id)).deviceId).toBeUndefined();
        await cloud.ports.delete(port.id);
      });
    });

    test("cards are plugged and unplugged", { timeout: 120_000 }, async () => {
      await withNetwork(bench, async ({ cloud, network }) => {
        const { servers } = cloud;
        const { id } = await servers.create({ ...(await serverDraft(bench, cloud, "cards")), attachments: "none" });
        expect((await waitForServer(bench, cloud, id, "active")).interfaces).toEqual([]);
        const attached = await servers.attach(id, { networkId: network.id, fixedIp: "10.123.0.55" });
        const { interfaces } = await servers.get(id);
        expect(interfaces.map(({ portId, fixedIps }) => [portId, fixedIps[0]?.ipAddress])).toEqual([
          [attached.portId, "10.123.0.55"],
        ]);
        expect(await reasonOf(servers.detach(id, NOBODY))).toBe("NOT_FOUND");
        await servers.detach(id, attached.portId);
        await waitFor({
          clock: bench.at().clock,
          timeout: expectations.patienceMs,
          read: () => servers.get(id),
          done: (server) => server.interfaces.length === 0,
        }).then(({ isDone }) => expect(isDone).toBe(true));
        await removeServer(bench, cloud, id);
      });
    });

    test("what cannot be is refused, and nothing is left of it", async () => {
      const cloud = await bench.open();
      const draft = { ...(await serverDraft(bench, cloud, "refused")), attachments: "none" } as const;
      expect(await reasonOf(cloud.servers.create({ ...draft, flavourId: NOBODY }))).toBe("NOT_FOUND");
      expect(await reasonOf(cloud.servers.create({ ...draft, imageId: NOBODY }))).toBe("NOT_FOUND");
      const nowhere = [{ networkId: NOBODY }];
      expect(await reasonOf(cloud.servers.create({ ...draft, attachments: nowhere }))).toBe("NOT_FOUND");
      expect(await collect(cloud.servers.names({ name: draft.name }))).toEqual([]);
      expect(await reasonOf(cloud.servers.get(NOBODY))).toBe("NOT_FOUND");
      expect(await reasonOf(cloud.servers.act(NOBODY, "stop"))).toBe("NOT_FOUND");
    });
  });
}
