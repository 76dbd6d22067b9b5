/** What is given to others, cut from pools, carried by trunks and limited by policies. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.begin());
afterAll(() => cloud.rig.simulator.close());

async function projectOf(name: string): Promise<string> {
  return String(at((await cloud.list("admin", "networks", `?name=${name}-net`))[0], "project_id"));
}

describe("RBAC policies", () => {
  test("give a network to one project until it has something there", async () => {
    const network = await cloud.makeId("demo", "network", { name: "given" });
    await cloud.make("demo", "subnet", { network_id: network, ip_version: 4, cidr: "10.55.0.0/24" });
    expect((await cloud.ask("other", "GET", `/networks/${network}`)).status).toBe(404);
    const made = await cloud.ask("demo", "POST", "/rbac-policies", {
      rbac_policy: {
        object_type: "network",
        object_id: network,
        action: "access_as_shared",
        target_tenant: await projectOf("other"),
      },
    });
    expect(made.status, made.text).toBe(201);
    const path = `/rbac-policies/${at(made.json, "rbac_policy", "id")}`;
    expect(at((await cloud.ask("other", "GET", `/networks/${network}`)).json, "network", "shared")).toBe(true);
    expect(at((await cloud.ask("demo", "GET", `/networks/${network}`)).json, "network", "shared")).toBe(false);
    expect((await cloud.ask("other", "DELETE", `/networks/${network}`)).status).toBe(403);
    expect((await cloud.ask("other", "GET", path)).status).toBe(404);
    const port = await cloud.makeId("other", "port", { network_id: network });
    expect((await cloud.ask("demo", "DELETE", path)).status).toBe(409);
    await cloud.ask("other", "DELETE", `/ports/${port}`);
    expect((await cloud.ask("demo", "DELETE", path)).status).toBe(204);
    expect((await cloud.ask("other", "GET", `/networks/${network}`)).status).toBe(404);
  });

  test("are for what one owns, and not for all", async () => {
    const network = await cloud.makeId("demo", "network", {});
    const policy = (target_tenant: string) => ({
      rbac_policy: { object_type: "network", object_id: network, action: "access_as_shared", target_tenant },
    });
    expect((await cloud.ask("other", "POST", "/rbac-policies", policy(await projectOf("other")))).status).toBe(400);
    expect((await cloud.ask("demo", "POST", "/rbac-policies", policy("*"))).status).toBe(403);
    expect((await cloud.ask("admin", "POST", "/rbac-policies", policy("*"))).status).toBe(201);
  });
});

test("subnets are cut from a pool side by side, and given back", async () => {
  const pool = { name: "pool", prefixes: ["10.60.0.0/25", "10.60.0.128/25"], default_prefixlen: 26, min_prefixlen: 24 };
  const made = await cloud.make("demo", "subnetpool", pool);
  expect(at(made, "prefixes")).toEqual(["10.60.0.0/24"]);
  const id = at(made, "id");
  const cut = async () => {
    const network_id = await cloud.makeId("demo", "network", {});
    return cloud.ask("demo", "POST", "/subnets", { subnet: { network_id, ip_version: 4, subnetpool_id: id } });
  };
  const all = [await cut(), await cut(), await cut(), await cut()];
  const ranges = all.map((one) => at(one.json, "subnet", "cidr"));
  expect(ranges).toEqual(["10.60.0.0/26", "10.60.0.64/26", "10.60.0.128/26", "10.60.0.192/26"]);
  expect((await cut()).status).toBe(409);
  expect((await cloud.ask("demo", "DELETE", `/subnetpools/${id}`)).status).toBe(400);
  await cloud.ask("demo", "DELETE", `/subnets/${at(all[1]?.json, "subnet", "id")}`);
  expect(at((await cut()).json, "subnet", "cidr")).toBe("10.60.0.64/26");
});

test("a trunk holds its ports", async () => {
  const network_id = await cloud.makeId("demo", "network", {});
  const [parent, child] = [
    await cloud.makeId("demo", "port", { network_id }),
    await cloud.makeId("demo", "port", { network_id }),
  ];
  const sub_ports = [{ port_id: child, segmentation_type: "vlan", segmentation_id: 7 }];
  const trunk = await cloud.makeId("demo", "trunk", { port_id: parent, sub_ports });
  for (const port of [parent, child]) expect((await cloud.ask("demo", "DELETE", `/ports/${port}`)).status).toBe(409);
  const shown = await cloud.ask("demo", "GET", `/ports/${parent}`);
  expect(at(shown.json, "port", "trunk_details", "trunk_id")).toBe(trunk);
  expect((await cloud.ask("demo", "DELETE", `/trunks/${trunk}`)).status).toBe(204);
  expect(at((await cloud.ask("demo", "GET", `/ports/${child}`)).json, "port", "device_owner")).toBe("");
});

test("a QoS policy is the administrator's, and stays while a network has it", async () => {
  const refused = await cloud.ask("demo", "POST", "/qos/policies", { policy: { name: "mine" } });
  expect(refused.status).toBe(403);
  const made = await cloud.ask("admin", "POST", "/qos/policies", { policy: { name: "slow", shared: true } });
  const id = at(made.json, "policy", "id");
  const rules = `/qos/policies/${id}/bandwidth_limit_rules`;
  const rule = { bandwidth_limit_rule: { max_kbps: 1000 } };
  expect((await cloud.ask("admin", "POST", rules, rule)).status).toBe(201);
  expect((await cloud.ask("admin", "POST", rules, rule)).status).toBe(409);
  expect(items((await cloud.ask("demo", "GET", rules)).json, "bandwidth_limit_rules")).toHaveLength(1);
  const network = await cloud.makeId("demo", "network", { qos_policy_id: id });
  expect((await cloud.ask("admin", "DELETE", `/qos/policies/${id}`)).status).toBe(409);
  await cloud.ask("demo", "PUT", `/networks/${network}`, { network: { qos_policy_id: null } });
  expect((await cloud.ask("admin", "DELETE", `/qos/policies/${id}`)).status).toBe(204);
});
