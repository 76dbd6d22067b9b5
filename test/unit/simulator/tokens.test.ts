import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at, items, type Rig, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(() => rig.simulator.reset());
afterAll(() => rig.simulator.close());

const hour = 3_600_000;
const post = (body: unknown) => ({ method: "POST", body });
const auth = (identity: unknown, scope?: unknown) =>
  post({ auth: { identity, ...(scope === undefined ? {} : { scope }) } });
const password = (name: string, secret = "vimana") => ({
  methods: ["password"],
  password: { user: { name, domain: { id: "default" }, password: secret } },
});

describe("a token", () => {
  test("works until it expires by the clock, and not a moment longer", async () => {
    const token = await rig.login("demo");
    rig.clock.advance(hour - 1);
    expect((await rig.ask(token, "/compute/v2.1/flavors")).status).toBe(200);
    rig.clock.advance(1);
    const late = await rig.ask(token, "/compute/v2.1/flavors");
    expect(late.status).toBe(401);
    expect(late.headers.get("www-authenticate")).toBe(`Keystone uri="${rig.simulator.url}/identity"`);
  });

  test("ends when it is revoked", async () => {
    const token = await rig.login("demo");
    const gone = await rig.ask(token, "/identity/v3/auth/tokens", {
      method: "DELETE",
      headers: { "x-subject-token": token },
    });
    expect(gone.status).toBe(204);
    expect((await rig.ask(token, "/image/v2/images")).status).toBe(401);
  });

  test("made from a token inherits its expiry and names both in its audit chain", async () => {
    const token = await rig.login("demo");
    rig.clock.advance(hour / 2);
    const scoped = await rig.ask("", "/identity/v3/auth/tokens", auth({ methods: ["token"], token: { id: token } }));
    expect(at(scoped.json, "token", "expires_at")).toBe(
      new Date(rig.clock.now() + hour / 2).toISOString().replace("Z", "000Z"),
    );
    expect(items(at(scoped.json, "token"), "audit_ids")).toHaveLength(2);
    expect(items(at(scoped.json, "token"), "methods")).toEqual(["password", "token"]);
  });

  test("ends with a changed password, and only the new one signs in", async () => {
    const token = await rig.login("demo");
    const id = at(
      (await rig.ask(token, "/identity/v3/auth/tokens", { headers: { "x-subject-token": token } })).json,
      "token",
      "user",
      "id",
    );
    const body = { user: { original_password: "vimana", password: "another" } };
    expect((await rig.ask("", `/identity/v3/users/${String(id)}/password`, post(body))).status).toBe(204);
    expect((await rig.ask(token, "/compute/v2.1/flavors")).status).toBe(401);
    expect((await rig.ask("", "/identity/v3/auth/tokens", auth(password("demo")))).status).toBe(401);
    expect((await rig.ask("", "/identity/v3/auth/tokens", auth(password("demo", "another")))).status).toBe(201);
  });
});

describe("scopes", () => {
  test("the default project is taken without a scope; unscoped has neither project nor catalogue", async () => {
    const usual = await rig.ask("", "/identity/v3/auth/tokens", auth(password("demo")));
    expect(at(usual.json, "token", "project", "name")).toBe("demo");
    const unscoped = await rig.ask("", "/identity/v3/auth/tokens", auth(password("demo"), "unscoped"));
    expect(at(unscoped.json, "token", "project")).toBeUndefined();
    expect(at(unscoped.json, "token", "catalog")).toBeUndefined();
  });

  test.each([
    [{ project: { name: "other", domain: { id: "default" } } }, 401],
    [{ domain: { id: "default" } }, 401],
    [{ system: { all: true } }, 401],
    [{ project: { name: "demo" } }, 400],
    [{ project: { name: "demo", domain: { name: "Default" } } }, 201],
  ])("demo asks for %j and gets %i", async (scope, status) => {
    expect((await rig.ask("", "/identity/v3/auth/tokens", auth(password("demo"), scope))).status).toBe(status);
  });

  test("the administrator may have the system", async () => {
    const system = await rig.ask("", "/identity/v3/auth/tokens", auth(password("admin"), { system: { all: true } }));
    expect(at(system.json, "token", "system", "all")).toBe(true);
  });

  test("the catalogue leads back to the host the client used", async () => {
    const { port } = new URL(rig.simulator.url);
    const response = await fetch(`http://localhost:${port}/identity/v3/auth/tokens`, {
      method: "POST",
      body: JSON.stringify(auth(password("demo")).body),
    }).catch(() => undefined);
    // Where localhost is IPv6 only, there is nothing to see.
    if (response === undefined) return;
    const { token }: { readonly token: { readonly catalog: unknown } } = JSON.parse(await response.text());
    expect(JSON.stringify(token.catalog)).toContain(`http://localhost:${port}/compute/v2.1`);
    expect(JSON.stringify(token.catalog)).not.toContain("127.0.0.1");
  });
});

