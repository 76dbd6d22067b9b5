/**
 * The place where exchanges are played: a gateway with `--anonymous=off` in front of a simulator whose world a file describes.
 * Exchanges call things by names of their own; here these become the ids that the cloud gave, and back again.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { parse } from "yaml";
import { systemClock } from "../../../../src/gateway/runtime.ts";
import { type Simulator, startSimulator } from "../../../../src/simulator/index.ts";
import { openStore } from "../../../../src/store/index.ts";
import { simulatedConfig } from "../../../support/backends.ts";
import { startTestGateway } from "../../../support/gateway.ts";
import { signIn } from "../../../support/native.ts";
import { type HeaderList, type Reply, sendOcci } from "../../../support/occiClient.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Names {
  readonly templates: Readonly<Record<string, string>>;
  readonly entities: Readonly<Record<string, readonly [location: string, title: string]>>;
  readonly links: Readonly<Record<string, string>>;
  readonly stopped: string;
  readonly mixin: { readonly identity: string; readonly location: string; readonly member: string };
  /** What attributes of the links hold. */
  readonly values: Readonly<Record<string, string>>;
}

const NAMES: Names = JSON.parse(readFileSync(here("names.json"), "utf8"));
const TEXT: HeaderList = [["Content-Type", "text/plain"]];
const I = "http://schemas.ogf.org/occi/infrastructure";

