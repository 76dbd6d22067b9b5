import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlanConformanceResponse, RunConformanceResponse } from "../../generated/ts/vimana/v1/conformance.ts";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { startTestGateway } from "../support/gateway.ts";

/** The OCCI self-test that operators run: it holds on every backend, and leaves nothing. */

describe.each(BACKENDS)("the OCCI self-test on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("for its operator", () => {
    let backend: OpenBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.close());

    const ask = (method: string, headers: Record<string, string> = {}, body?: object) =>
      fetch(`${backend.gateway.http}/admin/conformance`, {
        method,
        headers: { "x-auth-token": backend.tenant.token, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const everything = async (): Promise<string> => {
      const headers = { "x-auth-token": backend.tenant.token, accept: "text/uri-list" };
      return (await fetch(`${backend.gateway.occi}/`, { headers })).text();
    };

    test("says what it will create before it does", async () => {
      const before = await everything();
      const plan = (await (await ask("GET")).json()) as PlanConformanceResponse;
      expect(plan.creates).toContain("a volume of 1 GiB");
      expect(plan.checks.length).toBeGreaterThan(30);
      expect(await everything()).toBe(before);
    });

    test("every check holds, and all is as before", async () => {
      const before = (await everything()).split("\r\n").sort();
      const response = await ask("POST", {}, { withMachine: true });
      expect(response.status).toBe(200);
      const report = (await response.json()) as RunConformanceResponse;
      expect(report.results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      expect(report).toMatchObject({ failed: 0, skipped: 0, leftBehind: [], projectId: backend.tenant.projectId });
      expect((await everything()).split("\r\n").sort()).toEqual(before);
    }, 180_000);

    test("is for operators only: a foreign web page is not one", async () => {
      for (const headers of [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
        expect((await ask("POST", headers, {})).status).toBe(403);
      }
    });
  });
});

describe("an operator's token", () => {
  test("is asked of callers on this machine, too, where one is configured", async () => {
    const gateway = await startTestGateway({}, ["--operator-token", "correct-horse-battery"]);
    try {
      const ask = async (headers: Record<string, string>) =>
        (await fetch(`${gateway.http}/admin/conformance`, { headers })).status;
      expect([
        await ask({}),
        await ask({ "vimana-operator": "correct-horse-batterz" }),
        await ask({ "vimana-operator": "correct-horse-battery" }),
      ]).toEqual([403, 403, 200]);
    } finally {
      await gateway.close();
    }
  });
});
