import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudError, type Credentials, collect, type Log, Secret, silentLog } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened } from "./fake-cloud.ts";

const TOKENS = "/identity/v3/auth/tokens";
const FLAVORS = "/compute/v2.1/flavors/detail";

let fake: FakeCloud;
let opened: Opened;

beforeEach(async () => {
  fake = await FakeCloud.start();
  opened = connectFake(fake);
});

afterEach(async () => {
  await opened.clouds.close();
  await fake.stop();
});

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof CloudError ? error.reason : error),
  );

/** From now on only the newest token is taken. */
function refuseOldTokens(): void {
  fake.on("GET", FLAVORS, ({ headers }) =>
    headers["x-auth-token"] === `token-${fake.tokens}` ? undefined : { status: 401, body: "" },
  );
}

test("many calls at once sign in once", async () => {
  const clouds = await Promise.all(Array.from({ length: 20 }, () => opened.open()));
  expect(fake.of("POST", TOKENS)).toHaveLength(1);
  expect(clouds[0]?.tenant).toEqual({
    projectId: "p1",
    projectName: "project",
    userId: "u1",
    userName: "user",
    roles: ["member"],
  });
});

test("a caller who gives up does not spoil the sign-in of the others", async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  fake.on("POST", TOKENS, async () => {
    await held;
    return undefined;
  });
  const controller = new AbortController();
  const first = reasonOf(opened.open({ signal: controller.signal }));
  const second = opened.open();
  controller.abort();
  expect(await first).toBe("CANCELLED");
  release?.();
  expect((await second).name).toBe("fake");
  expect(fake.of("POST", TOKENS)).toHaveLength(1);
});

test("a token that is refused is renewed once, however many requests it fails", async () => {
  const cloud = await opened.open();
  fake.tokens += 1;
  refuseOldTokens();
  await Promise.all(Array.from({ length: 10 }, () => collect(cloud.flavours.list())));
  expect(fake.of("POST", TOKENS)).toHaveLength(2);
});

test("a request is tried with one renewed token, not with a third", async () => {
  fake.on("GET", FLAVORS, () => ({ status: 401, body: "" }));
  const cloud = await opened.open();
  expect(await reasonOf(collect(cloud.flavours.list()))).toBe("UNAUTHENTICATED");
  expect(fake.of("POST", TOKENS)).toHaveLength(2);
  expect(fake.of("GET", FLAVORS)).toHaveLength(2);
});

test("a token is renewed when 80 % of its life is over, also in the middle of a call", async () => {
  const cloud = await opened.open();
  opened.clock.time += 47 * 60_000;
  await collect(cloud.flavours.list());
  expect(fake.of("POST", TOKENS)).toHaveLength(1);
  opened.clock.time += 2 * 60_000;
  await collect(cloud.flavours.list());
  expect(fake.of("POST", TOKENS)).toHaveLength(2);
  expect(fake.of("GET", FLAVORS).map(({ headers }) => headers["x-auth-token"])).toEqual(["token-1", "token-2"]);
});

test("a caller's own token is validated, remembered for a minute, used as it is, and never renewed", async () => {
  const credentials: Credentials = { kind: "token", token: new Secret("callers-own") };
  const cloud = await opened.open({ credentials });
  await opened.open({ credentials });
  expect(fake.of("GET", TOKENS)).toHaveLength(1);
  expect(fake.of("GET", TOKENS)[0]?.headers).toMatchObject({
    "x-auth-token": "callers-own",
    "x-subject-token": "callers-own",
  });
  await collect(cloud.flavours.list());
  expect(fake.of("GET", FLAVORS)[0]?.headers["x-auth-token"]).toBe("callers-own");
  opened.clock.time += 61_000;
  await opened.open({ credentials });
  expect(fake.of("GET", TOKENS)).toHaveLength(2);
  fake.on("GET", FLAVORS, () => ({ status: 401, body: "" }));
  expect(await reasonOf(collect(cloud.flavours.list()))).toBe("UNAUTHENTICATED");
  expect(fake.of("GET", FLAVORS)).toHaveLength(2);
  expect(fake.of("POST", TOKENS)).toHaveLength(0);
  await opened.open({ credentials });
  expect(fake.of("GET", TOKENS)).toHaveLength(3);
});

test.each([401, 403, 404])("a token that Keystone answers with %i is UNAUTHENTICATED", async (status) => {
  fake.on("GET", TOKENS, () => ({ status, body: { error: { code: status, title: "t", message: "m" } } }));
  const credentials: Credentials = { kind: "token", token: new Secret("bad") };
  expect(await reasonOf(opened.open({ credentials }))).toBe("UNAUTHENTICATED");
});

test.each(["two words", "line\nbreak", "ünicode", ""])(
  "a token with %j is refused before anything is sent",
  async (text) => {
    const credentials: Credentials = { kind: "token", token: new Secret(text) };
    expect(await reasonOf(opened.open({ credentials }))).toBe("UNAUTHENTICATED");
    expect(fake.asked).toHaveLength(0);
  },
);

