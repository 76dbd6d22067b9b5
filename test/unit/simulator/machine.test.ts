import { expect, test } from "vitest";
import { randomIds } from "../../../src/simulator/defaults.ts";
import { Machine, type Task, type Transitions } from "../../../src/simulator/machine.ts";
import { World } from "../../../src/simulator/world.ts";
import { ManualClock } from "./rig.ts";

function build(transitions: Transitions) {
  const clock = new ManualClock();
  const world = new World();
  const done: string[] = [];
  const begin = clock.now();
  const note: Task = (id, _args, { at }) => {
    done.push(`${id}@${at - begin}`);
  };
  const chain: Task = (id, args, context) => {
    note(id, args, context);
    context.machine.after([0, 0], "note", `${id}+`);
  };
  const tasks = new Map([
    ["note", note],
    ["chain", chain],
  ]);
  return { clock, world, done, machine: new Machine({ world, clock, ids: randomIds, tasks, transitions, seed: 1 }) };
}

test("instant: what was queued is done at the next look", () => {
  const { machine, done } = build("instant");
  machine.after([5000, 9000], "note", "a");
  expect(done).toEqual([]);
  machine.run();
  expect(done).toEqual(["a@0"]);
});

test("fixed: in order of time, and a late look changes no time", () => {
  const { machine, done, clock } = build({ fixed: 100 });
  machine.after([0, 0], "chain", "a");
  clock.advance(50);
  machine.after([0, 0], "note", "b");
  machine.run();
  expect(done).toEqual([]);
  clock.advance(1000);
  machine.run();
  expect(done).toEqual(["a@100", "b@150", "a+@200"]);
});

test("realistic: within its range, and the same each time", () => {
  const due = () => {
    const { machine, done, clock } = build("realistic");
    machine.after([1000, 2000], "note", "a");
    clock.advance(999);
    machine.run();
    expect(done).toEqual([]);
    clock.advance(1001);
    machine.run();
    expect(done).toHaveLength(1);
    return done[0];
  };
  expect(due()).toBe(due());
});

test("cancelled and rewound", () => {
  const { machine, done, clock, world } = build({ fixed: 100 });
  machine.after([0, 0], "note", "a");
  const snapshot = world.snapshot();
  machine.cancel("a");
  clock.advance(100);
  machine.run();
  expect(done).toEqual([]);
  world.restore(snapshot);
  machine.rewind();
  machine.run();
  expect(done).toEqual(["a@100"]);
  expect(() => machine.after([0, 0], "unknown", "a")).toThrow("unknown");
});
