import { describe, expect, test } from "vitest";
import { accept, attribute, CORE, codeOf, I, JSON_TYPE, kind, linesOf, location, RES, type Stage } from "../stage.ts";

const TAGS = "http://example.com/occi/tags#";
const WELL_KNOWN = "/.well-known/org/ogf/occi/-/";

/** Items 41–50. */
export function discovery(stage: Stage): void {
  const tag = (term: string, more = `; location="/tags/${term}/"`) =>
    `Category: ${term}; scheme="${TAGS}"; class="mixin"${more}`;
  const forget = (...terms: readonly string[]) =>
    stage.text("DELETE /-/", ...terms.map((term) => `Category: ${term}; scheme="${TAGS}"`));

  describe("the query interface", () => {
    test("41 shows all kinds, mixins and actions with attributes and actions ([H]9.1)", async () => {
      const { status, body } = await stage.send("GET /-/");
      expect(status).toBe(200);
      for (const term of ["entity", "compute", "network", "storage", "networkinterface", "storagelink", "os_tpl"]) {
        expect(body).toContain(`Category: ${term}; `);
      }
      expect(body).toContain(`actions="${I}/compute/action#start`);
      expect(body).toContain(`scheme="${RES}"`);
    });

    test("42 is at the well-known place, too, with the same words ([h]3.6.7)", async () => {
      for (const type of ["text/plain", JSON_TYPE]) {
        const [one, two] = [
          await stage.send("GET /-/", accept(type)),
          await stage.send(`GET ${WELL_KNOWN}`, accept(type)),
        ];
        expect(two.body).toBe(one.body);
      }
      expect((await stage.text(`POST ${WELL_KNOWN}`, tag("far"))).status).toBe(200);
      expect((await stage.send("GET /-/")).body).toContain("Category: far;");
      expect((await stage.text(`DELETE ${WELL_KNOWN}`, tag("far"))).status).toBe(200);
      expect((await stage.send("GET /-/")).body).not.toContain("Category: far;");
    });

    test("43 HEAD says whether one is let in (grycap/im begins with it)", async () => {
      expect((await stage.send("HEAD /-/")).status).toBe(200);
      const reply = await stage.send("HEAD /-/", [["X-Auth-Token", "nobody's"]]);
      expect([reply.status, reply.headers["www-authenticate"]]).toEqual([
        401,
        expect.stringMatching(/^Keystone uri='/),
      ]);
    });

    test("44 a filter shows exactly what it names, and on demand what belongs to it ([h]3.4.1, [H]9.1)", async () => {
      const compute = [["Category", `compute; scheme="${I}#"`]] as const;
      expect(linesOf(await stage.send("GET /-/", compute)).length).toBe(1);
      const related = linesOf(await stage.send("GET /-/?related=true", compute));
      expect(related.some((line) => line.startsWith("Category: start;"))).toBe(true);
      expect(related.some((line) => line.startsWith("Category: network;"))).toBe(false);
      const two = [...compute, ["Category", `network; scheme="${I}#"`]] as const;
      expect(linesOf(await stage.send("GET /-/", two)).length).toBe(2);
      const unknown = await stage.send("GET /-/", [["Category", `x; scheme="${TAGS}"`]]);
      expect([unknown.status, codeOf(unknown)]).toEqual([404, "unknown-category"]);
    });

    test("45 locations are relative, unique, end in a slash, and answer ([h]3.5.1; practice)", async () => {
      const lines = linesOf(await stage.send("GET /-/"));
      const locations = lines.flatMap((line) => /location="([^"]+)"/.exec(line)?.[1] ?? []);
      expect(new Set(locations).size).toBe(locations.length);
      for (const path of locations) expect(path).toMatch(/^\/(?:[\w.~-]+\/)+$/);
      for (const path of ["/compute/", "/resource/", "/link/", "/os_tpl/", "/mixin/ipnetwork/"]) {
        expect(locations).toContain(path);
        expect((await stage.send(`GET ${path}`)).status, path).toBe(200);
      }
    });

    test("46 POST adds mixins, in every rendering, with a rel that nobody registered ([h]3.4.1)", async () => {
      expect((await stage.text("POST /-/", tag("green", `; title="Green"; location="/tags/green/"`))).status).toBe(200);
      const foreign = `; rel="http://example.com/occi/else#mixin"; location="/tags/blue/"`;
      expect((await stage.occi("POST /-/", tag("blue", foreign))).status).toBe(200);
      const bare = { term: "red", scheme: TAGS, location: "/tags/red/" };
      expect((await stage.json("POST /-/", bare)).status).toBe(200);
      const list = {
        mixins: [{ ...bare, term: "grey", location: `${stage.base}/tags/grey/`, applies: [`${I}#storage`] }],
      };
      expect((await stage.json("POST /-/", list)).status).toBe(200);
      const { body } = await stage.send("GET /-/");
      expect(body).toContain(
        `Category: green; scheme="${TAGS}"; class="mixin"; title="Green"; location="/tags/green/"`,
      );
      expect(body).toContain(`rel="http://example.com/occi/else#mixin"`);
      for (const term of ["green", "blue", "red", "grey"]) {
        const reply = await stage.send(`GET /tags/${term}/`);
        expect([reply.status, reply.body]).toEqual([200, ""]);
      }
      expect((await forget("green", "blue", "red", "grey")).status).toBe(200);
    });

    test("47 no attributes or actions, mixins only, names and places that are free; again the same is fine ([h]3.4.1)", async () => {
      const at = `; location="/tags/one/"`;
      for (const more of [`${at}; attributes="a.b"`, `${at}; actions="${TAGS}x"`, "", `; location="/tags/one"`]) {
        expect((await stage.text("POST /-/", tag("one", more))).status, more).toBe(400);
      }
      expect((await stage.text("POST /-/", tag("one").replace('"mixin"', '"kind"'))).status).toBe(400);
      const taken = [
        tag("one", `; location="/compute/"`),
        tag("one", `; location="/compute/x/"`),
        tag("one", `; location="/-/x/"`),
      ];
      const provided = `Category: os_tpl; scheme="${I}#"; class="mixin"; location="/tags/one/"`;
      for (const line of [
        ...taken,
        provided,
        `Category: mine; scheme="${RES}"; class="mixin"; location="/tags/one/"`,
      ]) {
        expect((await stage.text("POST /-/", line)).status, line).toBe(403);
      }
      for (const times of [1, 2]) expect((await stage.text("POST /-/", tag("one"))).status, String(times)).toBe(200);
      expect((await stage.text("POST /-/", tag("one", `; location="/tags/two/"`))).status).toBe(409);
      expect((await stage.text("POST /-/", tag("two", `; location="/tags/one/"`))).status).toBe(409);
      expect((await stage.text("POST /-/", tag("two"), tag("three", at))).status).toBe(409);
      expect((await stage.send("GET /-/")).body).not.toContain("Category: two;");
      await forget("one");
    });

    test("48 OCCI's own schemes are 403 ([C]5.5.1)", async () => {
      for (const scheme of ["http://schemas.ogf.org/occi/mine#", CORE, `${I}#`]) {
        const line = `Category: mine; scheme="${scheme}"; class="mixin"; location="/tags/mine/"`;
        expect((await stage.text("POST /-/", line)).status, scheme).toBe(403);
      }
    });

    test("49 DELETE removes a mixin and that anything belonged to it; the provider's stay ([h]3.4.1)", async () => {
      const path = await stage.compute();
      await stage.text("POST /-/", tag("short"));
      expect((await stage.text("POST /tags/short/", location(path))).status).toBe(200);
      expect((await stage.send(`GET ${path}`)).body).toContain("Category: short;");
      expect((await stage.occi("DELETE /-/", `Category: short; scheme="${TAGS}"`)).status).toBe(200);
      expect((await stage.send(`GET ${path}`)).body).not.toContain("short");
      expect((await stage.send("GET /tags/short/")).status).toBe(404);
      await stage.text("POST /-/", tag("short"));
      expect((await stage.send("GET /tags/short/")).body).toBe("");
      expect((await stage.text("DELETE /-/", tag("short", `; location="/tags/else/"`))).status).toBe(400);
      await forget("short");
      expect((await forget("short")).status).toBe(404);
      for (const line of [kind("compute"), `Category: os_tpl; scheme="${I}#"`, `Category: entity; scheme="${CORE}"`]) {
        expect((await stage.text("DELETE /-/", line)).status, line).toBe(403);
      }
    });

    test("50 no PUT; what a project defines is its own (§2, snf-occi's leak)", async () => {
      const put = await stage.text("PUT /-/", tag("x"));
      expect([put.status, put.headers.allow]).toEqual([405, "GET, HEAD, POST, DELETE, OPTIONS"]);
      await stage.text("POST /-/", tag("secret"));
      const compute = await stage.compute();
      await stage.text("POST /tags/secret/", location(compute));
      const theirs = await stage.stranger("GET /-/");
      expect([theirs.status, theirs.body.includes("secret")]).toEqual([200, false]);
      expect((await stage.stranger("GET /tags/secret/")).status).toBe(404);
      const plain = [["Content-Type", "text/plain"]] as const;
      expect((await stage.stranger("DELETE /-/", plain, tag("secret"))).status).toBe(404);
      expect((await stage.stranger("POST /-/", plain, tag("secret"))).status).toBe(200);
      expect((await stage.stranger("POST /tags/secret/", plain, location(compute))).status).toBe(404);
      expect((await stage.stranger("DELETE /-/", plain, tag("secret"))).status).toBe(200);
      expect(linesOf(await stage.send("GET /tags/secret/"))).toEqual([location(stage.base + compute)]);
      await forget("secret");
    });

    test("an attribute is no filter of categories, and a link is none of anything (decision)", async () => {
      for (const header of [["X-OCCI-Attribute", "a.b=1"]] as const) {
        expect((await stage.send("GET /-/", [header])).status).toBe(400);
      }
      expect((await stage.send("GET /compute/", [["X-OCCI-Location", "/x"]])).status).toBe(400);
      expect((await stage.text("POST /-/", attribute("a.b", "1"))).status).toBe(400);
    });
  });
}
