import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";

describe.each(BACKENDS)("identity on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("of callers", () => {
    let backend: OpenBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.close());

    const ask = async (path: string, headers: Record<string, string>): Promise<{ status: number; body: unknown }> => {
      const response = await fetch(`${backend.gateway.http}${path}`, { headers });
      return { status: response.status, body: await response.json() };
    };
    const get = (path: string, token: string) => ask(path, { "x-auth-token": token });
    const basic = (name: string, secret: string) => ({ authorization: `Basic ${btoa(`${name}:${secret}`)}` });

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

    test("Basic with a user, a user of a domain, or an application credential, and Bearer, are the same caller", async () => {
      const { auth } = backend.configs.tenant;
      if (auth?.method !== "password" || !("name" in auth.user)) throw new Error("tests sign in by name and password");
      const shown = await get("/v1/caller", backend.tenant.token);
      const { user, project } = shown.body as {
        user: { id: string; name: string };
        project: { id: string; name: string };
      };
      const same = { status: 200, body: { user, project } };
      const [name, password] = [auth.user.name, auth.password.reveal()];
      expect(await ask("/v1/caller", basic(name, password))).toMatchObject(same);
      const named = { ...basic(`${name}@Default`, password), "vimana-project": project.name };
      expect(await ask("/v1/caller", named)).toMatchObject(same);
      expect(await ask("/v1/caller", { authorization: `Bearer ${backend.tenant.token}` })).toMatchObject(same);
      const path = `/users/${user.id}/application_credentials`;
      const draft = { application_credential: { name: `test-${backend.gateway.http.split(":").at(-1)}` } };
      const made = await backend.tenant.call("identity", "POST", path, draft);
      const credential = made.body.application_credential as { id: string; secret: string };
      try {
        expect(await ask("/v1/caller", basic(credential.id, credential.secret))).toMatchObject(same);
        expect((await ask("/v1/caller", basic(credential.id, "wrong"))).status).toBe(401);
      } finally {
        await backend.tenant.call("identity", "DELETE", `${path}/${credential.id}`);
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
