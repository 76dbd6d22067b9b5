/** Nova's door to Neutron's ports, seen through the API. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import * as door from "../../../src/simulator/neutron/ports.ts";
import { at } from "../simulator/rig.ts";
import { type Cloud, startCloud } from "./cloud.ts";

let cloud: Cloud;
let network: string;
let project: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  network = await cloud.idOf("demo", "networks", "demo-net");
  project = String(at((await cloud.ask("demo", "GET", "/quotas/project")).json, "project", "project_id"));
});
afterAll(() => cloud.rig.simulator.close());

let count = 0;
function context(): door.Context {
  const uuid = () => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}`;
  return { world: cloud.rig.simulator.world, ids: { uuid }, now: cloud.rig.clock.now() };
}

const request = (more: Partial<door.PortRequest> = {}) => ({
  networkId: network,
  projectId: project,
  deviceId: "server",
  ...more,
});

async function seen(id: string): Promise<unknown> {
  return at((await cloud.ask("admin", "GET", `/ports/${id}`)).json, "port");
}

test("a server's port is its project's, bound, and ACTIVE once plugged", async () => {
  const port = door.allocatePort(context(), request({ host: "compute-1", fixedIp: "10.11.0.77", zone: "nova" }));
  expect(await seen(port.id)).toMatchObject({
    project_id: project,
    device_id: "server",
    device_owner: "compute:nova",
    status: "DOWN",
    "binding:host_id": "compute-1",
    "binding:vif_type": "ovs",
    fixed_ips: [{ ip_address: "10.11.0.77" }],
  });
  const [group] = await cloud.list("demo", "security-groups", "?name=default");
  expect(at(await seen(port.id), "security_groups")).toEqual([at(group, "id")]);
  door.plugPort(context(), port.id);
  expect(at(await seen(port.id), "status")).toBe("ACTIVE");
  door.unplugPort(context(), port.id);
  expect(at(await seen(port.id), "status")).toBe("DOWN");
});

test("at its end a server's own ports go, given ones are free again", async () => {
  const given = await cloud.makeId("demo", "port", { network_id: network });
  const own = door.allocatePort(context(), request({ host: "compute-1" }));
  door.bindPort(context(), given, { id: "server", host: "compute-1", hostname: "one" });
  door.plugPort(context(), given);
  expect(
    door
      .portsOfDevice(cloud.rig.simulator.world, "server")
      .map(({ id }) => id)
      .sort(),
  ).toEqual([given, own.id].sort());
  door.releaseDevicePorts(context(), "server");
  expect((await cloud.ask("demo", "GET", `/ports/${own.id}`)).status).toBe(404);
  expect(await seen(given)).toMatchObject({
    device_id: "",
    device_owner: "",
    status: "DOWN",
    "binding:host_id": "",
    "binding:vif_type": "unbound",
  });
  expect(door.portsOfDevice(cloud.rig.simulator.world, "server")).toEqual([]);
  expect(door.portsOfDevice(cloud.rig.simulator.world, "")).toEqual([]);
});

test("errors are Neutron's, by kind", async () => {
  const kindOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return at(error, "kind");
    }
    return "none";
  };
  door.allocatePort(context(), request({ fixedIp: "10.11.0.9" }));
  expect(kindOf(() => door.allocatePort(context(), request({ fixedIp: "10.11.0.9" })))).toBe(
    "IpAddressAlreadyAllocated",
  );
  expect(kindOf(() => door.allocatePort(context(), request({ fixedIp: "10.99.0.9" })))).toBe("InvalidIpForNetwork");
  expect(kindOf(() => door.allocatePort(context(), request({ networkId: "nope" })))).toBe("NetworkNotFound");
  expect(kindOf(() => door.portOf(cloud.rig.simulator.world, "nope", project))).toBe("PortNotFound");
  await cloud.ask("admin", "PUT", `/quotas/${project}`, { quota: { port: 1 } });
  expect(kindOf(() => door.allocatePort(context(), request()))).toBe("OverQuota");
});

test("another project's port and network are not found", async () => {
  const foreign = await cloud.makeId("other", "port", {
    network_id: await cloud.idOf("other", "networks", "other-net"),
  });
  const { world } = cloud.rig.simulator;
  expect(() => door.portOf(world, foreign, project)).toThrow("could not be found");
  const otherNet = await cloud.idOf("other", "networks", "other-net");
  expect(() => door.networkOf(world, otherNet, project)).toThrow("could not be found");
});

test("a server that names no network may be on its project's and on shared ones", async () => {
  const shared = await cloud.makeId("admin", "network", { shared: true });
  const ids = door.networksOfProject(cloud.rig.simulator.world, project).map(({ id }) => id);
  expect(ids.sort()).toEqual([network, shared].sort());
});

test("groups are found by name or id, several when a name is not unique, never another project's", async () => {
  const twins = [];
  for (let index = 0; index < 2; index++) twins.push(await cloud.makeId("demo", "security_group", { name: "twin" }));
  const foreign = await cloud.makeId("other", "security_group", { name: "theirs" });
  const found = (name: string) =>
    door
      .securityGroupsNamed(context(), project, name)
      .map(({ id }) => id)
      .sort();
  expect(found("twin")).toEqual([...twins].sort());
  expect(found(twins[0] ?? "")).toEqual([twins[0]]);
  expect(found("default").length).toBe(1);
  expect(found("theirs")).toEqual([]);
  expect(found(foreign)).toEqual([]);
});
