import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { startSimulator } from "../../../src/simulator/index.ts";
import { builtinPresets } from "../../../src/simulator/presets/index.ts";
import { at, items, type Rig, startRig } from "./rig.ts";

const site = parse(`
description: a small site
base: empty
projects:
  - name: edge
    quotas: {compute: {cores: 40, instances: 30}, network: {port: 100}, volume: {volumes: 20}}
users:
  - {name: alice, password: secret, roles: {edge: [member]}}
  - {name: bob, roles: {edge: [reader], admin: [reader]}}
flavors:
  - {name: tiny, ram: 128, vcpus: 1, disk: 1, extra_specs: {"hw:cpu_policy": dedicated}}
images:
  - {name: os, project: admin, visibility: public, size: 5000, os_distro: debian}
networks:
  - {name: outside, "router:external": true, subnets: [{name: outside-v4, cidr: 198.51.100.0/24}]}
  - {name: inside, project: edge, subnets: [{name: inside-v4, cidr: 10.9.0.0/24}, {cidr: "fd00::/64", ip_version: 6}]}
routers:
  - {name: r, project: edge, gateway: outside, interfaces: [inside-v4]}
security_groups:
  - name: web
    project: edge
    rules:
      - {direction: ingress, protocol: tcp, port_range_min: 443, port_range_max: 443}
      - {direction: ingress, remote_group: self}
keypairs:
  - {name: key, project: edge, public_key: ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== alice}
volumes:
  - {name: data, project: edge, size: 1}
  - {name: spare, project: edge, size: 1, count: 3}
servers:
  - name: web
    project: edge
    flavor: tiny
    image: os
    networks: [inside]
    security_groups: [web]
    key_name: key
    volumes: [data]
    floating_ip: outside
  - {name: worker, project: edge, count: 5, flavor: tiny, image: os, networks: [inside], metadata: {role: worker}}
`);

let rig: Rig;
let token: string;
beforeAll(async () => {
  rig = await startRig({ preset: site, transitions: "realistic" });
  token = await rig.login("alice");
});
afterAll(() => rig.simulator.close());

const list = async (path: string, plural: string) => items((await rig.ask(token, path)).json, plural);
const names = (rows: readonly unknown[]) => rows.map((one) => String(at(one, "name"))).toSorted();

test("its people may sign in, and are named clouds", async () => {
  expect(Object.keys(rig.simulator.clouds())).toEqual([
    "admin",
    "demo",
    "other",
    "demo-reader",
    "alice",
    "bob",
    "bob-admin",
  ]);
  expect((await rig.ask(await rig.login("bob-admin"), "/compute/v2.1/servers")).status).toBe(200);
  expect(
    rig.simulator.requests.list(({ path }) => !path.startsWith("/identity") && !path.startsWith("/compute")),
  ).toEqual([]);
});

test("everything is there, ready, and only that", async () => {
  expect(names(await list("/compute/v2.1/flavors", "flavors"))).toEqual(["tiny"]);
  expect(names(await list("/image/v2/images", "images"))).toEqual(["os"]);
  expect(names(await list("/network/v2.0/networks", "networks"))).toEqual(["inside", "outside"]);
  const servers = await list("/compute/v2.1/servers/detail", "servers");
  expect(names(servers)).toEqual(["web", "worker-1", "worker-2", "worker-3", "worker-4", "worker-5"]);
  expect(new Set(servers.map((one) => at(one, "status")))).toEqual(new Set(["ACTIVE"]));
  const web = servers.find((one) => at(one, "name") === "web");
  const addresses = items(at(web, "addresses"), "inside");
  expect(addresses.map((one) => at(one, "OS-EXT-IPS:type")).toSorted()).toEqual(["fixed", "fixed", "floating"]);
  expect(at(web, "os-extended-volumes:volumes_attached", 0)).toBeDefined();
  const volumes = await list("/volume/v3/volumes/detail", "volumes");
  expect(names(volumes)).toEqual(["data", "spare-1", "spare-2", "spare-3"]);
  expect(volumes.filter((one) => at(one, "status") === "in-use").map((one) => at(one, "name"))).toEqual(["data"]);
  expect(at((await rig.ask(token, "/compute/v2.1/limits")).json, "limits", "absolute", "maxTotalCores")).toBe(40);
});

