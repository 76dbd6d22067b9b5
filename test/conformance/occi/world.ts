import { expect } from "vitest";
import { startOcci, type TestOcci, WEB1 } from "../../support/occiDoor.ts";

/** The state that the examples were written for: two servers, a network, two volumes, and a user's mixin with one member. */

const TEXT = [["Content-Type", "text/plain"]] as const;

export async function openWorld(): Promise<TestOcci> {
  const door = await startOcci({ flavourPolicy: "make", baseUrl: "https://occi.example" });
  await defineMixin(door, "http://example.com/occi/my_stuff#my_stuff", "/my_stuff/", [`/compute/${WEB1}`]);
  return door;
}

export async function defineMixin(
  door: TestOcci,
  identity: string,
  location: string,
  members: readonly string[],
): Promise<void> {
  const [scheme, term] = identity.split("#");
  const line = `Category: ${term}; scheme="${scheme}#"; class="mixin"; location="${location}"`;
  expect((await door.send("POST /-/", TEXT, line)).status).toBe(200);
  const lines = members.map((path) => `X-OCCI-Location: https://occi.example${path}`);
  expect((await door.send(`POST ${location}`, TEXT, lines.join("\n"))).status).toBe(200);
}

/** Everything that a request could have changed: the cloud's things, and what the gateway itself keeps. */
export async function stateOf(door: TestOcci): Promise<unknown> {
  const { servers, networks, subnets, ports, volumes, keyPairs } = door.world;
  const shown: string[] = [];
  for (const path of ["/-/", "/my_stuff/"]) shown.push((await door.send(`GET ${path}`)).body);
  return structuredClone([servers, networks, subnets, ports, volumes, keyPairs, shown]);
}
