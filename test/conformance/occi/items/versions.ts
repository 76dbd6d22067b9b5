import { describe, expect, test } from "vitest";
import { linesOf, type Stage } from "../stage.ts";

/** Items 1–3. */
export function versions(stage: Stage): void {
  describe("versions", () => {
    test("1 every answer names what is served, old suites' 1.1 too ([H]5.3, [h]3.6.5)", async () => {
      for (const line of ["GET /-/", "GET /no/such/path/", "PATCH /compute/", "OPTIONS /-/", "HEAD /-/"]) {
        const { server = "" } = (await stage.send(line)).headers;
        expect(server, line).toMatch(/^Vimana\/\S+ OCCI\/1\.2 OCCI\/1\.1/);
      }
    });

    test("2 a client of a higher version gets 501 everywhere, signed in or not ([H]5.3)", async () => {
      for (const agent of ["x OCCI/2.0", "OCCI/1.3", "OCCI/1.10 x", "curl/8 (OCCI/1.2; OCCI/3.0)"]) {
        for (const line of ["GET /-/", "POST /compute/", "DELETE /compute/x", "PATCH /", "OPTIONS /-/"]) {
          const reply = await stage.send(line, [
            ["User-Agent", agent],
            ["X-Auth-Token", "nobody's"],
          ]);
          expect(reply.status, `${agent} ${line}`).toBe(501);
        }
      }
      for (const agent of ["OCCI/1.2", "OCCI/1.1", "OCCI/0.9", "OCCI/x", "OCCI/1", "XOCCI/2.0", "OCCI/2.0.1", ""]) {
        expect((await stage.send("HEAD /-/", [["User-Agent", agent]])).status, agent).toBe(200);
      }
    });

    test("3 a client of 1.1 gets what 1.1's grammar accepts ([C]1)", async () => {
      const reply = await stage.send("GET /-/", [["User-Agent", "rOCCI OCCI/1.1"]]);
      const shape =
        /^Category: [a-z0-9][a-z0-9_-]*; scheme="[^"]+#"; class="(?:kind|mixin|action)"(?:; title="[^"]*")?(?:; rel="[^"]+")?(?:; location="\/[^"]+\/")?(?:; attributes="[^"]+")?(?:; actions="[^"]+")?$/;
      for (const line of linesOf(reply)) expect(line).toMatch(shape);
      expect(linesOf(reply).length).toBeGreaterThan(20);
    });
  });
}