export interface Site {
  readonly simulator: Simulator;
  /** Sends in the exchanges' words, with the tenant's token, and answers in them. */
  send(line: string, headers?: HeaderList, body?: string | Buffer): Promise<Reply>;
  /** The same, by another project. */
  stranger(line: string, headers?: HeaderList, body?: string | Buffer): Promise<Reply>;
  /** All that a request could have changed, in the cloud and in the gateway. */
  state(): Promise<unknown>;
  /** Defines a mixin that has these members. */
  mixin(identity: string, location: string, members: readonly string[]): Promise<void>;
  /** Everything as in the beginning. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const KEPT = ["occi-mixin", "occi-place", "occi-member"];

export async function openSite(flags: readonly string[] = []): Promise<Site> {
  const simulator = await startSimulator({ preset: parse(readFileSync(here("world.yaml"), "utf8")) });
  const clouds = simulator.clouds();
  const tokens: Record<string, string> = {};
  for (const name of ["demo", "other"]) {
    const cloud = clouds[name];
    if (cloud === undefined) throw new Error(`the world lacks ${name}`);
    tokens[name] = (await signIn(simulatedConfig(name, cloud))).token;
  }
  const open = async () => {
    const store = await openStore({ kind: "memory", clock: systemClock, ids: { uuid: () => crypto.randomUUID() } });
    const gateway = await startTestGateway({ simulator, store }, ["--anonymous", "off", ...flags]);
    return { store, gateway, port: Number(new URL(gateway.occi).port) };
  };
  let now = await open();
  const raw = (line: string, headers?: HeaderList, body?: string | Buffer) =>
    sendOcci(now.port, tokens.demo ?? "", line, headers, body);
  const names = new Map<string, string>();
  const site: Site = {
    simulator,
    send: (line, headers, body) => spoken(tokens.demo ?? "", line, headers, body),
    stranger: (line, headers, body) => spoken(tokens.other ?? "", line, headers, body),
    async state() {
      const { tables, blobs } = simulator.world.snapshot();
      // Tokens come and go with signing in, and Nova writes down what was tried in vain; a table is there once somebody looked into it.
      const rows = [...tables].flatMap(([name, table]) =>
        /token|server_actions/.test(name) || table.size === 0 ? [] : [[name, [...table.values()]]],
      );
      const kept: unknown[] = [];
      for (const kind of KEPT) for await (const document of now.store.list({ kind })) kept.push(document.id);
      return structuredClone([rows, [...blobs.keys()], kept]);
    },
    async mixin(identity, location, members) {
      const [scheme, term] = identity.split("#");
      const line = `Category: ${term}; scheme="${scheme}#"; class="mixin"; location="${location}"`;
      must(200, await site.send("POST /-/", TEXT, line));
      if (members.length === 0) return;
      must(
        200,
        await site.send(`POST ${location}`, TEXT, members.map((path) => `X-OCCI-Location: ${path}`).join("\n")),
      );
    },
    async reset() {
      simulator.restore(beginning);
      await now.gateway.close();
      now = await open();
      await defineOwn();
    },
    async close() {
      await now.gateway.close();
      await simulator.close();
    },
  };
  async function spoken(token: string, line: string, headers: HeaderList = [], body?: string | Buffer): Promise<Reply> {
    const into = (text: string): string => swap(text, [...names]);
    const back = (text: string): string =>
      swap(
        text,
        [...names].map(([name, own]) => [own, name] as const),
      ).replaceAll("http://occi.example", "https://occi.example");
    const host: HeaderList = headers.some(([name]) => name.toLowerCase() === "host") ? [] : [["Host", "occi.example"]];
    const said = [...host, ...headers.map(([name, value]) => [name, into(value)] as const)];
    const bytes = body === undefined ? undefined : Buffer.from(into(Buffer.from(body).toString("latin1")), "latin1");
    const reply = await sendOcci(now.port, token, into(line), said, bytes);
    const own = Object.fromEntries(
      Object.entries(reply.headers).map(([name, value]) => [name, typeof value === "string" ? back(value) : value]),
    );
    return { ...reply, headers: own, rawHeaders: reply.rawHeaders.map(back), body: back(reply.body) };
  }
  async function learn(): Promise<void> {
    const found = async (location: string): Promise<readonly Record<string, unknown>[]> => {
      const { resources = [], links = [] } = JSON.parse(
        (await raw(`GET ${location}`, [["Accept", "application/occi+json"]])).body,
      );
      return [...resources, ...links];
    };
    for (const [id, [location, title]] of Object.entries(NAMES.entities))
      names.set(id, String((await found(location)).find((one) => one.title === title)?.id).replace("urn:uuid:", ""));
    for (const [id, location] of Object.entries(NAMES.links)) {
      const [only] = await found(location);
      names.set(id, String(only?.id).replace("urn:uuid:", ""));
      for (const [attribute, word] of Object.entries(NAMES.values)) {
        const own = Object(only?.attributes)[attribute];
        if (own !== undefined) names.set(word, String(own));
      }
    }
    const { mixins } = JSON.parse((await raw("GET /-/", [["Accept", "application/occi+json"]])).body);
    for (const [term, title] of Object.entries(NAMES.templates))
      names.set(term, mixins.find((one: { readonly title?: string }) => one.title === title).term);
  }
  const defineOwn = () => {
    const { identity, location, member } = NAMES.mixin;
    const [path = ""] = Object.entries(NAMES.entities).flatMap(([id, [at, title]]) =>
      title === member ? [at + id] : [],
    );
    return site.mixin(identity, location, [path]);
  };
  await learn();
  const [stopped = ""] = Object.entries(NAMES.entities).flatMap(([id, [at, title]]) =>
    title === NAMES.stopped ? [at + id] : [],
  );
  const stop = `Category: stop; scheme="${I}/compute/action#"; class="action"`;
  must(200, await site.send(`POST ${stopped}?action=stop`, TEXT, stop));
  const beginning = simulator.snapshot();
  await defineOwn();
  return site;
}

/** Each name where it stands alone. */
function swap(text: string, pairs: readonly (readonly [string, string])[]): string {
  const wanted = new Map(pairs);
  const words = pairs.map(([from]) => from.replaceAll(/[.*+?^$()|[\]\\/{}]/g, "\\$&"));
  return text.replaceAll(
    new RegExp(`(?<![\\w.-])(?:${words.join("|")})(?![\\w-])`, "g"),
    (word) => wanted.get(word) ?? word,
  );
}

function must(status: number, reply: Reply): void {
  if (reply.status !== status) throw new Error(`the site is not ready: ${reply.status} ${reply.body}`);
}
