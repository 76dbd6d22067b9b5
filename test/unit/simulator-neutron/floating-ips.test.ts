/** Floating addresses: each refusal as a real Neutron (Zed) gave it, and what keeps true whatever clients do. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
let outside: string;
let inside: string;
let port: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  outside = await cloud.idOf("demo", "networks", "public");
  inside = await cloud.idOf("demo", "networks", "demo-net");
  port = await portWith("10.11.0.20");
});
afterAll(() => cloud.rig.simulator.close());

const nobody = "11111111-2222-4333-8444-555555555555";
const bad = (message: string) => [400, "HTTPBadRequest", message] as const;
const request = (message: string) => [400, "BadRequest", `Bad floatingip request: ${message}.`] as const;

function portWith(...addresses: string[]): Promise<string> {
  const fixed_ips = addresses.map((ip_address) => ({ ip_address }));
  return cloud.makeId("demo", "port", { network_id: inside, fixed_ips });
}

const allocate = (more: object = {}) => cloud.make("demo", "floatingip", { floating_network_id: outside, ...more });
const post = (more: object) =>
  cloud.ask("demo", "POST", "/floatingips", { floatingip: { floating_network_id: outside, ...more } });
const put = (id: unknown, fields: object) => cloud.ask("demo", "PUT", `/floatingips/${id}`, { floatingip: fields });
const show = async (id: unknown) => at((await cloud.ask("demo", "GET", `/floatingips/${id}`)).json, "floatingip");
const routerId = () => cloud.idOf("demo", "routers", "demo-router");

test("an address is led to a port, and back, and the status follows in time", async () => {
  cloud.rig.simulator.machine.transitions = { fixed: 500 };
  const made = await allocate({ description: "web" });
  expect(made).toMatchObject({ status: "DOWN", port_id: null, router_id: null, fixed_ip_address: null });
  expect(made).toMatchObject({ description: "web", port_details: null, tags: [], revision_number: 0 });
  const id = at(made, "id");
  const led = await put(id, { port_id: port });
  const there = { port_id: port, router_id: await routerId(), fixed_ip_address: "10.11.0.20" };
  expect(at(led.json, "floatingip")).toMatchObject({ ...there, status: "DOWN", port_details: { network_id: inside } });
  cloud.rig.clock.advance(500);
  expect(await show(id)).toMatchObject({ ...there, status: "ACTIVE" });
  await put(id, { description: "still there" });
  expect(await show(id)).toMatchObject({ ...there, status: "ACTIVE", description: "still there" });
  const back = await put(id, { port_id: null });
  const nowhere = { port_id: null, router_id: null, fixed_ip_address: null };
  expect(at(back.json, "floatingip")).toMatchObject({ ...nowhere, status: "ACTIVE" });
  cloud.rig.clock.advance(500);
  expect(await show(id)).toMatchObject({ ...nowhere, status: "DOWN" });
  cloud.rig.simulator.machine.transitions = "instant";
});

test("one may be led to a port as it is made", async () => {
  const made = await allocate({ port_id: port, fixed_ip_address: "10.11.0.20" });
  expect(made).toMatchObject({ port_id: port, fixed_ip_address: "10.11.0.20", status: "DOWN" });
  expect(at(await show(at(made, "id")), "status")).toBe("ACTIVE");
});

test.each([
  [
    { floating_network_id: undefined },
    bad("Failed to parse request. Required attribute 'floating_network_id' not specified"),
  ],
  [{ floating_network_id: "x" }, bad("Invalid input for floating_network_id. Reason: 'x' is not a valid UUID.")],
  [{ floating_network_id: nobody }, [404, "NetworkNotFound", `Network ${nobody} could not be found.`]],
  [{ name: "x" }, bad("Unrecognized attribute(s) 'name'")],
  [{ tags: ["a"] }, bad("Attribute 'tags' not allowed in POST")],
  [{ status: "x" }, bad("Attribute 'status' not allowed in POST")],
  [{ subnet_id: "x" }, bad("Invalid input for subnet_id. Reason: 'x' is not a valid UUID.")],
  [{ subnet_id: nobody }, [404, "SubnetNotFound", `Subnet ${nobody} could not be found.`]],
  [{ port_id: "x" }, bad("Invalid input for port_id. Reason: 'x' is not a valid UUID.")],
  [{ port_id: nobody }, [404, "PortNotFound", `Port ${nobody} could not be found.`]],
  [{ fixed_ip_address: "10.11.0.20" }, request("fixed_ip_address cannot be specified without a port_id")],
  [{ floating_ip_address: "x" }, bad("Invalid input for floating_ip_address. Reason: 'x' is not a valid IP address.")],
  [
    { floating_ip_address: "203.0.113.240" },
    [
      403,
      "PolicyNotAuthorized",
      "(rule:create_floatingip and rule:create_floatingip:floating_ip_address) is disallowed by policy",
    ],
  ],
])("POST /floatingips %j is refused, and takes no address", async (more, expected) => {
  expect(refusal(await post(more))).toEqual(expected);
  expect(await cloud.list("demo", "floatingips")).toEqual([]);
  expect(await cloud.list("admin", "ports", "?device_owner=network:floatingip")).toEqual([]);
});

test("an administrator chooses the address, once", async () => {
  const ask = () =>
    cloud.ask("admin", "POST", "/floatingips", {
      floatingip: { floating_network_id: outside, floating_ip_address: "203.0.113.240" },
    });
  expect(at((await ask()).json, "floatingip", "floating_ip_address")).toBe("203.0.113.240");
  expect(refusal(await ask()).slice(0, 2)).toEqual([409, "IpAddressAlreadyAllocated"]);
});

test("only a port's own IPv4 address that a router reaches can be meant", async () => {
  const id = at(await allocate(), "id");
  const lead = async (port_id: string, more: object = {}) => refusal(await put(id, { port_id, ...more }));
  expect(refusal(await post({ floating_network_id: inside }))).toEqual(
    request(`Network ${inside} is not a valid external network`),
  );
  expect(await lead(port, { fixed_ip_address: "10.11.0.250" })).toEqual(
    request(`Port ${port} does not have fixed ip 10.11.0.250`),
  );
  expect(await lead(port, { fixed_ip_address: "fd00::1" })).toEqual(
    request("Cannot process floating IP association with fd00::1, since that is not an IPv4 address"),
  );
  const both = await portWith("10.11.0.30", "10.11.0.31");
  expect(await lead(both)).toEqual(
    request(
      `Port ${both} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    ),
  );
  expect((await put(id, { port_id: both, fixed_ip_address: "10.11.0.31" })).status).toBe(200);
  const none = await portWith();
  expect(await lead(none)).toEqual(request(`Cannot add floating IP to port ${none} that has no fixed IPv4 addresses`));
  const network = await cloud.makeId("demo", "network", {});
  const subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.99.0.0/24" });
  const far = await cloud.makeId("demo", "port", { network_id: network });
  const unreachable = [
    404,
    "ExternalGatewayForFloatingIPNotFound",
    `External network ${outside} is not reachable from subnet ${subnet}.  Therefore, cannot associate Port ${far} with a Floating IP.`,
  ];
  expect(await lead(far)).toEqual(unreachable);
  const router = await cloud.makeId("demo", "router", {});
  await cloud.ask("demo", "PUT", `/routers/${router}/add_router_interface`, { subnet_id: subnet });
  expect(await lead(far)).toEqual(unreachable);
  await cloud.ask("demo", "PUT", `/routers/${router}`, { router: { external_gateway_info: { network_id: outside } } });
  expect(at((await put(id, { port_id: far })).json, "floatingip", "router_id")).toBe(router);
});

test("a fixed address has one floating address, and both keep the router's ways", async () => {
  const first = await allocate({ port_id: port });
  const second = await allocate();
  expect(refusal(await put(at(second, "id"), { port_id: port }))).toEqual([
    409,
    "FloatingIPPortAlreadyAssociated",
    `Cannot associate floating IP ${at(second, "floating_ip_address")} (${at(second, "id")}) with port ${port} using fixed IP 10.11.0.20, as that fixed IP already has a floating IP on external network ${outside}.`,
  ]);
  const router = await routerId();
  const subnet_id = await cloud.idOf("demo", "subnets", "demo-subnet");
  expect(refusal(await cloud.ask("demo", "PUT", `/routers/${router}/remove_router_interface`, { subnet_id }))).toEqual([
    409,
    "RouterInterfaceInUseByFloatingIP",
    `Router interface for subnet ${subnet_id} on router ${router} cannot be deleted, as it is required by one or more floating IPs.`,
  ]);
  for (const external_gateway_info of [null, {}])
    expect(
      refusal(await cloud.ask("demo", "PUT", `/routers/${router}`, { router: { external_gateway_info } })),
    ).toEqual([
      409,
      "RouterExternalGatewayInUseByFloatingIp",
      `Gateway cannot be updated for router ${router}, since a gateway to external network ${outside} is required by one or more floating IPs.`,
    ]);
  expect((await cloud.ask("demo", "DELETE", `/floatingips/${at(first, "id")}`)).status).toBe(204);
  const left = await cloud.ask("demo", "PUT", `/routers/${router}/remove_router_interface`, { subnet_id });
  expect(left.status).toBe(200);
});

test("a port that is deleted leaves its address behind, leading nowhere", async () => {
  const id = at(await allocate({ port_id: port }), "id");
  expect((await cloud.ask("demo", "DELETE", `/ports/${port}`)).status).toBe(204);
  expect(await show(id)).toMatchObject({ port_id: null, router_id: null, fixed_ip_address: null, status: "DOWN" });
});

test("the quota counts, filters find, tags stick, pools are told", async () => {
  const project = at((await cloud.ask("demo", "GET", "/quotas/project")).json, "project", "project_id");
  await cloud.ask("admin", "PUT", `/quotas/${project}`, { quota: { floatingip: 2 } });
  const one = await allocate({ description: "one", port_id: port });
  await allocate();
  expect(refusal(await post({}))).toEqual([409, "OverQuota", "Quota exceeded for resources: ['floatingip']."]);
  const ids = async (query: string) => (await cloud.list("demo", "floatingips", query)).map((each) => at(each, "id"));
  const address = String(at(one, "floating_ip_address"));
  await cloud.ask("demo", "PUT", `/floatingips/${at(one, "id")}/tags`, { tags: ["b", "a"] });
  for (const query of [
    `port_id=${port}`,
    `floating_ip_address=${address}`,
    "status=ACTIVE",
    "tags=a",
    "description=one",
  ])
    expect(await ids(`?${query}`), query).toEqual([at(one, "id")]);
  for (const unknown of ["name", "subnet_id", "port_details"])
    expect(refusal(await cloud.ask("demo", "GET", `/floatingips?${unknown}=x`))).toEqual(
      bad(`['${unknown}'] is invalid attribute for filtering`),
    );
  const pools = await cloud.ask("demo", "GET", "/floatingip_pools");
  expect(items(pools.json, "floatingip_pools")).toMatchObject([{ network_id: outside, cidr: "203.0.113.0/24" }]);
});

/** What clients do: take, lead (which address, which port), free, delete (an address, a port). */
const steps = fc.array(
  fc.tuple(fc.constantFrom("take", "lead", "lead", "free", "drop", "delete port"), fc.nat(7), fc.nat(3)),
  { maxLength: 25 },
);

