import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeFloatingIp, encodeFloatingIp } from "../../../src/backends/openstack/network/floating-ips.ts";
import { decodeRouter, encodeRouter } from "../../../src/backends/openstack/network/routers.ts";
import {
  decodeRule,
  decodeSecurityGroup,
  encodeRule,
  encodeSecurityGroup,
} from "../../../src/backends/openstack/network/security-groups.ts";
import { decodeQuotas } from "../../../src/backends/openstack/quotas.ts";
import { CloudError } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened } from "./fake-cloud.ts";
import { anyDescription, anyMarker, wire } from "./things.ts";

test("groups, rules, routers and addresses come back as they were drafted", () => {
  const made = { id: "1", project_id: "p", status: "ACTIVE", floating_ip_address: "203.0.113.1" };
  const port = fc.integer({ min: 1, max: 65_535 });
  fc.assert(
    fc.property(
      fc.string(),
      anyDescription,
      fc.boolean(),
      port,
      anyMarker,
      (name, description, isSo, portMin, marker) => {
        const text = { name, description };
        const group = { ...text, isStateful: isSo };
        expect(decodeSecurityGroup({ ...made, ...wire(encodeSecurityGroup({ ...group, marker })) })).toMatchObject(
          group,
        );
        const rule = {
          description,
          direction: isSo ? "egress" : "ingress",
          ipVersion: isSo ? 6 : 4,
          protocol: "udp",
          ...(isSo ? { remoteGroupId: "g" } : { remoteCidr: "10.0.0.0/8", portMin, portMax: 65_535 }),
        } as const;
        const sent = wire(encodeRule("mine", { ...rule, marker }));
        expect(decodeRule({ ...made, ...sent })).toMatchObject({ ...rule, groupId: "mine" });
        expect("port_range_min" in sent).toBe(!isSo);
        const router = { ...text, isAdminUp: isSo };
        const gateway = isSo ? { gatewayNetworkId: "n" } : {};
        const decoded = decodeRouter({ ...made, ...wire(encodeRouter({ ...router, ...gateway, marker })) });
        expect(decoded).toMatchObject(router);
        expect(decoded.gateway).toEqual(isSo ? { networkId: "n", isSnat: true, ipAddresses: [] } : undefined);
        const target = { portId: "p", fixedIp: "10.0.0.5" };
        const address = { networkId: "n", description, ...(isSo ? { target } : {}) };
        const { target: _, ...plain } = address;
        expect(decodeFloatingIp({ ...made, ...wire(encodeFloatingIp({ ...address, marker })) })).toMatchObject({
          ...plain,
          ...(isSo ? target : { portId: undefined, fixedIp: undefined }),
        });
      },
    ),
  );
});

test("quotas are read in all three forms, and what is no quota is left out", () => {
  const compute = { id: "p", cores: { limit: 20, in_use: 3, reserved: 1 }, ram: { limit: -1, in_use: 5, reserved: 0 } };
  expect(decodeQuotas("compute", compute)).toEqual([
    { service: "compute", name: "cores", limit: 20, used: 4 },
    { service: "compute", name: "ram", limit: undefined, used: 5 },
  ]);
  const network = { port: { limit: 5, used: 2, reserved: 0 } };
  expect(decodeQuotas("network", network)).toEqual([{ service: "network", name: "port", limit: 5, used: 2 }]);
  expect(decodeQuotas("network", { port: 5 })).toEqual([
    { service: "network", name: "port", limit: 5, used: undefined },
  ]);
});

describe("an interface whose answer is lost", () => {
  const ROUTER = "/network/v2.0/routers/r";
  let fake: FakeCloud;
  let opened: Opened;
  const card = (subnetId: string) => ({
    ...{ id: "p", network_id: "n", mac_address: "m", device_id: "r" },
    fixed_ips: [{ ip_address: "10.0.0.1", subnet_id: subnetId }],
  });

  beforeEach(async () => {
    fake = await FakeCloud.start();
    opened = connectFake(fake);
  });

  afterEach(async () => {
    await opened.clouds.close();
    await fake.stop();
  });

  test.each([
    ["is found among the router's cards", [card("s")], { portId: "p", subnetId: "s" }],
    ["is not another subnet's", [card("other")], "AMBIGUOUS"],
  ])("%s, and is asked for once although it is a PUT", async (_what, ports, expected) => {
    fake.on("PUT", `${ROUTER}/add_router_interface`, () => ({ status: 502, body: "" }));
    fake.on("GET", "/network/v2.0/ports", () => ({ status: 200, body: { ports } }));
    const { routers } = await opened.open();
    const added = await routers
      .addInterface("r", { subnetId: "s" })
      .catch((error: unknown) => (error instanceof CloudError ? error.reason : error));
    expect(added).toEqual(expected);
    expect(fake.of("PUT", `${ROUTER}/add_router_interface`)).toHaveLength(1);
  });

  test("is gone when it is not among the router's cards any more", async () => {
    fake.on("PUT", `${ROUTER}/remove_router_interface`, () => "cut");
    const { routers } = await opened.open();
    await routers.removeInterface("r", { subnetId: "s" });
    expect(fake.of("PUT", `${ROUTER}/remove_router_interface`)).toHaveLength(1);
  });

  test("a rule that is lost is found by its marker in its group", async () => {
    const marker = { value: "00000000-0000-4000-8000-000000000007", since: new Date(0) };
    const RULES = "/network/v2.0/security-group-rules";
    fake.on("POST", RULES, () => "cut");
    fake.on("GET", RULES, ({ query }) => ({
      status: 200,
      body: {
        security_group_rules: [
          { id: "other", security_group_id: query.get("security_group_id"), description: "" },
          {
            ...{ id: "mine", security_group_id: query.get("security_group_id") },
            description: `text\nvimana:marker=${marker.value}`,
          },
        ],
      },
    }));
    const { securityGroups } = await opened.open();
    const rule = await securityGroups.addRule("g", { direction: "ingress", ipVersion: 4, marker });
    expect(rule).toMatchObject({ id: "mine", groupId: "g", description: "text" });
    expect(fake.of("POST", RULES)).toHaveLength(1);
  });
});
