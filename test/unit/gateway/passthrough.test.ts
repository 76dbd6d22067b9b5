import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError, type Credentials } from "../../../src/cloud/index.ts";
import { MAX_DOCUMENT_BYTES } from "../../../src/gateway/passthroughAnswer.ts";
import { entryAt, type Rig, raw, startRig } from "./passthroughRig.ts";

let rig: Rig;

beforeEach(async () => {
  rig = await startRig();
  rig.catalogue = async () => [entryAt("compute", `${rig.upstream}/compute/v2.1`), entryAt("root", rig.upstream)];
});

afterEach(() => rig.close());

describe("what reaches the cloud", () => {
  test("the path below the service, the query, and the caller's token, untouched", async () => {
    await raw(rig.door, "/openstack/compute/v2.1/a%2Fb//c?x=%20&y", { "x-auth-token": "caller's" });
    expect(rig.seen[0]?.url).toBe("/compute/v2.1/a%2Fb//c?x=%20&y");
    expect(rig.seen[0]?.headers).toMatchObject({ "x-auth-token": "caller's", host: new URL(rig.upstream).host });
  });

  test("no credentials that the caller did not send", async () => {
    await raw(rig.door, "/openstack/compute/v2.1");
    const { headers } = rig.seen[0] ?? { headers: {} };
    expect(Object.keys(headers).filter((name) => /auth|cookie|token/.test(name))).toEqual([]);
  });

  test("nothing that the caller says of who forwarded it, under any spelling", async () => {
    await raw(rig.door, "/openstack/root/v1", {
      "x-forwarded-for": "6.6.6.6",
      X_Forwarded_Host: "evil",
      "x-forwarded-user": "admin",
      forwarded: "for=6.6.6.6",
      "x-real-ip": "6.6.6.6",
      host: "vimana.example:81",
    });
    const { headers } = rig.seen[0] ?? { headers: {} };
    expect(Object.fromEntries(Object.entries(headers).filter(([name]) => /forwarded|real/.test(name)))).toEqual({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "vimana.example:81",
      "x-forwarded-port": "81",
      "x-forwarded-proto": "http",
      "x-forwarded-prefix": "/openstack/root",
    });
  });

  test("no prefix where the service has one of its own, which it would put behind ours", async () => {
    await raw(rig.door, "/openstack/compute/v2.1");
    expect(rig.seen[0]?.headers).not.toHaveProperty("x-forwarded-prefix");
  });

  test("no header that is about the caller's connection", async () => {
    await raw(rig.door, "/openstack/compute/", {
      connection: "close, x-mine",
      "x-mine": "1",
      "proxy-authorization": "Basic eA==",
      te: "trailers",
      "keep-alive": "timeout=9",
    });
    const { headers } = rig.seen[0] ?? { headers: {} };
    for (const name of ["x-mine", "proxy-authorization", "te", "keep-alive"]) expect(headers).not.toHaveProperty(name);
  });

  test("a global request id: the caller's, or a new one", async () => {
    const own = "req-12345678-1234-4234-8234-123456789012";
    const [given, made] = [
      await raw(rig.door, "/openstack/compute/", { "x-openstack-request-id": own }),
      await raw(rig.door, "/openstack/compute/"),
    ];
    expect([given.headers["x-request-id"], rig.seen[0]?.headers["x-openstack-request-id"]]).toEqual([own, own]);
    expect(made.headers["x-request-id"]).toMatch(/^req-/);
    expect(rig.seen[1]?.headers["x-openstack-request-id"]).toBe(made.headers["x-request-id"]);
  });

  test.each(["/openstack/compute/..%2f..%2fidentity", "/openstack/compute/%2e%2e/identity"])(
    "never %s",
    async (path) => {
      expect(await raw(rig.door, path)).toMatchObject({ status: 400 });
      expect(rig.seen).toEqual([]);
    },
  );

  test("nothing of what goes elsewhere", async () => {
    expect((await raw(rig.door, "/openstacks")).body).toBe("app");
    expect((await raw(rig.door, `${rig.door}/openstack/compute`)).body).toBe("app");
    expect(rig.seen).toEqual([]);
  });
});

describe("finding a service", () => {
  test("an unknown one is 404, and the answer names what there is", async () => {
    const { status, headers, body } = await raw(rig.door, "/openstack/nova/v2.1");
    expect([status, headers["content-type"]]).toEqual([404, "application/problem+json"]);
    expect(JSON.parse(body)).toMatchObject({
      reason: "NOT_FOUND",
      detail: "cloud fake has no service nova; there are: compute, identity, root",
      requestId: headers["x-request-id"],
    });
  });

  test("without a credential of the gateway's own it is the caller's token that tells, and a refusal is not repeated", async () => {
    const asked: Credentials["kind"][] = [];
    rig.catalogue = async ({ kind }) => {
      asked.push(kind);
      if (kind === "configured") throw new CloudError("UNAUTHENTICATED", "wrong password");
      return [entryAt("compute", `${rig.upstream}/compute/v2.1`)];
    };
    expect((await raw(rig.door, "/openstack/compute/")).status).toBe(404);
    expect((await raw(rig.door, "/openstack/compute/", { authorization: "Basic YTpi" })).status).toBe(404);
    expect((await raw(rig.door, "/openstack/compute/", { "x-auth-token": "t" })).status).toBe(200);
    expect((await raw(rig.door, "/openstack/compute/")).status).toBe(200);
    expect(asked).toEqual(["configured", "token"]);
    rig.clock.time += 60_000;
    await raw(rig.door, "/openstack/other/");
    expect(asked).toEqual(["configured", "token", "configured"]);
  });

  test("a cloud that cannot be asked is 503", async () => {
    rig.catalogue = async () => {
      throw new CloudError("UNAVAILABLE", "away");
    };
    expect((await raw(rig.door, "/openstack/compute/")).status).toBe(503);
  });

  test.each([
    ["vimana-cloud", "other"],
    ["vimana-region", "two"],
  ])("%s: %s is refused by name, the address decides", async (name, value) => {
    const { status, body } = await raw(rig.door, "/openstack/compute/", { [name]: value });
    expect([status, JSON.parse(body)]).toMatchObject([400, { field: name }]);
  });
});