test("reset goes back to it", async () => {
  const [first] = await list("/compute/v2.1/servers", "servers");
  await rig.ask(token, `/compute/v2.1/servers/${String(at(first, "id"))}`, { method: "DELETE" });
  rig.simulator.reset();
  token = await rig.login("alice");
  expect(await list("/compute/v2.1/servers", "servers")).toHaveLength(6);
});

test.each([
  ["unknown", { flavours: [] }],
  ["flavors: must be a list", { flavors: {} }],
  ["base: must be one of default, empty", { base: "full" }],
  ["there is no preset nothing", "nothing"],
  ["must be an object", []],
  ["servers[0].flavor: there is no flavor huge", { servers: [{ name: "a", project: "demo", flavor: "huge" }] }],
  [
    "servers[0].project: nobody is known to have a role in the project nowhere",
    { servers: [{ name: "a", project: "nowhere" }] },
  ],
  [
    "servers[1].name: must be a text",
    { servers: [{ name: "a", project: "demo", flavor: "m1.tiny", image: "cirros" }, { flavor: "m1.tiny" }] },
  ],
  [
    "networks[0].subnets[0]: Invalid input for operation: 300.0.0.0/8 is not in a CIDR format",
    { networks: [{ name: "n", subnets: [{ cidr: "300.0.0.0/8" }] }] },
  ],
  ["networks[0]: Unrecognized attribute(s) 'colour'", { networks: [{ name: "n", colour: "red" }] }],
  [
    "flavors[0]: Flavor with name m1.tiny already exists.",
    { flavors: [{ name: "m1.tiny", ram: 1, vcpus: 1, disk: 1 }] },
  ],
  [
    "volumes[0].count: must be a whole number from 1 to 10000",
    { volumes: [{ name: "v", project: "demo", size: 1, count: 0 }] },
  ],
  ["users[0].roles.demo[0]: there is no role king", { users: [{ name: "x", roles: { demo: ["king"] } }] }],
  ["projects[0].quotas.compute", { projects: [{ name: "demo", quotas: { compute: { coores: 1 } } }] }],
  ["projects[0].quotas.storage: unknown member", { projects: [{ name: "demo", quotas: { storage: {} } }] }],
])("refused: %s", async (why, preset) => {
  await expect(startSimulator({ listen: false, preset })).rejects.toThrow(why);
});

test.each(builtinPresets.map(({ name }) => name))("the built-in preset %s", async (preset) => {
  const simulator = await startSimulator({ listen: false, preset });
  await simulator.close();
});

test("a preset takes the place of a world that runs, and a bad one does not", async () => {
  const other = await startRig();
  const sim = (body: unknown) => other.ask("", "/_sim/presets", { method: "POST", body });
  expect((await sim({ name: "nfv" })).status).toBe(204);
  const asked = async () =>
    items((await other.ask(await other.login("nfvo"), "/network/v2.0/networks")).json, "networks");
  expect(names(await asked())).toEqual(["data-a", "data-b", "management", "public", "signalling"]);
  const bad = await sim({ preset: { base: "empty", flavors: [{ name: "f" }] } });
  expect([bad.status, at(bad.json, "error", "field")]).toEqual([400, "flavors[0]"]);
  expect((await sim({ name: "none" })).status).toBe(400);
  expect((await sim({})).status).toBe(400);
  expect(await asked()).toHaveLength(5);
  other.simulator.reset();
  expect(await asked()).toHaveLength(5);
  await other.simulator.close();
});

test("two presets at once are loaded one after the other, and a bad one stops nobody", async () => {
  const simulator = await startSimulator({ listen: false });
  const loads = ["nfv", "none", "empty"].map((name) => simulator.loadPreset(name));
  expect((await Promise.allSettled(loads)).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(Object.keys(simulator.clouds())).not.toContain("nfvo");
  await simulator.close();
});
