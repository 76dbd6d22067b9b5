import { afterAll, beforeAll, expect, test } from "vitest";
import { at, items, type Rig, startRig } from "./rig.ts";

let rig: Rig;
let demo: string;
let other: string;
beforeAll(async () => {
  rig = await startRig();
  demo = await rig.login("demo");
  other = await rig.login("other");
});
afterAll(() => rig.simulator.close());

const networks = "/network/v2.0/networks";
const names = async (token: string, path = networks) =>
  items((await rig.ask(token, path)).json, "networks").map((one) => at(one, "name"));
const post = (token: string, name: string) => rig.ask(token, networks, { method: "POST", body: { network: { name } } });

test("asked again, a list is the same to the byte, headers but for the request id included", async () => {
  const answers = [];
  for (let index = 0; index < 4; index++) answers.push(await rig.ask(demo, "/compute/v2.1/servers/detail"));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const headers = answers.map((answer) =>
    [...answer.headers].filter(([name]) => !/request-id$|^date$/.test(name)).map(String),
  );
  for (const one of headers) expect(one).toEqual(headers[0]);
  expect(new Set(answers.map((answer) => answer.headers.get("x-openstack-request-id"))).size).toBe(4);
});

test("after any change, the next answer has it", async () => {
  for (let index = 0; index < 6; index++) {
    for (let again = 0; again < 3; again++) expect(await names(demo)).not.toContain(`new-${index}`);
    await post(demo, `new-${index}`);
    expect(await names(demo)).toContain(`new-${index}`);
  }
  const before = rig.simulator.snapshot();
  await post(demo, "later");
  for (let again = 0; again < 3; again++) expect(await names(demo)).toContain("later");
  rig.simulator.restore(before);
  expect(await names(demo)).not.toContain("later");
});

test("callers, queries, versions and hosts do not get each other's", async () => {
  for (let again = 0; again < 3; again++) {
    await names(demo);
    expect(await names(other)).not.toContain("new-0");
    expect(await names(demo, `${networks}?name=new-1`)).toEqual(["new-1"]);
    const flavor = async (version: string) => {
      const headers = { "openstack-api-version": `compute ${version}` };
      return at(
        items((await rig.ask(demo, "/compute/v2.1/flavors/detail", { headers })).json, "flavors")[0],
        "extra_specs",
      );
    };
    expect([await flavor("2.60"), await flavor("2.61")]).toEqual([undefined, {}]);
    const links = async (url: string) => {
      const answer = await rig.simulator.fetch(`${url}/compute/v2.1/flavors`, { headers: { "x-auth-token": demo } });
      return JSON.stringify(await answer.json());
    };
    expect(await links("http://one.example")).toContain("http://one.example/compute");
    expect(await links("http://two.example")).not.toContain("one.example");
  }
});

test("what time does to the world is seen, too", async () => {
  const slow = await startRig({ transitions: { fixed: 1000 } });
  const token = await slow.login("demo");
  const image = items((await slow.ask(token, "/image/v2/images?name=cirros")).json, "images")[0];
  const server = { name: "s", flavorRef: "1", imageRef: at(image, "id"), networks: "none" };
  const headers = { "openstack-api-version": "compute 2.90" };
  await slow.ask(token, "/compute/v2.1/servers", { method: "POST", body: { server }, headers });
  const status = async () =>
    at(items((await slow.ask(token, "/compute/v2.1/servers/detail")).json, "servers")[0], "status");
  for (let again = 0; again < 3; again++) expect(await status()).toBe("BUILD");
  slow.clock.advance(60_000);
  expect(await status()).toBe("ACTIVE");
  await slow.simulator.close();
});
