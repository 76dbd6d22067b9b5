import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestOcci } from "../../support/occiDoor.ts";
import type { Faulty } from "./gaps/faulty.ts";
import { GRAMMAR } from "./gaps/grammar.ts";
import { MODEL } from "./gaps/model.ts";
import { PROTOCOL } from "./gaps/protocol.ts";
import { openWorld, stateOf } from "./world.ts";

/** Each faulty request has its status, an answer that helps, and no effect; texts with either line end. */

let door: TestOcci;
beforeEach(async () => {
  door = await openWorld();
});
afterEach(() => door.close());

async function play({ status, line, headers, body }: Faulty, eol: string): Promise<void> {
  const before = await stateOf(door);
  const isText = headers.some(([, value]) => value === "text/plain");
  const reply = await door.send(line, headers, isText ? body?.replaceAll("\n", eol) : body);
  expect(reply.status, reply.body).toBe(status);
  expect(await stateOf(door)).toEqual(before);
  // Node answers what it will not read before the door hears of it.
  if (status === 431) return;
  expect(reply.headers.server).toContain("OCCI/1.2");
  expect(reply.headers["content-type"]).toMatch(/^(?:text\/plain|text\/occi|application\/occi\+json)$/);
  expect(reply.headers["x-request-id"]).toMatch(/^req-/);
  expect(reply.body).not.toMatch(/\bat .*\.ts:\d+/);
  expect(reply.body.length).toBeGreaterThan(5);
}

describe.each([
  ["grammar", GRAMMAR],
  ["model and state", MODEL],
  ["HTTP", PROTOCOL],
])("%s", (_, rows) => {
  test.each(rows)("$status: $why", (row) => play(row, "\n"));
  const texts = rows.filter(({ headers }) => headers.some(([, value]) => value === "text/plain"));
  test.runIf(texts.length > 0).each(texts)("$status with CRLF: $why", (row) => play(row, "\r\n"));
});
