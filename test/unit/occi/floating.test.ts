import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { fakeNetwork } from "../../support/fakeThings.ts";
import { CARD, type Reply, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";

/** Network interfaces to an external network: floating addresses. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const LINK = `Category: networkinterface; scheme="${I}#"; class="kind"`;
const IP = `Category: ipnetworkinterface; scheme="${I}/networkinterface#"; class="mixin"`;
const PUBLIC = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a2009";
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}="${value}"`;
const ends = (compute: string): readonly string[] => [
  attribute("occi.core.source", `/compute/${compute}`),
  attribute("occi.core.target", `/network/${PUBLIC}`),
];
const INLINE = `Link: </network/${PUBLIC}>; rel="${I}#network"; category="${I}#networkinterface"`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
  door.world.networks.set(PUBLIC, fakeNetwork({ id: PUBLIC, name: "public", projectId: "admin", isExternal: true }));
});
afterEach(() => door.close());

const post = (path: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(`POST ${path}`, [["Content-Type", "text/plain"]], lines.join("\n"));
const pathOf = ({ headers }: Reply): string => new URL(headers.location ?? "").pathname;
const read = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;
const addresses = () => [...door.world.floatingIps.values()];

describe("a floating address as a link", () => {
  test("leads to the compute's card, is shown everywhere, and is given back", async () => {
    const reply = await post("/networkinterface/", LINK, ...ends(WEB1));
    expect(reply.status, reply.body).toBe(201);
    const path = pathOf(reply);
    const [made] = addresses();
    expect(path).toBe(`/networkinterface/${made?.id}`);
    expect(made).toMatchObject({ networkId: PUBLIC, portId: CARD, fixedIp: "192.0.2.11" });
    const text = await read(path);
    expect(text).toContain(`occi.core.source="/compute/${WEB1}"`);
    expect(text).toContain(`occi.core.target="/network/${PUBLIC}"`);
    expect(text).toContain(`occi.networkinterface.address="${made?.ipAddress}"`);
    expect(text).toContain('occi.networkinterface.state="active"');
    expect(text).not.toContain("networkinterface.mac");
    expect(await read(`/compute/${WEB1}`)).toContain(`</network/${PUBLIC}>; rel="${I}#network"; self="${path}"`);
    expect(await read("/networkinterface/")).toContain(path);
    const json = await door.send("GET /compute/", [["Accept", "application/occi+json"]]);
    expect(json.body).toContain(`urn:uuid:${made?.id}`);
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect((await door.send(`GET ${path}`)).status).toBe(404);
    expect(addresses()).toEqual([]);
  });

  // So many that not all of the tenant's are looked through.
  test.each([0, 18, 19, 20, 60])("is found among %i others", async (others) => {
    const path = pathOf(await post("/networkinterface/", LINK, ...ends(WEB1)));
    const [made] = addresses();
    if (made === undefined) throw new Error("no address was made");
    door.world.floatingIps.clear();
    for (let number = 0; number < others; number++) {
      const id = `8b1f0c52-0000-4000-8000-${String(number).padStart(12, "0")}`;
      door.world.floatingIps.set(id, { ...made, id, portId: undefined, fixedIp: undefined });
    }
    door.world.floatingIps.set(made.id, made);
    expect(await read(`/compute/${WEB1}`)).toContain(`self="${path}"`);
    expect(await read(`/compute/${WEB2}`)).not.toContain(`self="${path}"`);
  });

  test("of another tenant is not there", async () => {
    const path = pathOf(await post("/networkinterface/", LINK, ...ends(WEB1)));
    expect((await door.send(`DELETE ${path}`, [["X-Auth-Token", "other"]])).status).toBe(404);
    expect(addresses().length).toBe(1);
  });

  test("needs a free card that the network reaches", async () => {
    const none = await post("/networkinterface/", LINK, ...ends(WEB2));
    expect([none.status, none.body.split(":")[0]]).toEqual([409, "state-conflict"]);
    door.world.failures.set("floatingIps.create", new CloudError("NOT_FOUND", "no router leads there"));
    const cut = await post("/networkinterface/", LINK, ...ends(WEB1));
    expect([cut.status, cut.body.includes("no router leads there")]).toEqual([409, true]);
    expect((await post("/networkinterface/", LINK, ...ends(WEB1))).status).toBe(201);
    expect((await post("/networkinterface/", LINK, ...ends(WEB1))).status).toBe(409);
    expect(addresses().length).toBe(1);
  });

  test("has an address that may be wished for, and no MAC", async () => {
    const mac = attribute("occi.networkinterface.mac", "02:00:00:00:00:01");
    const refused = await post("/networkinterface/", LINK, mac, ...ends(WEB1));
    expect([refused.status, refused.body.includes("occi.networkinterface.mac")]).toEqual([501, true]);
    const wish = attribute("occi.networkinterface.address", "203.0.113.77");
    expect((await post("/networkinterface/", LINK, IP, wish, ...ends(WEB1))).status).toBe(201);
    expect(addresses()[0]?.ipAddress).toBe("203.0.113.77");
  });

  test("inline: after the compute's cards are there; a failure leaves neither", async () => {
    const reply = await post("/compute/", COMPUTE, INLINE);
    expect(reply.status, reply.body).toBe(201);
    expect(await read(pathOf(reply))).toContain(`</network/${PUBLIC}>`);
    const servers = door.world.servers.size;
    door.world.failures.set("floatingIps.create", new CloudError("QUOTA_EXCEEDED", "no more addresses"));
    expect((await post("/compute/", COMPUTE, INLINE)).status).toBe(403);
    expect([door.world.servers.size, addresses().length]).toEqual([servers, 1]);
  });

  test.each([
    ["the compute", `/compute/${WEB1}`],
    ["the card", `/networkinterface/${CARD}`],
  ])("goes with %s", async (_, path) => {
    await post("/networkinterface/", LINK, ...ends(WEB1));
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect(addresses()).toEqual([]);
  });
});

describe("an address that was reserved otherwise", () => {
  beforeEach(async () => {
    const cloud = door.world.cloudOf("p1");
    const marker = { value: "m", since: new Date(0) };
    await cloud.floatingIps.create({ networkId: PUBLIC, target: { portId: CARD }, marker });
  });

  test("is shown as a link, and stays with the tenant when that goes", async () => {
    const [reserved] = addresses();
    const path = `/networkinterface/${reserved?.id}`;
    expect(await read(path)).toContain(`occi.core.source="/compute/${WEB1}"`);
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect(addresses()).toMatchObject([{ id: reserved?.id, portId: undefined }]);
    expect((await door.send(`GET ${path}`)).status).toBe(404);
    expect(await read("/networkinterface/")).not.toContain(path);
  });

  test("stays when the compute goes", async () => {
    expect((await door.send(`DELETE /compute/${WEB1}`)).status).toBe(200);
    expect(addresses().length).toBe(1);
  });
});

test("a cloud without floating addresses has none, and everything else works", async () => {
  for (const path of [`/compute/${WEB1}`, "/networkinterface/"]) {
    door.world.failures.set("floatingIps.list", new CloudError("NOT_FOUND", "no such extension"));
    expect((await door.send(`GET ${path}`)).status).toBe(200);
  }
});

test("an external network that is shared takes cards itself", async () => {
  const network = fakeNetwork({ id: PUBLIC, name: "public", projectId: "admin", isExternal: true, isShared: true });
  door.world.networks.set(PUBLIC, network);
  const reply = await post("/networkinterface/", LINK, ...ends(WEB2));
  expect(reply.status, reply.body).toBe(201);
  expect(door.world.calls).toContain("servers.attach");
  expect(addresses()).toEqual([]);
});
