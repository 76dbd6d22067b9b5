/** What the simulator's tests share: a simulator on a clock that only they move, and a short way to ask it. */

import type { Clock } from "../../../src/cloud/runtime.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../../src/simulator/index.ts";

/** A clock that stands still; sleepers wake when it is moved past them. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-11-21T00:00:00Z");
  readonly #sleepers = new Set<{ readonly due: number; wake(): void }>();

  now(): number {
    return this.#now;
  }

  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = {
        due: this.#now + milliseconds,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
    });
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const sleeper of this.#sleepers) if (sleeper.due <= this.#now) sleeper.wake();
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON body; its members are read by `at`. */
  readonly json: unknown;
}

/** A member deep in a JSON value: `at(json, 'flavors', 0, 'id')`. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of keys) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Object.entries(here).find(([name]) => name === String(key))?.[1];
  }
  return here;
}

export function items(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Rig {
  readonly simulator: Simulator;
  readonly clock: ManualClock;
  /** Signs in; the token. */
  login(cloud: string): Promise<string>;
  /** Asks with a token, or with none when it is empty. */
  ask(token: string, path: string, options?: Ask): Promise<Reply>;
}

export async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

export async function startRig(options: SimulatorOptions = {}): Promise<Rig> {
  const clock = new ManualClock();
  const simulator = await startSimulator({ clock, ...options });
  const ask = async (token: string, path: string, { method = "GET", body, headers = {} }: Ask = {}) => {
    const all = new Headers({ ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers });
    if (token !== "") all.set("x-auth-token", token);
    const payload = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    return reply(await fetch(simulator.url + path, { method, headers: all, ...payload }));
  };
  return {
    simulator,
    clock,
    ask,
    async login(cloud) {
      const account = simulator.clouds()[cloud];
      const domain = { name: "Default" };
      const user = { name: account?.username, domain, password: account?.password };
      const scope = { project: { name: account?.project_name, domain } };
      const auth = { identity: { methods: ["password"], password: { user } }, scope };
      const { status, headers } = await ask("", "/identity/v3/auth/tokens", { method: "POST", body: { auth } });
      if (status !== 201) throw new Error(`sign-in as ${cloud} was answered with ${status}`);
      return headers.get("x-subject-token") ?? "";
    },
  };
}
