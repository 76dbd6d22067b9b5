import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CloudError,
  fieldsOfBody,
  OcciClient,
  OcciError,
  type OcciServer,
  PLAIN,
  parseFields,
  parseJsonMessages,
  startOcciServer,
} from "../../src/library/occi.ts";
import type { FakeWorld } from "../support/fakeCloud.ts";
import { FREE_VOLUME, smallWorld, WEB1, WEB2 } from "../support/occiDoor.ts";

/** `vimana/occi`: an OCCI server over a cloud that is no OpenStack, and the client that speaks to it. */

const COMPUTE = "http://schemas.ogf.org/occi/infrastructure#compute";
const STORAGE = "http://schemas.ogf.org/occi/infrastructure#storage";
const ACTION = "http://schemas.ogf.org/occi/infrastructure/compute/action#";
const TOKENS = new Map([
  ["good", "p1"],
  ["other", "p2"],
]);

let world: FakeWorld;
let server: OcciServer;
let client: OcciClient;

beforeAll(async () => {
  world = smallWorld();
  server = await startOcciServer({
    async open({ header }) {
      const project = TOKENS.get(header("x-auth-token") ?? "");
      if (project === undefined) throw new CloudError("UNAUTHENTICATED", "sign in first");
      return world.cloudOf(project);
    },
    signInUrl: "https://keystone.example:5000",
    version: "9.8.7",
  });
  client = new OcciClient({ url: server.url, auth: { token: "good" } });
});
afterAll(() => server.close());

describe("the server", () => {
  test("says what it is, and where to sign in", async () => {
    const response = await fetch(`${server.url}/-/`);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Keystone uri='https://keystone.example:5000'");
    expect(response.headers.get("server")).toMatch(/9\.8\.7.* OCCI\/1\.2/);
  });

  test("keeps tenants apart", async () => {
    const other = new OcciClient({ url: server.url, auth: { token: "other" } });
    expect((await other.list("/compute/")).resources).toEqual([]);
    await expect(other.get(`/compute/${WEB1}`)).rejects.toMatchObject({ status: 404, code: "not-found" });
  });
});

describe("the client", () => {
  test("discovers all, or what is asked for", async () => {
    const all = await client.discover();
    expect(all.kinds.map(({ term }) => term).slice(0, 3)).toEqual(["entity", "resource", "link"]);
    const one = await client.discover([COMPUTE]);
    expect([one.kinds.map(({ term }) => term), one.mixins, one.actions]).toEqual([["compute"], [], []]);
  });

  test("lists, filters and pages", async () => {
    const titles = async (options?: Parameters<OcciClient["list"]>[1]) =>
      (await client.list("/compute/", options)).resources.map(({ title }) => title);
    expect(await titles()).toEqual(["web1", "web2"]);
    expect(await titles({ attributes: { "occi.compute.hostname": "foo 7 bar" } })).toEqual(["web2"]);
    const first = await client.list("/compute/", { page: 1, number: 1 });
    expect(first.resources).toHaveLength(1);
    expect((await client.list(first.next ?? "")).resources.map(({ title }) => title)).toEqual(["web2"]);
  });

  test("creates, changes under a tag, replaces and deletes", async () => {
    const draft = { kind: STORAGE, title: "größer", attributes: { "occi.storage.size": 2 } };
    const key = { idempotencyKey: "library-1" };
    const { location, entity } = await client.create("/storage/", draft, key);
    expect(entity).toMatchObject({ title: "größer", attributes: { "occi.storage.size": 2 } });
    expect((await client.create("/storage/", draft, key)).location).toBe(location);
    const { etag = "" } = await client.get(location);
    expect((await client.update(location, { title: "a" }, { ifMatch: etag })).entity.title).toBe("a");
    const late = client.update(location, { title: "b" }, { ifMatch: etag });
    await expect(late).rejects.toMatchObject({ status: 412, code: "precondition-failed" });
    expect((await client.list("/storage/", { attributes: { "occi.core.title": "a" } })).resources).toHaveLength(1);
    expect((await client.replace(location, { ...draft, title: "c" })).entity.title).toBe("c");
    await client.delete(location);
    await expect(client.get(location)).rejects.toBeInstanceOf(OcciError);
  });

  test("creates several or none", async () => {
    const good = { kind: STORAGE, attributes: { "occi.storage.size": 1 } };
    const before = (await client.list("/storage/")).resources.length;
    await expect(client.createAll({ resources: [good, { kind: STORAGE }] })).rejects.toMatchObject({
      status: 400,
      field: "occi.storage.size",
    });
    expect((await client.list("/storage/")).resources).toHaveLength(before);
    const { resources } = await client.createAll({ resources: [good, good] });
    expect(resources).toHaveLength(2);
    for (const { id } of resources) await client.delete(`/storage/${id.replace("urn:uuid:", "")}`);
  });

  test("acts, on one and on all", async () => {
    await client.act(`/compute/${WEB2}`, `${ACTION}start`);
    expect((await client.get(`/compute/${WEB2}`)).entity.attributes["occi.compute.state"]).toBe("active");
    await client.act("/compute/", `${ACTION}stop`, { method: "graceful" });
    expect(
      (await client.list("/compute/")).resources.map(({ attributes }) => attributes["occi.compute.state"]),
    ).toEqual(["inactive", "inactive"]);
  });

  test("defines mixins and says who belongs to them", async () => {
    const mixin = { term: "lib", scheme: "http://example.com/occi/lib#", location: "/lib/" };
    await client.defineMixin(mixin);
    await client.associate("/lib/", [`/storage/${FREE_VOLUME}`]);
    expect((await client.list("/lib/")).resources.map(({ id }) => id)).toEqual([`urn:uuid:${FREE_VOLUME}`]);
    await client.dissociate("/lib/");
    expect((await client.list("/lib/")).resources).toEqual([]);
    await client.removeMixin(mixin);
    await expect(client.list("/lib/")).rejects.toMatchObject({ status: 404 });
  });

  test("sends its credentials to no other server", async () => {
    await expect(client.get("http://example.com/compute/1")).rejects.toThrow(
      "http://example.com is not http://127.0.0.1",
    );
  });
});

test("parsers and renderers work without HTTP", async () => {
  const text = `Category: compute; scheme="${COMPUTE.replace("compute", "")}"; class="kind"\nX-OCCI-Attribute: occi.compute.cores=2`;
  const message = parseFields(fieldsOfBody(text));
  expect([message.categories[0]?.term, message.attributes.get("occi.compute.cores")]).toEqual(["compute", 2]);
  const [json] = parseJsonMessages(JSON.stringify({ kind: COMPUTE, attributes: { "occi.compute.cores": 2 } }));
  expect(json?.attributes).toEqual(message.attributes);
  expect(PLAIN.done().body).toBe("OK");
  expect(() => parseFields(fieldsOfBody("Category: compute"))).toThrow(CloudError);
});
