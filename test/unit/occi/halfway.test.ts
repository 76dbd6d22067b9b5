import { expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import type { FakeWorld } from "../../support/fakeCloud.ts";
import { fakeNetwork } from "../../support/fakeThings.ts";
import { FREE_VOLUME, LAN0, type Reply, startOcci, type TestOcci } from "../../support/occiDoor.ts";

/** A compute with a key, a card of its own, a volume and a floating address: every call of it fails in turn, and nothing is left. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const PUBLIC = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a2009";
const link = (kind: string, target: string, path: string, more = ""): string =>
  `Link: <${path}>; rel="${I}#${target}"; category="${I}#${kind}"${more}`;
const MESSAGE = [
  `Category: compute; scheme="${I}#"; class="kind"`,
  `Category: ssh_key; scheme="${I}/credentials#"; class="mixin"`,
  'X-OCCI-Attribute: occi.credentials.ssh.publickey="ssh-ed25519 AAAA"',
  link("networkinterface", "network", `/network/${LAN0}`, '; occi.networkinterface.mac="02:00:00:00:00:01"'),
  link("networkinterface", "network", `/network/${PUBLIC}`),
  link("storagelink", "storage", `/storage/${FREE_VOLUME}`),
].join("\n");

async function open(): Promise<TestOcci> {
  const door = await startOcci();
  door.world.networks.set(PUBLIC, fakeNetwork({ id: PUBLIC, name: "public", projectId: "admin", isExternal: true }));
  return door;
}

const create = (door: TestOcci): Promise<Reply> =>
  door.send("POST /compute/", [["Content-Type", "text/plain"]], MESSAGE);
const stateOf = ({ servers, ports, keyPairs, floatingIps, volumes }: FakeWorld): unknown =>
  structuredClone([servers, ports, keyPairs, floatingIps, volumes]);

async function callsOfSuccess(): Promise<readonly string[]> {
  const door = await open();
  expect((await create(door)).status).toBe(201);
  expect(door.world.keyPairs.size).toBe(0);
  await door.close();
  return [...new Set(door.world.calls)];
}

const names = await callsOfSuccess();

test("there is something to fail", () => {
  for (const name of [
    "keyPairs.create",
    "ports.create",
    "servers.create",
    "servers.attachVolume",
    "floatingIps.create",
  ]) {
    expect(names).toContain(name);
  }
});

test.each(names.filter((name) => name !== "keyPairs.delete"))("%s fails: nothing is left", async (name) => {
  const door = await open();
  const before = stateOf(door.world);
  door.world.failures.set(name, new CloudError("UPSTREAM_FAILED", "no"));
  const { status, body } = await create(door);
  expect(status, body).toBe(502);
  expect(body).not.toContain("could not be unmade");
  expect(stateOf(door.world)).toEqual(before);
  await door.close();
});
