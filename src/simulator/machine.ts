/**
 * States that change with time, without timers: tasks wait in a queue that is worked off lazily, at the beginning of each
 * request, up to what the clock says. The queue is a table, so a snapshot holds what was still to come.
 */
import type { Clock, Ids } from "../cloud/runtime.ts";
import type { JsonObject, Row } from "./core/json.ts";
import { defineTable, type World } from "./world.ts";

/** How long things take: not at all, always the same, or about what a real cloud was measured to take. */
export type Transitions = "instant" | { readonly fixed: number } | "realistic";

export interface TaskContext {
  readonly world: World;
  readonly machine: Machine;
  readonly ids: Ids;
  /** When the task was due, which is the time it counts as done, however late it was worked off. */
  readonly at: number;
}

/** Does what a due entry says; it must cope with a row that is gone or has moved on since. */
export type Task = (id: string, args: JsonObject, context: TaskContext) => void;

interface Entry extends Row {
  readonly due: number;
  readonly order: number;
  readonly task: string;
  readonly target: string;
  readonly args: JsonObject;
}

const queue = defineTable<Entry>("machine.queue", ["target"]);

/** A small seeded generator (mulberry32): chance that repeats. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class Machine {
  transitions: Transitions;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #tasks: ReadonlyMap<string, Task>;
  readonly #seed: number;
  #random: () => number;
  #order = 0;
  #next = Number.POSITIVE_INFINITY;
  /** When the task that runs was due: what it queues counts from there, so that a late look changes nothing. */
  #at: number | undefined;

  constructor(options: {
    readonly world: World;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly tasks: ReadonlyMap<string, Task>;
    readonly transitions: Transitions;
    readonly seed: number;
  }) {
    this.#world = options.world;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#tasks = options.tasks;
    this.transitions = options.transitions;
    this.#seed = options.seed;
    this.#random = seeded(options.seed);
  }

  /**
   * Has `task` (a key of a service's `tasks`) done to the row `target` after a while. `realistic` is the range of
   * milliseconds it takes in a real cloud; the mode of the simulator decides whether it counts.
   */
  after(realistic: readonly [number, number], task: string, target: string, args: JsonObject = {}): void {
    if (!this.#tasks.has(task)) throw new Error(`no service defines the task ${task}`);
    const due = (this.#at ?? this.#clock.now()) + this.#delay(realistic);
    const order = ++this.#order;
    this.#world.of(queue).put({ id: String(order), due, order, task, target, args });
    this.#next = Math.min(this.#next, due);
  }

  /** Forgets what was still to happen to a row. */
  cancel(target: string): void {
    for (const entry of this.#world.of(queue).by("target", target)) this.#world.of(queue).delete(entry.id);
  }

  /** Does everything that is due, in order of time; tasks may queue further ones. */
  run(): void {
    const now = this.#clock.now();
    while (this.#next <= now) {
      let first: Entry | undefined;
      let second = Number.POSITIVE_INFINITY;
      for (const entry of this.#world.of(queue).all()) {
        if (first === undefined || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) {
          second = first?.due ?? second;
          first = entry;
        } else second = Math.min(second, entry.due);
      }
      this.#next = second;
      if (first === undefined) return;
      if (first.due > now) {
        this.#next = first.due;
        return;
      }
      this.#world.of(queue).delete(first.id);
      const context = { world: this.#world, machine: this, ids: this.#ids, at: first.due };
      this.#at = first.due;
      try {
        this.#tasks.get(first.task)?.(first.target, first.args, context);
      } finally {
        this.#at = undefined;
      }
    }
  }

  /** To be called when the world went back to a snapshot. */
  rewind(): void {
    this.#random = seeded(this.#seed);
    this.#order = 0;
    this.#next = Number.POSITIVE_INFINITY;
    for (const entry of this.#world.of(queue).all()) {
      this.#order = Math.max(this.#order, entry.order);
      this.#next = Math.min(this.#next, entry.due);
    }
  }

  #delay([least, most]: readonly [number, number]): number {
    if (this.transitions === "instant") return 0;
    if (this.transitions !== "realistic") return this.transitions.fixed;
    return Math.round(least + this.#random() * (most - least));
  }
}
