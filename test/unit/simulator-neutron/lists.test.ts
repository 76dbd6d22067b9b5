/** Lists: filters, fields, order, pages with links both ways, tags. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.begin());
afterAll(() => cloud.rig.simulator.close());

const names = async (query: string, collection = "networks") =>
  (await cloud.list("demo", collection, query)).map((one) => at(one, "name"));

test("pages follow their links through everything once, and back", async () => {
  for (let index = 0; index < 5; index++) await cloud.makeId("demo", "network", { name: `n${index}` });
  const whole = (await cloud.list("demo", "networks")).map((one) => at(one, "id"));
  const walk = async (first: string, rel: string) => {
    const seen: unknown[][] = [];
    let path: string | undefined = first;
    for (let pages = 0; path !== undefined && pages < 10; pages++) {
      const { json } = await cloud.ask("demo", "GET", path);
      const page = items(json, "networks").map((one) => at(one, "id"));
      if (page.length > 0) seen.push(page);
      const link = items(json, "networks_links").find((one) => at(one, "rel") === rel);
      path = page.length === 0 || link === undefined ? undefined : String(at(link, "href")).split("/v2.0", 2)[1];
    }
    return seen;
  };
  expect((await walk("/networks?limit=3&fields=id", "next")).flat()).toEqual(whole);
  expect((await walk("/networks?limit=3&page_reverse=True", "previous")).reverse().flat()).toEqual(whole);
});

test.each([
  ["colour=1", [400, "HTTPBadRequest", "['colour'] is invalid attribute for filtering"]],
  [
    "changed_since=2026-11-21T00:00:00Z",
    [400, "HTTPBadRequest", "['changed_since'] is invalid attribute for filtering"],
  ],
  ["shared=maybe", [400, "InvalidInput", "Invalid input for operation: 'maybe' cannot be converted to boolean."]],
  ["mtu=x", [400, "InvalidInput", "Invalid input for operation: 'x' is not an integer."]],
  ["limit=x", [400, "BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not 'x'."]],
  ["marker=nope&limit=2", [404, "NetworkNotFound", "Network nope could not be found."]],
  ["sort_key=name", [400, "HTTPBadRequest", "The number of sort_keys and sort_dirs must be same"]],
  ["sort_key=nope&sort_dir=asc", [400, "HTTPBadRequest", "['nope'] is invalid attribute for sort_keys"]],
  [
    "sort_key=name&sort_dir=up",
    [400, "HTTPBadRequest", "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'"],
  ],
])("GET /networks?%s is refused", async (query, expected) => {
  expect(refusal(await cloud.ask("demo", "GET", `/networks?${query}`))).toEqual(expected);
});

test("filters: one of several values, truth, what is empty does not count, a marker without limit neither", async () => {
  expect((await names("?name=public&name=demo-net")).sort()).toEqual(["demo-net", "public"]);
  expect(await names("?router:external=True")).toEqual(["public"]);
  expect((await names("?name=")).length).toBe(2);
  expect((await names("?marker=nope")).length).toBe(2);
  expect(await names("?sort_key=name&sort_dir=desc")).toEqual(["public", "demo-net"]);
  expect(await cloud.list("demo", "networks", "?name=public&fields=name&fields=mtu")).toEqual([
    { name: "public", mtu: 1500 },
  ]);
});

test("ports by address and by device", async () => {
  const network_id = await cloud.idOf("demo", "networks", "demo-net");
  const subnet = await cloud.idOf("demo", "subnets", "demo-subnet");
  const make = (name: string, ip_address: string, device_id: string) =>
    cloud.make("demo", "port", { network_id, name, device_id, fixed_ips: [{ ip_address }] });
  await make("a", "10.11.0.5", "d1");
  await make("b", "10.11.1.6", "d2");
  const found = async (query: string) => (await names(query, "ports")).sort();
  expect(await found("?fixed_ips=ip_address%3D10.11.0.5")).toEqual(["a"]);
  expect(await found("?fixed_ips=ip_address%3D10.11.0.5&fixed_ips=ip_address%3D10.11.1.6")).toEqual(["a", "b"]);
  expect(await found("?fixed_ips=ip_address_substr%3D11.1.")).toEqual(["b"]);
  expect(await found(`?fixed_ips=subnet_id%3D${subnet}&device_id=d1&device_id=d2`)).toEqual(["a", "b"]);
  expect(await found(`?fixed_ips=subnet_id%3D${subnet}&device_owner=network:router_interface`)).toEqual([""]);
  expect(await found("?device_id=d1&device_id=d2")).toEqual(["a", "b"]);
  expect(await found("?device_id=d3")).toEqual([]);
});

test("tags are set, asked for, filtered by and taken away", async () => {
  const id = await cloud.makeId("demo", "network", { name: "t" });
  const path = `/networks/${id}/tags`;
  expect((await cloud.ask("demo", "PUT", path, { tags: ["red", "blue"] })).json).toEqual({ tags: ["red", "blue"] });
  const added = await cloud.ask("demo", "PUT", `${path}/a,b`);
  expect([added.status, added.text]).toEqual([201, "null"]);
  expect((await cloud.ask("demo", "GET", path)).json).toEqual({ tags: ["a,b", "blue", "red"] });
  expect((await cloud.ask("demo", "GET", `${path}/red`)).status).toBe(204);
  expect(refusal(await cloud.ask("demo", "GET", `${path}/zz`))).toEqual([
    404,
    "TagNotFound",
    "Tag zz could not be found.",
  ]);
  expect(await names("?tags=red,blue")).toEqual(["t"]);
  expect(await names("?tags=red,zz")).toEqual([]);
  expect(await names("?tags-any=red,zz")).toEqual(["t"]);
  expect((await names("?not-tags=red,blue")).length).toBe(2);
  expect((await names("?not-tags-any=red,zz")).length).toBe(2);
  expect((await cloud.ask("demo", "DELETE", `${path}/red`)).status).toBe(204);
  expect((await cloud.ask("demo", "DELETE", path)).status).toBe(204);
  expect((await cloud.ask("demo", "GET", path)).json).toEqual({ tags: [] });
});

test("tags given with a port are taken and forgotten, as without the extension for it", async () => {
  const network_id = await cloud.idOf("demo", "networks", "demo-net");
  expect(at(await cloud.make("demo", "port", { network_id, tags: ["a"] }), "tags")).toEqual([]);
});

test("each project has one default group with four rules, which stays", async () => {
  const groups = await cloud.list("demo", "security-groups");
  expect(groups.map((one) => at(one, "name"))).toEqual(["default"]);
  const id = String(at(groups, 0, "id"));
  const rules = items(groups[0], "security_group_rules").map((one) =>
    [at(one, "direction"), at(one, "ethertype"), at(one, "remote_group_id")].join(" "),
  );
  expect(rules.sort()).toEqual(["egress IPv4 ", "egress IPv6 ", `ingress IPv4 ${id}`, `ingress IPv6 ${id}`]);
  expect(refusal(await cloud.ask("demo", "POST", "/security-groups", { security_group: { name: "default" } }))).toEqual(
    [409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists."],
  );
  const kind = async () => refusal(await cloud.ask("demo", "DELETE", `/security-groups/${id}`))[1];
  expect(await kind()).toBe("SecurityGroupCannotRemoveDefault");
  await cloud.make("demo", "port", { network_id: await cloud.idOf("demo", "networks", "demo-net") });
  expect(await kind()).toBe("SecurityGroupInUse");
});

test("the same rule twice is 409, also by another name of the protocol", async () => {
  const security_group_id = await cloud.makeId("demo", "security_group", { name: "g" });
  const rule = (protocol: unknown) => ({ security_group_rule: { security_group_id, direction: "ingress", protocol } });
  const first = await cloud.makeId("demo", "security_group_rule", rule("tcp").security_group_rule);
  for (const protocol of ["tcp", "TCP", "6", 6])
    expect(refusal(await cloud.ask("demo", "POST", "/security-group-rules", rule(protocol)))).toEqual([
      409,
      "SecurityGroupRuleExists",
      `Security group rule already exists. Rule id is ${first}.`,
    ]);
});

test("what is announced is there, what is not is 404", async () => {
  const { json } = await cloud.ask("demo", "GET", "/extensions");
  const aliases = items(json, "extensions").map((one) => String(at(one, "alias")));
  expect(aliases).toContain("standard-attr-tag");
  expect(aliases).not.toContain("metering");
  for (const alias of aliases) expect((await cloud.ask("demo", "GET", `/extensions/${alias}`)).status).toBe(200);
  const none = await cloud.ask("demo", "GET", "/extensions/metering", undefined, { accept: "application/json" });
  expect([none.status, none.json]).toEqual([
    404,
    {
      message: "The resource could not be found.<br /><br />\nExtension with alias metering does not exist\n\n",
      code: "404 Not Found",
      title: "Not Found",
    },
  ]);
});