test("a token without a project is refused", async () => {
  fake.on("GET", TOKENS, () => ({ status: 200, body: fake.token({ project: undefined }) }));
  expect(await reasonOf(opened.open({ credentials: { kind: "token", token: new Secret("unscoped") } }))).toBe(
    "UNAUTHENTICATED",
  );
});

test("another secret is another sign-in, the same is the same", async () => {
  const basic = (password: string): Credentials => ({
    kind: "password",
    user: "me",
    domain: undefined,
    password: new Secret(password),
    project: "p",
  });
  await opened.open({ credentials: basic("one") });
  await opened.open({ credentials: basic("one") });
  await opened.open({ credentials: basic("two") });
  expect(fake.of("POST", TOKENS).map(({ body }) => JSON.parse(body).auth.identity.password.user)).toEqual([
    { name: "me", domain: { id: "default" }, password: "one" },
    { name: "me", domain: { id: "default" }, password: "two" },
  ]);
});

test("a user without a project of his own gets the configured cloud's", async () => {
  fake.on("POST", TOKENS, ({ body }) =>
    JSON.parse(body).auth.scope === undefined
      ? {
          status: 201,
          headers: { "x-subject-token": "unscoped" },
          body: fake.token({ project: undefined, catalog: undefined }),
        }
      : undefined,
  );
  const credentials: Credentials = {
    kind: "password",
    user: "me",
    domain: "corp",
    password: new Secret("s"),
    project: undefined,
  };
  expect((await opened.open({ credentials })).tenant.projectId).toBe("p1");
  const [, scoped] = fake.of("POST", TOKENS);
  expect(JSON.parse(scoped?.body ?? "").auth).toEqual({
    identity: { methods: ["password"], password: { user: { name: "me", domain: { name: "corp" }, password: "s" } } },
    scope: { project: { name: "project", domain: { id: "default" } } },
  });
});

test("an application credential is sent with its id and without a scope", async () => {
  await opened.open({ credentials: { kind: "application-credential", id: "abc", secret: new Secret("s") } });
  expect(JSON.parse(fake.of("POST", TOKENS)[0]?.body ?? "")).toEqual({
    auth: { identity: { methods: ["application_credential"], application_credential: { id: "abc", secret: "s" } } },
  });
});

test("an unknown application credential is UNAUTHENTICATED, and an address without Keystone is not", async () => {
  const credentials: Credentials = { kind: "application-credential", id: "gone", secret: new Secret("s") };
  let body: unknown = {
    error: { code: 404, message: "Could not find Application Credential: gone.", title: "Not Found" },
  };
  fake.on("POST", TOKENS, () => ({ status: 404, body }));
  expect(await reasonOf(opened.open({ credentials }))).toBe("UNAUTHENTICATED");
  body = "<!doctype html><h1>Not Found</h1>";
  expect(await reasonOf(opened.open({ credentials }))).toBe("UPSTREAM_FAILED");
});

test("no secret reaches a log", async () => {
  const lines: string[] = [];
  const write = (fields: unknown, message: string) => lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  const cloud = await opened.open({ log });
  fake.on("GET", FLAVORS, () => ({
    status: 400,
    body: { badRequest: { code: 400, message: "no", adminPass: "geheim" } },
  }));
  expect(await reasonOf(collect(cloud.flavours.list()))).toBe("INVALID_VALUE");
  expect(lines.some((line) => line.includes("tokens.issue"))).toBe(true);
  for (const secret of ["swordfish", "token-1", "geheim"]) expect(lines.join()).not.toContain(secret);
});

test("failed sign-ins are not remembered", async () => {
  let isDown = true;
  fake.on("POST", TOKENS, () => (isDown ? { status: 401, body: "" } : undefined));
  expect(await reasonOf(opened.open())).toBe("UNAUTHENTICATED");
  isDown = false;
  expect((await opened.open()).name).toBe("fake");
});

test("unknown clouds and regions are NOT_FOUND, and a region outside of the catalogue is one", async () => {
  const signal = new AbortController().signal;
  const log = silentLog;
  const request = { credentials: { kind: "configured" }, signal, requestId: "req-1", log } as const;
  expect(await reasonOf(opened.clouds.open({ ...request, cloud: "__proto__" }))).toBe("NOT_FOUND");
  expect(await reasonOf(opened.open({ region: "two" }))).toBe("NOT_FOUND");
  expect((await opened.open({ region: "one" })).region).toBe("one");
});

test("the cloud is checked without credentials", async () => {
  fake.on("GET", "/identity/v3", () => ({ status: 200, body: { version: {} } }));
  await opened.clouds.check("fake", new AbortController().signal);
  expect(fake.asked.map(({ headers }) => headers["x-auth-token"])).toEqual([undefined]);
  expect(opened.clouds.signInUrl()).toBe(`${fake.url}/identity`);
  await fake.stop();
  expect(await reasonOf(opened.clouds.check("fake", new AbortController().signal))).toBe("UNAVAILABLE");
});
