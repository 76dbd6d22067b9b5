/** Many at once: all or none; and how full networks are. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
let network: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  network = await cloud.makeId("demo", "network", { name: "n" });
});
afterAll(() => cloud.rig.simulator.close());

const bad = (message: string) => [400, "HTTPBadRequest", message] as const;
const nobody = "11111111-2222-4333-8444-555555555555";

test("networks, subnets and ports come in one request, in order", async () => {
  const made = await cloud.ask("demo", "POST", "/networks", { networks: [{ name: "a" }, { network: { name: "b" } }] });
  expect(made.status, made.text).toBe(201);
  expect(items(made.json, "networks").map((one) => at(one, "name"))).toEqual(["a", "b"]);
  const on = { network_id: network, ip_version: 4 };
  const subnets = [
    { ...on, cidr: "10.80.0.0/24" },
    { ...on, cidr: "10.81.0.0/24" },
  ];
  expect((await cloud.ask("demo", "POST", "/subnets", { subnets })).status).toBe(201);
  const ports = await cloud.ask("demo", "POST", "/ports", {
    ports: Array.from({ length: 5 }, () => ({ network_id: network })),
  });
  const addresses = items(ports.json, "ports").map((one) => at(one, "fixed_ips", 0, "ip_address"));
  expect(new Set(addresses).size).toBe(5);
});

test.each([
  ["networks", [], bad("Resources required")],
  ["networks", {}, bad("Resources required")],
  ["networks", 7, bad("Body contains invalid data")],
  ["networks", ["x"], bad("Object 'network' contains invalid data")],
  ["networks", [{ name: "b" }, { colour: 1 }], bad("Unrecognized attribute(s) 'colour'")],
  ["routers", [{ name: "b" }], bad("Bulk operation not supported")],
  ["floatingips", [{ floating_network_id: nobody }], bad("Bulk operation not supported")],
])("POST /%s of %j is refused", async (collection, list, expected) => {
  const before = await cloud.list("demo", collection);
  expect(refusal(await cloud.ask("demo", "POST", `/${collection}`, { [collection]: list }))).toEqual(expected);
  expect(await cloud.list("demo", collection)).toEqual(before);
});

test("when one is refused, none is made, and nothing else has changed", async () => {
  const all = async () =>
    Promise.all(["networks", "subnets", "ports"].map((collection) => cloud.list("demo", collection)));
  const on = { network_id: network, ip_version: 4 };
  await cloud.make("demo", "subnet", { ...on, cidr: "10.70.0.0/30" });
  const before = await all();
  const refused = async (collection: string, list: readonly object[]) =>
    refusal(await cloud.ask("demo", "POST", `/${collection}`, { [collection]: list })).slice(0, 2);
  const overlapping = [
    { ...on, cidr: "10.90.0.0/24" },
    { ...on, cidr: "10.90.0.0/25" },
  ];
  expect(await refused("subnets", overlapping)).toEqual([400, "InvalidInput"]);
  const port = { network_id: network };
  expect(await refused("ports", [port, { network_id: nobody }])).toEqual([404, "NetworkNotFound"]);
  expect(await refused("ports", [port, port])).toEqual([409, "IpAddressGenerationFailure"]);
  const project = at((await cloud.ask("demo", "GET", "/quotas/project")).json, "project", "project_id");
  // Two are demo's own, so there is room for one.
  await cloud.ask("admin", "PUT", `/quotas/${project}`, { quota: { network: 3 } });
  expect(await refused("networks", [{}, {}])).toEqual([409, "OverQuota"]);
  expect(await all()).toEqual(before);
});

test("rules of one request are of one group and differ", async () => {
  const groups = await cloud.ask("demo", "POST", "/security-groups", {
    security_groups: [{ name: "a" }, { name: "b" }],
  });
  const [a, b] = items(groups.json, "security_groups").map((one) => at(one, "id"));
  const rule = (security_group_id: unknown, protocol: string) => ({
    security_group_id,
    direction: "ingress",
    protocol,
  });
  const post = (...rules: object[]) =>
    cloud.ask("demo", "POST", "/security-group-rules", { security_group_rules: rules });
  expect(refusal(await post(rule(a, "tcp"), rule(a, "tcp")))).toEqual([
    409,
    "DuplicateSecurityGroupRuleInPost",
    "Duplicate Security Group Rule in POST.",
  ]);
  expect(refusal(await post(rule(a, "tcp"), rule(b, "tcp")))).toEqual([
    400,
    "SecurityGroupNotSingleGroupRules",
    "Only allowed to update rules for one security profile at a time",
  ]);
  expect((await post(rule(a, "tcp"), rule(a, "udp"))).status).toBe(201);
});

test("administrators see how full networks are, others see nothing", async () => {
  const on = { network_id: network };
  await cloud.make("demo", "subnet", { ...on, ip_version: 4, cidr: "10.70.0.0/29" });
  await cloud.make("demo", "subnet", { ...on, ip_version: 6, cidr: "fd00:70::/120" });
  await cloud.make("demo", "port", on);
  const path = `/network-ip-availabilities/${network}`;
  const { json } = await cloud.ask("admin", "GET", path);
  const told = at(json, "network_ip_availability");
  expect(told).toMatchObject({ network_id: network, network_name: "n", used_ips: 2, total_ips: 5 + 255 });
  const subnets = items(told, "subnet_ip_availability").map((one) => [at(one, "total_ips"), at(one, "used_ips")]);
  expect(subnets.sort()).toEqual([
    [255, 1],
    [5, 1],
  ]);
  const four = await cloud.ask("admin", "GET", `/network-ip-availabilities?network_name=n&ip_version=4`);
  expect(items(four.json, "network_ip_availabilities")).toMatchObject([{ used_ips: 1, total_ips: 5 }]);
  const none = await cloud.ask("demo", "GET", "/network-ip-availabilities");
  expect(items(none.json, "network_ip_availabilities")).toEqual([]);
  expect(refusal(await cloud.ask("demo", "GET", path))).toEqual([
    404,
    "HTTPNotFound",
    "The resource could not be found.",
  ]);
});
