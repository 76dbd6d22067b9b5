/** Routes of routers: where they may lead, and what they keep; as a real Neutron (Zed) answered. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { at, type Reply } from "../simulator/rig.ts";
import { type Cloud, refusal, startCloud } from "./cloud.ts";

let cloud: Cloud;
let outside: string;
let subnet: string;
let router: string;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(async () => {
  await cloud.begin();
  outside = await cloud.idOf("demo", "networks", "public");
  const network_id = await cloud.makeId("demo", "network", { name: "n" });
  subnet = await cloud.makeId("demo", "subnet", { network_id, ip_version: 4, cidr: "10.77.0.0/24" });
  router = await cloud.makeId("demo", "router", { name: "r" });
});
afterAll(() => cloud.rig.simulator.close());

const put = (fields: object) => cloud.ask("demo", "PUT", `/routers/${router}`, { router: fields });
const join = (body: unknown) => cloud.ask("demo", "PUT", `/routers/${router}/add_router_interface`, body);
const leave = (body: unknown) => cloud.ask("demo", "PUT", `/routers/${router}/remove_router_interface`, body);
const routes = (...hops: string[]) => hops.map((nexthop, index) => ({ destination: `10.99.${index}.0/24`, nexthop }));

async function ok(asked: Promise<Reply>): Promise<unknown> {
  const reply = await asked;
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
}

test("a next hop is a neighbour, and keeps the interface it is reached by", async () => {
  const invalid = (hop: string, reason: string) => [
    400,
    "InvalidRoutes",
    `Invalid format for routes: [{'destination': '10.99.0.0/24', 'nexthop': '${hop}'}], the nexthop is ${reason}`,
  ];
  await ok(join({ subnet_id: subnet }));
  expect(refusal(await put({ routes: routes("10.88.0.9") }))).toEqual(
    invalid("10.88.0.9", "not connected with router"),
  );
  expect(refusal(await put({ routes: routes("10.77.0.1") }))).toEqual(invalid("10.77.0.1", "used by router"));
  expect(refusal(await put({ routes: routes(...Array<string>(31).fill("10.77.0.9")) }))).toEqual([
    400,
    "RoutesExhausted",
    `Unable to complete operation for ${router}. The number of routes exceeds the maximum 30.`,
  ]);
  expect(refusal(await put({ routes: [{ destination: "10.99.0.1/24", nexthop: "10.77.0.9" }] }))).toEqual([
    400,
    "HTTPBadRequest",
    "Invalid input for routes. Reason: '10.99.0.1/24' is not a recognized CIDR, '10.99.0.0/24' is recommended.",
  ]);
  await ok(put({ routes: routes("10.77.0.9") }));
  expect(refusal(await leave({ subnet_id: subnet }))).toEqual([
    409,
    "RouterInterfaceInUseByRoute",
    `Router interface for subnet ${subnet} on router ${router} cannot be deleted, as it is required by one or more routes.`,
  ]);
  const extra = async (verb: string, given: object) =>
    at(
      await ok(cloud.ask("demo", "PUT", `/routers/${router}/${verb}_extraroutes`, { router: given })),
      "router",
      "routes",
    );
  expect(await extra("add", { routes: routes("10.77.0.9", "10.77.0.8") })).toEqual(routes("10.77.0.9", "10.77.0.8"));
  expect(await extra("remove", { routes: routes("10.77.0.9") })).toEqual(routes("10.77.0.9", "10.77.0.8").slice(1));
  await ok(put({ routes: null }));
  expect(await extra("add", { routes: [] })).toHaveLength(1);
  await ok(put({ routes: [] }));
  await ok(leave({ subnet_id: subnet }));
});

test("a route through the gateway may come with it, and keeps it", async () => {
  const through = [{ destination: "10.99.0.0/24", nexthop: "203.0.113.1" }];
  expect((await put({ routes: through })).status).toBe(400);
  await ok(put({ routes: through, external_gateway_info: { network_id: outside } }));
  expect(refusal(await put({ external_gateway_info: null })).slice(0, 2)).toEqual([400, "InvalidRoutes"]);
  await ok(put({ routes: [], external_gateway_info: null }));
});
