/** What can be controlled: each route once. `GET /_sim` shows this table. */
import type { VirtualClock } from "../clock.ts";
import type { Mounted } from "../core/dispatch.ts";
import type { Faults } from "../faults.ts";
import { Field, FieldError } from "../fields.ts";
import type { Machine } from "../machine.ts";
import { builtinPresets } from "../presets/index.ts";
import type { RequestRecord, Requests } from "../requests.ts";
import type { NamedSnapshot, Snapshots } from "../snapshots.ts";
import type { Snapshot } from "../world.ts";
import { readRule, shownFault } from "./rules.ts";
import { advance, setClock, setTransitions, shownClock, shownTransitions } from "./time.ts";

/** As much of a simulator as control needs. */
export interface Controlled {
  readonly profile: string;
  readonly machine: Machine;
  readonly clock: VirtualClock;
  readonly faults: Faults;
  readonly requests: Requests;
  readonly snapshots: Snapshots;
  readonly mounted: readonly Mounted[];
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  reset(): void;
  loadPreset(preset: unknown): Promise<void>;
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Answered with 404. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly help: string;
  /** The parameters it takes. */
  readonly query?: readonly string[];
  /** Status of an answer with a body, if not 200; without a body it is 204. */
  readonly status?: number;
  run(sim: Controlled, asked: Asked): unknown;
}

/** How many rules may be in force. */
const mostFaults = 1000;

function snapshotNamed(sim: Controlled, { params: { name = "" } }: Asked): NamedSnapshot {
  const found = sim.snapshots.get(name);
  if (found === undefined) throw new NotThere(`there is no snapshot ${name}`);
  return found;
}

function shownSnapshot({ name, created, rows }: NamedSnapshot) {
  return { name, created: new Date(created).toISOString(), rows };
}

function keep(sim: Controlled, { body }: Asked) {
  const { name } = new Field(body).members("name");
  const wanted = name.text(64);
  if (!/^[A-Za-z0-9._-]+$/.test(wanted)) name.fail("letters, digits, dot, hyphen and underscore only");
  if (!sim.snapshots.keep(wanted, sim.snapshot(), sim.clock.now()))
    name.fail(`there are ${sim.snapshots.limit} snapshots, and there may be no more`);
  const made = sim.snapshots.get(wanted);
  return made === undefined ? undefined : shownSnapshot(made);
}

function addFault(sim: Controlled, { body }: Asked) {
  const rule = readRule(body);
  if (sim.faults.list().length >= mostFaults)
    throw new FieldError("", `there are ${mostFaults} rules, and there may be no more`);
  return shownFault(sim.faults.add(rule));
}

function faultOf(sim: Controlled, { params: { id = "" } }: Asked) {
  const found = sim.faults.get(id);
  if (found === undefined) throw new NotThere(`there is no rule ${id}`);
  return found;
}

/** Parameters that must be equal, and the member of the record each means. */
const equal = ["service", "method", "operation", "project"] as const;

function requests(sim: Controlled, { query }: Asked) {
  const status = query.status === undefined ? undefined : Number(query.status);
  if (status !== undefined && !/^\d{1,3}$/.test(query.status ?? "")) throw new FieldError("status", "must be a status");
  const limit = query.limit ?? "100";
  if (!/^\d{1,5}$/.test(limit)) throw new FieldError("limit", "must be a whole number up to 99999");
  const found = sim.requests.list(
    (record: RequestRecord) =>
      equal.every((name) => query[name] === undefined || record[name] === query[name]) &&
      (status === undefined || record.status === status) &&
      record.path.includes(query.path ?? ""),
  );
  return {
    total: sim.requests.total,
    matching: found.length,
    requests: found.slice(Math.max(0, found.length - Number(limit))),
  };
}

function coverage(sim: Controlled, { query }: Asked) {
  const wanted = sim.mounted.filter(({ service }) => query.service === undefined || service.name === query.service);
  if (wanted.length === 0)
    throw new FieldError("service", `must be one of ${sim.mounted.map(({ service }) => service.name).join(", ")}`);
  if (query.called !== undefined && !["true", "false"].includes(query.called))
    throw new FieldError("called", "must be true or false");
  const services = wanted.map(({ service: { name }, operations }) => {
    const list = [...operations].map((operation) => ({ operation, calls: sim.requests.times(name, operation) }));
    const called = list.filter(({ calls }) => calls > 0).length;
    const shown = list.filter(({ calls }) => query.called === undefined || String(calls > 0) === query.called);
    return { service: name, operations: list.length, called, list: shown };
  });
  return { services };
}

