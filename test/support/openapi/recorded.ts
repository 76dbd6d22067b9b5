import type { Line } from "../../contract/simulator/talk.ts";
import type { Judged } from "./judge.ts";

/** Newest microversions of the recorded release. */
const newest: Readonly<Record<string, number>> = { compute: 93, "block-storage": 70 };
const oldest: Readonly<Record<string, number>> = { compute: 1, "block-storage": 0 };

/** A value for each thing that recordings leave out. */
const stand: readonly (readonly [RegExp, string])[] = [
  [/<uuid>/g, "11111111-1111-4111-8111-111111111111"],
  [/<hex>/g, "1".repeat(32)],
  [/<host id>/g, "1".repeat(56)],
  [/<mac>/g, "fa:16:3e:00:00:01"],
  [/<outside address>/g, "203.0.113.77"],
  [/<time([T ])(\.f+)?([^>]*)>/g, "2026-01-02$103:04:05$2$3"],
  [/<(?:identity|compute|network|image|placement|block-storage)>/g, "http://127.0.0.1"],
];

function filled(value: unknown): unknown {
  const text = stand.reduce((all, [what, by]) => all.replaceAll(what, by), JSON.stringify(value));
  return JSON.parse(text.replaceAll(/\.f+(?=["Z+-])/g, ".000000").replaceAll(/"<number>"/g, "1"));
}

/** A recorded answer, to be judged as the simulator's are. */
export function judgedOf(line: Line): Judged {
  const parts = /^\S+ ([A-Z]+) ([a-z-]+)(\/[^ ?]*)/.exec(line.step);
  if (parts === null) throw new Error(`no step is called ${line.step}`);
  const [, method = "", type = "", path = ""] = parts;
  const asked = /(?:compute|volume) \d+\.(\d+)/.exec(line.step)?.[1];
  const newer = line.step.includes(" latest") ? newest[type] : oldest[type];
  return {
    type,
    method,
    path: path.replace(/^(\/v[\d.]+)\/\{member\.project\}\//, "$1/"),
    variant: { minor: asked === undefined ? newer : Number(asked), action: undefined },
    status: line.status,
    body: typeof line.body === "string" ? undefined : filled(line.body),
  };
}
