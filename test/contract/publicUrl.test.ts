import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** A gateway behind a proxy that takes the TLS off and calls it by its own name. */

const HTTP = "https://cloud.example";
const OCCI = "https://occi.example:8443";

describe("a gateway with public addresses", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({}, ["--http-url", `${HTTP}/`, "--occi-url", OCCI]);
  });
  afterAll(() => gateway.close());

  test("keeps clients of the pass-through on them: versions, catalogue and links", async () => {
    const native = `${gateway.http}/openstack`;
    const versions = await (await fetch(`${native}/identity/`, { redirect: "manual" })).text();
    const { auth_url: _, region_name: __, ...said } = gateway.gateway.simulator?.credential ?? expect.unreachable();
    const user = { name: said.username, password: said.password, domain: { name: said.user_domain_name } };
    const scope = { project: { name: said.project_name, domain: { name: said.project_domain_name } } };
    const auth = { identity: { methods: ["password"], password: { user } }, scope };
    const signedIn = await fetch(`${native}/identity/v3/auth/tokens`, {
      method: "POST",
      body: JSON.stringify({ auth }),
    });
    const catalogue = await signedIn.text();
    const token = signedIn.headers.get("x-subject-token") ?? "";
    const flavors = await fetch(`${native}/compute/v2.1/flavors?limit=1`, { headers: { "x-auth-token": token } });
    for (const [service, text] of [
      ["identity", versions],
      ["compute", catalogue],
      ["compute", await flavors.text()],
    ] as const) {
      expect(text).toContain(`"${HTTP}/openstack/${service}/v`);
      expect(text).not.toContain("127.0.0.1");
    }
  });

  test("says them over OCCI, and knows them again, whatever Host it is called by", async () => {
    const scheme = "http://schemas.ogf.org/occi/infrastructure#";
    const headers = { "content-type": "text/plain", accept: "text/plain" };
    const storage = `Category: storage; scheme="${scheme}"; class="kind"\nX-OCCI-Attribute: occi.storage.size=1.0`;
    const made = await fetch(`${gateway.occi}/storage/`, { method: "POST", headers, body: storage });
    const location = made.headers.get("location") ?? "";
    expect(location).toMatch(new RegExp(`^${OCCI}/storage/[0-9a-f-]{36}$`));
    const list = await fetch(`${gateway.occi}/storage/`, { headers: { accept: "text/uri-list" } });
    expect((await list.text()).split("\r\n")).toContain(location);
    const mixin = 'Category: green; scheme="http://example.com/tags#"; class="mixin"; location="/tags/green/"';
    expect((await fetch(`${gateway.occi}/-/`, { method: "POST", headers, body: mixin })).status).toBe(200);
    const body = `X-OCCI-Location: ${location}`;
    expect((await fetch(`${gateway.occi}/tags/green/`, { method: "POST", headers, body })).status).toBe(200);
    const other = await fetch(`${gateway.occi}/tags/green/`, {
      method: "POST",
      headers,
      body: body.replace(OCCI, gateway.occi),
    });
    expect(other.status).toBe(404);
  });
});
