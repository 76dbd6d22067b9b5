/** Routers: gateway, interfaces, routes, each refusal as a real Neutron (Zed) gave it. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items, type Reply } from "../simulator/rig.ts";
import { type Cloud, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
let outside: string;
let network: string;
let subnet: string;
let router: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  outside = await cloud.idOf("demo", "networks", "public");
  network = await cloud.makeId("demo", "network", { name: "n" });
  subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.77.0.0/24" });
  router = await cloud.makeId("demo", "router", { name: "r" });
});
afterAll(() => cloud.rig.simulator.close());

const nobody = "11111111-2222-4333-8444-555555555555";
const bad = (message: string) => [400, "HTTPBadRequest", message] as const;
const request = (message: string) => [400, "BadRequest", `Bad router request: ${message}.`] as const;
const put = (fields: object, id = router) => cloud.ask("demo", "PUT", `/routers/${id}`, { router: fields });
const join = (body: unknown, id = router) => cloud.ask("demo", "PUT", `/routers/${id}/add_router_interface`, body);
const leave = (body: unknown, id = router) => cloud.ask("demo", "PUT", `/routers/${id}/remove_router_interface`, body);
const interfaces = (id = router) => cloud.list("demo", "ports", `?device_id=${id}`);

async function ok(asked: Promise<Reply>): Promise<unknown> {
  const reply = await asked;
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
}

test("each project of the default world has a router from its subnet to the outside", async () => {
  for (const who of ["admin", "demo", "other"] as const) {
    const [found] = await cloud.list(who, "routers", `?name=${who}-router`);
    expect(found).toMatchObject({
      status: "ACTIVE",
      external_gateway_info: { network_id: outside, enable_snat: true, external_fixed_ips: [{}] },
    });
    const [port] = await cloud.list(
      who,
      "ports",
      `?device_id=${at(found, "id")}&device_owner=network:router_interface`,
    );
    const [inside] = await cloud.list(who, "subnets", `?name=${who}-subnet`);
    expect(at(port, "fixed_ips")).toEqual([{ subnet_id: at(inside, "id"), ip_address: at(inside, "gateway_ip") }]);
    expect(at(port, "status")).toBe("ACTIVE");
  }
});

test("a tenant's router has these members and no others", async () => {
  const made = Object.keys(Object(await cloud.make("demo", "router", {})));
  expect(made.sort()).toEqual(
    [
      ...["id", "name", "tenant_id", "project_id", "admin_state_up", "status", "external_gateway_info", "description"],
      ...["availability_zones", "availability_zone_hints", "routes", "tags", "created_at", "updated_at"],
      "revision_number",
    ].sort(),
  );
});

const gateway = (more: object) => ({ external_gateway_info: { network_id: nobody, ...more } });
const denied = (name: string) => [
  403,
  "PolicyNotAuthorized",
  `(rule:create_router and (rule:create_router:external_gateway_info and (rule:create_router:external_gateway_info:network_id and rule:create_router:external_gateway_info:${name}))) is disallowed by policy`,
];
test.each([
  [{ name: 7 }, bad("Invalid input for name. Reason: '7' is not a valid string.")],
  [{ ha: true }, bad("Unrecognized attribute(s) 'ha'")],
  [{ distributed: true }, bad("Unrecognized attribute(s) 'distributed'")],
  [{ routes: [] }, bad("Attribute 'routes' not allowed in POST")],
  [{ status: "ACTIVE" }, bad("Attribute 'status' not allowed in POST")],
  [
    { availability_zone_hints: ["nova"] },
    [404, "AvailabilityZoneNotFound", "AvailabilityZone nova could not be found."],
  ],
  [{ external_gateway_info: 7 }, bad("Invalid input for external_gateway_info. Reason: '7' is not a dictionary.")],
  [gateway({}), [404, "NetworkNotFound", `Network ${nobody} could not be found.`]],
  [gateway({ network_id: "x" }), bad("Invalid input for external_gateway_info. Reason: 'x' is not a valid UUID.")],
  [gateway({ colour: 1 }), bad("Invalid input for external_gateway_info. Reason: Unexpected keys supplied: colour.")],
  [
    { external_gateway_info: { enable_snat: false } },
    bad(
      "Invalid input for external_gateway_info. Reason: Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: {'enable_snat'}.",
    ),
  ],
  [gateway({ enable_snat: true }), denied("enable_snat")],
  [gateway({ external_fixed_ips: [{ ip_address: "203.0.113.200" }] }), denied("external_fixed_ips")],
  [
    gateway({ enable_snat: "x" }),
    [400, "InvalidInput", "Invalid input for operation: 'x' cannot be converted to boolean."],
  ],
])("POST /routers %j is refused", async (fields, expected) => {
  expect(refusal(await cloud.ask("demo", "POST", "/routers", { router: fields }))).toEqual(expected);
});

test("a gateway comes, stays, and goes with its address", async () => {
  const info = async () =>
    at((await cloud.ask("demo", "GET", `/routers/${router}`)).json, "router", "external_gateway_info");
  const held = async () =>
    (await cloud.list("admin", "ports", `?device_id=${router}`)).map((one) => at(one, "project_id"));
  await ok(put({ external_gateway_info: { network_id: outside } }));
  const first = await info();
  expect(await held()).toEqual([""]);
  await ok(put({ external_gateway_info: { network_id: outside } }));
  expect(await info()).toEqual(first);
  for (const none of [null, {}]) {
    await ok(put({ external_gateway_info: none }));
    expect([await info(), await held()]).toEqual([null, []]);
    await ok(put({ external_gateway_info: { network_id: outside } }));
  }
  expect(refusal(await put({ external_gateway_info: { network_id: network } }))).toEqual(
    request(`Network ${network} is not an external network`),
  );
  expect((await cloud.ask("demo", "DELETE", `/routers/${router}`)).status).toBe(204);
  expect(await held()).toEqual([]);
});

test("an administrator chooses a gateway's address and translation", async () => {
  const info = (ip_address: string) => ({
    external_gateway_info: { network_id: outside, enable_snat: false, external_fixed_ips: [{ ip_address }] },
  });
  const made = await cloud.make("admin", "router", info("203.0.113.200"));
  expect(at(made, "external_gateway_info")).toMatchObject({
    enable_snat: false,
    external_fixed_ips: [{ ip_address: "203.0.113.200" }],
  });
  const path = `/routers/${at(made, "id")}`;
  const moved = await cloud.ask("admin", "PUT", path, { router: info("203.0.113.201") });
  expect(at(moved.json, "router", "external_gateway_info")).toMatchObject({
    external_fixed_ips: [{ ip_address: "203.0.113.201" }],
  });
  const again = await cloud.ask("admin", "POST", "/routers", { router: info("203.0.113.201") });
  expect(refusal(again).slice(0, 2)).toEqual([409, "IpAddressAlreadyAllocated"]);
});

test("an interface comes by subnet, is plugged in by and by, and keeps router, subnet and network", async () => {
  cloud.rig.simulator.machine.transitions = { fixed: 1000 };
  const added = await ok(join({ subnet_id: subnet }));
  const [port] = await interfaces();
  const portId = at(port, "id");
  expect(added).toMatchObject({
    id: router,
    port_id: portId,
    network_id: network,
    subnet_id: subnet,
    subnet_ids: [subnet],
  });
  expect(port).toMatchObject({
    device_owner: "network:router_interface",
    fixed_ips: [{ subnet_id: subnet, ip_address: "10.77.0.1" }],
    security_groups: [],
    status: "DOWN",
  });
  cloud.rig.clock.advance(1000);
  expect((await interfaces()).map((one) => at(one, "status"))).toEqual(["ACTIVE"]);
  cloud.rig.simulator.machine.transitions = "instant";
  expect(refusal(await join({ subnet_id: subnet }))).toEqual(request(`Router already has a port on subnet ${subnet}`));
  const remove = async (path: string) => refusal(await cloud.ask("demo", "DELETE", path));
  expect(await remove(`/routers/${router}`)).toEqual([
    409,
    "RouterInUse",
    `Router ${router} has ports still attached: ${portId}`,
  ]);
  expect(await remove(`/ports/${portId}`)).toEqual([
    409,
    "ServicePortInUse",
    `Port ${portId} cannot be deleted directly via the port API: has device owner network:router_interface.`,
  ]);
  expect((await remove(`/subnets/${subnet}`)).slice(0, 2)).toEqual([409, "SubnetInUse"]);
  expect((await remove(`/networks/${network}`)).slice(0, 2)).toEqual([409, "NetworkInUse"]);
  const fields = { gateway_ip: "10.77.0.254", allocation_pools: [{ start: "10.77.0.9", end: "10.77.0.20" }] };
  expect(refusal(await cloud.ask("demo", "PUT", `/subnets/${subnet}`, { subnet: fields }))).toEqual([
    409,
    "GatewayIpInUse",
    `Current gateway ip 10.77.0.1 already in use by port ${portId}. Unable to update.`,
  ]);
  expect(await ok(leave({ subnet_id: subnet }))).toMatchObject({ port_id: portId, subnet_ids: [subnet] });
  expect(await interfaces()).toEqual([]);
  expect((await cloud.ask("demo", "DELETE", `/routers/${router}`)).status).toBe(204);
});

test("an interface comes by port, which goes with it", async () => {
  const fixed_ips = [{ subnet_id: subnet, ip_address: "10.77.0.40" }];
  const port_id = await cloud.makeId("demo", "port", { network_id: network, fixed_ips });
  expect(await ok(join({ port_id }))).toMatchObject({ port_id, subnet_id: subnet });
  expect(refusal(await join({ port_id }))).toEqual([
    409,
    "PortInUse",
    `Unable to complete operation on port ${port_id} for network ${network}. Port already has an attached device ${router}.`,
  ]);
  expect(refusal(await leave({ port_id, subnet_id: nobody }))).toEqual([
    400,
    "SubnetMismatchForPort",
    `Subnet on port ${port_id} does not match the requested subnet ${nobody}.`,
  ]);
  await ok(leave({ port_id }));
  expect((await cloud.ask("demo", "GET", `/ports/${port_id}`)).status).toBe(404);
});

test("one port serves all IPv6 subnets of a network", async () => {
  const six = (cidr: string, more: object = {}) =>
    cloud.makeId("demo", "subnet", { network_id: network, ip_version: 6, cidr, ...more });
  const auto = await six("fd00:77::/64", { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" });
  const plain = await six("fd00:78::/64");
  const first = at(await ok(join({ subnet_id: auto })), "port_id");
  expect(at(await ok(join({ subnet_id: plain })), "port_id")).toBe(first);
  await ok(join({ subnet_id: subnet }));
  const addresses = async () =>
    (await interfaces()).map((one) => items(one, "fixed_ips").map((ip) => at(ip, "ip_address"))).sort();
  expect(await addresses()).toEqual([["10.77.0.1"], ["fd00:77::", "fd00:78::"]]);
  await ok(leave({ subnet_id: plain }));
  expect(await addresses()).toEqual([["10.77.0.1"], ["fd00:77::"]]);
  await ok(leave({ subnet_id: auto }));
  expect(await addresses()).toEqual([["10.77.0.1"]]);
});

test("what cannot be joined or left is said", async () => {
  const either = request("Either subnet_id or port_id must be specified");
  for (const body of [{}, { x: 1 }, undefined]) expect(refusal(await join(body))).toEqual(either);
  expect(refusal(await join({ subnet_id: "x" }))).toEqual(request("'x' is not a valid UUID"));
  expect(refusal(await join({ subnet_id: nobody, port_id: nobody }))).toEqual(
    request("Cannot specify both subnet-id and port-id"),
  );
  expect(refusal(await join({ subnet_id: nobody }))).toEqual([
    404,
    "SubnetNotFound",
    `Subnet ${nobody} could not be found.`,
  ]);
  expect(refusal(await join({ port_id: nobody }))).toEqual([404, "PortNotFound", `Port ${nobody} could not be found.`]);
  expect(refusal(await join({ subnet_id: subnet }, nobody))).toEqual([
    404,
    "RouterNotFound",
    `Router ${nobody} could not be found`,
  ]);
  expect(refusal(await leave({ port_id: nobody }))).toEqual([
    404,
    "RouterInterfaceNotFound",
    `Router ${router} does not have an interface with id ${nobody}`,
  ]);
  expect(refusal(await leave({ subnet_id: subnet }))).toEqual([
    404,
    "RouterInterfaceNotFoundForSubnet",
    `Router ${router} has no interface on subnet ${subnet}`,
  ]);
  const without = await cloud.makeId("demo", "subnet", {
    ...{ network_id: network, ip_version: 4, cidr: "10.78.0.0/24", gateway_ip: null },
  });
  expect(refusal(await join({ subnet_id: without }))).toEqual(
    request("Subnet for router interface must have a gateway IP"),
  );
  const bare = await cloud.makeId("demo", "port", { network_id: network, fixed_ips: [] });
  expect(refusal(await join({ port_id: bare }))).toEqual(request("Router port must have at least one fixed IP"));
  const twice = Array.from({ length: 2 }, () => ({ subnet_id: subnet }));
  const both = await cloud.makeId("demo", "port", { network_id: network, fixed_ips: twice });
  expect(refusal(await join({ port_id: both }))).toEqual(request("Cannot have multiple IPv4 subnets on router port"));
  await ok(join({ subnet_id: subnet }));
  const twin = await cloud.makeId("demo", "network", {});
  const half = await cloud.makeId("demo", "subnet", { network_id: twin, ip_version: 4, cidr: "10.77.0.0/25" });
  expect(refusal(await join({ subnet_id: half }))).toEqual(
    request(`Cidr 10.77.0.0/25 of subnet ${half} overlaps with cidr 10.77.0.0/24 of subnet ${subnet}`),
  );
});
