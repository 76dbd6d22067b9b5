import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { type Door, openDoors } from "../support/doors.ts";
import { eventually } from "../support/eventually.ts";

/** Tenants never see each other: every door is tried with the other tenant's ids and finds nothing. */

describe.each(BACKENDS)("tenants on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("apart", () => {
    let backend: OpenBackend;
    let owner: ReturnType<typeof openDoors>;
    let stranger: ReturnType<typeof openDoors>;
    let serverId: string;

    const native = (): Door => {
      const door = owner.doors.find((one) => one.name === "OpenStack");
      if (door === undefined) throw new Error("no native door");
      return door;
    };

    beforeAll(async () => {
      backend = await open();
      owner = openDoors(backend, backend.tenant);
      stranger = openDoors(backend, backend.stranger);
      serverId = await native().create("private");
      await eventually(
        () => native().state(serverId),
        (state) => state === "running",
      );
    });

    afterAll(async () => {
      await native().remove(serverId);
      await eventually(
        () => native().state(serverId),
        (state) => state === undefined,
      );
      owner.close();
      stranger.close();
      await backend.close();
    });

    test.each([0, 1, 2, 3])("door %i shows, stops and deletes nothing of the other tenant", async (index) => {
      const door = stranger.doors[index];
      if (door === undefined) throw new Error(`no door ${index}`);
      expect(await door.state(serverId)).toBeUndefined();
      expect(await door.list()).not.toContain(serverId);
      await expect(door.stop(serverId)).rejects.toThrow();
      await expect(door.remove(serverId)).rejects.toThrow();
      expect(await native().state(serverId)).toBe("running");
    });

    test.each(["/networks?filter=", "/networks?networkResourceType=SUBNET&filter="])(
      "%s lists none of its networks",
      async (path) => {
        const response = await fetch(`${backend.gateway.http}/vivnfm/v5${path}`, {
          headers: { "x-auth-token": backend.stranger.token },
        });
        expect(response.status).toBe(200);
        expect(await response.text()).not.toContain(backend.networkId);
      },
    );

    test("a network of the other tenant can be neither used nor deleted", async () => {
      const headers = { "x-auth-token": backend.stranger.token, "content-type": "application/json" };
      const url = `${backend.gateway.http}/vivnfm/v5`;
      const used = await fetch(`${url}/compute`, {
        method: "POST",
        headers,
        body: JSON.stringify({
          computeFlavourId: { value: backend.flavourId },
          vcImageId: { value: backend.imageId },
          interfaceData: [{ networkId: { value: backend.networkId } }],
        }),
      });
      expect([used.status, await used.json()]).toMatchObject([400, { field: "interfaceData[0].networkId" }]);
      const deleted = await fetch(`${url}/networks/${backend.networkId}`, { method: "DELETE", headers });
      expect([deleted.status, await deleted.json()]).toMatchObject([404, { reason: "NOT_FOUND" }]);
      const shown = await fetch(`${backend.gateway.occi}/network/${backend.networkId}`, { headers });
      expect(shown.status).toBe(404);
    });

    test.each([
      ["no credentials", {}],
      ["a token that was never issued", { "x-auth-token": "gAAAAAnonsense" }],
      ["Basic with a wrong password", { authorization: `Basic ${btoa("nobody:wrong")}` }],
      [
        "Basic with a wrong application credential",
        { authorization: `Basic ${btoa("0123456789abcdef0123456789abcdef:wrong")}` },
      ],
      ["Basic that is not base64", { authorization: "Basic ***" }],
      ["another scheme", { authorization: "Digest x" }],
    ])("%s: 401 on each HTTP door", async (what, headers) => {
      // The simulator lets callers without credentials in on loopback; a foreign Host shows that nothing else does.
      if (what === "no credentials" && backend.simulator !== undefined) return;
      for (const url of [`${backend.gateway.http}/vivnfm/v5/images`, `${backend.gateway.occi}/compute/`]) {
        const response = await fetch(url, { headers: headers as Record<string, string> });
        expect([url, response.status]).toEqual([url, 401]);
        expect(response.headers.get("www-authenticate")).toContain("Keystone uri=");
      }
    });
  });
});
