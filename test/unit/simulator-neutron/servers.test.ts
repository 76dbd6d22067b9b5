/** A server's floating addresses, where Nova shows them. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items, type Reply } from "../simulator/rig.ts";
import { type Cloud, startCloud } from "./cloud.ts";

let cloud: Cloud;
let token: string;
let server: string;
let port: unknown;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  token = await cloud.rig.login("demo");
  const images = await cloud.rig.ask(token, "/image/v2/images?name=cirros");
  const networks = [{ uuid: await cloud.idOf("demo", "networks", "demo-net") }];
  const body = {
    server: { name: "one", imageRef: at(items(images.json, "images")[0], "id"), flavorRef: "1", networks },
  };
  server = String(at((await compute("POST", "", body)).json, "server", "id"));
  await compute("GET", `/${server}`);
  [port] = await cloud.list("demo", "ports", `?device_id=${server}`);
});
afterAll(() => cloud.rig.simulator.close());

function compute(method: string, path: string, body?: unknown): Promise<Reply> {
  const sent = body === undefined ? {} : { body };
  return cloud.rig.ask(token, `/compute/v2.1/servers${path}`, { method, ...sent });
}

async function addresses(): Promise<unknown> {
  return at((await compute("GET", `/${server}`)).json, "server", "addresses", "demo-net");
}

test("a floating address stands behind the fixed one it leads to, and outlives the server", async () => {
  const mac = { "OS-EXT-IPS-MAC:mac_addr": at(port, "mac_address"), version: 4 };
  const fixed = { ...mac, addr: at(port, "fixed_ips", 0, "ip_address"), "OS-EXT-IPS:type": "fixed" };
  expect(await addresses()).toEqual([fixed]);
  const floating_network_id = await cloud.idOf("demo", "networks", "public");
  const floating = await cloud.make("demo", "floatingip", { floating_network_id, port_id: at(port, "id") });
  const addr = at(floating, "floating_ip_address");
  expect(await addresses()).toEqual([fixed, { ...mac, addr, "OS-EXT-IPS:type": "floating" }]);
  const short = await compute("GET", `/${server}/ips`);
  expect(items(at(short.json, "addresses"), "demo-net").map((one) => at(one, "addr"))).toEqual([fixed.addr, addr]);
  expect((await compute("DELETE", `/${server}`)).status).toBe(204);
  await compute("GET", `/${server}`);
  const path = `/floatingips/${at(floating, "id")}`;
  expect(at((await cloud.ask("demo", "GET", path)).json, "floatingip")).toMatchObject({
    port_id: null,
    status: "DOWN",
  });
});
