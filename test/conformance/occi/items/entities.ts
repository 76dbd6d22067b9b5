import { describe, expect, test } from "vitest";
import { attribute, COMPUTE, codeOf, I, JSON_TYPE, kind, linesOf, location, type Stage, shownIn } from "../stage.ts";

/** Items 51–60. */
export function entities(stage: Stage): void {
  const volume = (title: string) => stage.newVolume(title);
  const title = (value: string) => attribute("occi.core.title", `"${value}"`);

  describe("entities", () => {
    test("51 GET shows kind, mixins, links, actions, attributes, in that order ([H]10.1, [h]3.4.4)", async () => {
      const path = await stage.compute();
      const lines = linesOf(await stage.send(`GET ${path}`));
      expect(lines[0]).toContain(COMPUTE);
      const order = lines.map((line) => ["Category", "Link", "X-OCCI-Attribute"].indexOf(line.split(":")[0] ?? ""));
      expect(order).toEqual([...order].sort());
      const links = lines.filter((line) => line.startsWith("Link"));
      const isAction = links.map((line) => line.includes("?action="));
      expect(isAction).toEqual([...isAction].sort());
      expect(lines).toContain(attribute("occi.core.id", `"urn:uuid:${path.split("/").at(-1)}"`));
    });

    test("52 what is unknown, deleted, or has a slash behind it is 404 (pOCCI CORE/DELETE/001)", async () => {
      const path = await volume("gone soon");
      expect((await stage.send(`GET ${path}/`)).status).toBe(404);
      expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
      for (const gone of [path, "/compute/nobody", path.replace("storage", "compute"), "/compute/..%2f-"]) {
        for (const method of ["GET", "HEAD", "DELETE"]) {
          expect((await stage.send(`${method} ${gone}`)).status, `${method} ${gone}`).toBe(404);
        }
      }
    });

    test("53 PUT on a free path is refused: the cloud chooses ids ([h]3.4.4 note)", async () => {
      for (const path of ["/storage/7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a0000", "/storage/mine", "/no/such"]) {
        const reply = await stage.text(`PUT ${path}`, kind("storage"), attribute("occi.storage.size", "1.0"));
        expect(reply.status, path).toBe(400);
      }
    });

    test("54 PUT is the whole: what is not said goes, links stay, the kind too ([H]10.2.2)", async () => {
      const path = await volume("whole");
      const size = attribute("occi.storage.size", "1.0");
      const summary = attribute("occi.core.summary", '"s"');
      expect((await stage.text(`POST ${path}`, summary)).body).toContain(summary);
      const reply = await stage.text(`PUT ${path}`, kind("storage"), size, title("other"));
      expect(reply.status, reply.body).toBe(200);
      expect(reply.body).toContain(title("other"));
      expect(reply.body).not.toContain("occi.core.summary");
      expect((await stage.text(`PUT ${path}`, COMPUTE)).status).toBe(400);
      expect((await stage.text(`PUT ${path}`, size)).status).toBe(400);
    });

    test("55 PUT takes back the links that it was shown, and no others ([h]3.4.4; pOCCI CORE/UPDATE/001)", async () => {
      const path = await stage.compute();
      const { body } = await stage.send(`GET ${path}`);
      const again = await stage.text(`PUT ${path}`, body);
      expect(again.status, again.body).toBe(200);
      expect(again.body.split("\n").sort()).toEqual(body.split("\n").sort());
      const other = `Link: <${stage.network}>; rel="${I}#network"; category="${I}#networkinterface"`;
      expect((await stage.text(`PUT ${path}`, body, other)).status).toBe(400);
    });

    test("56 an immutable attribute may say what is so, and nothing else ([h]3.6.8)", async () => {
      const path = await stage.compute();
      const state = (value: string) => attribute("occi.compute.state", `"${value}"`);
      expect((await stage.text(`POST ${path}`, state("active"))).status).toBe(200);
      const reply = await stage.text(`POST ${path}`, state("inactive"));
      expect([reply.status, codeOf(reply)]).toEqual([403, "immutable"]);
      expect((await stage.text(`POST ${path}`, attribute("occi.core.id", '"urn:uuid:1"'))).status).toBe(403);
    });

    test("57 POST changes a part; the kind is optional and cannot be another; links take no links ([h]3.4.4)", async () => {
      const path = await volume("part");
      const reply = await stage.json(`POST ${path}`, { attributes: {}, title: "new" });
      expect([reply.status, JSON.parse(reply.body).title]).toEqual([200, "new"]);
      expect((await stage.text(`POST ${path}`, kind("storage"), title("newer"))).status).toBe(200);
      expect((await stage.text(`POST ${path}`, COMPUTE, title("x"))).status).toBe(400);
      expect((await stage.text(`POST ${path}`, "")).status).toBe(400);
      expect((await stage.text(`POST ${path}`, attribute("occi.nobody.knows", "1"))).status).toBe(400);
      const link = linesOf(await stage.send(`GET ${await stage.compute()}`)).find((line) => line.includes("self="));
      const self = /self="([^"]+)"/.exec(link ?? "")?.[1];
      expect((await stage.text(`POST ${self}`, link ?? "")).status).toBe(400);
    });

    test("58 DELETE says OK; links go with their resource; what is attached stays ([h]3.4.4; grycap/im)", async () => {
      const path = await volume("tied");
      const source = await stage.compute();
      const ends = [attribute("occi.core.source", `"${source}"`), attribute("occi.core.target", `"${path}"`)];
      const made = await stage.text("POST /storagelink/", kind("storagelink"), ...ends);
      expect(made.status, made.body).toBe(201);
      const link = stage.made(new URL(made.headers.location ?? "").pathname);
      await stage.state(link, "active");
      const refused = await stage.send(`DELETE ${path}`);
      expect([refused.status, codeOf(refused)]).toEqual([409, "in-use"]);
      const reply = await stage.send(`DELETE ${link}`);
      expect([reply.status, reply.body]).toEqual([200, "OK"]);
      expect((await stage.send(`GET ${source}`)).body).not.toContain(link);
      await stage.state(path, "online");
    });

    stage.ours("58 a resource takes its links with it ([C] composition)", async () => {
      const path = await stage.newCompute("short-lived");
      const self = /self="(\/networkinterface\/[^"]+)"/.exec((await stage.send(`GET ${path}`)).body)?.[1];
      expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
      expect((await stage.send(`GET ${self}`)).status).toBe(404);
    });

    test("59 other methods are 405 and told which there are ([H]8)", async () => {
      const path = await stage.compute();
      for (const method of ["PATCH", "TRACE", "PROPFIND"]) {
        const reply = await stage.send(`${method} ${path}`);
        expect([reply.status, reply.headers.allow], method).toEqual([405, "GET, HEAD, PUT, POST, DELETE, OPTIONS"]);
      }
      const options = await stage.send(`OPTIONS ${path}`, [["X-Auth-Token", "nobody's"]]);
      expect([options.status, options.headers.allow]).toEqual([200, "GET, HEAD, PUT, POST, DELETE, OPTIONS"]);
    });

    test("60 the id is a URN that never changes, its end the path's ([C]5.4)", async () => {
      const path = await stage.compute();
      const id = shownIn(await stage.send(`GET ${path}`), "occi.core.id");
      expect(id).toBe(`"urn:uuid:${path.split("/").at(-1)}"`);
      expect((await stage.text(`POST ${path}`, title("renamed"))).body).toContain(`occi.core.id=${id}`);
      expect((await stage.text(`POST ${path}`, title("web"))).status).toBe(200);
    });

    test("nobody sees another project's entities, by any method ([H]12)", async () => {
      const path = await stage.compute();
      const plain = [["Content-Type", "text/plain"]] as const;
      for (const method of ["GET", "HEAD", "DELETE"])
        expect((await stage.stranger(`${method} ${path}`)).status).toBe(404);
      expect((await stage.stranger(`POST ${path}`, plain, title("x"))).status).toBe(404);
      expect((await stage.stranger("GET /compute/")).body).not.toContain(path);
      expect((await stage.stranger("GET /", [["Accept", JSON_TYPE]])).body).not.toContain(path);
      expect((await stage.text(`POST ${path}`, location(path))).status).toBe(400);
    });
  });
}
