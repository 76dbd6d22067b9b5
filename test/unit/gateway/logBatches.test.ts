import { expect, test } from "vitest";
import { inBatches } from "../../../src/gateway/logBatches.ts";

/** A line so long that it is written at once. */
const line = (name: string): string => `${JSON.stringify({ name, rest: "x".repeat(70_000) })}\n`;

test("lines that nobody read are counted, and the count is told when there is room again", () => {
  const written: string[] = [];
  let room = true;
  let drop = (): void => {};
  const log = inBatches({
    write(lines) {
      if (room) written.push(lines);
      else drop();
    },
    on(_event, listener) {
      drop = listener;
    },
    flushSync() {},
  });
  log.write(line("one"));
  room = false;
  log.write(line("two"));
  log.write(line("three"));
  room = true;
  log.write(line("four"));
  log.write(line("five"));
  const told = written
    .join("")
    .split("\n")
    .slice(0, -1)
    .map((text) => JSON.parse(text));
  expect(told.map(({ name, lost }) => name ?? lost)).toEqual(["one", 2, "four", "five"]);
  expect(told[1]).toMatchObject({ level: 40, msg: expect.stringContaining("lost"), time: expect.any(String) });
});
