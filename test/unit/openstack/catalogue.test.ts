import { afterEach, beforeEach, expect, test } from "vitest";
import { connectClouds } from "../../../src/backends/openstack/index.ts";
import { Secret, silentLog } from "../../../src/cloud/index.ts";
import { FakeCloud, TestClock } from "./fake-cloud.ts";

let fake: FakeCloud;

beforeEach(async () => {
  fake = await FakeCloud.start();
});

afterEach(() => fake.stop());

function connect(auth: boolean) {
  const user = { name: "user", domain: { id: "default" } };
  const config = {
    name: "fake",
    authUrl: `${fake.url}/identity`,
    auth: auth
      ? ({ method: "password", user, password: new Secret("swordfish"), project: undefined } as const)
      : undefined,
    region: "one",
    regions: [],
    interface: "public",
    overrides: {},
    tls: { verify: true },
  } as const;
  const ids = { uuid: () => "00000000-0000-4000-8000-000000000000" };
  return connectClouds({ configs: { fake: config }, defaultName: "fake", clock: new TestClock(), ids, log: silentLog });
}

const call = {
  requestId: "req-00000000-0000-4000-8000-000000000001",
  signal: new AbortController().signal,
  log: silentLog,
};

test("the catalogue is what Keystone shows the gateway's own credential, in one sign-in for many askers", async () => {
  const clouds = connect(true);
  const credentials = { kind: "configured" } as const;
  const [first, second] = await Promise.all([
    clouds.catalogue({ ...call, credentials }),
    clouds.catalogue({ ...call, credentials }),
  ]);
  expect(first.find(({ type }) => type === "compute")?.endpoints[0]).toEqual({
    interface: "public",
    region: "one",
    url: expect.stringContaining(fake.url),
  });
  expect(second).toEqual(first);
  expect(fake.of("POST", "/identity/v3/auth/tokens")).toHaveLength(1);
  await clouds.close();
});

test("without one there is none, but a caller's token shows his", async () => {
  const clouds = connect(false);
  await expect(clouds.catalogue({ ...call, credentials: { kind: "configured" } })).rejects.toMatchObject({
    reason: "UNAUTHENTICATED",
  });
  const issued = connect(true);
  await issued.catalogue({ ...call, credentials: { kind: "configured" } });
  const token = new Secret(`token-${fake.tokens}`);
  expect(await clouds.catalogue({ ...call, credentials: { kind: "token", token } })).not.toEqual([]);
  await Promise.all([clouds.close(), issued.close()]);
});