async function loadPreset(sim: Controlled, { body }: Asked) {
  const { name, preset } = new Field(body).members("name", "preset");
  if (name.isAbsent === preset.isAbsent) throw new FieldError("", "either name or preset");
  const named = name.optional((field) => field.oneOf(...builtinPresets.map((one) => one.name)));
  await sim.loadPreset(named ?? preset.entries());
}

function health(sim: Controlled) {
  const services = sim.mounted.map(({ service: { name, type, prefix, microversions } }) => ({
    name,
    type,
    path: prefix,
    ...(microversions === undefined ? {} : { microversion: `${microversions.major}.${microversions.maximum}` }),
  }));
  const clock = shownClock(sim);
  return {
    status: "ok",
    profile: sim.profile,
    clock,
    transitions: shownTransitions(sim),
    requests: sim.requests.total,
    faults: sim.faults.list().length,
    services,
  };
}

export const routes: readonly Route[] = [
  { method: "GET", path: "/_sim", help: "this list", run: () => ({ routes: routes.map(shownRoute) }) },
  { method: "GET", path: "/_sim/health", help: "profile, clock, services", run: health },
  { method: "POST", path: "/_sim/reset", help: "back to the beginning; snapshots stay", run: (sim) => sim.reset() },
  {
    method: "GET",
    path: "/_sim/snapshots",
    help: "all snapshots, oldest first",
    run: (sim) => ({ limit: sim.snapshots.limit, snapshots: sim.snapshots.list().map(shownSnapshot) }),
  },
  {
    method: "POST",
    path: "/_sim/snapshots",
    help: "keep the world: {name}; a taken name gets the new state",
    status: 201,
    run: keep,
  },
  {
    method: "GET",
    path: "/_sim/snapshots/{name}",
    help: "one snapshot",
    run: (sim, asked) => shownSnapshot(snapshotNamed(sim, asked)),
  },
  {
    method: "POST",
    path: "/_sim/snapshots/{name}/restore",
    help: "back to a snapshot, tokens included; clock, faults and log stay",
    run: (sim, asked) => sim.restore(snapshotNamed(sim, asked).state),
  },
  {
    method: "DELETE",
    path: "/_sim/snapshots/{name}",
    help: "forget a snapshot",
    run: (sim, asked) => void sim.snapshots.delete(snapshotNamed(sim, asked).name),
  },
  { method: "GET", path: "/_sim/clock", help: "what time it is, and who waits", run: shownClock },
  { method: "PUT", path: "/_sim/clock", help: "{mode: running or frozen, now: time}, one or both", run: setClock },
  { method: "POST", path: "/_sim/clock/advance", help: "{seconds} or {milliseconds}", run: advance },
  { method: "GET", path: "/_sim/transitions", help: "how long states take", run: shownTransitions },
  {
    method: "PUT",
    path: "/_sim/transitions",
    help: "{mode: instant, fixed or realistic, milliseconds: for fixed}",
    run: setTransitions,
  },
  {
    method: "GET",
    path: "/_sim/faults",
    help: "the rules in force",
    run: (sim) => ({ faults: sim.faults.list().map(shownFault) }),
  },
  {
    method: "POST",
    path: "/_sim/faults",
    help: "add a rule: {match, effect, count, probability}",
    status: 201,
    run: addFault,
  },
  {
    method: "GET",
    path: "/_sim/faults/{id}",
    help: "one rule and what it has done",
    run: (sim, asked) => shownFault(faultOf(sim, asked)),
  },
  {
    method: "DELETE",
    path: "/_sim/faults/{id}",
    help: "end a rule",
    run: (sim, asked) => faultOf(sim, asked).remove(),
  },
  { method: "DELETE", path: "/_sim/faults", help: "end all rules", run: (sim) => sim.faults.clear() },
  {
    method: "GET",
    path: "/_sim/presets",
    help: "those that come along",
    run: () => ({ presets: builtinPresets.map(({ name, description }) => ({ name, description })) }),
  },
  {
    method: "POST",
    path: "/_sim/presets",
    help: "make the world anew: {name} or {preset: its data}; reset goes back to it from then on",
    run: loadPreset,
  },
  {
    method: "GET",
    path: "/_sim/requests",
    help: "the latest requests, oldest first; path is a part of it",
    query: [...equal, "path", "status", "limit"],
    run: requests,
  },
  {
    method: "DELETE",
    path: "/_sim/requests",
    help: "empty the log and the coverage",
    run: (sim) => sim.requests.clear(),
  },
  {
    method: "GET",
    path: "/_sim/coverage",
    help: "how often each operation was asked",
    query: ["service", "called"],
    run: coverage,
  },
];

function shownRoute({ method, path, query, help }: Route) {
  return { method, path, ...(query === undefined ? {} : { query }), help };
}
