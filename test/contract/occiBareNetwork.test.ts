import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OcciClient } from "../../src/library/occi.ts";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";

/** A network without a range takes computes all the same: the first link brings one (pOCCI, doyouspeakocci, occi-wg, rOCCI-cli). */

const I = "http://schemas.ogf.org/occi/infrastructure#";
const IP = "http://schemas.ogf.org/occi/infrastructure/network#ipnetwork";
const ACTION = "http://schemas.ogf.org/occi/infrastructure/compute/action#";

describe.each(BACKENDS)("a bare OCCI network on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("when a compute is linked to it", () => {
    let backend: OpenBackend;
    let client: OcciClient;
    const made: string[] = [];
    beforeAll(async () => {
      backend = await open();
      client = new OcciClient({ url: backend.gateway.occi, auth: { token: backend.tenant.token } });
    });
    afterAll(async () => {
      for (const path of made.reverse()) {
        await client.delete(path);
        // A network stays in use until the machine in it is gone.
        const status = () =>
          client.get(path).then(
            () => 200,
            (error) => error.status,
          );
        await eventually(status, (word) => word === 404);
      }
      await backend.close();
    });

    const create = async (path: string, draft: Parameters<OcciClient["create"]>[1]): Promise<string> => {
      const { location } = await client.create(path, draft);
      made.push(location);
      return location;
    };
    const state = async (path: string) => (await client.get(path)).entity.attributes["occi.compute.state"];

    test("stands, with all that take cards, before those that only give addresses: suites link to the first", async () => {
      await create("/network/", { kind: `${I}network`, title: "bare-first" });
      const { body } = await backend.tenant.call("network", "GET", "/networks");
      const networks = body.networks as { id: string; shared: boolean; "router:external": boolean }[];
      const pools = networks.filter((one) => one["router:external"] && !one.shared).map(({ id }) => id);
      expect(pools.length).toBeGreaterThan(0);
      const headers = { "x-auth-token": backend.tenant.token, accept: "text/uri-list" };
      const list = await (await fetch(`${backend.gateway.occi}/network/`, { headers })).text();
      const shown = list
        .split("\r\n")
        .slice(0, -1)
        .map((url) => url.split("/").at(-1) ?? "");
      expect(shown.toSorted()).toEqual(networks.map(({ id }) => id).toSorted());
      expect(shown.slice(-pools.length).toSorted()).toEqual(pools.toSorted());
    });

    test("gets a range, stays out of the choice of others, and a collection that runs can be started", async () => {
      const network = await create("/network/", { kind: `${I}network`, title: "bare" });
      expect((await client.get(network)).entity.mixins ?? []).not.toContain(IP);
      const links = [{ kind: `${I}networkinterface`, target: { location: network } }];
      const linked = await create("/compute/", { kind: `${I}compute`, title: "bare-one", links });
      expect((await client.get(network)).entity.mixins).toContain(IP);
      // Without a link there is still one network to take, so this is no 409; a real tenant may have more.
      const free = await create("/compute/", {
        kind: `${I}compute`,
        title: "bare-two",
        attributes: { "occi.compute.architecture": "arch" },
        ...(backend.simulator === undefined ? { links } : {}),
      });
      for (const path of [linked, free]) {
        await eventually(
          () => state(path),
          (word) => word === "active",
        );
      }
      const mixin = { term: "bare", scheme: "http://example.com/occi/bare#", location: "/bare_computes/" };
      await client.defineMixin(mixin);
      await client.associate(mixin.location, [linked, free]);
      const start = () => client.act(mixin.location, `${ACTION}start`);
      await start();
      await client.act(linked, `${ACTION}stop`);
      await eventually(
        () => state(linked),
        (word) => word === "inactive",
      );
      await expect(start()).rejects.toMatchObject({ code: "action-not-applicable" });
      await client.removeMixin(mixin);
    }, 180_000);
  });
});
