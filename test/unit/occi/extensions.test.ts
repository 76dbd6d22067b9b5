import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import type { FakeWorld } from "../../support/fakeCloud.ts";
import { fakeNetwork } from "../../support/fakeThings.ts";
import { CARD, LAN0, type Reply, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";

/** Kinds and mixins that are in no document of OCCI, or of a few servers only. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const EGI = "http://schemas.fedcloud.egi.eu/occi/infrastructure";
const JSON_TYPE = "application/occi+json";
const PUBLIC = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a2009";
const kind = (term: string): string => `Category: ${term}; scheme="${I}#"; class="kind"`;
const mixin = (term: string, scheme: string): string => `Category: ${term}; scheme="${scheme}"; class="mixin"`;
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;
const ends = (target: string): readonly string[] => [
  attribute("occi.core.source", `"/compute/${WEB1}"`),
  attribute("occi.core.target", `"${target}"`),
];

let door: TestOcci;
const open = async (): Promise<TestOcci> => {
  const one = await startOcci();
  const { networks, securityGroups } = one.world;
  networks.set(PUBLIC, fakeNetwork({ id: PUBLIC, name: "public", projectId: "admin", isExternal: true }));
  const given = { id: "g0", name: "default", description: "", isStateful: true, rules: [], projectId: "p1", tags: [] };
  securityGroups.set("g0", given);
  return one;
};
beforeEach(async () => {
  door = await open();
});
afterEach(() => door.close());

const say = (line: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(line, [["Content-Type", "text/plain"]], lines.join("\n"));
const read = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;
const pathOf = ({ headers, body }: Reply): string => {
  if (headers.location === undefined) throw new Error(body);
  return new URL(headers.location).pathname;
};
const rules = (list: readonly object[]): string =>
  attribute("occi.securitygroup.rules", JSON.stringify(JSON.stringify(list)));
const WEB = { type: "inbound", protocol: "tcp", port: "443", range: "0.0.0.0/0" };
const PING = { type: "inbound", protocol: "icmp", port: "8-0", range: "0.0.0.0/0" };
const group = (...lines: readonly string[]) => say("POST /securitygroup/", kind("securitygroup"), ...lines);

describe("security groups", () => {
  const rulesOf = async (path: string): Promise<unknown> => {
    const { body } = await door.send(`GET ${path}`, [["Accept", JSON_TYPE]]);
    const { attributes }: { attributes: Readonly<Record<string, unknown>> } = JSON.parse(body);
    return attributes["occi.securitygroup.rules"];
  };

  test("keep rules as an array in JSON and as one string in text", async () => {
    const path = pathOf(await group(rules([WEB, PING]), attribute("occi.core.title", '"web"')));
    expect(await rulesOf(path)).toEqual([WEB, PING]);
    expect(await read(path)).toContain(rules([WEB, PING]));
    expect(door.world.calls.filter((call) => call === "securityGroups.addRule")).toHaveLength(2);
  });

  test("get exactly the rules of an update, new ones first", async () => {
    const path = pathOf(await group(rules([WEB])));
    door.world.calls.length = 0;
    const reply = await say(`POST ${path}`, rules([PING]));
    expect(reply.status, reply.body).toBe(200);
    expect(await rulesOf(path)).toEqual([PING]);
    expect(door.world.calls.filter((call) => /Rule/.test(call))).toEqual([
      "securityGroups.addRule",
      "securityGroups.removeRule",
    ]);
    const full = await say(`PUT ${path}`, kind("securitygroup"), attribute("occi.core.title", '"web"'));
    expect(full.body).toContain('occi.securitygroup.rules="[]"');
  });

  test.each([
    ["no direction", [{ protocol: "tcp" }]],
    ["an unknown member", [{ ...WEB, colour: "red" }]],
    ["no range", [{ ...WEB, range: "everywhere" }]],
    ["no port", [{ ...WEB, port: "99999" }]],
    ["a range that runs backwards", [{ ...WEB, port: "90-80" }]],
    ["ports without a protocol", [{ type: "inbound", port: "80" }]],
    ["a text", ["tcp"]],
  ])("refuse %s by name", async (_, list) => {
    const body = JSON.stringify({ kind: `${I}#securitygroup`, attributes: { "occi.securitygroup.rules": list } });
    const reply = await door.send("POST /securitygroup/", [["Content-Type", JSON_TYPE]], body);
    expect([reply.status, reply.body.includes("occi.securitygroup.rules[0]")]).toEqual([400, true]);
    expect(door.world.securityGroups.size).toBe(1);
  });

  test("refuse a string that is no array, and a number", async () => {
    expect((await group(attribute("occi.securitygroup.rules", '"{}"'))).status).toBe(400);
    expect((await group(attribute("occi.securitygroup.rules", '"["'))).status).toBe(400);
    expect((await group(attribute("occi.securitygroup.rules", "1"))).status).toBe(400);
  });

  test("are linked to a compute by all its cards, shown at both ends, and taken out again", async () => {
    const path = pathOf(await group());
    const id = path.split("/").at(-1) ?? "";
    const link = pathOf(await say("POST /securitygrouplink/", kind("securitygrouplink"), ...ends(path)));
    expect(door.world.ports.get(CARD)?.securityGroupIds).toEqual([id]);
    expect(await read(link)).toContain('occi.securitygrouplink.state="active"');
    expect(await read(`/compute/${WEB1}`)).toContain(`self="${link}"`);
    expect((await say("POST /securitygrouplink/", kind("securitygrouplink"), ...ends(path))).status).toBe(409);
    expect((await door.send(`DELETE ${path}`)).status).toBe(409);
    expect((await door.send(`DELETE ${link}`)).status).toBe(200);
    expect(door.world.ports.get(CARD)?.securityGroupIds).toEqual([]);
    expect((await door.send(`GET ${link}`)).status).toBe(404);
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
  });

  test("come with a new compute beside the default one", async () => {
    const path = pathOf(await group());
    const link = `Link: <${path}>; rel="${I}#securitygroup"; category="${I}#securitygrouplink"`;
    const made = await say("POST /compute/", kind("compute"), link);
    expect(made.status, made.body).toBe(201);
    const card = [...door.world.ports.values()].find(({ deviceId }) => pathOf(made).endsWith(deviceId ?? "?"));
    expect(card?.securityGroupIds).toEqual(["g0", path.split("/").at(-1)]);
    expect((await say("POST /compute/", kind("compute"), link.replace(path, "/securitygroup/no"))).status).toBe(400);
  });

  test("that the cloud made itself are listed among their kind, and are no part of everything", async () => {
    expect(await read("/securitygroup/")).toContain("/securitygroup/g0");
    expect(await read("/")).not.toContain("/securitygroup/");
  });

  test("a compute without cards can be in none", async () => {
    const path = pathOf(await group());
    const lines = [attribute("occi.core.source", `"/compute/${WEB2}"`), attribute("occi.core.target", `"${path}"`)];
    expect((await say("POST /securitygrouplink/", kind("securitygrouplink"), ...lines)).status).toBe(409);
  });
});

describe("reservations", () => {
  const reserve = (...lines: readonly string[]) => say("POST /ipreservation/", kind("ipreservation"), ...lines);

  test("are floating addresses that a link leads to a compute, and are freed by its end", async () => {
    const path = pathOf(await reserve(attribute("occi.core.title", '"mine"')));
    expect(await read(path)).toMatch(/occi\.ipreservation\.used=false/);
    const link = pathOf(await say("POST /networkinterface/", kind("networkinterface"), ...ends(path)));
    const used = await read(path);
    expect(used).toContain("occi.ipreservation.used=true");
    expect(used).toContain('occi.ipreservation.state="active"');
    expect(used).toContain('occi.core.title="mine"');
    expect(await read(link)).toContain(`occi.core.target="${path}"`);
    expect((await say("POST /networkinterface/", kind("networkinterface"), ...ends(path))).status).toBe(409);
    expect((await door.send(`DELETE ${link}`)).status).toBe(200);
    expect(await read(path)).toContain("occi.ipreservation.used=false");
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect(door.world.floatingIps.size).toBe(0);
  });

  test("go down by leading nowhere; what they lead to only a link can say", async () => {
    const path = pathOf(await reserve());
    const act = (term: string) =>
      say(`POST ${path}?action=${term}`, `Category: ${term}; scheme="${I}/ipreservation/action#"; class="action"`);
    expect((await act("up")).status).toBe(400);
    expect((await act("down")).status).toBe(400);
    await say("POST /networkinterface/", kind("networkinterface"), ...ends(path));
    expect((await act("up")).status).toBe(200);
    expect((await act("down")).status).toBe(200);
    expect([...door.world.floatingIps.values()].map(({ portId }) => portId)).toEqual([undefined]);
  });

  test("of several pools name one; an address that was made as a link is none", async () => {
    const second = fakeNetwork({ id: "n9", name: "other", projectId: "admin", isExternal: true });
    door.world.networks.set("n9", second);
    const several = await reserve();
    expect([several.status, several.body.includes("n9")]).toEqual([409, true]);
    const pool = mixin("n9", "http://schemas.openstack.org/network/floatingippool#");
    const path = pathOf(await reserve(pool));
    expect(await read(path)).toContain("Category: n9;");
    const link = await say("POST /networkinterface/", kind("networkinterface"), ...ends(`/network/${PUBLIC}`));
    expect(await read("/ipreservation/")).toBe(`X-OCCI-Location: ${door.base}${path}`);
    expect(await read(pathOf(link))).toContain(`Category: ${PUBLIC};`);
    const wrong = await say("POST /networkinterface/", kind("networkinterface"), pool, ...ends(`/network/${LAN0}`));
    expect(wrong.status).toBe(400);
  });
});

describe("EGI's networks", () => {
  const sort = (term: string): string => mixin(`${term}_net`, `${EGI}/network#`);
  const RANGE = [
    mixin("ipnetwork", `${I}/network#`),
    attribute("occi.network.address", '"198.51.100.0/24"'),
    attribute("occi.core.title", '"lan1"'),
  ];
  const make = (...lines: readonly string[]) => say("POST /network/", kind("network"), ...lines);

  test("are what the routers make of them", async () => {
    expect(await read(`/network/${PUBLIC}`)).toContain("Category: public_net;");
    expect(await read(`/network/${LAN0}`)).toContain("Category: private_net;");
    const path = pathOf(await make(sort("nat"), ...RANGE));
    expect(await read(path)).toContain("Category: nat_net;");
    expect(await read("/mixin/nat_net/")).toContain(path);
    expect([...door.world.routers.values()]).toMatchObject([{ gateway: { networkId: PUBLIC } }]);
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect(door.world.routers.size).toBe(0);
  });

  test("cannot be made public, or routed without a range, or changed", async () => {
    expect((await make(sort("public"))).status).toBe(403);
    expect((await make(sort("nat"))).status).toBe(400);
    expect((await make(sort("private"))).status).toBe(201);
    expect((await say(`POST /network/${LAN0}`, sort("nat"))).status).toBe(403);
  });

  test("serve a compute that says which sort it wants", async () => {
    const wants = (word: string) =>
      say(
        "POST /compute/",
        kind("compute"),
        mixin("default_connectivity", `${EGI}/compute#`),
        attribute("eu.egi.fedcloud.compute.default_connectivity", `"${word}"`),
      );
    expect((await wants("nat")).status).toBe(400);
    const network = pathOf(await make(sort("nat"), ...RANGE));
    const made = await wants("nat");
    expect(door.world.draft?.attachments).toEqual([{ networkId: network.split("/").at(-1) }]);
    expect(await read(pathOf(made))).toContain('default_connectivity="nat"');
    expect((await wants("private")).status).toBe(201);
    expect(door.world.draft?.attachments).toEqual([{ networkId: LAN0 }]);
    expect((await wants("satellite")).status).toBe(400);
  });
});

describe("zones and regions", () => {
  const zone = mixin("nova", `${I}/availability_zone#`);
  test("place computes and volumes, and stay", async () => {
    const made = pathOf(await say("POST /compute/", kind("compute"), zone));
    expect(door.world.draft?.zone).toBe("nova");
    expect(await read("/availability_zone/nova/")).toContain(made);
    const volume = await say("POST /storage/", kind("storage"), zone, attribute("occi.storage.size", "1.0"));
    expect(await read("/availability_zone/")).toContain(pathOf(volume));
    expect((await say("POST /compute/", kind("compute"), mixin("mars", `${I}/availability_zone#`))).status).toBe(404);
    expect((await say(`POST /compute/${WEB1}`, zone)).status).toBe(403);
  });

  test("the region of the call may be named, no other", async () => {
    expect((await say("POST /compute/", kind("compute"), mixin("here", `${I}/region#`))).status).toBe(201);
    expect((await say("POST /compute/", kind("compute"), mixin("there", `${I}/region#`))).status).toBe(404);
  });
});

describe("what fails on the way leaves nothing", () => {
  const WORLD = ({ securityGroups, networks, subnets, ports, routers, floatingIps }: FakeWorld): unknown =>
    structuredClone([securityGroups, networks, subnets, ports, routers, floatingIps]);
  const created: Readonly<Record<string, () => Promise<Reply>>> = {
    "a security group": () => group(rules([WEB, { ...WEB, type: "outbound" }])),
    "a link to one": () => say("POST /securitygrouplink/", kind("securitygrouplink"), ...ends("/securitygroup/g0")),
    "a reservation": () => say("POST /ipreservation/", kind("ipreservation")),
    "a routed network": () =>
      say(
        "POST /network/",
        kind("network"),
        mixin("nat_net", `${EGI}/network#`),
        mixin("ipnetwork", `${I}/network#`),
        attribute("occi.network.address", '"198.51.100.0/24"'),
      ),
  };
  test.each(Object.entries(created))("%s", async (_, make) => {
    expect((await make()).status).toBe(201);
    const names = [...new Set(door.world.calls)];
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) {
      await door.close();
      door = await open();
      const before = WORLD(door.world);
      door.world.failures.set(name, new CloudError("UPSTREAM_FAILED", "no"));
      const reply = await make();
      expect([name, reply.status, reply.body.includes("unmade")]).toEqual([name, 502, false]);
      expect(WORLD(door.world), name).toEqual(before);
    }
  });
});
