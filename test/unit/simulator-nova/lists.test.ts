/** Lists of servers: who sees what, filters, order, pages, shapes by microversion, and that many cost little. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, fault, startCloud } from "./cloud.ts";

let cloud: Cloud;
let web: string;
let mail: string;
beforeAll(async () => {
  cloud = await startCloud();
  web = await cloud.boot(cloud.demo, { name: "web.1", metadata: { k: "v" } });
  cloud.clock.advance(5000);
  mail = await cloud.boot(cloud.demo, { name: "mail", flavorRef: "2", networks: "none", tags: ["b", "a"] }, "2.52");
  await cloud.act(cloud.demo, mail, { "os-stop": null });
  await cloud.boot(cloud.other, { name: "foreign" });
});
afterAll(() => cloud.simulator.close());

async function names(token: string, query: string, version?: string): Promise<unknown[]> {
  const { json } = await cloud.nova(token, "GET", `/servers${query}`, undefined, version);
  return items(json, "servers").map((one) => at(one, "name"));
}

test.each<[string, readonly string[], string?]>([
  ["", ["mail", "web.1"]],
  ["?name=web", ["web.1"]],
  ["?name=^w.b.1$", ["web.1"]],
  ["?status=shutoff", ["mail"]],
  ["?status=ACTIVE&status=SHUTOFF", ["mail", "web.1"]],
  ["?status=nonsense", []],
  ["?flavor=2", ["mail"]],
  ["?flavor=none", []],
  ["?ip=10.11.", ["web.1"]],
  ["?ip=11.", []],
  ["?sort_key=display_name&sort_dir=asc", ["mail", "web.1"]],
  ["?sort_key=display_name&sort_dir=desc", ["web.1", "mail"]],
  ["?changes-since=2026-11-21T00:00:05Z", ["mail"]],
  ["?host=nowhere", ["mail", "web.1"]],
  ["?tags=a,b", ["mail"], "2.26"],
  ["?not-tags=a", ["web.1"], "2.26"],
  ["?limit=0", []],
])("a tenant's list with %s", async (query, expected, version) => {
  expect(await names(cloud.demo, query, version)).toEqual(expected);
});

test.each<[string, number, string, string?]>([
  ["?marker=zz", 400, "marker [zz] not found"],
  ["?all_tenants=1", 403, "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed."],
  ["?changes-since=zz", 400, "Invalid input for query parameters changes-since. Value: zz. 'zz' is not a 'date-time'"],
  ["?status=deleted", 403, "Only administrators may list deleted instances"],
  ["?sort_key=host", 403, "Only administrators can sort servers by host"],
  ["?limit=x", 400, "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"],
  ["?zz=1", 400, "'zz' does not match any of the regexes: '^_'", "2.75"],
  ["?status=zz", 400, "Invalid status value", "2.38"],
])("a list with %s is refused", async (query, status, message, version) => {
  const reply = await cloud.nova(cloud.demo, "GET", `/servers${query}`, undefined, version);
  expect(fault(reply)).toEqual([status, message]);
});

test("a foreign marker is unknown, an own one begins the next page", async () => {
  const foreign = items((await cloud.nova(cloud.other, "GET", "/servers")).json, "servers")[0];
  const reply = await cloud.nova(cloud.demo, "GET", `/servers?marker=${String(at(foreign, "id"))}`);
  expect(reply.status).toBe(400);
  const first = await cloud.nova(cloud.demo, "GET", "/servers?limit=1");
  expect(at(first.json, "servers_links", 0, "href")).toBe(
    `${cloud.simulator.url}/compute/v2.1/servers?limit=1&marker=${mail}`,
  );
  expect(await names(cloud.demo, `?limit=1&marker=${mail}`)).toEqual(["web.1"]);
});

test("administrators see all tenants' servers, and deleted ones, on request", async () => {
  expect(await names(cloud.admin, "")).toEqual([]);
  expect(await names(cloud.admin, "?all_tenants=1&host=compute-1&name=web")).toEqual(["web.1"]);
  const gone = await cloud.boot(cloud.other, { name: "gone" });
  await cloud.nova(cloud.other, "DELETE", `/servers/${gone}`);
  expect(await names(cloud.admin, "?all_tenants=1&deleted=True")).toEqual(["gone"]);
  expect(await names(cloud.admin, "?all_tenants=1&status=deleted")).toEqual(["gone"]);
  expect(await names(cloud.other, "?deleted=True")).toEqual(["foreign"]);
  expect(await names(cloud.other, "?changes-since=2026-11-21T00:00:00Z")).toEqual(["gone", "foreign"]);
});

describe("the shape of a server", () => {
  const keys = async (token: string, version?: string) =>
    Object.keys(Object(at((await cloud.server(token, web, version)).json, "server")));

  test("grows with the microversion", async () => {
    const base = await keys(cloud.demo);
    expect(base).not.toContain("locked");
    const latest = await keys(cloud.demo, "2.93");
    expect(latest.filter((key) => !base.includes(key)).sort()).toEqual([
      "OS-EXT-SRV-ATTR:hostname",
      "description",
      "locked",
      "locked_reason",
      "server_groups",
      "tags",
      "trusted_image_certificates",
    ]);
  });

  test("has the host for administrators only", async () => {
    const own = await keys(cloud.demo, "2.89");
    expect(own.filter((key) => key.startsWith("OS-EXT-SRV-ATTR") || key === "host_status")).toEqual([]);
    expect(await keys(cloud.admin)).toContain("OS-EXT-SRV-ATTR:host");
    expect(await keys(cloud.admin, "2.16")).toContain("host_status");
  });

  test("names the flavor by id before 2.47 and by its sizes from then on", async () => {
    const flavor = async (version: string) =>
      at((await cloud.server(cloud.demo, web, version)).json, "server", "flavor");
    const bookmark = `${cloud.simulator.url}/compute/flavors/1`;
    expect(await flavor("2.46")).toEqual({ id: "1", links: [{ rel: "bookmark", href: bookmark }] });
    const sizes = { vcpus: 1, ram: 512, disk: 1, ephemeral: 0, swap: 0 };
    expect(await flavor("2.47")).toEqual({ ...sizes, original_name: "m1.tiny", extra_specs: {} });
  });
});

test("a thousand servers with ports are listed quickly", { timeout: 60_000 }, async () => {
  const { json } = await cloud.ask(cloud.other, "/identity/v3/auth/projects");
  const project = String(at(json, "projects", 0, "id"));
  const quota_set = { instances: -1, cores: -1, ram: -1 };
  await cloud.nova(cloud.admin, "PUT", `/os-quota-sets/${project}`, { quota_set });
  await cloud.ask(cloud.admin, `/network/v2.0/quotas/${project}`, { method: "PUT", body: { quota: { port: -1 } } });
  for (let made = 0; made < 1000; made += 100) {
    const body = cloud.wanted({ name: "crowd", min_count: 100 });
    expect((await cloud.nova(cloud.other, "POST", "/servers", body)).status).toBe(202);
  }
  const started = performance.now();
  const listed = items((await cloud.nova(cloud.other, "GET", "/servers/detail", undefined, "2.93")).json, "servers");
  const took = performance.now() - started;
  expect(listed.length).toBe(1000);
  expect(at(listed[0], "addresses", "other-net", 0, "version")).toBe(4);
  // A real Nova takes 2.3 s; anything quadratic would take longer than this, even on a busy machine.
  expect(took).toBeLessThan(1500);
});
