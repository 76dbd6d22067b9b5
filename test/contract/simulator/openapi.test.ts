/** The judge of the simulator's answers is just: what a real OpenStack answered passes, but for errata that it proves. */
import { expect, test } from "vitest";
import { type Erratum, errata, errataFor } from "../../support/openapi/errata.ts";
import { judge, openapiFolder } from "../../support/openapi/index.ts";
import { judgedOf } from "../../support/openapi/recorded.ts";
import { describe as told } from "../../support/openapi/verdict.ts";
import { recorded } from "./recorded.ts";

const isAbsent = openapiFolder === undefined;
const lines = [...recorded.values()].flat();

/** Every erratum row and place of it that a recorded answer proves. */
function proofs() {
  const proven = new Map<Erratum, Set<string>>();
  const unexcused: string[] = [];
  for (const line of lines) {
    for (const mismatch of judge(judgedOf(line))) {
      const rows = errataFor(mismatch);
      if (rows.length === 0) unexcused.push(`${line.step}: ${told(mismatch)}`);
      for (const row of rows) {
        const met = proven.get(row) ?? new Set();
        for (const end of row.at) if (errataFor(mismatch).includes(row) && provesEnd(mismatch.at, end)) met.add(end);
        proven.set(row, met);
      }
    }
  }
  return { proven, unexcused };
}

const provesEnd = (at: string, end: string): boolean =>
  new RegExp(`${end.replaceAll(/[.+?^$()[\]{}|\\]/g, "\\$&").replaceAll("*", "[^/]+")}$`).test(at);

test.skipIf(isAbsent)("what a real cloud answered is what the documents say, or an erratum", () => {
  expect(proofs().unexcused).toEqual([]);
});

test.skipIf(isAbsent)("every erratum is proven by a real answer", () => {
  const { proven } = proofs();
  const stale = errata
    .filter(({ isMasked }) => isMasked !== true)
    .flatMap((row) =>
      row.at
        .filter((end) => proven.get(row)?.has(end) !== true)
        .map((end) => `${row.type} ${row.operations?.join() ?? ""} ${end} ${row.keyword}: ${row.because}`),
    );
  expect(stale).toEqual([]);
});

test.skipIf(isAbsent)("a wrong answer is found, with its place", () => {
  const variant = { minor: 93, action: undefined };
  const body = { flavors: [{ id: 5, name: "x", links: [], description: null }] };
  const found = judge({ type: "compute", method: "GET", path: "/v2.1/flavors", variant, status: 200, body });
  expect(found.map(({ operation, at, keyword }) => [operation, at, keyword])).toContainEqual([
    "GET /v2.1/flavors",
    "/flavors/*/id",
    "type",
  ]);
});
