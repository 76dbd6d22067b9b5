/** Two tenants never see each other's private things, and a reader changes nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items, type Rig, startRig } from "./rig.ts";

let rig: Rig;
let demo: string;
let other: string;
let reader: string;
let admin: string;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  demo = await rig.login("demo");
  other = await rig.login("other");
  reader = await rig.login("demo-reader");
  admin = await rig.login("admin");
});
afterAll(() => rig.simulator.close());

const json = { accept: "application/json" };
const patch = { ...json, "content-type": "application/openstack-images-v2.1-json-patch" };

async function image(token: string, visibility: string): Promise<string> {
  const body = { name: "secret", visibility, disk_format: "raw", container_format: "bare" };
  const made = await rig.ask(token, "/image/v2/images", { method: "POST", body });
  expect(made.status).toBe(201);
  return String(at(made.json, "id"));
}

async function listed(token: string, query = ""): Promise<unknown[]> {
  const { json: body } = await rig.ask(token, `/image/v2/images${query}`);
  return items(body, "images").map((one) => at(one, "name"));
}

describe.each(["private", "shared"])("a %s image of another project", (visibility) => {
  test.each([
    ["GET", "", {}],
    ["GET", "/file", {}],
    ["GET", "/members", {}],
    ["DELETE", "", {}],
    ["PATCH", "", { headers: patch, body: [{ op: "replace", path: "/name", value: "x" }] }],
    ["PUT", "/file", { headers: { "content-type": "application/octet-stream" }, body: "x" }],
    ["PUT", "/tags/x", {}],
    ["POST", "/members", { body: { member: "x" } }],
  ])("is not there for %s %s", async (method, path, options) => {
    const id = await image(demo, visibility);
    const { status } = await rig.ask(other, `/image/v2/images/${id}${path}`, { method, ...options });
    expect(status).toBe(404);
    expect((await rig.ask(demo, `/image/v2/images/${id}`)).status).toBe(200);
  });

  test("is in no list, whatever is asked for", async () => {
    await image(demo, visibility);
    for (const query of ["", "?name=secret", "?visibility=all", `?visibility=${visibility}`, "?member_status=all"])
      expect(await listed(other, query)).not.toContain("secret");
    expect(await listed(demo)).toContain("secret");
    expect(await listed(admin)).toContain("secret");
  });

  test("cannot even be a marker", async () => {
    const id = await image(demo, visibility);
    expect((await rig.ask(other, `/image/v2/images?marker=${id}`)).status).toBe(400);
  });
});

test("a community image is shown to others but listed only on request", async () => {
  const id = await image(demo, "community");
  expect((await rig.ask(other, `/image/v2/images/${id}`)).status).toBe(200);
  expect(await listed(other)).not.toContain("secret");
  expect(await listed(other, "?visibility=community")).toContain("secret");
});

test("a reader reads and changes nothing", async () => {
  const id = await image(demo, "private");
  expect((await rig.ask(reader, `/image/v2/images/${id}`)).status).toBe(200);
  expect((await rig.ask(reader, "/compute/v2.1/flavors/detail")).status).toBe(200);
  const made = await rig.ask(reader, "/image/v2/images", { method: "POST", body: { name: "x" } });
  const gone = await rig.ask(reader, `/image/v2/images/${id}`, { method: "DELETE" });
  expect([made.status, gone.status]).toEqual([403, 403]);
});

test("a project in the path must be that of the token", async () => {
  const own = await rig.ask(demo, "/identity/v3/auth/projects");
  const project = String(at(own.json, "projects", 0, "id"));
  expect((await rig.ask(demo, `/compute/v2.1/${project}/flavors`)).status).toBe(200);
  expect((await rig.ask(other, `/compute/v2.1/${project}/flavors`)).status).toBe(400);
});

test("an application credential has no more than its roles", async () => {
  const own = await rig.ask(demo, "/identity/v3/auth/tokens", { headers: { "x-subject-token": demo } });
  const path = `/identity/v3/users/${String(at(own.json, "token", "user", "id"))}/application_credentials`;
  const body = { application_credential: { name: "r", roles: [{ name: "reader" }] } };
  const made = await rig.ask(demo, path, { method: "POST", body });
  const given = {
    id: at(made.json, "application_credential", "id"),
    secret: at(made.json, "application_credential", "secret"),
  };
  const auth = { identity: { methods: ["application_credential"], application_credential: given } };
  const login = await rig.ask("", "/identity/v3/auth/tokens", { method: "POST", body: { auth } });
  const token = login.headers.get("x-subject-token") ?? "";
  expect((await rig.ask(token, "/image/v2/images")).status).toBe(200);
  expect((await rig.ask(token, "/image/v2/images", { method: "POST", body: { name: "x" } })).status).toBe(403);
});
