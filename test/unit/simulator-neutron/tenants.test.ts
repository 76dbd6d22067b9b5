/** Two tenants never see, use or change each other's things, but share what is shared. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at } from "../simulator/rig.ts";
import { type Cloud, collectionOf, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
let ids: ReadonlyMap<string, string>;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  const network = await cloud.makeId("demo", "network", { name: "secret" });
  const subnet = await cloud.makeId("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.70.0.0/24" });
  const port = await cloud.makeId("demo", "port", { network_id: network });
  const group = await cloud.makeId("demo", "security_group", { name: "secret" });
  const rule = await cloud.makeId("demo", "security_group_rule", { security_group_id: group, direction: "ingress" });
  const outside = await cloud.idOf("demo", "networks", "public");
  ids = new Map([
    ["network", network],
    ["subnet", subnet],
    ["port", port],
    ["security_group", group],
    ["security_group_rule", rule],
    ["router", await cloud.makeId("demo", "router", { name: "secret" })],
    ["floatingip", await cloud.makeId("demo", "floatingip", { floating_network_id: outside })],
  ]);
});
afterAll(() => cloud.rig.simulator.close());

describe.each(["network", "subnet", "port", "security_group", "security_group_rule", "router", "floatingip"])(
  "%s of another project",
  (kind) => {
    const path = () => `/${collectionOf(kind)}/${ids.get(kind)}`;

    test("is in no list and cannot be found by id or project", async () => {
      const project = at(await shown("demo"), "project_id");
      for (const query of ["", `?id=${ids.get(kind)}`, `?project_id=${project}`, `?tenant_id=${project}`]) {
        const seen = await cloud.list("other", collectionOf(kind), query);
        expect(seen.map((one) => at(one, "id"))).not.toContain(ids.get(kind));
      }
      expect((await cloud.list("admin", collectionOf(kind))).map((one) => at(one, "id"))).toContain(ids.get(kind));
    });

    test("is 404 to read, change and delete, and stays as it was", async () => {
      const before = await shown("demo");
      expect((await cloud.ask("other", "GET", path())).status).toBe(404);
      if (kind !== "security_group_rule")
        expect((await cloud.ask("other", "PUT", path(), { [kind]: { description: "mine" } })).status).toBe(404);
      expect((await cloud.ask("other", "DELETE", path())).status).toBe(404);
      for (const [method, tail] of [
        ["GET", ""],
        ["PUT", "/x"],
        ["DELETE", ""],
      ] as const)
        expect((await cloud.ask("other", method, `${path()}/tags${tail}`)).status).toBe(404);
      expect(await shown("demo")).toEqual(before);
    });

    async function shown(who: "demo"): Promise<unknown> {
      return at((await cloud.ask(who, "GET", path())).json, kind);
    }
  },
);

test("another's network, subnet and group are of no use either", async () => {
  const own = await cloud.idOf("other", "networks", "other-net");
  const post = async (singular: string, fields: object) =>
    refusal(await cloud.ask("other", "POST", `/${collectionOf(singular)}`, { [singular]: fields })).slice(0, 2);
  const foreign = ids.get("network");
  expect(await post("port", { network_id: foreign })).toEqual([404, "NetworkNotFound"]);
  expect(await post("subnet", { network_id: foreign, ip_version: 4, cidr: "10.9.0.0/24" })).toEqual([
    404,
    "NetworkNotFound",
  ]);
  expect(await post("port", { network_id: own, security_groups: [ids.get("security_group")] })).toEqual([
    404,
    "SecurityGroupNotFound",
  ]);
  expect(
    await post("security_group_rule", { security_group_id: ids.get("security_group"), direction: "egress" }),
  ).toEqual([404, "SecurityGroupNotFound"]);
});

test("another's router, subnet, port and address cannot be joined", async () => {
  const put = async (path: string, body: object) => refusal(await cloud.ask("other", "PUT", path, body)).slice(0, 2);
  const own = await cloud.idOf("other", "routers", "other-router");
  const subnet_id = await cloud.idOf("other", "subnets", "other-subnet");
  const outside = await cloud.idOf("other", "networks", "public");
  for (const verb of ["add", "remove"])
    expect(await put(`/routers/${ids.get("router")}/${verb}_router_interface`, { subnet_id })).toEqual([
      404,
      "RouterNotFound",
    ]);
  const joined = { subnet_id: ids.get("subnet") };
  expect(await put(`/routers/${own}/add_router_interface`, joined)).toEqual([404, "SubnetNotFound"]);
  const port_id = ids.get("port");
  expect(await put(`/routers/${own}/add_router_interface`, { port_id })).toEqual([404, "PortNotFound"]);
  const gateway = { router: { external_gateway_info: { network_id: ids.get("network") } } };
  expect(await put(`/routers/${own}`, gateway)).toEqual([404, "NetworkNotFound"]);
  const floating = await cloud.makeId("other", "floatingip", { floating_network_id: outside });
  expect(await put(`/floatingips/${floating}`, { floatingip: { port_id } })).toEqual([404, "PortNotFound"]);
});

test("the ports that hold gateways and floating addresses are shown to administrators only", async () => {
  const outside = await cloud.idOf("demo", "networks", "public");
  const owners = async (who: "demo" | "admin") =>
    (await cloud.list(who, "ports", `?network_id=${outside}`)).map((one) => at(one, "device_owner")).sort();
  expect(await owners("demo")).toEqual([]);
  expect(await owners("admin")).toEqual(["network:floatingip", ...Array(3).fill("network:router_gateway")]);
});

test("the external network is seen by all and used by none but its owner", async () => {
  const outside = await cloud.idOf("demo", "networks", "public");
  const port = await cloud.ask("demo", "POST", "/ports", { port: { network_id: outside } });
  expect(refusal(port).slice(0, 2)).toEqual([403, "HTTPForbidden"]);
  const renamed = await cloud.ask("demo", "PUT", `/networks/${outside}`, { network: { name: "z" } });
  expect(refusal(renamed)).toEqual([403, "PolicyNotAuthorized", "rule:update_network is disallowed by policy"]);
  expect(await cloud.list("demo", "subnets", `?network_id=${outside}`)).toEqual([]);
});

test("a shared network serves ports of others, whom its tenants do not see, until it is not shared", async () => {
  const shared = await cloud.makeId("admin", "network", { shared: true });
  await cloud.make("admin", "subnet", { network_id: shared, ip_version: 4, cidr: "10.71.0.0/24" });
  const port = await cloud.makeId("demo", "port", { network_id: shared });
  expect((await cloud.list("other", "ports", `?network_id=${shared}`)).length).toBe(0);
  expect((await cloud.list("admin", "ports", `?network_id=${shared}`)).length).toBe(1);
  for (const fields of [
    { mac_address: "fa:16:3e:aa:aa:aa" },
    { fixed_ips: [{ ip_address: "10.71.0.9" }] },
    { port_security_enabled: false },
  ])
    expect(
      refusal(await cloud.ask("other", "POST", "/ports", { port: { network_id: shared, ...fields } })).slice(0, 2),
    ).toEqual([403, "PolicyNotAuthorized"]);
  const unshare = () => cloud.ask("admin", "PUT", `/networks/${shared}`, { network: { shared: false } });
  expect(refusal(await unshare()).slice(0, 2)).toEqual([409, "InvalidSharedSetting"]);
  await cloud.ask("demo", "DELETE", `/ports/${port}`);
  expect((await unshare()).status).toBe(200);
  expect((await cloud.ask("demo", "GET", `/networks/${shared}`)).status).toBe(404);
});

test("provider attributes and bindings are shown to administrators only", async () => {
  const keys = async (who: "demo" | "admin", kind: string) => {
    const { json } = await cloud.ask(who, "GET", `/${kind}s/${ids.get(kind)}`);
    return Object.keys(Object(at(json, kind)));
  };
  for (const name of ["provider:network_type", "provider:physical_network", "provider:segmentation_id"]) {
    expect(await keys("demo", "network")).not.toContain(name);
    expect(await keys("admin", "network")).toContain(name);
  }
  for (const name of ["binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details"]) {
    expect(await keys("demo", "port")).not.toContain(name);
    expect(await keys("admin", "port")).toContain(name);
  }
});

test("a binding profile is kept as an administrator gave it", async () => {
  const path = `/ports/${ids.get("port")}`;
  const profile = { physical_network: "physnet1" };
  expect((await cloud.ask("admin", "PUT", path, { port: { "binding:profile": profile } })).status).toBe(200);
  expect(at((await cloud.ask("admin", "GET", path)).json, "port", "binding:profile")).toEqual(profile);
});
