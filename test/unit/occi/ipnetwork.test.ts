import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { LAN0, type Reply, startOcci, type TestOcci } from "../../support/occiDoor.ts";

/** The range of a network: given with it, or later to one that has none. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const NETWORK = `Category: network; scheme="${I}#"; class="kind"`;
const IP = `Category: ipnetwork; scheme="${I}/network#"; class="mixin"`;
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: occi.network.${name}="${value}"`;
const TITLE = 'X-OCCI-Attribute: occi.core.title="named"';
const RANGE = attribute("address", "198.51.100.0/24");

let door: TestOcci;
let path: string;
beforeEach(async () => {
  door = await startOcci();
  path = new URL((await write("POST /network/", NETWORK)).headers.location ?? "").pathname;
});
afterEach(() => door.close());

const write = (line: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(line, [["Content-Type", "text/plain"]], lines.join("\n"));

test.each(["POST", "PUT"])("%s gives a range to a network that has none, with all that it says", async (method) => {
  const more = [attribute("gateway", "198.51.100.7"), attribute("allocation", "static")];
  const reply = await write(`${method} ${path}`, NETWORK, IP, TITLE, RANGE, ...more);
  expect(reply.status, reply.body).toBe(200);
  for (const text of ["Category: ipnetwork;", "198.51.100.0/24", "198.51.100.7", '"static"', '"named"']) {
    expect(reply.body).toContain(text);
  }
  expect((await door.send(`GET ${path}`)).body).toBe(reply.body);
  expect((await write(`PUT ${path}`, ...reply.body.split("\n"))).status).toBe(200);
});

test.each([
  ["without its range", [IP, attribute("gateway", "198.51.100.7")], [400, "missing-value"]],
  ["that says nothing", [IP], [400, "missing-value"]],
  ["of another family", [IP, RANGE, attribute("gateway", "2001:db8::1")], [400, "invalid-value"]],
  ["without the mixin", [RANGE], [400, "unknown-attribute"]],
])("a range %s is refused", async (_, lines, word) => {
  const { status, body } = await write(`POST ${path}`, ...lines);
  expect([status, body.split(":")[0]]).toEqual(word);
  expect((await door.send(`GET ${path}`)).body).not.toContain("ipnetwork");
});

test("a range stays as it was made: the same again is fine, another one is refused by name", async () => {
  const lan = `/network/${LAN0}`;
  expect((await write(`POST ${lan}`, attribute("address", "192.0.2.0/24"))).status).toBe(200);
  for (const [name, value] of [
    ["address", "198.51.100.0/24"],
    ["gateway", "192.0.2.9"],
    ["allocation", "static"],
  ] as const) {
    const { status, body } = await write(`POST ${lan}`, attribute(name, value));
    expect([status, body.includes(`occi.network.${name}`)]).toEqual([501, true]);
  }
});

test("a range that the cloud refuses leaves the old name, too", async () => {
  const before = (await door.send(`GET ${path}`)).body;
  door.world.failures.set("subnets.create", new CloudError("INVALID_VALUE", "overlaps"));
  expect((await write(`POST ${path}`, IP, TITLE, RANGE)).status).toBe(400);
  expect((await door.send(`GET ${path}`)).body).toBe(before);
});
