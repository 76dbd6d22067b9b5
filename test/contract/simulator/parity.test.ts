/** The simulator answers what a real OpenStack Zed answered to the same requests (recorded.json, made by record.ts). */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { accepted } from "./accepted.ts";
import { steps } from "./steps.ts";
import { type Account, type Line, talk, title } from "./talk.ts";

const recorded: { readonly lines: readonly Line[] } = JSON.parse(
  readFileSync(new URL("recorded.json", import.meta.url), "utf8"),
);

let simulator: Simulator;
let answers: ReadonlyMap<string, Line>;

beforeAll(async () => {
  simulator = await startSimulator();
  const clouds = simulator.clouds();
  const account = (name: string): Account => {
    const cloud = clouds[name];
    if (cloud === undefined) throw new Error(`the simulator has no cloud ${name}`);
    return cloud;
  };
  const lines = await talk({ admin: account("admin"), member: account("demo"), stranger: account("other") });
  answers = new Map(lines.map((line) => [line.step, line]));
});

afterAll(() => simulator.close());

test("every step was recorded", () => {
  expect(recorded.lines.map((line) => line.step)).toEqual(steps.map(title));
});

describe("the simulator answers as the real cloud did", () => {
  for (const line of recorded.lines) {
    const difference = accepted.find(({ step }) => step.test(line.step));
    test(line.step, () => {
      const answer = answers.get(line.step);
      if (difference === undefined) expect(answer).toEqual(line);
      else expect({ ...answer, ...pick(line, difference.differs) }).toEqual(line);
    });
  }
});

/** The parts that are known to differ are taken from the recording. */
function pick(line: Line, names: readonly (keyof Line)[]): Partial<Line> {
  return Object.fromEntries(names.map((name) => [name, line[name]]));
}

test("no accepted difference is stale", () => {
  const stale = accepted.filter(({ step, differs }) => {
    const same = recorded.lines.filter((line) => step.test(line.step));
    return same.every((line) =>
      differs.every((name) => JSON.stringify(answers.get(line.step)?.[name]) === JSON.stringify(line[name])),
    );
  });
  expect(stale.map(({ step }) => step.source)).toEqual([]);
});
