import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** The façade's REST rules: upstream's success shape, ProblemDetails, nothing ignored in silence. */

describe("REST", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  const call = async (
    path: string,
    init: RequestInit = {},
  ): Promise<{ response: Response; body: Record<string, unknown> }> => {
    const response = await fetch(`${gateway.http}${path}`, init);
    const text = await response.text();
    return { response, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const post = (path: string, body: string, headers: Record<string, string> = { "content-type": "application/json" }) =>
    call(path, { method: "POST", body, headers });

  test("a list is 200 with the wrapper object, in upstream's spelling of absence", async () => {
    const { response, body } = await call("/vivnfm/v5/flavours?filter=(eq,metadata/@name,m1.tiny)");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-request-id")).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(body).toEqual({
      flavours: [
        {
          flavourId: { value: expect.any(String) },
          isPublic: true,
          virtualMemory: { virtualMemSize: { string: "512Mi" } },
          virtualCpu: { numVirtualCpu: 1 },
          storageAttributes: [{ typeOfStorage: "ephemeral", sizeOfStorage: { string: "1Gi" }, isBoot: true }],
          virtualNetworkInterface: [],
          metadata: { fields: { name: "m1.tiny" } },
        },
      ],
    });
  });

  test("an image is found by path, by POST, and by the dotted filter, which goes before filter=", async () => {
    const dotted = await call("/vivnfm/v5/images?imageQueryFilter.value=cirros&filter=(eq,name,ubuntu-22.04)");
    const [image] = dotted.body.softwareImagesInformation as { name: string; softwareImageId: { value: string } }[];
    expect(image?.name).toBe("cirros");
    const shown = await call(`/vivnfm/v5/images/${image?.softwareImageId.value}`);
    expect(shown.body).toEqual({ softwareImageInformation: image });
    const posted = await post("/vivnfm/v5/images", JSON.stringify({ softwareImageId: image?.softwareImageId }));
    expect(posted.body).toEqual(shown.body);
  });

  test("unknown members and parameters are named in Warning headers, and the call goes on", async () => {
    const { response } = await post(
      "/vivnfm/v5/images?surprise=1",
      '{"softwareImageId":{"value":"x","näme":1},"a":{"b":2}}',
    );
    expect(response.status).toBe(404);
    const listed = await call("/vivnfm/v5/images?surprise=1&n%C3%A4me=2");
    expect(listed.response.headers.get("warning")).toBe(
      '299 vimana "unknown and ignored: surprise", 299 vimana "unknown and ignored: n%C3%A4me"',
    );
  });

  test.each([
    ["GET", "/vivnfm/v5/images/no-such-image", undefined, 404, { reason: "NOT_FOUND", code: 5 }],
    ["GET", "/vivnfm/v5/images?filter=(eq,nme,x)", undefined, 400, { reason: "MALFORMED", code: 3 }],
    [
      "GET",
      "/vivnfm/v5/networks?networkResourceType=TRUNK",
      undefined,
      501,
      { field: "networkResourceType", code: 12 },
    ],
    ["GET", "/vivnfm/v5/networks?networkResourceType=3", undefined, 501, { field: "networkResourceType" }],
    ["GET", "/vivnfm/v5/networks?networkResourceType=77", undefined, 400, { field: "networkResourceType" }],
    ["GET", "/vivnfm/v5/networks?networkResourceType=WOBBLY", undefined, 400, { field: "networkResourceType" }],
    ["GET", "/vivnfm/v5/images?filter=a&filter=b", undefined, 400, { field: "filter" }],
    ["GET", "/vivnfm/v5/nothing", undefined, 404, { reason: "NOT_FOUND" }],
    ["POST", "/vivnfm/v5/compute", "{", 400, { field: "body", reason: "MALFORMED" }],
    ["POST", "/vivnfm/v5/compute", "[]", 400, { field: "body" }],
    ["POST", "/vivnfm/v5/compute", "{}", 400, { field: "computeFlavourId", reason: "MISSING_VALUE" }],
    [
      "POST",
      "/vivnfm/v5/compute",
      '{"computeFlavourId":7}',
      400,
      { field: "computeFlavourId", reason: "INVALID_VALUE" },
    ],
    [
      "POST",
      "/vivnfm/v5/compute",
      '{"computeFlavourId":{"value":"1"},"reservationId":{"value":"r"}}',
      404,
      { field: "reservationId" },
    ],
    ["POST", "/vivnfm/v5/compute/a/START", '{"computeId":{"value":"b"}}', 400, { field: "computeId.value" }],
    ["POST", "/vivnfm/v5/compute/a/EXPLODE", "{}", 400, { field: "computeOperation" }],
    [
      "POST",
      "/vivnfm/v5/compute/affinity",
      '{"groupName":"g","type":"ANTI_AFFINITY","scope":"NFVI_POP"}',
      501,
      { field: "scope" },
    ],
    [
      "POST",
      "/admin/v1/images",
      '{"metadata":{"name":"x"},"source":{"http":{"url":"http://127.0.0.1/"}}}',
      501,
      { code: 12 },
    ],
  ])("%s %s %s is %i", async (method, path, body, status, problem) => {
    const { response, body: answer } = await call(path, {
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
    });
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect([response.status, answer]).toMatchObject([status, { ...problem, status, details: [] }]);
    expect(answer.message).toBe(answer.detail);
    expect(answer.requestId).toBe(response.headers.get("x-request-id"));
  });

  test("another method is 405 with Allow, another media type 415, a big body 413", async () => {
    const put = await call("/vivnfm/v5/images", { method: "PUT" });
    expect([put.response.status, put.response.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS, POST"]);
    const form = await post("/vivnfm/v5/compute", "a=b", { "content-type": "application/x-www-form-urlencoded" });
    expect([form.response.status, form.body.field]).toEqual([415, "Content-Type"]);
    const big = await post("/vivnfm/v5/compute", JSON.stringify({ computeName: "x".repeat(5 * 1024 * 1024) }));
    expect([big.response.status, big.body.field]).toEqual([413, "body"]);
    const long = await post("/vivnfm/v5/images", JSON.stringify({ softwareImageId: { value: "x".repeat(300_000) } }));
    expect([long.response.status, long.body.field]).toEqual([413, "softwareImageId.value"]);
  });

  test.each([{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { host: "rebound.example" }])(
    "without credentials %j is 403",
    async (headers) => {
      const status = await new Promise((resolve, reject) => {
        const request = httpRequest(`${gateway.http}/vivnfm/v5/images`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on("error", reject).end();
      });
      expect(status).toBe(403);
    },
  );

  test("health is told without credentials", async () => {
    expect((await call("/healthz")).body).toEqual({ status: "alive" });
    expect((await call("/readyz")).body).toEqual({ status: "ready" });
  });
});