describe("a cloud in trouble", () => {
  test("down: 503 in JSON with the request id", async () => {
    await rig.stopUpstream();
    for (const method of ["GET", "POST"]) {
      const { status, headers, body } = await raw(rig.door, "/openstack/identity/v3", {}, method);
      expect([status, JSON.parse(body)]).toMatchObject([
        503,
        { reason: "UNAVAILABLE", requestId: headers["x-request-id"] },
      ]);
    }
  });

  test("a write whose answer is lost is not 503, which clients would repeat", async () => {
    rig.answer = (request) => request.socket.destroy();
    expect((await raw(rig.door, "/openstack/compute/", {}, "GET")).status).toBe(503);
    const { status, body } = await raw(rig.door, "/openstack/compute/v2.1/servers", {}, "POST");
    expect([status, JSON.parse(body)]).toMatchObject([502, { reason: "AMBIGUOUS" }]);
  });

  test("an answer that breaks off is seen to break off", async () => {
    rig.answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": "1000" });
      response.write("half", () => response.destroy());
    };
    await expect(raw(rig.door, "/openstack/compute/v2.1/x")).rejects.toThrow(/aborted|hang up|reset/i);
  });

  test("a catalogue without end is refused and not kept", async () => {
    rig.answer = (_request, response) => {
      response.writeHead(201, { "content-type": "application/json" });
      response.end(Buffer.alloc(MAX_DOCUMENT_BYTES + 1, " "));
    };
    const { status, body } = await raw(rig.door, "/openstack/identity/v3/auth/tokens", {}, "POST");
    expect([status, JSON.parse(body)]).toMatchObject([502, { reason: "UPSTREAM_FAILED" }]);
  });

  test("an address that leads back to the gateway does not go round", async () => {
    rig.catalogue = async () => [entryAt("loop", `${rig.door}/openstack/identity`)];
    const answers: string[] = [];
    rig.answer = (request, response) => {
      raw(rig.door, "/openstack/identity/v3", { via: String(request.headers.via) }).then(
        ({ status, body }) => {
          answers.push(`${status} ${body}`);
          response.end();
        },
        () => response.destroy(),
      );
    };
    await raw(rig.door, "/openstack/identity/v3");
    expect(answers).toEqual([expect.stringMatching(/^502 .*leads back/)]);
  });
});

describe("answers", () => {
  const catalog = (): object => ({
    catalog: [{ type: "dns", endpoints: [{ interface: "public", region_id: "one", url: `${rig.upstream}/dns` }] }],
  });

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
    ["identity", (text: string) => Buffer.from(text)],
  ])("are read where they are rewritten, though they come as %s", async (encoding, encode) => {
    rig.answer = (request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding });
      response.end(encode(JSON.stringify(catalog())));
    };
    const { headers, body } = await raw(rig.door, "/openstack/identity/v3/auth/catalog", { "accept-encoding": "gzip" });
    expect(JSON.parse(body).catalog[0].endpoints[0].url).toBe(`${rig.door}/openstack/dns`);
    expect(headers).not.toHaveProperty("content-encoding");
    expect(Number(headers["content-length"])).toBe(body.length);
    // What passed through is known from then on.
    expect((await raw(rig.door, "/openstack/dns/v2")).status).toBe(200);
  });

  test("keep every other byte and header, in an encoding that the caller asked an object store for", async () => {
    rig.catalogue = async () => [entryAt("object-store", `${rig.upstream}/v1/AUTH_x`)];
    const bytes = gzipSync(JSON.stringify({ links: { href: `${rig.upstream}/v1` } }));
    rig.answer = (request, response) => {
      expect(request.headers["accept-encoding"]).toBe("gzip");
      response.writeHead(
        200,
        [
          ["Content-Type", "application/json"],
          ["Content-Encoding", "gzip"],
          ["X-Trans-Id", "t"],
          ["Vary", "a"],
          ["Vary", "b"],
          ["Connection", "x-hop"],
          ["X-Hop", "1"],
        ].flat(),
      );
      response.end(bytes);
    };
    const answer = await fetch(`${rig.door}/openstack/object-store/v1/AUTH_x/c/o`, {
      headers: { "accept-encoding": "gzip" },
    });
    expect(await answer.json()).toEqual({ links: { href: `${rig.upstream}/v1` } });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-encoding": "gzip",
      "x-trans-id": "t",
      vary: "a, b",
    });
    expect(answer.headers.has("x-hop")).toBe(false);
  });

  test.each([
    ["HEAD", 200],
    ["GET", 304],
    ["DELETE", 204],
  ])("to %s with %i have no body, and the connection goes on", async (method, status) => {
    rig.answer = (_request, response) => response.writeHead(status, { "content-type": "application/json" }).end();
    expect(await raw(rig.door, "/openstack/compute/v2.1/x", {}, method)).toMatchObject({ status, body: "" });
  });

  test("that are no JSON though they say so go on as they are", async () => {
    rig.answer = (_request, response) => response.writeHead(500, { "content-type": "application/json" }).end("<html>");
    expect(await raw(rig.door, "/openstack/identity/v3/auth/tokens", {}, "POST")).toMatchObject({
      status: 500,
      body: "<html>",
    });
  });
});
