import { afterAll, beforeAll, expect, test } from "vitest";
import { startSimulator } from "../../../src/simulator/index.ts";
import { at, items, type Rig, reply, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ identityV2: true });
});
afterAll(() => rig.simulator.close());

const v2 = (path: string, body?: unknown, token = "") =>
  rig.ask(token, `/identity/v2.0${path}`, body === undefined ? {} : { method: "POST", body });
const login = (auth: unknown) => v2("/tokens", { auth });
const passwordCredentials = { username: "demo", password: "vimana" };

test("the versions list it, and it describes itself", async () => {
  const { status, json } = await rig.ask("", "/identity/");
  expect(status).toBe(300);
  expect(items(at(json, "versions"), "values").map((one) => at(one, "id"))).toEqual(["v3.14", "v2.0"]);
  expect(at((await v2("/")).json, "version", "id")).toBe("v2.0");
});

test("an old client's way: password, tenants, a token for one of them, a server list", async () => {
  const first = await login({ passwordCredentials });
  expect(first.status).toBe(200);
  const unscoped = String(at(first.json, "access", "token", "id"));
  expect(at(first.json, "access", "token", "tenant")).toBeUndefined();
  expect(at(first.json, "access", "serviceCatalog")).toEqual([]);
  const tenants = await v2("/tenants", undefined, unscoped);
  const [tenant] = items(tenants.json, "tenants");
  expect(at(tenant, "name")).toBe("demo");
  const scoped = await login({ token: { id: unscoped }, tenantId: at(tenant, "id") });
  expect(at(scoped.json, "access", "token", "tenant")).toEqual(tenant);
  expect(items(at(scoped.json, "access", "user"), "roles").map((one) => at(one, "name"))).toContain("member");
  const catalogue = items(at(scoped.json, "access"), "serviceCatalog");
  const compute = catalogue.find((one) => at(one, "type") === "compute");
  expect(Object.keys(Object(at(compute, "endpoints", 0))).toSorted()).toEqual([
    "adminURL",
    "id",
    "internalURL",
    "publicURL",
    "region",
  ]);
  const url = new URL(String(at(compute, "endpoints", 0, "publicURL")));
  const list = await rig.ask(String(at(scoped.json, "access", "token", "id")), `${url.pathname}/servers`);
  expect(list.status).toBe(200);
});

test("by names at once, and seen by v3 as what it is", async () => {
  const { json } = await login({ passwordCredentials, tenantName: "demo" });
  const id = String(at(json, "access", "token", "id"));
  const shown = await rig.ask(id, "/identity/v3/auth/tokens", { headers: { "x-subject-token": id } });
  expect(at(shown.json, "token", "project", "name")).toBe("demo");
});

test.each([
  [{ passwordCredentials: { username: "demo", password: "wrong" } }, 401],
  [{ passwordCredentials: { username: "nobody", password: "vimana" } }, 401],
  [{ passwordCredentials, tenantName: "other" }, 401],
  [{ passwordCredentials, tenantId: "none" }, 401],
  [{ token: { id: "none" } }, 401],
  [{ passwordCredentials: { password: "vimana" } }, 400],
  [{}, 400],
])("refused: %j", async (auth, status) => {
  const answer = await login(auth);
  expect([answer.status, at(answer.json, "error", "code")]).toEqual([status, status]);
});

test("without the option there is none of it", async () => {
  const simulator = await startSimulator({ listen: false });
  const { json } = await reply(await simulator.fetch("/identity/"));
  expect(items(at(json, "versions"), "values")).toHaveLength(1);
  const body = JSON.stringify({ auth: { passwordCredentials } });
  expect((await simulator.fetch("/identity/v2.0/tokens", { method: "POST", body })).status).toBe(404);
  await simulator.close();
});
