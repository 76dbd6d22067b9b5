import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";

describe.each(BACKENDS)("identity on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("of callers", () => {
    let backend: OpenBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.close());

    const get = async (path: string, token: string): Promise<{ status: number; body: unknown }> => {
      const response = await fetch(`${backend.gateway.http}${path}`, { headers: { "x-auth-token": token } });
      return { status: response.status, body: await response.json() };
    };

    test("each tenant is told its own project and roles", async () => {
      for (const native of [backend.tenant, backend.stranger]) {
        expect(await get("/v1/caller", native.token)).toMatchObject({
          status: 200,
          body: {
            cloud: backend.gateway.gateway.cloudName,
            project: { id: native.projectId },
            roles: expect.arrayContaining(["member"]),
          },
        });
      }
    });

    test("the clouds are listed with the default marked", async () => {
      const { cloudName, clouds } = backend.gateway.gateway;
      const { status, body } = await get("/v1/clouds", backend.tenant.token);
      expect(status).toBe(200);
      const listed = (body as { clouds: { name: string; isDefault: boolean }[] }).clouds;
      expect(listed.map(({ name }) => name)).toEqual(clouds.names);
      expect(listed.filter(({ isDefault }) => isDefault)).toEqual([
        { name: cloudName, signInUrl: clouds.signInUrl(cloudName), isDefault: true },
      ]);
    });
  });
});
