import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { fakeFlavour, fakeImage, fakeNetwork, fakeSubnet } from "../../support/fakeThings.ts";
import { LAN0, type Reply, startOcci, type TestOcci } from "../../support/occiDoor.ts";

/** Creating: what a client says and leaves open, and what becomes of it in the cloud. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const NETWORK = `Category: network; scheme="${I}#"; class="kind"`;
const small = 'Category: small1; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"';
const debian = 'Category: debian-12; scheme="http://schemas.openstack.org/template/os#"; class="mixin"';
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const TEXT = [["Content-Type", "text/plain"]] as const;
const JSON_TYPES = [
  ["Content-Type", "application/occi+json"],
  ["Accept", "application/occi+json"],
] as const;
const post = (path: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(`POST ${path}`, TEXT, lines.join("\n"));
const postJson = (path: string, json: unknown): Promise<Reply> =>
  door.send(`POST ${path}`, JSON_TYPES, JSON.stringify(json));
const idOf = ({ headers }: Reply): string => headers.location?.split("/").at(-1) ?? "";
const pathOf = (reply: Reply): string => new URL(reply.headers.location ?? "").pathname;
const read = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;

describe("a compute that leaves everything open", () => {
  test("gets the first image by name, the smallest flavour and the only network", async () => {
    const reply = await post("/compute/", COMPUTE);
    expect(reply.status).toBe(201);
    expect(reply.headers.location).toBe(`${door.base}/compute/${idOf(reply)}`);
    expect(reply.body).toBe(`X-OCCI-Location: ${reply.headers.location}`);
    expect(door.world.draft).toMatchObject({
      imageId: "cirros-0-6",
      flavourId: "small1",
      attachments: [{ networkId: LAN0 }],
    });
    expect(door.world.draft?.name).toMatch(/^compute-[0-9a-f]{8}$/);
  });

  test("is not looked at for who only wants to know where it is, and shown to who asks for JSON", async () => {
    door.world.failures.set("servers.get", new CloudError("UPSTREAM_FAILED", "no"));
    expect((await post("/compute/", COMPUTE)).status).toBe(201);
    expect(door.world.calls).not.toContain("servers.get");
    door.world.failures.clear();
    const reply = await postJson("/compute/", { kind: `${I}#compute` });
    expect(JSON.parse(reply.body)).toMatchObject({
      id: `urn:uuid:${idOf(reply)}`,
      attributes: { "occi.compute.state": expect.any(String) },
      mixins: [expect.stringMatching(/cirros-0-6$/), expect.stringMatching(/small1$/)],
    });
  });

  test("is unmade with all that was made for it when it is looked at and has failed already", async () => {
    const bare = fakeNetwork({ id: "n9", name: "bare", projectId: "p1", subnetIds: [] });
    door.world.networks.set(bare.id, bare);
    door.world.bornAs = "error";
    const before = [...door.world.servers.keys()];
    const links = [{ kind: `${I}#networkinterface`, target: { location: "/network/n9" } }];
    const reply = await postJson("/compute/", { kind: `${I}#compute`, links });
    expect(reply.status).toBe(500);
    expect(door.world.calls).toContain("subnets.create");
    expect([...door.world.servers.keys()]).toEqual(before);
    expect([...door.world.subnets.values()].filter(({ networkId }) => networkId === bare.id)).toEqual([]);
  });

  test("a batch in JSON is shown whole", async () => {
    const resources = [
      { kind: `${I}#compute`, title: "one" },
      { kind: `${I}#network`, title: "two" },
    ];
    const reply = await postJson("/", { resources });
    expect(JSON.parse(reply.body)).toMatchObject({ resources });
  });

  test("must choose among several networks: 409, and nothing is made", async () => {
    const subnet = fakeSubnet({ id: "s2", networkId: "n2", cidr: "198.51.100.0/24" });
    door.world.subnets.set(subnet.id, subnet);
    door.world.networks.set("n2", fakeNetwork({ id: "n2", name: "lan1", projectId: "p1", subnetIds: ["s2"] }));
    const reply = await post("/compute/", COMPUTE);
    expect(reply.status).toBe(409);
    expect(reply.body).toContain("several-networks:");
    expect(reply.body).toContain("/network/n2");
    expect(door.world.calls).not.toContain("servers.create");
  });

  test("other tenants', external and empty networks are no choice", async () => {
    const { networks } = door.world;
    networks.set("n2", fakeNetwork({ id: "n2", name: "theirs", projectId: "p2", subnetIds: ["s2"] }));
    networks.set("n3", fakeNetwork({ id: "n3", name: "out", projectId: "p1", subnetIds: ["s3"], isExternal: true }));
    networks.set("n4", fakeNetwork({ id: "n4", name: "empty", projectId: "p1" }));
    expect((await post("/compute/", COMPUTE)).status).toBe(201);
    networks.clear();
    expect((await post("/compute/", COMPUTE)).status).toBe(201);
    expect(door.world.draft?.attachments).toBe("auto");
  });
});

describe("sizes", () => {
  const wants = (cores: string, memory: string) =>
    post("/compute/", COMPUTE, attribute("occi.compute.cores", cores), attribute("occi.compute.memory", memory));

  test("choose the smallest flavour that is large enough, and read back as it really is", async () => {
    const reply = await wants("1", "1.5");
    expect(door.world.draft?.flavourId).toBe("medium2");
    expect(await read(pathOf(reply))).toContain("occi.compute.memory=4.0");
  });

  test("3.6 GiB kept as 3686 MiB fit and read 3.6", async () => {
    door.world.flavours.set("f36", fakeFlavour({ id: "f36", vcpus: 1, ramMiB: 3686, diskGiB: 1 }));
    const reply = await wants("1", "3.6");
    expect(door.world.draft?.flavourId).toBe("f36");
    expect(await read(pathOf(reply))).toContain("occi.compute.memory=3.6");
  });

  test("that nothing can hold are refused, and so are those that differ from the template", async () => {
    expect((await wants("64", "1.0")).status).toBe(400);
    const differs = await post("/compute/", COMPUTE, small, attribute("occi.compute.memory", "2.0"));
    expect([differs.status, differs.body.split(":")[0]]).toEqual([400, "invalid-value"]);
    expect((await post("/compute/", COMPUTE, small, attribute("occi.compute.memory", "1.0"))).status).toBe(201);
  });

  test("a flavour without a disk and one too small for the image are passed over", async () => {
    door.world.flavours.set("f0", fakeFlavour({ id: "f0", vcpus: 1, ramMiB: 512, diskGiB: 0 }));
    door.world.images.set("debian-12", fakeImage({ id: "debian-12", name: "Debian 12", minDiskGiB: 15 }));
    await post("/compute/", COMPUTE, debian);
    expect(door.world.draft?.flavourId).toBe("medium2");
  });

  test.each([
    ["exact", 400, 201],
    ["refuse", 501, 501],
  ] as const)("policy %s", async (flavourPolicy, near, same) => {
    await door.close();
    door = await startOcci({ flavourPolicy });
    expect((await wants("1", "1.5")).status).toBe(near);
    expect((await wants("2", "4.0")).status).toBe(same);
  });
});

describe("what is said is honoured or refused by name", () => {
  test("title, summary, host name, key and user data reach the cloud", async () => {
    const reply = await post(
      "/compute/",
      COMPUTE,
      'Category: user_data; scheme="http://schemas.ogf.org/occi/infrastructure/compute#"; class="mixin"',
      'Category: public_key; scheme="http://schemas.openstack.org/instance/credentials#"; class="mixin"',
      attribute("occi.core.title", '"db, \\"main\\""'),
      attribute("occi.core.summary", '"très grand ☃"'),
      attribute("occi.compute.hostname", '"db.example"'),
      attribute("occi.compute.userdata", '"I2Nsb3VkLWNvbmZpZwo="'),
      attribute("org.openstack.credentials.publickey.name", '"mine"'),
    );
    expect(reply.status, reply.body).toBe(201);
    const { draft } = door.world;
    expect(draft).toMatchObject({ name: 'db, "main"', description: "très grand ☃", keyName: "mine" });
    expect(draft?.userData?.reveal()).toBe("I2Nsb3VkLWNvbmZpZwo=");
    const text = await read(pathOf(reply));
    expect(text).toContain('occi.compute.hostname="db.example"');
    expect(text).toContain('occi.core.title="db, \\"main\\""');
    expect(text).toContain('org.openstack.credentials.publickey.name="mine"');
    expect(text).not.toContain("userdata");
  });

  test.each([
    [501, attribute("occi.compute.share", "5"), "occi.compute.share"],
    [403, attribute("occi.compute.state", '"inactive"'), "occi.compute.state"],
    [201, attribute("occi.compute.state", '"active"'), ""],
    [201, attribute("occi.compute.cores", '"1"'), ""],
    [201, attribute("occi.core.id", '"im-made-this-up"'), ""],
    [400, attribute("occi.compute.architecture", '"arm"'), "occi.compute.architecture"],
    [404, 'Category: ssh_keys; scheme="http://example.com/x#"; class="mixin"', "http://example.com/x#ssh_keys"],
    [400, `Category: ssh_key; scheme="${I}/credentials#"; class="mixin"`, "occi.credentials.ssh.publickey"],
    [404, 'Category: gone; scheme="http://schemas.openstack.org/template/os#"; class="mixin"', "os#gone"],
    [400, `Category: compute; scheme="${I}#"; class="mixin"`, "it is a kind"],
    [400, `Category: start; scheme="${I}/compute/action#"; class="action"`, "an action"],
  ])("%i for %s", async (status, line, names) => {
    const reply = await post("/compute/", COMPUTE, line);
    expect(reply.status, reply.body).toBe(status);
    expect(reply.body).toContain(names);
    expect(door.world.calls.includes("servers.create")).toBe(status === 201);
  });

  test("ends of links are looked up beside the templates, and what is wrong with the compute itself is told first", async () => {
    const nowhere = 'Category: nowhere; scheme="http://schemas.openstack.org/template/os#"; class="mixin"';
    const link = (network: string) =>
      `Link: </network/${network}>; rel="${I}#network"; category="${I}#networkinterface"`;
    for (const network of [LAN0, "n9"]) {
      door.world.calls.length = 0;
      const reply = await post("/compute/", COMPUTE, nowhere, link(network));
      expect(reply.status).toBe(404);
      expect(reply.body).toContain("nowhere");
      expect(door.world.calls).toContain("networks.get");
      expect(door.world.calls).not.toContain("servers.create");
    }
  });

  test("an architecture must be the image's", async () => {
    door.world.images.set(
      "debian-12",
      fakeImage({ id: "debian-12", name: "D", properties: { architecture: "x86_64" } }),
    );
    const wants = (word: string) =>
      post("/compute/", COMPUTE, debian, attribute("occi.compute.architecture", `"${word}"`));
    expect((await wants("x64")).status).toBe(201);
    expect((await wants("x86")).status).toBe(400);
  });

  test("what has no effect is warned of", async () => {
    const reply = await post("/compute/", COMPUTE, attribute("occi.compute.speed", "2.4"));
    expect([reply.status, reply.headers.warning]).toEqual([201, expect.stringContaining("occi.compute.speed")]);
  });
});

describe("networks and batches", () => {
  test("a network with its range, all or nothing", async () => {
    const mixin = `Category: ipnetwork; scheme="${I}/network#"; class="mixin"`;
    const lines = [
      NETWORK,
      mixin,
      attribute("occi.network.address", '"2001:db8::/64"'),
      attribute("occi.core.title", '"six"'),
    ];
    const reply = await post("/network/", ...lines);
    expect(reply.status, reply.body).toBe(201);
    expect(await read(pathOf(reply))).toContain('occi.network.address="2001:db8::/64"');
    const before = door.world.networks.size;
    door.world.failures.set("subnets.create", new CloudError("INVALID_VALUE", "bad"));
    expect((await post("/network/", ...lines)).status).toBe(400);
    expect(door.world.networks.size).toBe(before);
    expect((await post("/network/", NETWORK, mixin, attribute("occi.network.gateway", '"10.0.0.1"'))).status).toBe(400);
    expect((await post("/network/", NETWORK, attribute("occi.network.label", '"red"'))).status).toBe(501);
  });

  test("a batch is made whole or not at all", async () => {
    const compute = { kind: `${I}#compute`, title: "c" };
    const both = await postJson("/", { resources: [compute, { kind: `${I}#network`, title: "n" }] });
    expect([both.status, JSON.parse(both.body).resources.length]).toEqual([201, 2]);
    const before = [door.world.servers.size, door.world.networks.size];
    const half = await postJson("/compute/", {
      resources: [compute, { ...compute, attributes: { "occi.compute.cores": 99 } }],
    });
    expect(half.status).toBe(400);
    expect([door.world.servers.size, door.world.networks.size]).toEqual(before);
  });

  test("JSON is taken at its word: a number in quotes is no number", async () => {
    const attributes = { "occi.compute.cores": "1" };
    expect((await postJson("/compute/", { kind: `${I}#compute`, attributes })).status).toBe(400);
    const links = [{ kind: `${I}#networkinterface`, target: { location: `/network/${LAN0}` } }];
    const reply = await postJson("/compute/", { kind: `${I}#compute`, id: "made-up", links });
    expect(reply.status, reply.body).toBe(201);
    expect(JSON.parse(reply.body).links[0].target.location).toBe(`/network/${LAN0}`);
  });

  test("a kind that lives elsewhere, a core kind and a kind of its own path", async () => {
    expect((await post("/network/", COMPUTE)).status).toBe(400);
    expect((await post("/link/", COMPUTE)).status).toBe(400);
    expect((await post("/resource/", COMPUTE)).status).toBe(201);
    expect((await post("/os_tpl/debian-12/", COMPUTE)).status).toBe(400);
    expect((await post("/os_tpl/gone/", COMPUTE)).status).toBe(404);
  });
});
