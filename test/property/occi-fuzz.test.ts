import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { CloudError } from "../../src/cloud/index.ts";
import { negotiate, readContentType } from "../../src/occi/http/negotiate.ts";
import { readPreferences } from "../../src/occi/http/prefer.ts";
import { readQuery } from "../../src/occi/http/query.ts";
import { checkVersion } from "../../src/occi/http/version.ts";
import { targetOf } from "../../src/occi/operate/target.ts";
import { parseJsonMessages } from "../../src/occi/parse/json.ts";
import { FIELD_NAMES, fieldsOfBody, parseFields } from "../../src/occi/parse/text.ts";
import { refusedAs } from "../../src/occi/refusal.ts";
import { headerText } from "../../src/occi/render/headers.ts";
import { Random } from "../support/random.ts";

/**
 * Honest messages, torn and glued: whatever comes, it is read or refused, the refusal is the client's fault and short, and nothing
 * is kept. `VIMANA_OCCI_FUZZ` sets how many; `VIMANA_OCCI_FUZZ_SEED` repeats a run.
 */

const RUNS = Number(process.env.VIMANA_OCCI_FUZZ ?? 100_000);
const SEED = Number(process.env.VIMANA_OCCI_FUZZ_SEED ?? Date.now() % 2 ** 31);

const index: { readonly [list: string]: readonly { readonly file: string }[] } = JSON.parse(
  readFileSync(new URL("../conformance/occi/examples/index.json", import.meta.url), "utf8"),
);

/** Lines of the recorded requests: what honest and faulty clients say. */
const LINES: readonly string[] = Object.values(index)
  .flat()
  .filter((entry) => typeof entry === "object")
  .flatMap(({ file }) =>
    readFileSync(new URL(`../conformance/occi/examples/${file}`, import.meta.url), "utf8").split("\n"),
  )
  .filter((line) => line.startsWith("> ") && line.length < 2000)
  .map((line) => line.slice(2));

const PIECES = [
  ...FIELD_NAMES.map((name) => `${name}: `),
  ...['"', "\\", ";", ",", "=", "<", ">", ":", "#", "{", "}", "[", "]", "\n", "\r\n", "\r", "\t", "\0", "\u007f", " "],
  ...[
    "; scheme=",
    "; class=",
    'class="mixin"',
    "http://a/#",
    "?action=",
    "&page=",
    "OCCI/1.2",
    "q=0.5",
    "*/*",
    "-1",
    "1e9",
  ],
  ...['"attributes":', '"kind":', '"__proto__":', "null", "true", "\\u0000", "\\ud800", "ä", "☃", "\ud800", "𝄞"],
] as const;

/** One to three tearings of one to four lines; now and then something very long. */
function input(random: Random): string {
  const count = 1 + random.below(4);
  let text = Array.from({ length: count }, () => random.pick(LINES)).join(
    random.chance(0.8) ? "\n" : random.pick(PIECES),
  );
  for (let times = random.below(4); times > 0; times -= 1) {
    const [from, to] = [random.below(text.length + 1), random.below(text.length + 1)];
    const [start, end] = [Math.min(from, to), Math.max(from, to)];
    const kind = random.below(6);
    if (kind === 0) text = text.slice(0, start) + text.slice(end);
    else if (kind === 1) text = text.slice(0, start) + random.pick(PIECES) + text.slice(start);
    else if (kind === 2) text = text.slice(0, start) + String.fromCharCode(random.below(0x180)) + text.slice(start + 1);
    else if (kind === 3) text = text.slice(0, end) + text.slice(start, Math.min(end, start + 200)) + text.slice(end);
    else if (kind === 4) text = random.pick(LINES).slice(0, start) + text.slice(start);
    else if (random.chance(0.02)) text = text.slice(0, start) + random.pick(PIECES).repeat(2000) + text.slice(start);
  }
  return text;
}

const LIMITS = { bodyBytes: 1, headerBytes: 1, pageSize: 10 };

const READERS: readonly ((text: string) => unknown)[] = [
  (text) => parseFields(fieldsOfBody(text)),
  (text) => parseFields(fieldsOfBody(text)),
  (text) => parseFields(FIELD_NAMES.map((name) => ({ name, value: text }))),
  (text) => parseFields([{ name: "category", value: headerText(Buffer.from(text).toString("latin1")) }]),
  (text) => parseFields([{ name: "link", value: text }]),
  parseJsonMessages,
  (text) => parseJsonMessages(text.slice(text.indexOf("{"))),
  negotiate,
  readContentType,
  readPreferences,
  checkVersion,
  (text) => readQuery(text.slice(text.indexOf("?") + 1), LIMITS),
  targetOf,
];

function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

describe(`OCCI parsers, seed ${SEED}`, () => {
  test(`${RUNS} inputs are read or refused`, { timeout: 1_200_000 }, () => {
    const random = new Random(SEED);
    let [read, refused, before] = [0, 0, 0];
    for (let run = 0; run < RUNS; run += 1) {
      // After what is compiled and cached once.
      if (run === Math.floor(RUNS / 10)) before = heap();
      const text = input(random);
      const reader = random.pick(READERS);
      try {
        reader(text);
        read += 1;
      } catch (thrown) {
        refused += 1;
        if (!(thrown instanceof CloudError)) throw new Error(`run ${run}: ${JSON.stringify(text)}`, { cause: thrown });
        const { status } = refusedAs(thrown);
        if (status >= 500 && status !== 501) throw new Error(`run ${run}: ${status} for ${JSON.stringify(text)}`);
        if (thrown.message.length > text.length + 500) throw new Error(`run ${run}: a refusal longer than its cause`);
      }
    }
    // Both ways are taken often, or nothing was tried.
    expect(read).toBeGreaterThan(RUNS / 20);
    expect(refused).toBeGreaterThan(RUNS / 20);
    expect(heap() - before).toBeLessThan(8 * 1024 * 1024);
  });
});
