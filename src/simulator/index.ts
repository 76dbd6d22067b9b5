/**
 * An OpenStack that lives in this process: real HTTP, nothing behind it. It is judged by a real OpenStack's answers.
 *
 * core/ (types, basics: the descriptors · crud, attributes, list, quota, policy: what they do · router, dispatch, pipeline: how a
 * request gets there · exchange: requests without a socket · listener, inprocess: the two ways in) · world (tables,
 * snapshots) · machine (states by the clock) · clock · faults · requests · snapshots · services (which, by profile) · defaults ·
 * keystone/ glance/ neutron/ nova/ cinder/ (each: index = the Service, form = its errors, pages and words, seed = its default
 * world)
 * control/ (`/_sim`) · presets/ (worlds as data) · fields (strict reading of plain data)
 *
 * To add a resource: `defineTable<Row>()` with the columns to look up by, then a `Resource` in the service's `resources`:
 * singular, plural, path, table, `policies` (only the verbs named get a route), `attributes` (one row per attribute: check,
 * create 'required' | 'optional', update, default, since/until, policy of its own, view and store when plain is not enough),
 * `filters`, `sort`, `order`, `owner` (the project column: others get 404) or `visible`, `writable`, `quota`. Behaviour
 * goes into small named hooks: `make` (draft → row: ids, addresses, conflicts), `onCreate`, `onUpdate`, `onDelete` (in use:
 * throw a Refusal; 'keep' when a task removes the row later). Below a row: `members` (`/os-interface/{port}`,
 * `/add_router_interface`; the core has found the row) and `actions` (`POST …/action`). What is no collection is a `Route`.
 * Time: `call.machine.after([least, most], 'service.task', id)` with the task in `Service.tasks`. Rows are never changed in
 * place. A new service is one `Service`, added to `services` in services.ts; the catalogue then lists it.
 */
import type { AddressInfo } from "node:net";
import type { Clock, Ids, Log } from "../cloud/runtime.ts";
import { VirtualClock } from "./clock.ts";
import { createControl } from "./control/index.ts";
import { mount } from "./core/dispatch.ts";
import { createFetch } from "./core/inprocess.ts";
import { createListener } from "./core/listener.ts";
import { createPipeline } from "./core/pipeline.ts";
import type { CatalogueForm } from "./core/types.ts";
import { randomIds, seededIds, silent, systemClock } from "./defaults.ts";
import { Faults } from "./faults.ts";
import { defaultPassword, defaultUsers, region } from "./keystone/seed.ts";
import { authenticate } from "./keystone/tokens.ts";
import { tokens } from "./keystone/tables.ts";
import { Machine, type Transitions } from "./machine.ts";
import { type Account, type Base, load } from "./presets/index.ts";
import { Requests } from "./requests.ts";
import { needed, type Profile, servicesOf } from "./services.ts";
import { Snapshots } from "./snapshots.ts";
import { type Snapshot, World } from "./world.ts";

export type { Clock, Ids, Log } from "../cloud/runtime.ts";
export { VirtualClock, type VirtualClockOptions } from "./clock.ts";
export type { CatalogueForm } from "./core/types.ts";
export { FieldError } from "./fields.ts";
export type { Fault, FaultEffect, FaultMatch, FaultRule, Faults } from "./faults.ts";
export type { Transitions } from "./machine.ts";
export type { RequestRecord, Requests } from "./requests.ts";
export type { Profile } from "./services.ts";
export type { NamedSnapshot, Snapshots } from "./snapshots.ts";
export type { Snapshot } from "./world.ts";

export interface SimulatorOptions {
  readonly host?: string;
  /** 0, the default, picks a free one. */
  readonly port?: number;
  /** False opens no port: `fetch` is the only way in. */
  readonly listen?: boolean;
  /** Time; default the machine's. It lies beneath the simulator's own clock unless it is a `VirtualClock` already. */
  readonly clock?: Clock;
  /** Default: random, or made from the seed when one is given. */
  readonly ids?: Ids;
  readonly log?: Log;
  /** How long states take to change; default `instant`. */
  readonly transitions?: Transitions;
  /** Which release it pretends to be; default `zed`. */
  readonly profile?: Profile;
  /** The world it begins with: the name of a built-in one, or plain data as docs/simulator.md describes; default `default`. */
  readonly preset?: unknown;
  /** Repeats what is left to chance: ids, probabilities, durations. */
  readonly seed?: number;
  /** Types under which the catalogue lists block storage: `block-storage` (new), `volumev3` (old); default both, in `modern` new. */
  readonly catalogue?: CatalogueForm;
  /** Offers Keystone v2.0, too, for clients that know nothing newer. */
  readonly identityV2?: boolean;
  /** False: nothing is answered below `/_sim`. */
  readonly control?: boolean;
}

/** One entry of a clouds.yaml. */
export interface SimulatedCloud {
  readonly auth_url: string;
  readonly username: string;
  readonly password: string;
  readonly project_name: string;
  readonly user_domain_name: string;
  readonly project_domain_name: string;
  readonly region_name: string;
}

