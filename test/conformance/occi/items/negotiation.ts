import { describe, expect, test } from "vitest";
import { accept, attribute, COMPUTE, codeOf, I, JSON_TYPE, kind, linesOf, location, type Stage } from "../stage.ts";

/** Items 4–13. */
export function negotiation(stage: Stage): void {
  const typeOf = async (line: string, value?: string) =>
    (await stage.send(line, value === undefined ? [] : accept(value))).headers["content-type"];

  describe("content negotiation", () => {
    test("4 nothing asked for, or anything, is text/plain ([h]3.6.6)", async () => {
      expect(await typeOf("GET /-/")).toBe("text/plain");
      expect(await typeOf("GET /-/", "*/*")).toBe("text/plain");
      expect(await typeOf("GET /-/", "text/*")).toBe("text/plain");
    });

    test("5 four renderings, and an alias under its own name ([T]6, [J]3)", async () => {
      for (const type of ["text/plain", "text/occi", "text/uri-list", JSON_TYPE, "text/occi+plain"]) {
        expect(await typeOf("GET /compute/", type)).toBe(type);
      }
      expect((await stage.send("GET /compute/", accept("text/occi+plain"))).body).toBe(
        (await stage.send("GET /compute/", accept("text/plain"))).body,
      );
    });

    test("6 the answer's type is the rendering's, with no parameter ([H]5.2)", async () => {
      expect(await typeOf("GET /-/", "text/plain; charset=utf-8")).toBe("text/plain");
      expect(await typeOf("GET /nowhere", JSON_TYPE)).toBe(JSON_TYPE);
    });

    test("7 weights count; equal ones go plain, occi, json, uri-list (practice)", async () => {
      expect(await typeOf("GET /compute/", "text/plain;q=0.3, text/occi;q=0.7")).toBe("text/occi");
      expect(await typeOf("GET /compute/", "text/occi, text/plain")).toBe("text/plain");
      expect(await typeOf("GET /compute/", `text/uri-list, ${JSON_TYPE}`)).toBe(JSON_TYPE);
      expect(await typeOf("GET /compute/", "text/*;q=0.5, text/uri-list")).toBe("text/uri-list");
      expect(await typeOf("GET /compute/", "text/plain;q=0, */*")).toBe("text/occi");
    });

    test("8 406 where nothing served is acceptable, or would be cut ([h]3.6.6)", async () => {
      for (const value of ["application/xml", "text/html, image/png", "*/*;q=0", "text/plain;q=0"]) {
        const reply = await stage.send("GET /-/", accept(value));
        expect([reply.status, codeOf(reply)], value).toEqual([406, "not-acceptable"]);
      }
      const path = await stage.newVolume("naïve ☃");
      expect((await stage.send(`GET ${path}`, accept("text/occi"))).status).toBe(406);
      expect((await stage.send(`GET ${path}`, accept("text/occi, text/plain;q=0.1"))).body).toContain("naïve ☃");
    });

    test("9 a URI list of one entity is 400 ([T]8)", async () => {
      expect((await stage.send(`GET ${await stage.compute()}`, accept("text/uri-list"))).status).toBe(400);
    });

    test("10 every answer says what is served ([H]5.2)", async () => {
      for (const line of ["GET /-/", "GET /nowhere", "DELETE /-/"]) {
        const served = (await stage.send(line)).headers.accept;
        expect(served).toBe("text/plain, text/occi, application/occi+json, text/uri-list");
      }
    });

    test("11 a body says what it is: 400 without, 415 for what is unknown, the first of a list ([H]5.1)", async () => {
      const body = kind("storage");
      expect((await stage.send("POST /compute/", [], body)).status).toBe(400);
      for (const type of ["application/json", "text/html", "text", "text/plain; charset=utf-16", ", text/plain"]) {
        expect((await stage.send("POST /storage/", [["Content-Type", type]], body)).status, type).toBe(
          type.startsWith(",") ? 400 : 415,
        );
      }
      const both = [["Content-Type", "text/plain,text/occi"]] as const;
      const reply = await stage.send("POST /storage/", both, `${body}\n${attribute("occi.storage.size", "0.1")}`);
      expect(reply.status).toBe(201);
      stage.made(new URL(reply.headers.location ?? "").pathname);
      const packed = [
        ["Content-Type", "text/plain"],
        ["Content-Encoding", "gzip"],
      ] as const;
      expect((await stage.send("POST /storage/", packed, body)).status).toBe(415);
    });

    test("12 text/occi is its headers and no body; text/plain is its body, headers filter reads only (decision)", async () => {
      const occi = [
        ["Content-Type", "text/occi"],
        ["Category", 'nothing; scheme="http://nobody.example/#"; class="kind"'],
      ] as const;
      expect((await stage.send("POST /compute/", occi, COMPUTE)).status).toBe(404);
      const plain = [["Content-Type", "text/plain"], occi[1]] as const;
      const reply = await stage.send("POST /storage/", plain, `${kind("storage")}\noccurs: never`);
      expect([reply.status, codeOf(reply)]).toEqual([400, "malformed"]);
      expect((await stage.send("GET /compute/", [occi[1]])).status).toBe(404);
      const filter = [["Category", `network; scheme="${I}#"`]] as const;
      // An IP reservation is a network, too ([h] item 105).
      const others = linesOf(await stage.send("GET /", filter)).filter(
        (line) => !/\/(network|ipreservation)\//.test(line),
      );
      expect(others).toEqual([]);
    });

    test("13 a body in another rendering than it says is 400 (decision)", async () => {
      const json = JSON.stringify({ kind: `${I}#storage`, attributes: { "occi.storage.size": 1 } });
      expect((await stage.text("POST /storage/", json)).status).toBe(400);
      expect((await stage.send("POST /storage/", [["Content-Type", JSON_TYPE]], kind("storage"))).status).toBe(400);
      const uris = [["Content-Type", "text/uri-list"]] as const;
      expect((await stage.send("POST /storage/", uris, kind("storage"))).status).toBe(400);
      expect((await stage.send("POST /storage/", uris, location("x"))).status).toBe(400);
    });
  });
}
