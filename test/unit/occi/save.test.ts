import { afterEach, beforeEach, expect, test } from "vitest";
import { type Reply, startOcci, type TestOcci, WEB1 } from "../../support/occiDoor.ts";

/** Saving a compute: the answer is the template that it becomes. */

const SAVE = 'Category: save; scheme="http://schemas.ogf.org/occi/infrastructure/compute/action#"; class="action"';

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const save = (accept: string, ...attributes: readonly string[]): Promise<Reply> =>
  door.send(
    `POST /compute/${WEB1}?action=save`,
    [
      ["Content-Type", "text/plain"],
      ["Accept", accept],
    ],
    [SAVE, ...attributes.map((attribute) => `X-OCCI-Attribute: ${attribute}`)].join("\n"),
  );
const made = () => [...door.world.images.values()].find(({ id }) => !["cirros-0-6", "debian-12"].includes(id));

test("answers with the new template, in every rendering", async () => {
  const reply = await save("text/plain", 'name="my, \\"image\\""', 'method="hot"');
  expect(reply.status, reply.body).toBe(200);
  const image = made();
  expect(image?.name).toBe('my, "image"');
  expect(reply.body).toBe(
    `Category: ${image?.id}; scheme="http://schemas.openstack.org/template/os#"; class="mixin"; ` +
      'title="my, \\"image\\""; rel="http://schemas.ogf.org/occi/infrastructure#os_tpl"; ' +
      `location="/os_tpl/${image?.id}/"`,
  );
  const json = JSON.parse((await save("application/occi+json")).body);
  expect(json.mixins).toMatchObject([{ scheme: "http://schemas.openstack.org/template/os#" }]);
  expect((await save("text/uri-list")).body).toMatch(/\/os_tpl\/[0-9a-f-]+\/\r\n$/);
  expect((await save("text/occi")).headers.category).toContain('class="mixin"');
});

test("the template can be used, and has a name of its own without one given", async () => {
  expect((await save("text/plain")).status).toBe(200);
  const image = made();
  expect(image?.name).toMatch(/^web1-[0-9a-f]{8}$/);
  const compute = [
    'Category: compute; scheme="http://schemas.ogf.org/occi/infrastructure#"; class="kind"',
    `Category: ${image?.id}; scheme="http://schemas.openstack.org/template/os#"; class="mixin"`,
  ];
  const reply = await door.send("POST /compute/", [["Content-Type", "text/plain"]], compute.join("\n"));
  expect(reply.status, reply.body).toBe(201);
});

test.each([
  [501, 'method="deferred"'],
  [400, 'method="explode"'],
  [400, 'name=""'],
  [400, 'title="x"'],
])("%i for %s, and nothing is made", async (status, attribute) => {
  expect((await save("text/plain", attribute)).status).toBe(status);
  expect(made()).toBeUndefined();
});

test("what is building cannot be saved", async () => {
  const server = door.world.servers.get(WEB1);
  if (server === undefined) throw new Error("the server is missing");
  door.world.servers.set(WEB1, { ...server, status: "building" });
  expect((await save("text/plain")).status).toBe(400);
  expect((await door.send(`GET /compute/${WEB1}`)).body).not.toContain("?action=save");
});