export interface Simulator {
  /** `http://127.0.0.1:9797`; a name that cannot exist when no port is open. */
  readonly url: string;
  readonly world: World;
  readonly machine: Machine;
  readonly clock: VirtualClock;
  readonly faults: Faults;
  readonly requests: Requests;
  /** Those with names, which `/_sim/snapshots` shows. */
  readonly snapshots: Snapshots;
  /** Credentials of all users of the preset, by cloud name; of the default world admin, demo, other, demo-reader. */
  clouds(): Readonly<Record<string, SimulatedCloud>>;
  /** Asks this simulator in the process, without a socket: whatever the URL's host is, or a path alone. */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** The world as it is now. It costs nothing until somebody writes. */
  snapshot(): Snapshot;
  /** Back to a state of this simulator, tokens and what was still to happen included. The clock stays. */
  restore(snapshot: Snapshot): void;
  /** Makes the world anew by a preset (see the options), which `reset` goes back to from then on; a bad one changes nothing. */
  loadPreset(preset: unknown): Promise<void>;
  /** Back to the beginning: world, clock, transitions; without faults, with an empty log. Tokens issued since are gone. */
  reset(): void;
  close(): Promise<void>;
}

/** Where a simulator without a port lives (RFC 2606: such a name never resolves). */
const nowhere = "http://simulator.invalid";

/** Starts a simulator; it answers when the promise is fulfilled. A bad preset is a FieldError that names the entry. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0, log = silent, profile = "zed", transitions = "instant", seed } = options;
  const { preset = "default" } = options;
  const base = options.clock ?? systemClock;
  const clock = base instanceof VirtualClock ? base : new VirtualClock({ base });
  const ids = options.ids ?? (seed === undefined ? randomIds : seededIds(seed));
  const world = new World();
  const services = servicesOf(profile, options.identityV2 === true);
  const tasks = new Map(services.flatMap((service) => Object.entries(service.tasks ?? {})));
  const machine = new Machine({ world, clock, ids, tasks, transitions, seed: seed ?? 1 });
  const catalogue = options.catalogue ?? (profile === "zed" ? "both" : "new");
  const faults = new Faults(seed);
  const requests = new Requests();
  const snapshots = new Snapshots();
  let beginning = world.snapshot();
  let people: readonly Account[] = [];
  const restore = (snapshot: Snapshot): void => {
    world.restore(snapshot);
    machine.rewind();
  };
  const reset = (): void => {
    restore(beginning);
    clock.reset();
    machine.transitions = transitions;
    faults.clear();
    requests.clear();
  };
  const mounted = services.map(mount);
  const shared = { world, machine, clock, ids, log, services, authenticate, mounted, faults, requests };
  const closing = new AbortController();
  const begin = (from: Base): void => {
    world.restore({ tables: new Map(), blobs: new Map() });
    const given = { world, clock, ids, services, catalogue };
    for (const service of services) {
      service.found?.(given);
      if (from === "default" || needed.has(service.type)) service.seed?.(given);
    }
  };
  const loadNow = async (wanted: unknown): Promise<void> => {
    const [before, usual] = [world.snapshot(), machine.transitions];
    const quiet = createPipeline({ ...shared, faults: new Faults(), requests: new Requests(1) });
    const ask = createFetch({ clock, url: nowhere, closed: closing.signal, pipeline: quiet });
    machine.transitions = "instant";
    try {
      people = await load(wanted, { ask, accounts: defaultAccounts, begin });
      machine.run();
    } catch (error) {
      restore(before);
      throw error;
    } finally {
      machine.transitions = usual;
    }
    for (const { id } of [...world.of(tokens).all()]) world.of(tokens).delete(id);
    beginning = world.snapshot();
  };
  // One after the other: each makes the world anew.
  let loaded: Promise<unknown> = Promise.resolve();
  const loadPreset = (wanted: unknown): Promise<void> => {
    const next = loaded.then(() => loadNow(wanted));
    loaded = next.catch(() => {});
    return next;
  };
  await loadPreset(preset);
  const state = { snapshots, loadPreset, snapshot: () => world.snapshot(), restore, reset };
  const control = options.control === false ? {} : { control: createControl({ ...shared, ...state, profile }) };
  const pipeline = createPipeline({ ...shared, ...control });
  const server = options.listen === false ? undefined : createListener({ clock, log, pipeline });
  await new Promise<void>((resolve, reject) => {
    if (server === undefined) return resolve();
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  const url = server === undefined ? nowhere : urlOf(server.address());
  return {
    url,
    world,
    machine,
    clock,
    faults,
    requests,
    ...state,
    clouds: () => Object.fromEntries(people.flatMap((account) => cloudsOf(url, account))),
    fetch: createFetch({ clock, url, closed: closing.signal, pipeline }),
    close: () =>
      new Promise<void>((resolve, reject) => {
        closing.abort(new Error("the simulator is closed"));
        if (server === undefined) return resolve();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("the simulator listens on TCP only");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

const defaultAccounts: readonly Account[] = defaultUsers.map(({ user, project }) => {
  return { user, password: defaultPassword, projects: [project] };
});

/** The first cloud of a user has his name, those of his other projects the project's behind it. */
function cloudsOf(url: string, { user, password, projects }: Account): [string, SimulatedCloud][] {
  return projects.map((project, index) => [
    index === 0 ? user : `${user}-${project}`,
    {
      auth_url: `${url}/identity/v3`,
      username: user,
      password,
      project_name: project,
      user_domain_name: "Default",
      project_domain_name: "Default",
      region_name: region,
    },
  ]);
}
