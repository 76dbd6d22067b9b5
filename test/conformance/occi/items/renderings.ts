import { describe, expect, test } from "vitest";
import { accept, action, attribute, CORE, I, JSON_TYPE, kind, linesOf, location, type Stage } from "../stage.ts";

/** Items 28–40. */
export function renderings(stage: Stage): void {
  const json = async (line: string) => JSON.parse((await stage.send(line, accept(JSON_TYPE))).body);
  const storage = `${I}#storage`;
  const size = { "occi.storage.size": 1 };

  describe("headers", () => {
    test("28 everything is in headers, the body is OK ([T]7)", async () => {
      const path = await stage.compute();
      const reply = await stage.send(`GET ${path}`, accept("text/occi"));
      expect(reply.body).toBe("OK");
      expect(reply.headers.category).toContain(`compute; scheme="${I}#"; class="kind"`);
      expect(reply.headers["x-occi-attribute"]).toContain('occi.compute.state="active"');
      expect(reply.headers.link).toContain(`<${stage.network}>; rel=`);
    });

    test("29 one header per name, and 406 for what does not fit: nothing is cut ([T]7)", async () => {
      const { rawHeaders } = await stage.send("GET /compute/", accept("text/occi"));
      expect(rawHeaders.filter((name) => name.toLowerCase() === "x-occi-location").length).toBeLessThan(2);
      const discovery = await stage.send("GET /-/", accept("text/occi"));
      if (discovery.status === 200) expect(discovery.headers.category).toContain("compute; ");
      else expect([discovery.status, discovery.body]).toEqual([406, expect.stringContaining("text/plain")]);
    });

    test("30 text beyond Latin-1 is 406 in headers, and whole elsewhere; a write is not undone by it (decision)", async () => {
      const path = await stage.newVolume("grün");
      expect((await stage.send(`GET ${path}`, accept("text/occi"))).headers["x-occi-attribute"]).toContain("grün");
      const plain = [["Content-Type", "text/plain"], ...accept("text/occi")] as const;
      const reply = await stage.send(`POST ${path}`, plain, attribute("occi.core.title", '"snow ☃"'));
      expect([reply.status, reply.headers["content-type"]]).toEqual([200, "text/plain"]);
      expect(reply.body).toContain("snow ☃");
      expect((await stage.send(`GET ${path}`, accept("text/occi"))).status).toBe(406);
    });

    test("31 64 KiB of headers are read, more is 431 (decision)", async () => {
      const long = (count: number) =>
        stage.send("GET /compute/", [["X-OCCI-Attribute", `occi.core.title="${"x".repeat(count)}"`]]);
      expect((await long(60_000)).status).toBe(200);
      const { status } = await long(66_000).catch(() => ({ status: 431 }));
      expect(status).toBe(431);
    });
  });

  describe("URI list and JSON", () => {
    test("32 a URI list ends its lines with CRLF, takes comments, and may be empty (RFC 2483)", async () => {
      await stage.compute();
      const { body } = await stage.send("GET /compute/", accept("text/uri-list"));
      expect(body).toMatch(/^(?:http:\/\/[^\r\n]+\r\n)+$/);
      const none = [...accept("text/uri-list"), ["X-OCCI-Attribute", 'occi.core.title="nobody"']] as const;
      const empty = await stage.send("GET /compute/", none);
      expect([empty.status, empty.body]).toEqual([200, ""]);
    });

    test("33 a resource and its links, whole ([J]3.1)", async () => {
      const path = await stage.compute();
      const entity = await json(`GET ${path}`);
      expect(entity).toMatchObject({
        kind: `${I}#compute`,
        id: expect.stringMatching(/^urn:uuid:/),
        mixins: expect.any(Array),
        actions: expect.arrayContaining([`${I}/compute/action#stop`]),
        attributes: { "occi.compute.state": "active" },
      });
      const link = entity.links.find(({ kind: own }: { kind: string }) => own === `${I}#networkinterface`);
      expect(link).toMatchObject({
        source: { location: path, kind: `${I}#compute` },
        target: { location: stage.network, kind: `${I}#network` },
      });
      expect(Object.keys(entity.attributes).filter((name) => name.startsWith("occi.core."))).toEqual([]);
    });

    test("34 kinds, mixins and actions by their members ([J]3.2)", async () => {
      const { kinds, mixins, actions } = await json("GET /-/");
      expect(kinds[0]).toEqual(expect.objectContaining({ term: "entity", scheme: CORE }));
      expect(kinds[0]).not.toHaveProperty("location");
      for (const one of kinds.slice(1))
        expect(one).toMatchObject({ parent: expect.any(String), location: expect.any(String) });
      for (const one of mixins)
        expect(one).toMatchObject({ term: expect.any(String), location: expect.stringMatching(/\/$/) });
      for (const one of actions) expect(one).not.toHaveProperty("location");
    });

    test("35 attributes are described ([J]3.5)", async () => {
      const { kinds } = await json("GET /-/");
      const { attributes } = kinds.find(({ term }: { term: string }) => term === "storage");
      expect(attributes["occi.storage.size"]).toMatchObject({ mutable: true, required: true, type: "number" });
      expect(attributes["occi.storage.state"]).toMatchObject({ mutable: false, pattern: { enum: expect.any(Array) } });
    });

    test("36 keys are flat and members known; an old client's location is read ([J] appendix B)", async () => {
      const nested = { occi: { storage: { size: 1 } } };
      expect((await stage.json("POST /storage/", { kind: storage, attributes: nested })).status).toBe(400);
      expect((await stage.json("POST /storage/", { kind: storage, attributes: size, colour: "red" })).status).toBe(400);
      const reply = await stage.json("POST /storage/", { kind: storage, attributes: size, location: "/storage/x" });
      expect(reply.status).toBe(201);
      stage.made(new URL(reply.headers.location ?? "").pathname);
    });

    test("37 a create works without an id, and a made-up one is replaced (decision; grycap/im)", async () => {
      for (const id of [undefined, "urn:uuid:7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a9999", "not a URI"]) {
        const reply = await stage.json("POST /storage/", { kind: storage, attributes: size, ...(id && { id }) });
        expect(reply.status, reply.body).toBe(201);
        const path = stage.made(new URL(reply.headers.location ?? "").pathname);
        expect(JSON.parse(reply.body).id).toBe(`urn:uuid:${path.split("/").at(-1)}`);
      }
    });

    test("38 several at once, all or none, links among them ([H]11.3.1, [h]3.6.4)", async () => {
      const before = linesOf(await stage.send("GET /storage/")).length;
      const good = { kind: storage, title: "one", attributes: size };
      const bad = { kind: storage, attributes: { "occi.storage.size": "much" } };
      expect((await stage.json("POST /", { resources: [good, bad] })).status).toBe(400);
      expect(linesOf(await stage.send("GET /storage/")).length).toBe(before);
      const id = "urn:uuid:00000000-0000-4000-8000-000000000001";
      const reply = await stage.json("POST /", {
        resources: [{ ...good, id }, good],
        links: [{ kind: `${I}#storagelink`, source: { location: await stage.compute() }, target: { location: id } }],
      });
      expect(reply.status, reply.body).toBe(201);
      const { resources, links } = JSON.parse(reply.body);
      for (const { id: own } of resources) stage.made(`/storage/${own.slice("urn:uuid:".length)}`);
      stage.made(`/storagelink/${links[0].id.slice("urn:uuid:".length)}`);
      expect(links[0].target.location).toBe(`/storage/${resources[0].id.slice("urn:uuid:".length)}`);
    });

    test("39 published examples' own faults are faults here ([J])", async () => {
      expect((await stage.json("POST /storage/", { kind: storage, attributes: size, "location:": "/x" })).status).toBe(
        400,
      );
      const wrong = { "occi.infrastructure.networkinterface.mac": "x", ...size };
      expect((await stage.json("POST /storage/", { kind: storage, attributes: wrong })).status).toBe(400);
      const missing = `{"kind":"${storage}" "attributes":{}}`;
      expect((await stage.send("POST /storage/", [["Content-Type", JSON_TYPE]], missing)).status).toBe(400);
    });

    test("40 faulty JSON is 400 and says where; no duplicate, no prototype, no depth, no other encoding (decision)", async () => {
      const faulty: readonly (string | Buffer)[] = [
        "{",
        "[1,]",
        '{"a":1,"a":2}',
        `{"kind":"${storage}","__proto__":{"x":1}}`,
        `${"[".repeat(40)}${"]".repeat(40)}`,
        Buffer.from([0x7b, 0xff, 0x7d]),
        '\ufeff{"kind":1}',
        "nul",
        '{"kind":"\u0001"}',
        '{"kind":"\\ud800"}',
        "{}{}",
        "1e999",
      ];
      for (const body of faulty) {
        const reply = await stage.send("POST /storage/", [["Content-Type", JSON_TYPE], ...accept(JSON_TYPE)], body);
        expect(reply.status, String(body)).toBe(400);
        expect(JSON.parse(reply.body)).toMatchObject({ code: expect.any(String), requestId: expect.any(String) });
      }
      const reply = await stage.send("POST /storage/", [["Content-Type", JSON_TYPE]], '{"a":1,\n  "a":2}');
      expect(reply.body).toMatch(/line 2, column \d+/);
    });

    test("an action and locations in JSON (§1.1)", async () => {
      const path = await stage.compute();
      const call = { action: `${I}/compute/action#stop`, attributes: { method: "explode" } };
      expect((await stage.json(`POST ${path}?action=stop`, call)).status).toBe(400);
      expect((await stage.json(`POST ${path}?action=stop`, { ...call, more: 1 })).status).toBe(400);
      expect(action("compute", "stop")).toContain(call.action.split("#")[0] ?? "");
      expect((await stage.json("POST /mixin/ipnetwork/", [path, { location: path }])).status).toBe(403);
      expect((await stage.text("POST /mixin/ipnetwork/", location(path), kind("compute"))).status).toBe(400);
    });
  });
}
