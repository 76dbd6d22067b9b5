import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accept, action, I, JSON_TYPE, kind, linesOf, location, OS, RES, type Stage, term } from "../stage.ts";

const MINE = "http://example.com/occi/mine#";

/** Items 71–77. */
export function mixins(stage: Stage): void {
  const at = (path: string) => location(stage.base + path);
  const named = (name: string) => `Category: ${name}; scheme="${MINE}"; class="mixin"; location="/mine/${name}/"`;

  describe("mixin collections", () => {
    let [compute, volume, card] = ["", "", ""];
    beforeAll(async () => {
      expect((await stage.text("POST /-/", named("a"), named("b"))).status).toBe(200);
      compute = await stage.compute();
      volume = stage.keep(await stage.newVolume("in a mixin"));
      card = /self="(\/networkinterface\/[^"]+)"/.exec((await stage.send(`GET ${compute}`)).body)?.[1] ?? "";
    });
    afterAll(() => stage.text("DELETE /-/", named("a"), named("b")));

    test("71 GET lists members, resources and links ([H]11.1)", async () => {
      expect((await stage.text("POST /mine/a/", at(compute), at(card))).status).toBe(200);
      expect(linesOf(await stage.send("GET /mine/a/"))).toEqual([at(compute), at(card)]);
      const json = JSON.parse((await stage.send("GET /mine/a/", accept(JSON_TYPE))).body);
      expect([json.resources.length, json.links.length]).toEqual([1, 1]);
      expect(json.resources[0].mixins).toContain(`${MINE}a`);
      expect((await stage.send(`GET ${card}`)).body).toContain(`Category: a; scheme="${MINE}"`);
      expect((await stage.send("GET /mine/a/", accept("text/uri-list"))).body).toBe(
        `${stage.base}${compute}\r\n${stage.base}${card}\r\n`,
      );
      expect(linesOf(await stage.send("GET /compute/", [["Category", `a; scheme="${MINE}"`]]))).toEqual([at(compute)]);
      const template = `/os_tpl/${term(stage.backend.imageId)}/`;
      expect(linesOf(await stage.send(`GET ${template}`))).toContain(at(compute));
    });

    test("72 POST associates, in every rendering, all or none ([H]11.3.2)", async () => {
      await stage.send("DELETE /mine/a/");
      const unknown = await stage.text("POST /mine/a/", at(compute), at("/compute/nobody"));
      expect([unknown.status, (await stage.send("GET /mine/a/")).body]).toEqual([404, ""]);
      expect((await stage.text("POST /mine/a/", location("http://elsewhere.example/compute/x"))).status).toBe(404);
      expect((await stage.text("POST /mixin/ipnetwork/", at(compute))).status).toBe(403);
      const reply = await stage.text("POST /mine/a/", at(compute), `X-OCCI-Location: ${volume}, ${compute}`);
      expect([reply.status, linesOf(reply)]).toEqual([200, [at(compute), at(volume)]]);
      for (const body of [[stage.base + card], [{ location: card }], [`urn:uuid:${card.split("/").at(-1)}`]]) {
        const json = await stage.json("POST /mine/a/", body);
        expect([json.status, JSON.parse(json.body).links.length], JSON.stringify(body)).toEqual([200, 1]);
        expect((await stage.text("DELETE /mine/a/", at(card))).status).toBe(200);
      }
      const uris = [["Content-Type", "text/uri-list"], ...accept("text/uri-list")] as const;
      const list = await stage.send("POST /mine/a/", uris, `# a comment\r\n${stage.base}${card}\r\n`);
      expect([list.status, list.body.split("\r\n").length]).toEqual([200, 4]);
      expect((await stage.text("POST /mine/a/", "")).status).toBe(400);
      expect((await stage.text("POST /mine/a/", at(compute), kind("compute"))).status).toBe(400);
    });

    test("73 PUT makes membership exactly what it says ([H]11.2)", async () => {
      await stage.text("POST /mine/b/", at(compute), at(volume));
      const reply = await stage.occi("PUT /mine/b/", at(card));
      expect(reply.status).toBe(200);
      expect(linesOf(await stage.send("GET /mine/b/"))).toEqual([at(card)]);
      expect((await stage.text("PUT /mine/b/", at(volume), at("/storage/nobody"))).status).toBe(404);
      expect(linesOf(await stage.send("GET /mine/b/"))).toEqual([at(card)]);
      expect((await stage.text("PUT /mine/b/", "")).status).toBe(400);
      expect((await stage.text(`PUT /os_tpl/${term(stage.backend.imageId)}/`, at(volume))).status).toBe(403);
    });

    test("74 DELETE takes the named ones out, or all; nothing is deleted ([H]11.4.1; decision)", async () => {
      await stage.text("PUT /mine/b/", at(compute), at(volume), at(card));
      expect((await stage.text("DELETE /mine/b/", at(volume))).status).toBe(200);
      expect(linesOf(await stage.send("GET /mine/b/"))).toEqual([at(compute), at(card)]);
      expect((await stage.text("DELETE /mine/b/", at("/storage/nobody"))).status).toBe(404);
      expect((await stage.send("DELETE /mine/b/")).status).toBe(200);
      expect((await stage.send("GET /mine/b/")).body).toBe("");
      for (const path of [compute, volume, card]) expect((await stage.send(`GET ${path}`)).status).toBe(200);
    });

    test("75 an action is for all members, or for none when one of them has no such action ([C]5.3.5)", async () => {
      await stage.text("PUT /mine/a/", at(compute), at(volume));
      const stop = await stage.text("POST /mine/a/?action=stop", action("compute", "stop"));
      expect(stop.status).toBe(400);
      expect((await stage.send(`GET ${compute}`)).body).toContain('occi.compute.state="active"');
      await stage.text("PUT /mine/a/", at(compute));
      expect((await stage.text("POST /mine/a/?action=stop", action("compute", "stop"))).status).toBe(200);
      await stage.state(compute, "inactive");
      expect((await stage.text("POST /mine/a/?action=start", action("compute", "start"))).status).toBe(200);
      await stage.state(compute, "active");
      await stage.send("DELETE /mine/a/");
      expect((await stage.text("POST /mine/a/?action=stop", action("compute", "stop"))).status).toBe(200);
      expect((await stage.text("POST /mine/a/?action=fly", action("compute", "fly"))).status).toBe(400);
    });

    test("76 nobody loses a template; a template of another kind applies not ([I]3.5; decision)", async () => {
      const os = `/os_tpl/${term(stage.backend.imageId)}/`;
      const res = `/resource_tpl/${term(stage.backend.flavourId)}/`;
      for (const path of [os, res]) {
        expect((await stage.text(`DELETE ${path}`, at(compute))).status, path).toBe(403);
        expect((await stage.send(`DELETE ${path}`)).status, path).toBe(403);
        expect((await stage.text(`POST ${path}`, at(volume))).status, path).toBe(403);
        // What is so already is said again without harm.
        const again = await stage.text(`POST ${path}`, at(compute));
        expect([again.status, linesOf(again).includes(at(compute))], again.body).toEqual([200, true]);
        expect((await stage.text(`POST ${path.replace(/[^/]+\/$/, "none/")}`, at(compute))).status).toBe(404);
      }
      const { body } = await stage.send(`GET ${compute}`);
      for (const scheme of [OS, RES]) expect(body).toContain(scheme);
    });

    test("77 a path above others is all that is bound below it ([h]3.4.2, [H]4.1)", async () => {
      await stage.text("PUT /mine/a/", at(compute));
      await stage.text("PUT /mine/b/", at(volume), at(compute));
      expect(linesOf(await stage.send("GET /mine/"))).toEqual([at(compute), at(volume)]);
      const filter = [["Category", `storage; scheme="${I}#"`]] as const;
      expect(linesOf(await stage.send("GET /mine/", filter))).toEqual([at(volume)]);
      for (const path of ["/mine/c/", "/min/", "/mine/a/b/", "/no/such/path/", "/no"]) {
        expect((await stage.send(`GET ${path}`)).status, path).toBe(404);
      }
      const root = linesOf(await stage.send("GET /", accept("text/uri-list")));
      for (const path of [compute, volume, card]) expect(root).toContain(stage.base + path);
      const below = linesOf(await stage.send("GET /link/"));
      expect(below).toContain(at(card));
      expect((await stage.text("POST /mine/", kind("storage"))).status).toBe(400);
    });

    test("a mixin is given at creation and in updates, and goes with its entity ([h]3.4.4)", async () => {
      const lines = [
        kind("storage"),
        `Category: a; scheme="${MINE}"; class="mixin"`,
        "X-OCCI-Attribute: occi.storage.size=1.0",
      ];
      const reply = await stage.text("POST /storage/", ...lines);
      expect(reply.status, reply.body).toBe(201);
      const path = stage.made(new URL(reply.headers.location ?? "").pathname);
      expect(linesOf(await stage.send("GET /mine/a/"))).toContain(at(path));
      await stage.state(path, "online");
      const add = await stage.text(`POST ${path}`, `Category: b; scheme="${MINE}"`);
      expect(add.body).toContain(`Category: b; scheme="${MINE}"`);
      const put = await stage.text(`PUT ${path}`, ...lines);
      expect([put.body.includes("Category: a;"), put.body.includes("Category: b;")]).toEqual([true, false]);
      expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
      expect(linesOf(await stage.send("GET /mine/a/"))).not.toContain(at(path));
    });
  });
}
