import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Entity } from "../../generated/ts/occi/v1/model.ts";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { type OcciClient, occiClient } from "../support/occiGrpcClient.ts";

/** occi.v1 does what the HTTP door does, and shows what it shows. */

const INFRASTRUCTURE = "http://schemas.ogf.org/occi/infrastructure#";
const STORAGE = `${INFRASTRUCTURE}storage`;
const OWN = { term: "mine", scheme: "http://example.com/occi/grpc#", location: "/grpc_mine/" };

const storage = (title: string, attributes: Record<string, unknown> = { "occi.storage.size": 1 }): Entity =>
  Entity.fromPartial({ kind: STORAGE, title, attributes });

describe.each(BACKENDS)("OCCI over gRPC on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("as HTTP does", () => {
    let backend: OpenBackend;
    let client: OcciClient;
    let stranger: OcciClient;
    beforeAll(async () => {
      backend = await open();
      client = occiClient(backend.gateway.grpc, backend.tenant.token);
      stranger = occiClient(backend.gateway.grpc, backend.stranger.token);
    });
    afterAll(async () => {
      client.close();
      stranger.close();
      await backend.close();
    });

    const http = async (path: string): Promise<unknown> => {
      const headers = { "x-auth-token": backend.tenant.token, accept: "application/occi+json" };
      return (await fetch(`${backend.gateway.occi}${path}`, { headers })).json();
    };
    const paths = async (path: string): Promise<readonly string[]> =>
      (await client.list(message(path, true))).map(({ entity }) => entity?.location ?? "");
    const message = (path: string, locationsOnly = false) => ({ path, filter: undefined, locationsOnly });
    const create = async (...resources: Entity[]): Promise<readonly Entity[]> =>
      (await client.call("createEntities", { path: "/", resources, links: [] })).entities;
    const remove = (path: string) => client.call("deleteEntity", { path, ifMatch: "" });

    test("the categories are those of /-/ (GFD.223 §9.1)", async () => {
      const { kinds, mixins, actions } = await client.call("listCategories", { categories: [], related: false });
      const shown = JSON.parse(JSON.stringify({ kinds, mixins, actions }));
      expect(shown).toMatchObject((await http("/-/")) as object);
      const one = await client.call("listCategories", { categories: [STORAGE], related: false });
      expect([one.kinds.map(({ term }) => term), one.mixins, one.actions]).toEqual([["storage"], [], []]);
    });

    test("an entity is created, read, changed, replaced and deleted, guarded by its tag", async () => {
      const [made] = await create(storage("grpc-one"));
      const path = made?.location ?? "";
      expect(path).toMatch(/^\/storage\//);
      await expect
        .poll(async () => stateOf(await client.call("getEntity", { path })), { timeout: 60_000 })
        .toBe("online");
      const read = await client.call("getEntity", { path });
      const plain = Object.fromEntries(
        Object.entries(read.entity ?? {}).filter(([name, value]) => name !== "location" && !isNothing(value)),
      );
      expect(plain).toEqual(await http(path));
      const entity = Entity.fromPartial({ title: "grpc-two" });
      const wrong = client.call("updateEntity", { path, entity, ifMatch: '"nonsense"' });
      await expect(wrong).rejects.toMatchObject({ code: status.ABORTED });
      const changed = await client.call("updateEntity", { path, entity, ifMatch: read.etag });
      expect(changed.entity?.title).toBe("grpc-two");
      expect(changed.etag).not.toBe(read.etag);
      const replaced = await client.call("replaceEntity", { path, entity: storage("grpc-three"), ifMatch: "" });
      expect(replaced.entity?.title).toBe("grpc-three");
      const resized = client.call("updateEntity", {
        path,
        entity: storage("x", { "occi.storage.size": "big" }),
        ifMatch: "",
      });
      await expect(resized).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
      await expect(stranger.call("getEntity", { path })).rejects.toMatchObject({ code: status.NOT_FOUND });
      await remove(path);
      await expect(client.call("getEntity", { path })).rejects.toMatchObject({ code: status.NOT_FOUND });
    });

    test("several are created together or not at all, and listed as a stream that filters", async () => {
      const before = await paths("/storage/");
      const bad = create(storage("grpc-a"), storage("grpc-b", {}));
      await expect(bad).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
      await expect.poll(() => paths("/storage/"), { timeout: 60_000 }).toEqual(before);
      const made = await create(storage("grpc-a"), storage("grpc-b"));
      expect(made.map(({ title }) => title)).toEqual(["grpc-a", "grpc-b"]);
      const filter = { categories: [STORAGE], attributes: { "occi.core.title": "grpc-b" } };
      const found = await client.list({ path: "/", filter, locationsOnly: false });
      expect(found.map(({ entity }) => entity?.location)).toEqual([made[1]?.location]);
      expect(await client.list(message("/storage/"), 1)).toHaveLength(1);
      for (const { location } of made) await remove(location);
    });

    test("mixins of users are defined, joined, left and removed (GFD.185 §3.4.1, GFD.223 §11)", async () => {
      const mixin = { ...OWN, depends: [], applies: [], attributes: {}, actions: [] };
      await client.call("defineMixins", { mixins: [mixin] });
      const [made] = await create(storage("grpc-member"));
      const location = made?.location ?? "";
      await client.call("addMembers", { path: OWN.location, locations: [location] });
      expect(await paths(OWN.location)).toEqual([location]);
      const { entity } = await client.call("getEntity", { path: location });
      expect(entity?.mixins).toContain(OWN.scheme + OWN.term);
      await expect(stranger.list(message(OWN.location))).rejects.toMatchObject({ code: status.NOT_FOUND });
      await client.call("setMembers", { path: OWN.location, locations: [location] });
      await client.call("removeMembers", { path: OWN.location, locations: [] });
      expect(await paths(OWN.location)).toEqual([]);
      await client.call("removeMixins", { mixins: [OWN.scheme + OWN.term] });
      await expect(client.list(message(OWN.location))).rejects.toMatchObject({ code: status.NOT_FOUND });
      await remove(location);
    });

    test("actions: what the state does not allow, and what nobody knows, is refused by name", async () => {
      const [made] = await create(storage("grpc-act"));
      const path = made?.location ?? "";
      const act = (action: string, attributes?: object) =>
        client.call("actOnEntity", { path, invocation: { action, attributes } });
      const scheme = "http://schemas.ogf.org/occi/infrastructure/storage/action#";
      await expect
        .poll(async () => stateOf(await client.call("getEntity", { path })), { timeout: 60_000 })
        .toBe("online");
      await act(`${scheme}resize`, { size: 2 });
      await expect
        .poll(async () => (await client.call("getEntity", { path })).entity?.attributes, { timeout: 60_000 })
        .toMatchObject({ "occi.storage.size": 2, "occi.storage.state": "online" });
      await expect(act(`${scheme}explode`)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
      await remove(path);
    });

    test("a write with a key happens once", async () => {
      const request = { path: "/", resources: [storage("grpc-once")], links: [] };
      const key = { "idempotency-key": `grpc-${Date.now()}` };
      const [first, second] = [
        await client.call("createEntities", request, key),
        await client.call("createEntities", request, key),
      ];
      expect(second).toEqual(first);
      await remove(first.entities[0]?.location ?? "");
    });
  });
});

function stateOf({ entity }: { readonly entity?: Entity | undefined }): unknown {
  return entity?.attributes?.["occi.storage.state"];
}

/** What protobuf shows as empty is absent in JSON. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