test("no address is given twice, no fixed address has two, and ends name each other, whatever clients do", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      await cloud.begin();
      outside = await cloud.idOf("demo", "networks", "public");
      inside = await cloud.idOf("demo", "networks", "demo-net");
      const targets = await Promise.all(
        ["10.11.0.20", "10.11.0.21", "10.11.0.22", "10.11.0.23"].map((ip) => portWith(ip)),
      );
      const taken: unknown[] = [];
      for (const [step, which, target] of sequence) {
        const id = taken[which % Math.max(taken.length, 1)];
        if (step === "take") taken.push(at(await allocate(), "id"));
        else if (step === "lead") await put(id, { port_id: targets[target] });
        else if (step === "free") await put(id, { port_id: null });
        else if (step === "drop") await cloud.ask("demo", "DELETE", `/floatingips/${id}`);
        else await cloud.ask("demo", "DELETE", `/ports/${targets[target]}`);
      }
      const rows = await cloud.list("demo", "floatingips");
      const ports = new Set((await cloud.list("demo", "ports")).map((one) => at(one, "id")));
      const held = (await cloud.list("admin", "ports", `?network_id=${outside}`)).flatMap((one) =>
        items(one, "fixed_ips").map((ip) => at(ip, "ip_address")),
      );
      expect(new Set(held).size).toBe(held.length);
      expect(held.length).toBe(rows.length + 3);
      const led = rows.filter((row) => at(row, "port_id") !== null);
      expect(new Set(led.map((row) => at(row, "fixed_ip_address"))).size).toBe(led.length);
      for (const row of rows) {
        expect(held).toContain(at(row, "floating_ip_address"));
        const ends = ["port_id", "router_id", "fixed_ip_address", "port_details"].map((key) => at(row, key) !== null);
        expect(new Set(ends).size).toBe(1);
        expect(at(row, "status")).toBe(ends[0] === true ? "ACTIVE" : "DOWN");
        if (ends[0] === true) expect(ports).toContain(at(row, "port_id"));
      }
    }),
    { numRuns: 25 },
  );
});