describe("application credentials", () => {
  async function make(body: object): Promise<{ token: string; user: string; credential: unknown }> {
    const token = await rig.login("demo");
    const own = await rig.ask(token, "/identity/v3/auth/tokens", { headers: { "x-subject-token": token } });
    const user = String(at(own.json, "token", "user", "id"));
    const made = await rig.ask(
      token,
      `/identity/v3/users/${user}/application_credentials`,
      post({ application_credential: body }),
    );
    expect(made.status).toBe(201);
    return { token, user, credential: at(made.json, "application_credential") };
  }

  const login = (given: unknown) =>
    rig.ask(
      "",
      "/identity/v3/auth/tokens",
      auth({ methods: ["application_credential"], application_credential: given }),
    );

  test("sign in by id or by name, into their project only, and show the secret once", async () => {
    const { token, user, credential } = await make({ name: "robot" });
    const [id, secret] = [at(credential, "id"), at(credential, "secret")];
    const first = await login({ id, secret });
    expect(at(first.json, "token", "project", "name")).toBe("demo");
    expect((await login({ name: "robot", user: { id: user }, secret })).status).toBe(201);
    expect((await login({ id, secret: "wrong" })).status).toBe(401);
    const listed = await rig.ask(token, `/identity/v3/users/${user}/application_credentials`);
    expect(items(listed.json, "application_credentials")).toHaveLength(1);
    expect(listed.text).not.toContain(String(secret));
  });

  test("take today's client's words for no restriction, and refuse what are no rules", async () => {
    // What openstacksdk 4.22 sends for `application credential create`.
    const plain = {
      description: null,
      unrestricted: false,
      roles: [],
      secret: null,
      access_rules: [],
      expires_at: null,
    };
    const { token, user, credential } = await make({ name: "modern", ...plain });
    expect(String(at(credential, "secret"))).not.toBe("");
    const rules: readonly unknown[] = [null, "x", [{ path: "servers" }], [{ verb: "GET" }], [{ id: "nobodys" }]];
    for (const access_rules of rules) {
      const body = { application_credential: { name: "ruled", access_rules } };
      const refused = await rig.ask(token, `/identity/v3/users/${user}/application_credentials`, post(body));
      expect([400, 404], refused.text).toContain(refused.status);
      expect(refused.text).toMatch(/access.rule/i);
    }
  });

  test("with access rules are good for what these allow, and no rule goes while it is used", async () => {
    const access_rules = [
      { service: "compute", method: "GET", path: "/v2.1/servers/**" },
      { service: "compute", method: "GET", path: "/v2.1/{what}" },
    ];
    const { token, user, credential } = await make({ name: "ruled", access_rules });
    const signedIn = await login({ id: at(credential, "id"), secret: at(credential, "secret") });
    const ruled = signedIn.headers.get("x-subject-token") ?? "";
    const ask = async (path: string, method = "GET") => (await rig.ask(ruled, path, { method })).status;
    expect(await ask("/compute/v2.1/servers")).toBe(200);
    expect(await ask("/compute/v2.1/servers/detail")).toBe(200);
    expect(await ask("/compute/v2.1/flavors/detail")).toBe(401);
    expect(await ask("/compute/v2.1/servers/some", "DELETE")).toBe(401);
    expect(await ask("/network/v2.0/networks")).toBe(401);
    const path = `/identity/v3/users/${user}/access_rules`;
    const listed = items((await rig.ask(token, path)).json, "access_rules").map((rule) => String(at(rule, "id")));
    expect(listed).toHaveLength(2);
    const remove = async (at: string) => (await rig.ask(token, at, { method: "DELETE" })).status;
    expect(await remove(`${path}/${listed[0]}`)).toBe(403);
    expect(await remove(`/identity/v3/users/${user}/application_credentials/${at(credential, "id")}`)).toBe(204);
    expect(await remove(`${path}/${listed[0]}`)).toBe(204);
  });

  test("may not make others unless unrestricted, lose their tokens when deleted, and expire", async () => {
    const { token, user, credential } = await make({
      name: "short",
      expires_at: new Date(rig.clock.now() + 1000).toISOString(),
    });
    const given = { id: at(credential, "id"), secret: at(credential, "secret") };
    const robot = (await login(given)).headers.get("x-subject-token") ?? "";
    const path = `/identity/v3/users/${user}/application_credentials`;
    expect((await rig.ask(robot, path, post({ application_credential: { name: "more" } }))).status).toBe(403);
    expect((await rig.ask(token, `${path}/${String(given.id)}`, { method: "DELETE" })).status).toBe(204);
    expect((await rig.ask(robot, path)).status).toBe(401);
    const other = await make({ name: "later", expires_at: new Date(rig.clock.now() + 1000).toISOString() });
    rig.clock.advance(1000);
    expect((await login({ id: at(other.credential, "id"), secret: at(other.credential, "secret") })).status).toBe(401);
  });
});
