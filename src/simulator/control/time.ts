/** What time it is, and how long things take. */
import type { VirtualClock } from "../clock.ts";
import { Field, FieldError } from "../fields.ts";
import type { Machine, Transitions } from "../machine.ts";

interface Timed {
  readonly clock: VirtualClock;
  readonly machine: Machine;
}

/** A thousand years in milliseconds. */
const mostTime = 3.2e13;

export function shownClock({ clock }: Timed) {
  return {
    now: new Date(clock.now()).toISOString(),
    mode: clock.frozen ? "frozen" : "running",
    sleeping: clock.sleeping,
  };
}

export function setClock(sim: Timed, { body }: { readonly body: unknown }) {
  const { mode, now } = new Field(body).members("mode", "now");
  const wanted = mode.optional((field) => field.oneOf("running", "frozen"));
  const time = now.optional((field) => {
    const at = Date.parse(field.text(40));
    return Number.isNaN(at) ? field.fail("must be a time, as 2026-01-01T00:00:00Z") : at;
  });
  if (wanted === undefined && time === undefined) throw new FieldError("", "mode, now, or both");
  if (wanted === "frozen") sim.clock.freeze();
  if (time !== undefined) sim.clock.set(time);
  if (wanted === "running") sim.clock.run();
  return shownClock(sim);
}

export function advance(sim: Timed, { body }: { readonly body: unknown }) {
  const { seconds, milliseconds } = new Field(body).members("seconds", "milliseconds");
  if (seconds.isAbsent === milliseconds.isAbsent) throw new FieldError("", "either seconds or milliseconds");
  const by = seconds.isAbsent ? milliseconds.integer(0, mostTime) : 1000 * seconds.number(0, mostTime / 1000);
  sim.clock.advance(by);
  sim.machine.run();
  return shownClock(sim);
}

export function shownTransitions({ machine: { transitions } }: Timed) {
  return typeof transitions === "string" ? { mode: transitions } : { mode: "fixed", milliseconds: transitions.fixed };
}

export function setTransitions(sim: Timed, { body }: { readonly body: unknown }) {
  const { mode, milliseconds } = new Field(body).members("mode", "milliseconds");
  const wanted = mode.oneOf("instant", "fixed", "realistic");
  if (wanted !== "fixed" && !milliseconds.isAbsent) milliseconds.fail("only for the mode fixed");
  const next: Transitions = wanted === "fixed" ? { fixed: milliseconds.integer(0, mostTime) } : wanted;
  sim.machine.transitions = next;
  return shownTransitions(sim);
}
