/** OpenStack spoken plainly: what our doors are compared with. */
import { Agent } from "undici";
import { type CloudConfig, loadCloudConfigs } from "../src/backends/openstack/index.ts";
import { type Native, signIn, signInRequest } from "../test/support/native.ts";
import type { Call } from "./load.ts";
import type { Plan, Upstream } from "./plan.ts";

/** A cloud of a clouds.yaml. */
export interface Place {
  readonly file: string;
  readonly name: string;
}

export interface Direct extends Native {
  readonly place: Place;
  /** A request as data; `version` is the microversion as its header has it: `compute 2.90`. */
  upstream(service: string, path: string, version?: string): Upstream;
  /** Signs in once more. */
  signInAgain(): Promise<void>;
}

export function configOf({ file, name }: Place): CloudConfig {
  const config = loadCloudConfigs({ env: {}, files: [file] }).configs[name];
  if (config === undefined) throw new Error(`${file}: no cloud ${name}`);
  return config;
}

export async function openDirect(place: Place): Promise<Direct> {
  const config = configOf(place);
  const native = await signIn(config);
  const { url, body } = signInRequest(config);
  const { origin, pathname } = new URL(url);
  const headers = { "content-type": "application/json" };
  const again: Upstream = { method: "POST", origin, path: pathname, headers, body };
  return {
    signInAgain: async () => void (await fetchText(again)),
    ...native,
    place,
    upstream(service, path, version) {
      const url = new URL(`${native.endpoint(service)}${path}`);
      return {
        method: "GET",
        origin: url.origin,
        path: url.pathname + url.search,
        headers: {
          accept: "application/json",
          "x-auth-token": native.token,
          ...(version === undefined ? {} : { "openstack-api-version": version }),
        },
      };
    },
  };
}

const agent = new Agent({ connections: 64 });

/** One request, read to its end; an answer that is no success is an error. */
export async function fetchText(upstream: Upstream): Promise<string> {
  const { method, origin, path, headers, body } = upstream;
  const answer = await agent.request({ method, origin, path, headers, body: body ?? null });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
  return text;
}

/** The same, and understood. */
export async function fetchJson(upstream: Upstream) {
  const text = await fetchText(upstream);
  return text === "" ? {} : JSON.parse(text);
}

export function planned(plan: Plan, fetch: (upstream: Upstream) => Promise<unknown> = fetchText): Call {
  return async () => {
    for (const stage of plan) await Promise.all(stage.map(fetch));
  };
}

/** What a streamed answer cost: milliseconds until its first bytes and until its end. */
export async function streamed(upstream: Upstream): Promise<{ first: number; all: number; bytes: number }> {
  const { method, origin, path, headers } = upstream;
  const from = performance.now();
  const answer = await agent.request({ method, origin, path, headers, body: null });
  let first = Number.NaN;
  let bytes = 0;
  for await (const chunk of answer.body) {
    if (bytes === 0) first = performance.now() - from;
    bytes += chunk.length;
  }
  if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode}`);
  return { first, all: performance.now() - from, bytes };
}
