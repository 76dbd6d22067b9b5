/** Nova's list of extensions: 99 of them, the same for everybody, by alias (as a real Zed answers). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, fault, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.simulator.close());

test("all", async () => {
  const { status, json } = await cloud.nova(cloud.demo, "GET", "/extensions");
  expect(status).toBe(200);
  const aliases = items(json, "extensions").map((one) => String(at(one, "alias")));
  expect(aliases).toHaveLength(99);
  expect(aliases).toEqual([...new Set(aliases)].sort());
  for (const one of items(json, "extensions"))
    expect(one).toEqual({
      alias: expect.stringMatching(/^[\w-]+$/),
      name: expect.stringMatching(/^\w+$/),
      description: expect.stringMatching(/\S/),
      links: [],
      namespace: "http://docs.openstack.org/compute/ext/fake_xml",
      updated: "2014-12-03T00:00:00Z",
    });
});

test("one, and one that is not there", async () => {
  const found = await cloud.nova(cloud.demo, "GET", "/extensions/os-keypairs");
  expect(at(found.json, "extension")).toMatchObject({ name: "Keypairs", description: "Keypair Support." });
  const missing = await cloud.nova(cloud.demo, "GET", "/extensions/nope");
  expect(fault(missing)).toEqual([404, "The resource could not be found."]);
});
