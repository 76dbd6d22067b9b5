import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { viVnfmClient } from "../support/viVnfm.ts";

/** A write that is asked for twice with one `Idempotency-Key` is done once, whichever door it comes by. */

const [simulated] = BACKENDS;
const KIND = "http://schemas.ogf.org/occi/infrastructure#";

describe("a write with an idempotency key", () => {
  let backend: OpenBackend;
  beforeAll(async () => {
    if (simulated === undefined) throw new Error("no simulator");
    backend = await simulated.open();
  });
  afterAll(() => backend.close());

  const network = (name: string, cidr = "10.9.0.0/24") => ({
    networkResourceName: name,
    networkResourceType: "NETWORK",
    typeNetworkData: { bandwidth: 7, layer3Attributes: [{ cidr: { cidr } }] },
  });

  const rest = async (key: string, body: object, token = backend.tenant.token) => {
    const response = await fetch(`${backend.gateway.http}/vivnfm/v5/networks`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-auth-token": token, "idempotency-key": key },
      body: JSON.stringify(body),
    });
    const { status, headers } = response;
    const parsed = (await response.json()) as Record<string, never>;
    return {
      status,
      isReplayed: headers.get("idempotency-replayed"),
      warning: headers.get("warning"),
      body: parsed,
      headers,
    };
  };

  const occi = async (key: string, title: string, accept = "text/plain") => {
    const response = await fetch(`${backend.gateway.occi}/network/`, {
      method: "POST",
      headers: { "content-type": "text/plain", accept, "x-auth-token": backend.tenant.token, "idempotency-key": key },
      body: `Category: network; scheme="${KIND}"; class="kind"\nX-OCCI-Attribute: occi.core.title="${title}"`,
    });
    const { status, headers } = response;
    return {
      status,
      isReplayed: headers.get("idempotency-replayed"),
      location: headers.get("location"),
      text: await response.text(),
    };
  };

  const named = async (name: string): Promise<number> => {
    const { body } = await backend.tenant.call("network", "GET", `/networks?name=${name}`);
    return (body.networks as unknown[]).length;
  };

  test("by REST is done once, and answered alike with its warnings", async () => {
    const first = await rest("k-rest", network("once-rest"));
    const again = await rest("k-rest", network("once-rest"));
    expect([first.status, first.isReplayed]).toEqual([200, null]);
    expect([again.status, again.isReplayed, again.body]).toEqual([200, "true", first.body]);
    expect(first.warning).toContain("bandwidth");
    expect(again.warning).toBe(first.warning);
    expect(await named("once-rest")).toBe(1);
  });

  test("by OCCI is done once, and answered alike", async () => {
    const first = await occi("k-occi", "once-occi");
    const again = await occi("k-occi", "once-occi");
    expect([first.status, first.isReplayed]).toEqual([201, null]);
    expect(again).toEqual({ ...first, isReplayed: "true" });
    expect(await named("once-occi")).toBe(1);
    // Another rendering is another request: the answer is kept as it was rendered.
    const other = await occi("k-occi", "once-occi", "application/occi+json");
    expect([other.status, other.text]).toEqual([422, expect.stringContaining("key-reused")]);
  });

  test("by gRPC is done once, and says so in the trailers", async () => {
    const client = viVnfmClient(backend.gateway.grpc);
    const ask = (name: string) => {
      const metadata = new Metadata();
      metadata.set("x-auth-token", backend.tenant.token);
      metadata.set("idempotency-key", "k-grpc");
      const request = {
        networkResourceName: name,
        networkResourceType: "NETWORK",
        affinityOrAntiAffinityConstraints: [],
        typeNetworkData: { bandwidth: 0, networkQos: [], layer3Attributes: [{ cidr: { cidr: "10.9.2.0/24" } }] },
      };
      return client.call("allocateVirtualisedNetworkResource", request, metadata);
    };
    const first = await ask("once-grpc");
    const again = await ask("once-grpc");
    expect(first.trailers.get("idempotency-replayed")).toEqual([]);
    expect(again.trailers.get("idempotency-replayed")).toEqual(["true"]);
    expect(again.answer).toEqual(first.answer);
    expect(await named("once-grpc")).toBe(1);
    const error = await ask("another").catch((thrown: ServiceError) => thrown);
    expect(error).toMatchObject({ code: 3, metadata: expect.anything() });
    client.close();
  });

  test("is refused for another request, and serves another project as if nobody had it", async () => {
    await rest("k-shared", network("shared"));
    const other = await rest("k-shared", network("shared", "10.10.0.0/24"));
    expect(other).toMatchObject({ status: 422, body: { reason: "KEY_REUSED", field: "idempotency-key" } });
    const stranger = await rest("k-shared", network("strangers"), backend.stranger.token);
    expect([stranger.status, stranger.isReplayed]).toEqual([200, null]);
  });

  test("is free again after a failure, because nothing was made", async () => {
    backend.simulator?.faults.add({ match: { method: "POST", path: "/subnets" }, effect: { status: 400 }, count: 1 });
    expect((await rest("k-again", network("again"))).status).toBe(400);
    expect(await named("again")).toBe(0);
    const second = await rest("k-again", network("again"));
    expect([second.status, second.isReplayed]).toEqual([200, null]);
  });

  test("asked for many times at once is done once", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => rest("k-many", network("many"))));
    expect(await named("many")).toBe(1);
    const ids = new Set(answers.map(({ body }) => JSON.stringify(body)));
    expect([ids.size, answers.filter(({ isReplayed }) => isReplayed === null).length]).toEqual([1, 1]);
  });

  test.each([
    ["a blank", "a b"],
    ["too long", "k".repeat(256)],
    ["not ASCII", "k\u00e9"],
  ])("has a form that is checked: %s", async (_, key) => {
    expect(await rest(key, network("form"))).toMatchObject({
      status: 400,
      body: { reason: "INVALID_VALUE", field: "idempotency-key" },
    });
    expect(await named("form")).toBe(0);
  });
});
