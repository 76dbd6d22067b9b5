/** The simulator answers what a real OpenStack Zed answered to the same requests (recorded/, made by record.ts). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { accepted, type Difference } from "./accepted.ts";
import { chapters } from "./chapters.ts";
import { recorded } from "./recorded.ts";
import { type Account, type Line, talk, titles } from "./talk.ts";

/** A place where two answers differ. */
interface Deviation {
  readonly at: string;
  readonly simulator: unknown;
  readonly real: unknown;
}

const isTree = (value: unknown): value is object => typeof value === "object" && value !== null;

function deviations(simulator: unknown, real: unknown, at = ""): readonly Deviation[] {
  if (JSON.stringify(simulator) === JSON.stringify(real)) return [];
  if (!isTree(simulator) || !isTree(real) || Array.isArray(simulator) !== Array.isArray(real))
    return [{ at, simulator, real }];
  const [left, right] = [new Map(Object.entries(simulator)), new Map(Object.entries(real))];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return names.flatMap((name) => deviations(left.get(name), right.get(name), at === "" ? name : `${at}/${name}`));
}

const isAccepted = ({ at }: Deviation, step: string): boolean =>
  accepted.some((one) => one.step.test(step) && one.at.test(at));

const met = new Set<Difference>();

test("every chapter is recorded", () => {
  expect([...recorded.keys()].sort()).toEqual(Object.keys(chapters).sort());
});

describe.each(Object.entries(chapters))("%s: the simulator answers as the real cloud did", (chapter, steps) => {
  let simulator: Simulator;
  let answers: ReadonlyMap<string, Line>;
  const lines = recorded.get(chapter) ?? [];

  beforeAll(async () => {
    simulator = await startSimulator();
    const clouds = simulator.clouds();
    const account = (name: string): Account => {
      const cloud = clouds[name];
      if (cloud === undefined) throw new Error(`the simulator has no cloud ${name}`);
      return cloud;
    };
    const said = await talk(steps, { admin: account("admin"), member: account("demo"), stranger: account("other") });
    answers = new Map(said.map((line) => [line.step, line]));
  });

  afterAll(() => simulator.close());

  test("every step was recorded", () => {
    expect(lines.map((line) => line.step)).toEqual(titles(steps));
  });

  for (const line of lines) {
    test(line.step, () => {
      const found = deviations(answers.get(line.step), line);
      for (const one of accepted) if (one.step.test(line.step) && found.some(({ at }) => one.at.test(at))) met.add(one);
      expect(found.filter((one) => !isAccepted(one, line.step))).toEqual([]);
    });
  }
});

test("no accepted difference is stale", () => {
  expect(accepted.filter((one) => !met.has(one))).toEqual([]);
});
