import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type HeaderList, startOcci, type TestOcci, WEB1 } from "../../support/occiDoor.ts";

/** Versions, methods, and which rendering is spoken. */

const JSON_TYPE = "application/occi+json";

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

describe("negotiation", () => {
  test.each([
    ["", "text/plain"],
    ["*/*", "text/plain"],
    ["text/occi, text/plain", "text/plain"],
    ["text/plain;q=0.5, text/occi", "text/occi"],
    ["application/*", JSON_TYPE],
    ["text/*;q=0.3, application/occi+json;q=0.2", "text/plain"],
    ["*/*;q=0.1, application/occi+json", JSON_TYPE],
    ["text/occi+plain", "text/occi+plain"],
    ["text/uri-list, application/occi+json;q=0.1", JSON_TYPE],
    ["TEXT/OCCI;charset=utf-8", "text/occi"],
    ["text/html, */*;q=0.8", "text/plain"],
  ])("Accept %s gives %s", async (accept, type) => {
    const headers: HeaderList = accept === "" ? [] : [["Accept", accept]];
    const reply = await door.send(`GET /compute/${WEB1}`, headers);
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, type]);
  });

  test.each([
    [406, "application/xml"],
    [406, "text/plain;q=0"],
    [400, "text/plain;q=2"],
    [400, "text"],
  ])("%i for Accept %s", async (status, accept) => {
    expect((await door.send("GET /compute/", [["Accept", accept]])).status).toBe(status);
  });

  test("headers carry all of it or none: too large and non-Latin text are 406, never cut", async () => {
    const headers = [["Accept", "text/occi"]] as const;
    const server = door.world.servers.get(WEB1);
    if (server === undefined) throw new Error("web1 is missing");
    door.world.servers.set(WEB1, { ...server, name: "☃" });
    const snow = await door.send(`GET /compute/${WEB1}`, headers);
    expect([snow.status, snow.body.includes("text/plain")]).toEqual([406, true]);
    door.world.servers.set(WEB1, { ...server, name: "é" });
    expect((await door.send(`GET /compute/${WEB1}`, headers)).headers["x-occi-attribute"]).toContain('"é"');
    door.world.servers.set(WEB1, { ...server, description: "x".repeat(20_000) });
    expect((await door.send(`GET /compute/${WEB1}`, headers)).status).toBe(406);
    const better = await door.send(`GET /compute/${WEB1}`, [["Accept", "text/occi, text/plain;q=0.1"]]);
    expect(better.headers["content-type"]).toBe("text/plain");
  });

  test("a name that would forge a header line is shown in JSON only", async () => {
    const server = door.world.servers.get(WEB1);
    if (server !== undefined) door.world.servers.set(WEB1, { ...server, name: "a\r\nX-Evil: 1" });
    for (const type of ["text/plain", "text/occi"]) {
      const reply = await door.send(`GET /compute/${WEB1}`, [["Accept", type]]);
      expect([reply.status, reply.headers["x-evil"]]).toEqual([406, undefined]);
    }
    expect(JSON.parse((await door.send(`GET /compute/${WEB1}`, [["Accept", JSON_TYPE]])).body).title).toBe(
      "a\r\nX-Evil: 1",
    );
  });

  test("a header in UTF-8 is understood", async () => {
    const headers: HeaderList = [
      ["Content-Type", "text/occi"],
      ["X-OCCI-Attribute", Buffer.from('occi.core.title="☃"').toString("latin1")],
    ];
    expect((await door.send(`POST /compute/${WEB1}`, headers)).body).toContain('occi.core.title="☃"');
  });

  test.each([
    [200, "text/plain,text/occi"],
    [200, "text/plain; charset=UTF-8"],
    [415, "text/plain; charset=latin1"],
    [415, "application/json"],
  ])("%i for Content-Type %s", async (status, type) => {
    const reply = await door.send(
      `POST /compute/${WEB1}`,
      [["Content-Type", type]],
      'X-OCCI-Attribute: occi.core.title="t"',
    );
    expect(reply.status).toBe(status);
  });
});

describe("versions and methods", () => {
  test.each([
    [200, "curl/8 OCCI/1.2"],
    [200, "OCCI/1"],
    [200, "OCCI/x.y XOCCI/9.9"],
    [501, "a (OCCI/1.3)"],
  ])("%i for User-Agent %s", async (status, agent) => {
    expect((await door.send("GET /-/", [["User-Agent", agent]])).status).toBe(status);
  });

  test("a higher version is refused before anybody signs in", async () => {
    const headers: HeaderList = [
      ["User-Agent", "OCCI/2.0"],
      ["X-Auth-Token", ""],
    ];
    expect((await door.send("GET /nowhere", headers)).status).toBe(501);
  });

  test.each([
    ["/-/", "GET, HEAD, POST, DELETE, OPTIONS"],
    ["/compute/", "GET, HEAD, POST, DELETE, OPTIONS"],
    [`/compute/${WEB1}`, "GET, HEAD, PUT, POST, DELETE, OPTIONS"],
  ])("OPTIONS and 405 name what %s allows", async (path, allow) => {
    const options = await door.send(`OPTIONS ${path}`, [["X-Auth-Token", ""]]);
    expect([options.status, options.headers.allow]).toEqual([200, allow]);
    const patch = await door.send(`PATCH ${path}`);
    expect([patch.status, patch.headers.allow]).toEqual([405, allow]);
  });

  test("HEAD says what GET says, without the body; the well-known path is the query interface", async () => {
    for (const path of ["/-/", "/compute/", `/compute/${WEB1}`]) {
      const [head, get] = [await door.send(`HEAD ${path}`), await door.send(`GET ${path}`)];
      expect([head.status, head.body, head.headers["content-type"]]).toEqual([200, "", get.headers["content-type"]]);
    }
    const known = await door.send("GET /.well-known/org/ogf/occi/-/");
    expect(known.body).toBe((await door.send("GET /-/")).body);
    expect((await door.send("GET /-")).status).toBe(200);
    expect((await door.send(`GET ${door.base}/-/`)).status).toBe(200);
  });
});
