import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";

/** OpenStack's own API through the gateway, as a client sees it that knows no other address. */

interface Link {
  readonly rel: string;
  readonly href: string;
}

describe.each(BACKENDS)("the pass-through to $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("keeps a client on the gateway", () => {
    let backend: OpenBackend;
    let native: string;
    let token: string;
    let catalog: { type: string; endpoints: { interface: string; url: string }[] }[];

    const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(path.startsWith("http") ? path : native + path, {
        redirect: "manual",
        ...init,
        headers: { "x-auth-token": token, ...Object.fromEntries(new Headers(init.headers)) },
      });

    const endpoint = (type: string): string => {
      const url = catalog.find((one) => one.type === type)?.endpoints.find((one) => one.interface === "public")?.url;
      if (url === undefined) throw new Error(`no ${type}`);
      return url.replace(/\/$/, "");
    };

    beforeAll(async () => {
      backend = await open();
      native = `${backend.gateway.http}/openstack`;
      const { auth } = backend.configs.tenant;
      if (auth?.method !== "password") throw new Error("tests sign in by password");
      const user = { ...auth.user, password: auth.password.reveal() };
      const identity = { methods: ["password"], password: { user } };
      const response = await fetch(`${native}/identity/v3/auth/tokens`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ auth: { identity, scope: { project: auth.project } } }),
      });
      expect(response.status).toBe(201);
      token = response.headers.get("x-subject-token") ?? "";
      ({ catalog } = ((await response.json()) as { token: { catalog: typeof catalog } }).token);
    });

    afterAll(() => backend.close());

    test("no endpoint of the token's catalogue leads past it, nor does the catalogue itself, nor the token's look-up", async () => {
      const all = (list: typeof catalog): string[] => list.flatMap(({ endpoints }) => endpoints.map(({ url }) => url));
      expect(all(catalog).length).toBeGreaterThan(3);
      for (const url of all(catalog)) expect(url).toMatch(new RegExp(`^${native}/[a-z0-9-]+(?:/|$)`));
      const again = (await (await ask("/identity/v3/auth/catalog")).json()) as { catalog: typeof catalog };
      expect(all(again.catalog).sort()).toEqual(all(catalog).sort());
      const shown = await ask("/identity/v3/auth/tokens", { headers: { "x-subject-token": token } });
      const { token: seen } = (await shown.json()) as { token: { catalog: typeof catalog } };
      expect(all(seen.catalog).sort()).toEqual(all(catalog).sort());
    });

    test.each([
      "identity",
      "identity/",
      "identity/v3",
      "compute/",
      "compute/v2.1/",
      "image/",
      "image/versions",
      "network/",
    ])("the versions at %s link to it, without a token too", async (path) => {
      const response = await fetch(`${native}/${path}`, { redirect: "manual" });
      const links = [...JSON.stringify(await response.json()).matchAll(/\{[^{}]*"rel":"self"[^{}]*\}/g)].map(
        ([link]) => (JSON.parse(link) as Link).href,
      );
      expect([200, 300]).toContain(response.status);
      expect(links.length).toBeGreaterThan(0);
      for (const href of links) expect(href).toMatch(new RegExp(`^${native}/${path.split("/")[0]}/v[\\d.]+/$`));
      const location = response.headers.get("location");
      if (location !== null) expect(location.startsWith(`${native}/identity/v3`)).toBe(true);
    });

    test("the next page of a list is asked for here, up to the last", async () => {
      const names: string[] = [];
      let url: string | undefined = `${endpoint("compute")}/flavors?limit=2`;
      while (url !== undefined) {
        expect(url.startsWith(`${native}/compute/`)).toBe(true);
        const page = (await (await ask(url)).json()) as {
          flavors: { name: string; links: Link[] }[];
          flavors_links?: Link[];
        };
        for (const { links } of page.flavors) for (const { href } of links) expect(href.startsWith(native)).toBe(true);
        names.push(...page.flavors.map(({ name }) => name));
        url = page.flavors_links?.find(({ rel }) => rel === "next")?.href;
      }
      const { body } = await backend.tenant.call("compute", "GET", "/flavors");
      expect(names).toEqual((body.flavors as { name: string }[]).map(({ name }) => name));
    });

    test("a server is made, found where Location says by its tenant alone, and deleted", async () => {
      const { imageId, flavourId, networkId } = backend;
      const server = { name: "passed", imageRef: imageId, flavorRef: flavourId, networks: [{ uuid: networkId }] };
      const made = await ask(`${endpoint("compute")}/servers`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ server }),
      });
      const location = made.headers.get("location") ?? "";
      expect([made.status, location.startsWith(`${endpoint("compute")}/servers/`)]).toEqual([202, true]);
      try {
        expect((await ask(location)).status).toBe(200);
        const stranger = await ask(location, { headers: { "x-auth-token": backend.stranger.token } });
        const direct = await backend.stranger.call("compute", "GET", `/servers/${location.split("/").at(-1)}`);
        expect([403, 404]).toContain(stranger.status);
        expect([stranger.status, await stranger.json()]).toEqual([direct.status, direct.body]);
      } finally {
        expect((await ask(location, { method: "DELETE" })).status).toBe(204);
      }
    });

    test("refusals are the cloud's own, and say where to sign in here", async () => {
      const refused = await fetch(`${endpoint("compute")}/servers`, { headers: { "x-auth-token": "nonsense" } });
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toContain(`Keystone uri="${native}/identity`);
      expect(await refused.json()).toHaveProperty("error.code", 401);
      const anonymous = await fetch(`${endpoint("compute")}/servers`);
      expect(anonymous.status).toBe(401);
      const missing = await ask(`${endpoint("compute")}/servers/nothing`);
      expect([missing.status, await missing.json()]).toMatchObject([404, { itemNotFound: { code: 404 } }]);
    });
  });
});
