/** What lies below a server, and what stands beside servers: labels, interfaces, groups, history, keys, quota. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, fault, startCloud } from "./cloud.ts";

let cloud: Cloud;
let id: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  cloud.simulator.reset();
  const tokens = await Promise.all(["demo", "other", "admin"].map((name) => cloud.login(name)));
  cloud = { ...cloud, demo: tokens[0] ?? "", other: tokens[1] ?? "", admin: tokens[2] ?? "" };
  id = await cloud.boot(cloud.demo, { metadata: { a: "1" } });
});
afterAll(() => cloud.simulator.close());

const of = (path: string, method = "GET", body?: unknown, version?: string) =>
  cloud.nova(cloud.demo, method, `/servers/${id}${path}`, body, version);

describe("another tenant", () => {
  test.each<[string, string, unknown?]>([
    ["GET", ""],
    ["PUT", "", { server: { name: "x" } }],
    ["DELETE", ""],
    ["POST", "/action", { "os-stop": null }],
    ["GET", "/metadata"],
    ["PUT", "/metadata", { metadata: {} }],
    ["GET", "/os-interface"],
    ["POST", "/os-interface", {}],
    ["GET", "/os-instance-actions"],
    ["GET", "/os-security-groups"],
    ["GET", "/ips"],
  ])("finds nothing with %s %s", async (method, path, body) => {
    const before = (await of("")).json;
    const reply = await cloud.nova(cloud.other, method, `/servers/${id}${path}`, body);
    expect(fault(reply)).toEqual([404, `Instance ${id} could not be found.`]);
    expect((await of("")).json).toEqual(before);
  });

  test("cannot use the network, the port or the key of the first", async () => {
    const [port] = items((await of("/os-interface")).json, "interfaceAttachments");
    const network = String(at(port, "net_id"));
    const taken = await cloud.nova(cloud.other, "POST", "/servers", cloud.wanted({ networks: [{ uuid: network }] }));
    expect(fault(taken)).toEqual([400, `Network ${network} could not be found.`]);
    await cloud.nova(cloud.demo, "POST", "/os-keypairs", { keypair: { name: "mine" } });
    const keyed = await cloud.nova(cloud.other, "POST", "/servers", cloud.wanted({ key_name: "mine" }));
    expect(fault(keyed)).toEqual([400, "Invalid key_name provided."]);
  });
});

test("metadata are merged, replaced and taken away", async () => {
  expect((await of("/metadata", "POST", { metadata: { b: "2" } })).json).toEqual({ metadata: { a: "1", b: "2" } });
  expect((await of("/metadata/b", "PUT", { meta: { b: "3" } })).json).toEqual({ meta: { b: "3" } });
  expect(fault(await of("/metadata/b", "PUT", { meta: { c: "3" } }))).toEqual([400, "Request body and URI mismatch"]);
  expect((await of("/metadata/b", "DELETE")).status).toBe(204);
  expect(fault(await of("/metadata/b", "DELETE"))).toEqual([404, "Metadata item was not found"]);
  expect((await of("/metadata", "PUT", { metadata: { z: "9" } })).json).toEqual({ metadata: { z: "9" } });
});

test("tags are a sorted set from 2.26 on", async () => {
  expect((await of("/tags")).status).toBe(404);
  expect((await of("/tags", "PUT", { tags: ["b", "a", "b"] }, "2.26")).json).toEqual({ tags: ["a", "b"] });
  expect((await of("/tags/c", "PUT", undefined, "2.26")).status).toBe(201);
  expect((await of("/tags/c", "PUT", undefined, "2.26")).status).toBe(204);
  expect(fault(await of("/tags/d", "GET", undefined, "2.26"))).toEqual([404, `Server ${id} has no tag 'd'`]);
  expect(fault(await of("/tags", "PUT", { tags: null }, "2.26"))[0]).toBe(400);
});

test("an interface is plugged and unplugged while the server runs", async () => {
  const made = await of("/os-interface", "POST", {});
  const port = String(at(made.json, "interfaceAttachment", "port_id"));
  expect(at(made.json, "interfaceAttachment", "port_state")).toBe("DOWN");
  expect(items((await of("/os-interface")).json, "interfaceAttachments").map((one) => at(one, "port_state"))).toEqual([
    "ACTIVE",
    "ACTIVE",
  ]);
  expect(items(at((await of("/ips")).json, "addresses"), "demo-net").length).toBe(2);
  const again = await of("/os-interface", "POST", { interfaceAttachment: { port_id: port } });
  expect(fault(again)).toEqual([409, `Port ${port} is still in use.`]);
  expect((await of(`/os-interface/${port}`, "DELETE")).status).toBe(202);
  expect(fault(await of(`/os-interface/${port}`))).toEqual([404, `Port id ${port} could not be found.`]);
});

test("a port of the client's is given back, one that Nova made is not", async () => {
  const [own] = items((await of("/os-interface")).json, "interfaceAttachments");
  const body = { port: { network_id: at(own, "net_id"), name: "kept" } };
  const port = await cloud.ask(cloud.demo, "/network/v2.0/ports", { method: "POST", body });
  const portId = String(at(port.json, "port", "id"));
  const second = await cloud.boot(cloud.demo, { networks: [{ port: portId }] });
  const used = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ networks: [{ port: portId }] }));
  expect(fault(used)).toEqual([409, `Port ${portId} is still in use.`]);
  const address = String(at(port.json, "port", "fixed_ips", 0, "ip_address"));
  const networks = [{ uuid: at(own, "net_id"), fixed_ip: address }];
  const taken = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ networks }));
  expect(fault(taken)).toEqual([400, `Fixed IP address ${address} is already in use on instance ${second}.`]);
  await cloud.nova(cloud.demo, "DELETE", `/servers/${second}`);
  await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`);
  await cloud.nova(cloud.demo, "GET", "/servers");
  const all = items((await cloud.ask(cloud.demo, "/network/v2.0/ports")).json, "ports");
  const left = all.filter((one) => at(one, "device_owner") !== "network:router_interface");
  expect(left.map((one) => [at(one, "name"), at(one, "device_id"), at(one, "status")])).toEqual([["kept", "", "DOWN"]]);
});

test("an address outside the network fails the build", async () => {
  const [own] = items((await of("/os-interface")).json, "interfaceAttachments");
  const network = String(at(own, "net_id"));
  const failed = await cloud.boot(cloud.demo, { networks: [{ uuid: network, fixed_ip: "1.2.3.4" }] });
  const server = at((await cloud.server(cloud.demo, failed)).json, "server");
  expect([at(server, "status"), at(server, "fault", "message")]).toEqual([
    "ERROR",
    `Build of instance ${failed} aborted: Invalid input received: Fixed IP 1.2.3.4 is not a valid ip address for network ${network}.`,
  ]);
});

test("a full quota is told in Nova's words, and limits and quota sets know what is used", async () => {
  const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ min_count: 20 }));
  expect(fault(reply)).toEqual([
    403,
    "Quota exceeded for cores, instances: Requested 20, 20, but already used 1, 1 of 20, 10 cores, instances",
  ]);
  const limits = (await cloud.nova(cloud.demo, "GET", "/limits")).json;
  const used = ["totalInstancesUsed", "totalCoresUsed", "totalRAMUsed"].map((key) =>
    at(limits, "limits", "absolute", key),
  );
  expect(used).toEqual([1, 1, 512]);
  const most = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ min_count: 1, max_count: 50 }));
  expect(most.status).toBe(202);
  expect(items((await cloud.nova(cloud.demo, "GET", "/servers")).json, "servers").length).toBe(10);
});

test("a resize is confirmed or reverted, and a smaller quota refuses it", async () => {
  await cloud.act(cloud.demo, id, { resize: { flavorRef: "2" } });
  expect(await cloud.status(cloud.demo, id)).toBe("VERIFY_RESIZE");
  await cloud.act(cloud.demo, id, { revertResize: null });
  expect(at((await of("")).json, "server", "flavor", "id")).toBe("1");
  await cloud.act(cloud.demo, id, { resize: { flavorRef: "2" } });
  expect((await cloud.act(cloud.demo, id, { confirmResize: null })).status).toBe(204);
  expect([await cloud.status(cloud.demo, id), at((await of("")).json, "server", "flavor", "id")]).toEqual([
    "ACTIVE",
    "2",
  ]);
  const same = await cloud.act(cloud.demo, id, { resize: { flavorRef: "2" } });
  expect(fault(same)).toEqual([400, "When resizing, instances must change flavor!"]);
});

test("a snapshot becomes an image in Glance", async () => {
  const made = await cloud.act(cloud.demo, id, { createImage: { name: "snap", metadata: { x: "y" } } }, "2.45");
  const image = (await cloud.ask(cloud.demo, `/image/v2/images/${String(at(made.json, "image_id"))}`)).json;
  expect(["status", "x", "instance_uuid", "visibility"].map((key) => at(image, key))).toEqual([
    "active",
    "y",
    id,
    "private",
  ]);
  expect(await cloud.boot(cloud.demo, { imageRef: at(image, "id") })).not.toBe("");
});

test("anti-affinity keeps servers apart until there are no hosts left", async () => {
  const group = { name: "apart", policies: ["anti-affinity"] };
  const made = await cloud.nova(cloud.demo, "POST", "/os-server-groups", { server_group: group });
  const groupId = String(at(made.json, "server_group", "id"));
  const hosts: unknown[] = [];
  for (let count = 0; count < 4; count++) {
    const body = { ...cloud.wanted(), "os:scheduler_hints": { group: groupId } };
    const reply = await cloud.nova(cloud.demo, "POST", "/servers", body);
    hosts.push(at((await cloud.server(cloud.demo, String(at(reply.json, "server", "id")))).json, "server", "hostId"));
  }
  expect(new Set(hosts.slice(0, 3)).size).toBe(3);
  expect(hosts[3]).toBe("");
  const seen = await cloud.nova(cloud.demo, "GET", `/os-server-groups/${groupId}`);
  expect(items(at(seen.json, "server_group"), "members").length).toBe(4);
});

test("keys are made, imported, listed and deleted, each user's own", async () => {
  const made = await cloud.nova(cloud.demo, "POST", "/os-keypairs", { keypair: { name: "k" } });
  expect([
    made.status,
    String(at(made.json, "keypair", "private_key")).startsWith("-----BEGIN RSA PRIVATE KEY"),
  ]).toEqual([200, true]);
  const twice = await cloud.nova(cloud.demo, "POST", "/os-keypairs", { keypair: { name: "k" } });
  expect(fault(twice)).toEqual([409, "Key pair 'k' already exists."]);
  const public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGcX4BGKLr1xwJkE8b6qLZ2SP3B5XQ1YwCCGGnVqqv3Z c";
  const given = await cloud.nova(
    cloud.demo,
    "POST",
    "/os-keypairs",
    { keypair: { name: "m@x.y", public_key } },
    "2.92",
  );
  expect([given.status, at(given.json, "keypair", "fingerprint")]).toEqual([
    201,
    "2e:77:be:5c:51:65:c6:76:0e:37:7b:73:f1:20:76:85",
  ]);
  expect((await cloud.nova(cloud.other, "GET", "/os-keypairs/k")).status).toBe(404);
  expect((await cloud.nova(cloud.demo, "DELETE", "/os-keypairs/k", undefined, "2.2")).status).toBe(204);
  const listed = items((await cloud.nova(cloud.demo, "GET", "/os-keypairs")).json, "keypairs");
  expect(listed.map((one) => at(one, "keypair", "name"))).toEqual(["m@x.y"]);
});
