import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened } from "../openstack/fake-cloud.ts";

/** How the facts behind capabilities are gathered: few calls, remembered for a minute, and never a change. */

let fake: FakeCloud;
let opened: Opened;

beforeEach(async () => {
  fake = await FakeCloud.start();
  opened = connectFake(fake);
  fake.on("GET", "/compute/v2.1/limits", () => ({
    status: 200,
    body: { limits: { absolute: { maxTotalInstances: 10, maxTotalCores: 20, maxTotalRAMSize: 51200 } } },
  }));
  fake.on("GET", "/network/v2.0/quotas/p1", () => ({
    status: 200,
    body: { quota: { network: 100, subnet: 100, port: 500 } },
  }));
});

afterEach(async () => {
  await opened.clouds.close();
  await fake.stop();
});

const PATHS = ["/compute/v2.1/", "/compute/v2.1/limits", "/network/v2.0/extensions", "/network/v2.0/quotas/p1"];
const asked = () => fake.asked.filter(({ path }) => !path.includes("/auth/tokens"));

const compute = (max: string) => (): { status: number; body: unknown } => ({
  status: 200,
  body: { version: { id: "v2.1", status: "CURRENT", version: max, min_version: "2.1" } },
});

test("four reads, shared by everybody of the tenant, and remembered for a minute", async () => {
  const cloud = await opened.open();
  const many = await Promise.all([cloud.capabilities(), cloud.capabilities(), (await opened.open()).capabilities()]);
  expect(many[0]["server.create"]).toEqual({ support: "yes" });
  expect(
    asked()
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  ).toEqual(PATHS.map((path) => `GET ${path}`));
  opened.clock.time += 59_000;
  await (await opened.open()).capabilities();
  expect(asked()).toHaveLength(4);
  opened.clock.time += 2_000;
  await (await opened.open()).capabilities();
  // Versions and extensions are known for an hour; the quotas are asked again.
  expect(asked()).toHaveLength(6);
});

test("a microversion that is too low is told, and is what the call itself ends in", async () => {
  fake.on("GET", "/compute/v2.1/", compute("2.36"));
  const cloud = await opened.open();
  expect((await cloud.capabilities())["server.create"]).toMatchObject({ support: "no", reason: "VERSION" });
  const marker = { value: "m", since: new Date(0) };
  const draft = { name: "n", flavourId: "f", attachments: "none", marker } as const;
  await expect(cloud.servers.create(draft)).rejects.toMatchObject({ reason: "VERSION_UNSUPPORTED" });
});

test("the lowest microversion that is told to do is one that the call takes", async () => {
  fake.on("GET", "/compute/v2.1/", compute("2.37"));
  fake.on("POST", "/compute/v2.1/servers", () => ({ status: 202, body: { server: { id: "s1" } } }));
  const cloud = await opened.open();
  expect((await cloud.capabilities())["server.create"]).toEqual({ support: "yes" });
  const marker = { value: "m", since: new Date(0) };
  const draft = { name: "n", flavourId: "f", attachments: "none", marker } as const;
  expect(await cloud.servers.create(draft)).toEqual({ id: "s1" });
});

test("a catalogue without a service is told without a call to it", async () => {
  const endpoint = (path: string) => [{ interface: "public", region_id: "one", url: `${fake.url}${path}` }];
  const catalog = [{ type: "compute", endpoints: endpoint("/compute/v2.1") }];
  fake.on("POST", "/identity/v3/auth/tokens", () => ({
    status: 201,
    headers: { "x-subject-token": "t" },
    body: fake.token({ catalog }),
  }));
  const known = await (await opened.open()).capabilities();
  for (const feature of ["network.read", "volume.read", "image.read", "server.read"] as const) {
    expect(known[feature]).toMatchObject({ support: "no", reason: "MISSING_SERVICE" });
  }
  expect(known["flavour.read"]).toEqual({ support: "yes" });
  expect(asked().every(({ path }) => path.startsWith("/compute/"))).toBe(true);
});

test("quotas that are not shown hinder nobody; a service that is down leaves the others' verdicts, and is asked again", async () => {
  let isDown = true;
  fake.routes.unshift(({ path }) => (path === "/network/v2.0/quotas/p1" ? { status: 403, body: {} } : undefined));
  fake.routes.unshift(({ path }) =>
    isDown && path === "/network/v2.0/extensions" ? { status: 500, body: {} } : undefined,
  );
  const cloud = await opened.open();
  const known = await cloud.capabilities();
  expect(known["network.create"]).toEqual({ support: "yes" });
  expect(known["network.read.mtu"]).toMatchObject({ support: "depends" });
  expect(known["server.create"]).toEqual({ support: "yes" });
  isDown = false;
  expect((await cloud.capabilities())["network.read.mtu"]).toMatchObject({ support: "no", reason: "EXTENSION" });
});

test("another role of the same project is judged by itself", async () => {
  let role = "member";
  fake.on("GET", "/identity/v3/auth/tokens", () => ({
    status: 200,
    body: fake.token({ roles: [{ id: "r", name: role }], user: { id: role, name: role, domain: {} } }),
  }));
  const as = async (name: string) => {
    role = name;
    const cloud = await opened.open({ credentials: { kind: "token", token: new Secret(`token-of-${name}`) } });
    return (await cloud.capabilities())["server.create"].support;
  };
  expect([await as("member"), await as("reader"), await as("admin")]).toEqual(["yes", "no", "yes"]);
});
