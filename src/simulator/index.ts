/**
 * An OpenStack that lives in this process: real HTTP, nothing behind it. It is judged by a real OpenStack's answers.
 *
 * core/ (types: the descriptors · crud, attributes, list, quota, policy: what they do · router, dispatch, listener: how a
 * request gets there) · world (tables, snapshots) · machine (states by virtual clock) · faults · requests · defaults ·
 * keystone/ glance/ neutron/ nova/ (each: index = the Service, form = its errors, pages and words, seed = its default world)
 *
 * To add a resource: `defineTable<Row>()` with the columns to look up by, then a `Resource` in the service's `resources`:
 * singular, plural, path, table, `policies` (only the verbs named get a route), `attributes` (one row per attribute: check,
 * create 'required' | 'optional', update, default, since/until, policy of its own, view and store when plain is not enough),
 * `filters`, `sort`, `order`, `owner` (the project column: others get 404) or `visible`, `writable`, `quota`. Behaviour
 * goes into small named hooks: `make` (draft → row: ids, addresses, conflicts), `onCreate`, `onUpdate`, `onDelete` (in use:
 * throw a Refusal; 'keep' when a task removes the row later). Below a row: `members` (`/os-interface/{port}`,
 * `/add_router_interface`; the core has found the row) and `actions` (`POST …/action`). What is no collection is a `Route`.
 * Time: `call.machine.after([least, most], 'service.task', id)` with the task in `Service.tasks`. Rows are never changed in
 * place. A new service is one `Service`, added to `services` below; the catalogue then lists it.
 */
import type { AddressInfo } from "node:net";
import type { Clock, Ids, Log } from "../cloud/runtime.ts";
import { cinder } from "./cinder/index.ts";
import { createListener } from "./core/listener.ts";
import type { Service } from "./core/types.ts";
import { randomIds, silent, systemClock } from "./defaults.ts";
import { Faults } from "./faults.ts";
import { glance } from "./glance/index.ts";
import { keystone } from "./keystone/index.ts";
import { defaultPassword, defaultUsers, region } from "./keystone/seed.ts";
import { authenticate } from "./keystone/tokens.ts";
import { Machine, type Transitions } from "./machine.ts";
import { neutron } from "./neutron/index.ts";
import { nova } from "./nova/index.ts";
import { Requests } from "./requests.ts";
import { World } from "./world.ts";

/** All services, in the order in which they are seeded. */
const services: readonly Service[] = [keystone, glance, neutron, cinder, nova];

export interface SimulatorOptions {
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Log;
  /** How long states take to change; default `instant`. */
  readonly transitions?: Transitions;
  /** Which release it pretends to be. */
  readonly profile?: "zed";
  /** Seed of what is left to chance. */
  readonly seed?: number;
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
  /** `http://127.0.0.1:9797`. */
  readonly url: string;
  readonly world: World;
  readonly machine: Machine;
  readonly faults: Faults;
  readonly requests: Requests;
  /** Credentials of the default users, by cloud name: admin, demo, other, demo-reader. */
  clouds(): Readonly<Record<string, SimulatedCloud>>;
  /** Back to the default world, without faults, with an empty log. Tokens issued since are gone. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a simulator with the default world; it answers when the promise is fulfilled. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0, clock = systemClock, ids = randomIds, log = silent } = options;
  const world = new World();
  const tasks = new Map(services.flatMap((service) => Object.entries(service.tasks ?? {})));
  const machine = new Machine({
    world,
    clock,
    ids,
    tasks,
    transitions: options.transitions ?? "instant",
    seed: options.seed ?? 1,
  });
  for (const service of services) service.seed?.({ world, clock, ids, services });
  const faults = new Faults(options.seed);
  const requests = new Requests();
  const beginning = world.snapshot();
  const server = createListener({ world, machine, clock, ids, log, services, authenticate, faults, requests });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  const url = urlOf(server.address());
  return {
    url,
    world,
    machine,
    faults,
    requests,
    clouds: () => Object.fromEntries(defaultUsers.map((one) => [one.cloud, cloudOf(url, one)])),
    reset() {
      world.restore(beginning);
      machine.rewind();
      faults.clear();
      requests.clear();
    },
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("the simulator listens on TCP only");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

function cloudOf(url: string, { user, project }: { readonly user: string; readonly project: string }): SimulatedCloud {
  return {
    auth_url: `${url}/identity/v3`,
    username: user,
    password: defaultPassword,
    project_name: project,
    user_domain_name: "Default",
    project_domain_name: "Default",
    region_name: region,
  };
}
