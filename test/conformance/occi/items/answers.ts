import { describe, expect, test } from "vitest";
import {
  accept,
  attribute,
  COMPUTE,
  CORE,
  codeOf,
  I,
  JSON_TYPE,
  kind,
  linesOf,
  location,
  type Stage,
  shownIn,
} from "../stage.ts";

/** Items 88–97. */
export function answers(stage: Stage): void {
  const nobody = ["X-Auth-Token", "nobody's"] as const;

  describe("sign-in and errors", () => {
    test("88 401 names Keystone, with nothing behind it, and Basic on a line of its own (rOCCI-api, grycap/im)", async () => {
      for (const line of ["GET /-/", "POST /compute/", "DELETE /storage/x", "GET /no/such/path/"]) {
        const reply = await stage.send(line, [nobody]);
        expect(reply.status, line).toBe(401);
        const at = reply.rawHeaders.flatMap((name, place) => (name === "WWW-Authenticate" ? [place + 1] : []));
        const lines = at.map((place) => reply.rawHeaders[place]);
        expect(lines[0]).toMatch(/^(?:Keystone|snf-auth) uri='(https?:\/\/[^']+)'$/);
        expect(lines[1]).toBe('Basic realm="OCCI"');
      }
    });

    test("89 the address is the root, where versions are told (grycap/im 444, 777, 824)", async () => {
      const { headers } = await stage.send("GET /-/", [nobody]);
      const uri = /uri='([^']+)'/.exec(String(headers["www-authenticate"]))?.[1] ?? "";
      expect(uri).not.toMatch(/\/v\d/);
      const reply = await fetch(uri, { redirect: "manual" });
      expect([200, 300]).toContain(reply.status);
      const { versions } = (await reply.json()) as {
        versions: { values: { links: { rel: string; href: string }[] }[] };
      };
      expect(
        versions.values.some(({ links }) => links.some(({ rel, href }) => rel === "self" && href.includes("/v3"))),
      ).toBe(true);
    });

    test("90 a token is good on every path, and a name and password are, too ([H]12)", async () => {
      for (const path of ["/-/", "/compute/", "/", "/link/", "/os_tpl/", await stage.compute()]) {
        expect((await stage.send(`GET ${path}`)).status, path).toBe(200);
      }
      const { auth } = stage.backend.configs.tenant;
      if (auth?.method !== "password" || !("name" in auth.user)) throw new Error("tests sign in by name and password");
      const basic = Buffer.from(`${auth.user.name}:${auth.password.reveal()}`).toString("base64");
      const reply = await fetch(`${stage.base}/compute/`, { headers: { authorization: `Basic ${basic}` } });
      expect(reply.status).toBe(200);
    });

    test("91 statuses: 404 for others' things, 413 for too much, 501 for what is not offered ([h]3.6.8)", async () => {
      expect((await stage.stranger(`GET ${await stage.compute()}`)).status).toBe(404);
      const big = `${COMPUTE}\n${attribute("occi.core.title", `"${"x".repeat(9 * 1024 * 1024)}"`)}`;
      expect((await stage.text("POST /compute/", big)).status).toBe(413);
      const link = [attribute("occi.core.source", '"/compute/a"'), attribute("occi.core.target", '"/x"')];
      expect((await stage.text("POST /storagelink/", kind("storagelink"), ...link)).status).toBe(400);
    });

    test("92 errors come in the rendering asked for, with a request id always ([H]5.4)", async () => {
      const json = await stage.send("GET /compute/nobody", accept(JSON_TYPE));
      expect(JSON.parse(json.body)).toMatchObject({ code: "not-found", message: expect.any(String), status: 404 });
      expect(JSON.parse(json.body).requestId).toBe(json.headers["x-request-id"]);
      const plain = await stage.send("GET /compute/nobody");
      expect(codeOf(plain)).toBe("not-found");
      const occi = await stage.send("GET /compute/nobody", accept("text/occi"));
      expect(occi.headers["x-occi-error"]).toMatch(/^not-found: /);
      const list = await stage.send("GET /compute/nobody", accept("text/uri-list"));
      expect([list.status, list.headers["content-type"]]).toEqual([404, "text/plain"]);
      for (const { headers, body } of [json, plain, occi, list]) {
        expect(headers["x-request-id"]).toMatch(/^req-/);
        expect(body).not.toMatch(/\bat .*\.ts:\d+/);
      }
    });
  });

  describe("the core model", () => {
    test("93 every kind's parents end at entity; children have what parents have ([C]5)", async () => {
      const { kinds } = JSON.parse((await stage.send("GET /-/", accept(JSON_TYPE))).body);
      const byId = new Map<string, { parent?: string }>(
        kinds.map((one: { scheme: string; term: string }) => [one.scheme + one.term, one]),
      );
      for (const [identity, one] of byId) {
        let [at, parent] = [identity, one.parent];
        while (parent !== undefined) [at, parent] = [parent, byId.get(parent)?.parent];
        expect(at, identity).toBe(`${CORE}entity`);
      }
      const reply = await stage.send(`GET ${await stage.compute()}`);
      expect(shownIn(reply, "occi.core.title")).toBe('"web"');
      const all = linesOf(await stage.send("GET /resource/"));
      expect(all).toContain(location(stage.base + (await stage.compute())));
      expect(all.some((line) => line.includes("/networkinterface/"))).toBe(false);
    });

    test("94 an attribute of a mixin that is not there is unknown ([C]5.3)", async () => {
      const reply = await stage.text(
        "POST /network/",
        kind("network"),
        attribute("occi.network.address", '"10.9.0.0/24"'),
      );
      expect([reply.status, codeOf(reply)]).toEqual([400, "unknown-attribute"]);
      expect(reply.body).toContain("ipnetwork");
    });

    test("95 what a mixin depends on comes with it; where it applies is enforced; without either it is a tag ([C]5.2.3)", async () => {
      const scheme = "http://example.com/occi/dep#";
      const mixin = (term: string, rel: string) => ({ term, scheme, location: `/dep/${term}/`, depends: [rel] });
      const list = [
        mixin("top", `${scheme}base`),
        { term: "base", scheme, location: "/dep/base/" },
        mixin("net", `${I}/network#ipnetwork`),
        { term: "volumes", scheme, location: "/dep/volumes/", applies: [`${I}#storage`] },
      ];
      expect((await stage.json("POST /-/", { mixins: list })).status).toBe(200);
      const [compute, volume] = [await stage.compute(), await stage.newVolume("depends")];
      expect((await stage.text("POST /dep/top/", location(volume))).status).toBe(200);
      expect(linesOf(await stage.send("GET /dep/base/"))).toEqual([location(stage.base + volume)]);
      expect((await stage.text("POST /dep/net/", location(compute))).status).toBe(403);
      expect((await stage.text("POST /dep/volumes/", location(volume), location(compute))).status).toBe(403);
      expect((await stage.send("GET /dep/volumes/")).body).toBe("");
      expect((await stage.text("POST /dep/volumes/", location(volume))).status).toBe(200);
      const names = list.map(({ term }) => `Category: ${term}; scheme="${scheme}"`);
      expect((await stage.text("DELETE /-/", ...names)).status).toBe(200);
    });

    test("96 attributes are the provider's: a user's mixin carries none ([C]5.5.1)", async () => {
      const line =
        'Category: x; scheme="http://example.com/occi/x#"; class="mixin"; location="/x/"; attributes="occi.x"';
      expect((await stage.text("POST /-/", line)).status).toBe(400);
    });

    test("97 one, some, all: navigation ([C]5.3.8)", async () => {
      const path = await stage.compute();
      const one = await stage.send(`GET ${path}`);
      const some = await stage.send("GET /compute/", [["X-OCCI-Attribute", "occi.compute.cores=1"]]);
      const all = await stage.send("GET /", accept(JSON_TYPE));
      expect(one.status).toBe(200);
      expect(linesOf(some)).toContain(location(stage.base + path));
      const { resources, links } = JSON.parse(all.body);
      const ids = [...resources, ...links].map(({ id }: { id: string }) => id);
      expect(ids).toContain(`urn:uuid:${path.split("/").at(-1)}`);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });
}
