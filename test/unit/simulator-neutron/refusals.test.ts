/** Neutron's refusals, each as a real Neutron (Zed) gave it: status, type, sentence. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at } from "../simulator/rig.ts";
import { type Cloud, collectionOf, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
let network: string;
let subnet: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  network = await cloud.makeId("demo", "network", { name: "n" });
  subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.70.0.0/29" });
});
afterAll(() => cloud.rig.simulator.close());

const bad = (message: string) => [400, "HTTPBadRequest", message] as const;
const input = (message: string) => [400, "InvalidInput", `Invalid input for operation: ${message}`] as const;
const denied = (rule: string) => [403, "PolicyNotAuthorized", `${rule} is disallowed by policy`] as const;

test.each([
  [{}, bad("Unable to find 'network' in request body")],
  [{ network: "x" }, bad("Object 'network' contains invalid data")],
  [[1], bad("Body contains invalid data")],
  ["{bad", bad("Body contains invalid data")],
  [undefined, bad("Unable to find 'network' in request body")],
  [{ network: { colour: "red" } }, bad("Unrecognized attribute(s) 'colour'")],
  [{ network: { id: "x" } }, bad("Attribute 'id' not allowed in POST")],
  [{ network: { tags: ["a"] } }, bad("Attribute 'tags' not allowed in POST")],
  [{ network: { name: 7 } }, bad("Invalid input for name. Reason: '7' is not a valid string.")],
  [{ network: { name: null } }, bad("Invalid input for name. Reason: 'None' is not a valid string.")],
  [{ network: { admin_state_up: "maybe" } }, input("'maybe' cannot be converted to boolean.")],
  [{ network: { mtu: "x" } }, input("'x' is not an integer.")],
  [{ network: { mtu: 9000 } }, input("Requested MTU is too big, maximum is 1442.")],
  [{ network: { dns_domain: "x" } }, bad("Invalid input for dns_domain. Reason: 'x' is not a FQDN.")],
  [{ network: { shared: null } }, input("'None' cannot be converted to boolean.")],
  [{ network: { shared: true } }, denied("(rule:create_network and rule:create_network:shared)")],
  [{ network: { "router:external": true } }, denied("(rule:create_network and rule:create_network:router:external)")],
  [
    { network: { "provider:network_type": "vlan" } },
    denied("(rule:create_network and rule:create_network:provider:network_type)"),
  ],
  [
    { network: { tenant_id: "somebody" } },
    bad(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges",
    ),
  ],
  [
    { network: { availability_zone_hints: ["nova"] } },
    [404, "AvailabilityZoneNotFound", "AvailabilityZone nova could not be found."],
  ],
])("POST /networks %j", async (body, expected) => {
  expect(refusal(await cloud.ask("demo", "POST", "/networks", body))).toEqual(expected);
});

test("a member may say of a new network that it is not shared, not external; of an existing one he may not", async () => {
  for (const flag of ["shared", "router:external", "is_default"]) {
    for (const no of [false, "false"]) {
      const made = await cloud.makeId("demo", "network", { [flag]: no });
      await cloud.ask("demo", "DELETE", `/networks/${made}`);
    }
    const renamed = await cloud.ask("demo", "PUT", `/networks/${network}`, { network: { [flag]: false } });
    expect(refusal(renamed)).toEqual(denied(`(rule:update_network and rule:update_network:${flag})`));
  }
});

const beyond = "The allocation pool 10.56.0.4-10.56.0.9 spans beyond the subnet cidr 10.56.0.0/29.";
test.each([
  [{ cidr: "10.70.0.0/24" }, undefined],
  [{ cidr: "nope" }, input("nope is not in a CIDR format.")],
  [{ cidr: "10.52.0.0/24", ip_version: 6 }, input("cidr '10.52.0.0/24' does not match the ip_version '6'.")],
  [{ cidr: "10.52.0.0/24", ip_version: 5 }, bad("Invalid input for ip_version. Reason: 5 is not in valid_values.")],
  [{}, [400, "BadRequest", "Bad subnets request: a subnetpool must be specified in the absence of a cidr."]],
  [{ cidr: "10.55.0.0/29", gateway_ip: "10.55.0.0" }, input("Gateway is not valid on subnet.")],
  [{ cidr: "10.55.0.0/29", gateway_ip: "::1" }, input("gateway_ip '::1' does not match the ip_version '4'.")],
  [
    { cidr: "10.55.0.0/29", gateway_ip: "x" },
    bad("Invalid input for gateway_ip. Reason: 'x' is not a valid IP address."),
  ],
  [
    { cidr: "10.56.0.0/29", allocation_pools: [{ start: "10.56.0.4", end: "10.56.0.2" }] },
    [400, "InvalidAllocationPool", "The allocation pool {'start': '10.56.0.4', 'end': '10.56.0.2'} is not valid."],
  ],
  [
    { cidr: "10.56.0.0/29", allocation_pools: [{ start: "10.56.0.4", end: "10.56.0.9" }] },
    [400, "OutOfBoundsAllocationPool", beyond],
  ],
  [
    { cidr: "10.54.0.0/29", gateway_ip: "10.54.0.6", allocation_pools: [{ start: "10.54.0.1", end: "10.54.0.6" }] },
    [
      409,
      "GatewayConflictWithAllocationPools",
      "Gateway ip 10.54.0.6 conflicts with allocation pool 10.54.0.1-10.54.0.6.",
    ],
  ],
  [
    {
      cidr: "10.56.0.0/29",
      allocation_pools: [
        { start: "10.56.0.2", end: "10.56.0.4" },
        { start: "10.56.0.4", end: "10.56.0.5" },
      ],
    },
    [
      409,
      "OverlappingAllocationPools",
      "Found overlapping allocation pools: 10.56.0.2-10.56.0.4 10.56.0.4-10.56.0.5 for subnet 10.56.0.0/29.",
    ],
  ],
  [
    { cidr: "10.57.0.0/29", allocation_pools: [{ start: "10.57.0.2" }] },
    bad(
      "Invalid input for allocation_pools. Reason: Validation of dictionary's keys failed. Expected keys: {'end', 'start'} Provided keys: {'start'}.",
    ),
  ],
  [
    { cidr: "10.58.0.0/29", dns_nameservers: ["x"] },
    bad("Invalid input for dns_nameservers. Reason: 'x' is not a valid nameserver. 'x' is not a valid IP address."),
  ],
  [
    { cidr: "10.58.0.0/29", dns_nameservers: ["8.8.8.8", "8.8.8.8"] },
    bad("Invalid input for dns_nameservers. Reason: Duplicate nameserver '8.8.8.8'."),
  ],
  [{ cidr: "10.61.0.0/31" }, input("Subnet has a prefix length that is incompatible with DHCP service enabled.")],
  [{ cidr: "0.0.0.0/0" }, input("First IP '0.0.0.0' of network is not supported if enable_dhcp is True..")],
  [{ cidr: "224.0.0.0/24" }, input("Multicast IP subnet is not supported if enable_dhcp is True.")],
  [{ cidr: "127.0.0.0/24" }, input("Loopback IP subnet is not supported if enable_dhcp is True.")],
  [{ cidr: "10.59.0.0/29", ipv6_ra_mode: "slaac" }, input("ipv6_ra_mode is not valid when ip_version is 4.")],
])("POST /subnets %j", async (fields, expected) => {
  const body = { subnet: { network_id: network, ip_version: 4, ...fields } };
  const overlapping = `Requested subnet with cidr: 10.70.0.0/24 for network: ${network} overlaps with another subnet.`;
  expect(refusal(await cloud.ask("demo", "POST", "/subnets", body))).toEqual(expected ?? input(overlapping));
});

test.each([
  [{ fixed_ips: [{ ip_address: "10.70.0.7" }] }, "InvalidIpForNetwork", 400],
  [{ fixed_ips: [{ ip_address: "x" }] }, "HTTPBadRequest", 400],
  [{ fixed_ips: [{}] }, "InvalidInput", 400],
  [{ fixed_ips: "zz" }, "HTTPBadRequest", 400],
  [{ fixed_ips: [{ subnet_id: "b35cad09-5b41-4a7f-b1a1-e72be8fe1913" }] }, "SubnetNotFound", 404],
  [{ mac_address: "00:00:00:00:00:00" }, "HTTPBadRequest", 400],
  [{ "binding:host_id": "h" }, "PolicyNotAuthorized", 403],
  [{ "binding:vnic_type": "zz" }, "HTTPBadRequest", 400],
  [{ security_groups: ["b35cad09-5b41-4a7f-b1a1-e72be8fe1913"] }, "SecurityGroupNotFound", 404],
  [{ status: "ACTIVE" }, "HTTPBadRequest", 400],
  [{ propagate_uplink_status: true }, "HTTPBadRequest", 400],
])("POST /ports %j is %s", async (fields, type, status) => {
  const answer = await cloud.ask("demo", "POST", "/ports", { port: { network_id: network, ...fields } });
  expect(refusal(answer).slice(0, 2)).toEqual([status, type]);
});

test("an address or a MAC in use", async () => {
  const mac_address = "fa:16:3e:00:00:01";
  await cloud.make("demo", "port", { network_id: network, mac_address, fixed_ips: [{ ip_address: "10.70.0.5" }] });
  const again = (fields: object) => cloud.ask("demo", "POST", "/ports", { port: { network_id: network, ...fields } });
  expect(refusal(await again({ fixed_ips: [{ ip_address: "10.70.0.5" }] }))).toEqual([
    409,
    "IpAddressAlreadyAllocated",
    `IP address 10.70.0.5 already allocated in subnet ${subnet}`,
  ]);
  expect(refusal(await again({ mac_address: "FA:16:3E:00:00:01" }))).toEqual([
    409,
    "MacAddressInUse",
    `Unable to complete operation for network ${network}. The mac address FA:16:3E:00:00:01 is in use.`,
  ]);
});

test("a network or subnet in use stays; without ports a network takes its subnets along", async () => {
  const port = await cloud.makeId("demo", "port", { network_id: network });
  expect(refusal(await cloud.ask("demo", "DELETE", `/networks/${network}`))).toEqual([
    409,
    "NetworkInUse",
    `Unable to complete operation on network ${network}. There are one or more ports still in use on the network, id for these ports is: ${port}.`,
  ]);
  expect(refusal(await cloud.ask("demo", "DELETE", `/subnets/${subnet}`))).toEqual([
    409,
    "SubnetInUse",
    `Unable to complete operation on subnet ${subnet}: One or more ports have an IP allocation from this subnet.`,
  ]);
  expect((await cloud.ask("demo", "DELETE", `/ports/${port}`)).status).toBe(204);
  expect((await cloud.ask("demo", "DELETE", `/networks/${network}`)).status).toBe(204);
  expect((await cloud.ask("demo", "GET", `/subnets/${subnet}`)).status).toBe(404);
});

test.each([
  ["network", "status", "x"],
  ["subnet", "cidr", "10.0.0.0/24"],
  ["subnet", "network_id", "b35cad09-5b41-4a7f-b1a1-e72be8fe1913"],
])("%s.%s is read-only", async (singular, attribute, value) => {
  const id = singular === "network" ? network : subnet;
  const path = `/${collectionOf(singular)}/${id}`;
  const answer = await cloud.ask("demo", "PUT", path, { [singular]: { [attribute]: value } });
  expect(refusal(answer)).toEqual(bad(`Cannot update read-only attribute ${attribute}`));
});

test("a revision that is not the current one is 412", async () => {
  const headers = { "if-match": "revision_number=99" };
  const answer = await cloud.ask("demo", "PUT", `/networks/${network}`, { network: { name: "z" } }, headers);
  // Made with revision 1; its subnet made it 2.
  expect(refusal(answer)).toEqual([
    412,
    "RevisionNumberConstraintFailed",
    "Constrained to 99, but current revision is 2",
  ]);
});

test("a full quota is 409", async () => {
  const { json } = await cloud.ask("demo", "GET", "/quotas/project");
  const project = JSON.stringify(json).match(/[0-9a-f]{32}/)?.[0];
  const limit = await cloud.ask("admin", "PUT", `/quotas/${project}`, { quota: { network: 2 } });
  expect(limit.status).toBe(200);
  const over = await cloud.ask("demo", "POST", "/networks", { network: {} });
  expect(refusal(over)).toEqual([409, "OverQuota", "Quota exceeded for resources: ['network']."]);
  expect((await cloud.ask("admin", "DELETE", `/quotas/${project}`)).status).toBe(204);
  expect((await cloud.ask("demo", "POST", "/networks", { network: {} })).status).toBe(201);
});

test("a limit below what is used is taken, but not when the check is asked for", async () => {
  const { json } = await cloud.ask("demo", "GET", "/quotas/project");
  const project = String(at(json, "project", "project_id"));
  const path = `/quotas/${project}`;
  const used = (await cloud.list("demo", "networks", `?project_id=${project}`)).length;
  const set = (quota: unknown) => cloud.ask("admin", "PUT", path, { quota });
  // Today's client sends `check_limit: false` with every limit.
  expect(at((await set({ network: 0, check_limit: false })).json, "quota", "network")).toBe(0);
  expect(at((await set({ network: used, check_limit: true })).json, "quota", "network")).toBe(used);
  expect(refusal(await set({ network: used - 1, check_limit: true }))).toEqual(
    bad(`Quota limit ${used - 1} for network must be greater than or equal to already used ${used}`),
  );
  expect(at((await set({ network: -1, check_limit: true })).json, "quota", "network")).toBe(-1);
  expect(at((await set({ check_limit: true })).json, "quota")).not.toHaveProperty("check_limit");
});
