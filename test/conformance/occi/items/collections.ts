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
  OS,
  type Stage,
} from "../stage.ts";

/** Items 61–70. */
export function collections(stage: Stage): void {
  const size = (value: string) => attribute("occi.storage.size", value);
  const post = (path: string, ...lines: readonly string[]) => stage.text(`POST ${path}`, ...lines);

  describe("kind collections", () => {
    test("61 GET lists; empty is 200 and nothing; the final slash is optional ([H]11.1)", async () => {
      const path = await stage.compute();
      expect(linesOf(await stage.send("GET /compute/"))).toContain(location(stage.base + path));
      expect((await stage.send("GET /compute")).body).toBe((await stage.send("GET /compute/")).body);
      const none = await stage.send("GET /storage/", [["X-OCCI-Attribute", 'occi.core.title="no such"']]);
      expect([none.status, none.body]).toEqual([200, ""]);
      const json = await stage.send("GET /storage/", [
        ...accept(JSON_TYPE),
        ["X-OCCI-Attribute", 'occi.core.title="no"'],
      ]);
      expect(JSON.parse(json.body)).toEqual({ resources: [] });
    });

    test("62 filters: categories and attributes, all of which must hold ([h]3.4.2, [H]7)", async () => {
      const path = await stage.compute();
      const found = async (...lines: readonly (readonly [string, string])[]) =>
        linesOf(await stage.send("GET /", lines));
      const hostname = ["X-OCCI-Attribute", `occi.compute.hostname="${stage.hostname}"`] as const;
      expect(await found(hostname)).toEqual([location(stage.base + path)]);
      expect(await found(hostname, ["Category", `compute; scheme="${I}#"`])).toEqual([location(stage.base + path)]);
      expect(await found(hostname, ["Category", `resource; scheme="${CORE}"`])).toEqual([location(stage.base + path)]);
      expect(await found(hostname, ["Category", `storage; scheme="${I}#"`])).toEqual([]);
      expect(await found(hostname, ["X-OCCI-Attribute", 'occi.compute.state="error"'])).toEqual([]);
      expect(await found(hostname, ["X-OCCI-Attribute", "occi.compute.cores=999"])).toEqual([]);
      const template = `${stage.backend.imageId}; scheme="${OS}"; class="mixin"`;
      expect(await found(hostname, ["Category", template])).toEqual([location(stage.base + path)]);
      const action = await stage.send("GET /compute/", [["Category", `stop; scheme="${I}/compute/action#"`]]);
      expect(action.status).toBe(400);
    });

    test("63 pages from 1 on, a header that names the next, 413 for too many, nothing beyond the end ([H]6)", async () => {
      for (const name of ["a", "b", "c"]) await stage.newVolume(`page ${name}`);
      const all = linesOf(await stage.send("GET /storage/"));
      const seen: string[] = [];
      let path = "/storage/?page=1&number=2";
      while (path !== "") {
        const reply = await stage.send(`GET ${path}`);
        expect(reply.status).toBe(200);
        expect(linesOf(reply).length).toBeLessThanOrEqual(2);
        seen.push(...linesOf(reply));
        const next = reply.headers["x-occi-next"];
        path = typeof next === "string" ? next.slice(stage.base.length) : "";
      }
      expect(seen).toEqual(all);
      const beyond = await stage.send("GET /storage/?page=1000&number=100");
      expect([beyond.status, beyond.body]).toEqual([200, ""]);
      expect((await stage.send("GET /storage/?number=1001")).status).toBe(413);
      for (const query of ["page=0", "number=0", "page=x", "number=1.5", "page=-1", "page=", "page=1&page=1"]) {
        expect((await stage.send(`GET /storage/?${query}`)).status, query).toBe(400);
      }
      for (const query of ["page=1", "number=1"]) expect((await stage.send(`GET /storage/?${query}`)).status).toBe(200);
    });

    test("64 POST creates one of one kind: 201, Location, and the location again ([h]3.4.2)", async () => {
      const reply = await post("/storage/", kind("storage"), size("1.0"));
      expect(reply.status).toBe(201);
      const url = reply.headers.location ?? "";
      stage.made(new URL(url).pathname);
      expect(reply.body).toBe(location(url));
      expect((await post("/compute/", kind("storage"), size("1.0"))).status).toBe(400);
      const inherits = await post("/resource/", kind("storage"), size("1.0"));
      expect(inherits.status).toBe(201);
      stage.made(new URL(inherits.headers.location ?? "").pathname);
      expect((await post("/link/", kind("storage"), size("1.0"))).status).toBe(400);
    });

    test("65 POST on / creates by the kind; abstract kinds are 400 (doyouspeakocci; decision)", async () => {
      const reply = await post("/", kind("storage"), size("1.0"));
      expect(reply.status).toBe(201);
      stage.made(new URL(reply.headers.location ?? "").pathname);
      for (const term of ["entity", "resource", "link"]) {
        expect((await post("/", `Category: ${term}; scheme="${CORE}"; class="kind"`)).status).toBe(400);
      }
    });

    test("66 two kinds 400, unknown 404, a mixin that does not apply 403 ([h]3.6.8)", async () => {
      expect((await post("/", kind("storage"), COMPUTE, size("1.0"))).status).toBe(400);
      for (const word of ["kind", "mixin"]) {
        const foreign = `Category: x; scheme="http://example.com/none#"; class="${word}"`;
        expect((await post("/storage/", kind("storage"), size("1.0"), foreign)).status, word).toBe(404);
      }
      const ip = `Category: ipnetwork; scheme="${I}/network#"; class="mixin"`;
      expect((await post("/storage/", kind("storage"), size("1.0"), ip)).status).toBe(403);
    });

    test("67 required, unknown, wrong: 400 each, by its own word ([h]3.6.8; finding 7)", async () => {
      const code = async (...lines: readonly string[]) => {
        const reply = await post("/storage/", kind("storage"), ...lines);
        return [reply.status, codeOf(reply)];
      };
      expect(await code()).toEqual([400, "missing-value"]);
      expect(await code(size("1.0"), attribute("my.own.thing", "1"))).toEqual([400, "unknown-attribute"]);
      expect(await code(size('"large"'))).toEqual([400, "invalid-value"]);
      expect(await code(size("true"))).toEqual([400, "invalid-value"]);
      const vlan = await post("/network/", kind("network"), attribute("occi.network.vlan", "4096"));
      expect([vlan.status, codeOf(vlan)]).toEqual([400, "invalid-value"]);
    });

    stage.ours(
      "68 inline links need their targets; what a client says of their ends is not believed ([h]3.4.3; grycap/im)",
      async () => {
        const before = linesOf(await stage.send("GET /compute/")).length;
        const link = (target: string, more = "") =>
          `Link: <${target}>; rel="${I}#network"; category="${I}#networkinterface"${more}`;
        expect((await post("/compute/", COMPUTE, link("/network/none"))).status).toBe(400);
        expect((await post("/compute/", COMPUTE, link(`http://127.0.0.1:1${stage.network}`))).status).toBe(400);
        expect(linesOf(await stage.send("GET /compute/")).length).toBe(before);
        const odd = `; self="urn:made:up"; occi.core.id="x"; occi.core.source="/compute/y"`;
        const reply = await post("/compute/", COMPUTE, attribute("occi.core.id", '"im-1"'), link(stage.network, odd));
        expect(reply.status, reply.body).toBe(201);
        expect(linesOf(reply)).toEqual([location(reply.headers.location ?? "")]);
        const path = stage.made(new URL(reply.headers.location ?? "").pathname);
        expect((await stage.send(`GET ${path}`)).body).toContain(`<${stage.network}>`);
      },
    );

    stage.ours("69 DELETE takes all, or all that a filter names; PUT is no method here ([H]11.4)", async () => {
      expect((await stage.send("PUT /storage/")).status).toBe(405);
      const [one, two] = [await stage.newVolume("sweep"), await stage.newVolume("keep")];
      const filter = [["X-OCCI-Attribute", 'occi.core.title="sweep"']] as const;
      expect((await stage.send("DELETE /storage/", filter)).status).toBe(200);
      expect((await stage.send(`GET ${one}`)).status).toBe(404);
      expect((await stage.send(`GET ${two}`)).status).toBe(200);
      const nobody = [["Category", `storage; scheme="http://example.com/none#"`]] as const;
      expect((await stage.send("DELETE /storage/", nobody)).status).toBe(404);
      expect((await stage.send(`GET ${two}`)).status).toBe(200);
    });

    stage.ours("69 everything at once goes only where the operator said a number ([h]3.4.2; decision)", async () => {
      const path = await stage.compute();
      for (const all of ["/", "/mixin/"]) {
        const reply = await stage.send(`DELETE ${all}`);
        expect([reply.status, reply.body], all).toEqual([403, expect.stringContaining("--occi-delete-many")]);
      }
      expect((await stage.send(`GET ${path}`)).status).toBe(200);
    });

    stage.ours(
      "70 a full quota is 403 with its own word: 409 means that a network must be named ([I]; grycap/im)",
      async () => {
        const { tenant } = stage.backend;
        const path = `/os-quota-sets/${tenant.projectId}`;
        const admin = stage.backend.admin;
        if (admin === undefined) throw new Error("no administrator");
        await admin.call("volumev3", "PUT", path, { quota_set: { volumes: 0 } });
        try {
          const reply = await post("/storage/", kind("storage"), size("1.0"));
          expect([reply.status, codeOf(reply)]).toEqual([403, "quota-exceeded"]);
        } finally {
          await admin.call("volumev3", "PUT", path, { quota_set: { volumes: 100 } });
        }
      },
    );
  });
}
