import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { type Reply, startOcci, type TestOcci, WEB1 } from "../../support/occiDoor.ts";

/** Public keys of a new compute, in both generations of mixins. */

const COMPUTE = 'Category: compute; scheme="http://schemas.ogf.org/occi/infrastructure#"; class="kind"';
const SSH_KEY = 'Category: ssh_key; scheme="http://schemas.ogf.org/occi/infrastructure/credentials#"; class="mixin"';
const PUBLIC_KEY = 'Category: public_key; scheme="http://schemas.openstack.org/instance/credentials#"; class="mixin"';
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample user@host";
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}="${value}"`;
const NEW = attribute("occi.credentials.ssh.publickey", KEY);
const DATA = attribute("org.openstack.credentials.publickey.data", KEY);
const NAME = attribute("org.openstack.credentials.publickey.name", "mine");

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const post = (...lines: readonly string[]): Promise<Reply> =>
  door.send("POST /compute/", [["Content-Type", "text/plain"]], [COMPUTE, ...lines].join("\n"));
const read = async ({ headers }: Reply): Promise<string> =>
  (await door.send(`GET ${new URL(headers.location ?? "").pathname}`)).body;
const keyCalls = (): readonly string[] => door.world.calls.filter((call) => call.startsWith("keyPairs."));

test.each([
  ["1.2", [SSH_KEY, NEW]],
  ["1.1 era", [PUBLIC_KEY, DATA]],
])("a key without a name becomes a key pair for as long as the cloud needs it: %s", async (_, lines) => {
  const reply = await post(...lines);
  expect(reply.status, reply.body).toBe(201);
  expect(door.world.draft?.keyName).toMatch(/^vimana-temporary-/);
  expect(keyCalls()).toEqual(["keyPairs.create", "keyPairs.delete"]);
  expect(door.world.calls.indexOf("servers.create")).toBeGreaterThan(door.world.calls.indexOf("keyPairs.create"));
  expect(door.world.keyPairs.size).toBe(0);
  const text = await read(reply);
  expect(text).toContain("Category: ssh_key;");
  expect(text).not.toContain("vimana-temporary");
  expect(text).not.toContain("AAAAC3");
});

test("a name with a key makes a key pair that stays, and one that is there already is 409 and stays as it is", async () => {
  const reply = await post(PUBLIC_KEY, NAME, DATA);
  expect(reply.status, reply.body).toBe(201);
  expect(await read(reply)).toContain('org.openstack.credentials.publickey.name="mine"');
  expect([...door.world.keyPairs.keys()]).toEqual(["mine"]);
  const again = await post(PUBLIC_KEY, NAME, DATA);
  expect([again.status, again.body.split(":")[0]]).toEqual([409, "already-exists"]);
  expect([...door.world.keyPairs.keys()]).toEqual(["mine"]);
  expect(door.world.servers.size).toBe(3);
});

test("a name alone is left to the cloud, and the category alone means nothing", async () => {
  expect((await post(PUBLIC_KEY, NAME)).status).toBe(201);
  expect((await post(PUBLIC_KEY)).status).toBe(201);
  expect(keyCalls()).toEqual([]);
});

test.each([
  ["publickey.name", [NAME]],
  ["publickey.data", [DATA]],
])("both generations at once are 409: %s", async (names, lines) => {
  const reply = await post(SSH_KEY, NEW, PUBLIC_KEY, ...lines);
  expect([reply.status, reply.body.includes(names)]).toEqual([409, true]);
  expect(keyCalls()).toEqual([]);
});

test.each([
  ["temporary", [SSH_KEY, NEW]],
  ["named", [PUBLIC_KEY, NAME, DATA]],
])("a server that cannot be made leaves no %s key pair behind", async (_, lines) => {
  door.world.failures.set("servers.create", new CloudError("QUOTA_EXCEEDED", "Quota exceeded for cores"));
  expect((await post(...lines)).status).toBe(403);
  expect(door.world.keyPairs.size).toBe(0);
});

test("a temporary key pair that the cloud keeps is told", async () => {
  door.world.failures.set("keyPairs.delete", new CloudError("UNAVAILABLE", "not now"));
  const reply = await post(SSH_KEY, NEW);
  expect(reply.status).toBe(201);
  expect(reply.headers.warning).toMatch(/vimana-temporary-\S+ could not be removed/);
});

test("a key is given once: later it is 403", async () => {
  for (const lines of [
    [SSH_KEY, NEW],
    [PUBLIC_KEY, DATA],
  ]) {
    const reply = await door.send(`POST /compute/${WEB1}`, [["Content-Type", "text/plain"]], lines.join("\n"));
    expect([reply.status, reply.body.split(":")[0]]).toEqual([403, "immutable"]);
  }
});
