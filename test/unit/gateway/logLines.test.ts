import { expect, test, vi } from "vitest";
import { type Destination, MOST_HELD, openLines } from "../../../src/gateway/logLines.ts";

/** What became of the lines, and whether there is room for more. */
function reader() {
  const written: string[] = [];
  let drop = (): void => {};
  const to = {
    hasRoom: true as boolean,
    write(lines) {
      if (to.hasRoom) written.push(lines);
      else drop();
    },
    on(_event, listener) {
      drop = listener;
    },
    flushSync() {},
  } satisfies Destination & { hasRoom: boolean };
  const read = () => {
    const lines = written.join("").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  };
  return { to, read };
}

test("lines that nobody read are counted, and the count is told when there is room again", () => {
  const { to, read } = reader();
  const log = openLines("info", to);
  const batch = (name: string) => {
    for (let line = 0; line < MOST_HELD; line += 1) log.add("info", { name }, {}, "said");
  };
  batch("one");
  to.hasRoom = false;
  batch("two");
  batch("three");
  to.hasRoom = true;
  batch("four");
  batch("five");
  const names = read().map(({ name, lost }) => name ?? lost);
  expect([...new Set(names)]).toEqual(["one", 2 * MOST_HELD, "four", "five"]);
  expect(names).toHaveLength(3 * MOST_HELD + 1);
  expect(read()[MOST_HELD]).toMatchObject({
    level: 40,
    msg: expect.stringContaining("lost"),
    time: expect.any(String),
  });
});

test("a line tells when it was said and not when it was written, and only what its level lets through is written", () => {
  vi.useFakeTimers({ now: new Date("2026-01-02T03:04:05.678Z") });
  try {
    const { to, read } = reader();
    const log = openLines("info", to);
    log.add("info", { a: 1, b: 1 }, { b: 2 }, "first");
    log.add("debug", {}, {}, "second");
    vi.advanceTimersByTime(15);
    log.add("error", {}, { error: new Error("no") }, "third");
    expect(read()).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(read()).toMatchObject([
      { level: 30, time: "2026-01-02T03:04:05.678Z", a: 1, b: 2, msg: "first" },
      { level: 50, time: "2026-01-02T03:04:05.693Z", error: { message: "no" }, msg: "third" },
    ]);
  } finally {
    vi.useRealTimers();
  }
});
