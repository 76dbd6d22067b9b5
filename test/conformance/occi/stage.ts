import { randomUUID } from "node:crypto";
import { test } from "vitest";
import type { Backend, OpenBackend } from "../../support/backends.ts";
import { eventually } from "../../support/eventually.ts";
import { type HeaderList, type Reply, sendOcci } from "../../support/occiClient.ts";

/** What the items of the standard are tried on: the OCCI door of a gateway, a tenant, and some things of its own. */
export interface Stage {
  /** Items that only a cloud of our own can be asked: they fill it, break it, or count what is in it. */
  readonly ours: typeof test | typeof test.skip;
  readonly backend: OpenBackend;
  readonly base: string;
  send(line: string, headers?: HeaderList, body?: string | Buffer): Promise<Reply>;
  /** Another tenant. */
  stranger(line: string, headers?: HeaderList, body?: string): Promise<Reply>;
  /** Lines as a body in text/plain. */
  text(line: string, ...lines: readonly string[]): Promise<Reply>;
  /** The same structures as headers. */
  occi(line: string, ...lines: readonly string[]): Promise<Reply>;
  json(line: string, body: unknown): Promise<Reply>;
  /** One machine for all who do not harm it; its path. */
  compute(): Promise<string>;
  newCompute(title: string, ...lines: readonly string[]): Promise<string>;
  newVolume(title: string): Promise<string>;
  /** Of the one machine, with blanks in it. */
  readonly hostname: string;
  /** Path of the tenant's network. */
  readonly network: string;
  state(path: string, state: string): Promise<void>;
  /** To be deleted after this test. */
  made(path: string): string;
  /** Not before the end: others need it, too. */
  keep(path: string): string;
  tidy(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

export const I = "http://schemas.ogf.org/occi/infrastructure";
export const CORE = "http://schemas.ogf.org/occi/core#";
export const OS = "http://schemas.openstack.org/template/os#";
export const RES = "http://schemas.openstack.org/template/resource#";
export const JSON_TYPE = "application/occi+json";
export const COMPUTE = kind("compute");
export const accept = (type: string): HeaderList => [["Accept", type]];

export function kind(term: string): string {
  return `Category: ${term}; scheme="${I}#"; class="kind"`;
}

export function action(kindTerm: string, term: string): string {
  return `Category: ${term}; scheme="${I}/${kindTerm}/action#"; class="action"`;
}

export const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;
export const location = (uri: string): string => `X-OCCI-Location: ${uri}`;
export const linesOf = ({ body }: Reply): readonly string[] => body.split(/\r?\n/).filter((line) => line !== "");
export const codeOf = ({ body }: Reply): string => body.split(":")[0] ?? "";
/** The value of an attribute's line. */
export const shownIn = (reply: Reply, name: string): string | undefined =>
  linesOf(reply)
    .find((line) => line.startsWith(`X-OCCI-Attribute: ${name}=`))
    ?.slice(`X-OCCI-Attribute: ${name}=`.length);

export function stageOn({ open, name }: Backend): Stage {
  let backend: OpenBackend | undefined;
  let shared: Promise<string> | undefined;
  const made: string[] = [];
  const kept: string[] = [];
  const opened = (): OpenBackend => {
    if (backend === undefined) throw new Error("the stage is not open");
    return backend;
  };
  const port = (): number => Number(new URL(opened().gateway.occi).port);
  const templates = (): readonly string[] => [
    `Category: ${opened().imageId}; scheme="${OS}"; class="mixin"`,
    `Category: ${term(opened().flavourId)}; scheme="${RES}"; class="mixin"`,
  ];
  /** The newest first: links before what they link. */
  const remove = async (paths: string[]): Promise<void> => {
    for (const path of paths.splice(0).reverse()) {
      await eventually(
        () => stage.send(`DELETE ${path}`),
        ({ status }) => status === 200 || status === 404,
      );
    }
  };
  const stage: Stage = {
    hostname: `foo ${randomUUID().slice(0, 8)} bar`,
    ours: name === "real" ? test.skip : test,
    get backend() {
      return opened();
    },
    get base() {
      return opened().gateway.occi;
    },
    get network() {
      return `/network/${opened().networkId}`;
    },
    send: (line, headers, body) => sendOcci(port(), opened().tenant.token, line, headers, body),
    stranger: (line, headers, body) => sendOcci(port(), opened().stranger.token, line, headers, body),
    text: (line, ...lines) => stage.send(line, [["Content-Type", "text/plain"]], lines.join("\n")),
    occi: (line, ...lines) => stage.send(line, [["Content-Type", "text/occi"], ...lines.map(split)]),
    json: (line, body) =>
      stage.send(
        line,
        [
          ["Content-Type", JSON_TYPE],
          ["Accept", JSON_TYPE],
        ],
        JSON.stringify(body),
      ),
    compute() {
      shared ??= stage.newCompute("web", attribute("occi.compute.hostname", `"${stage.hostname}"`)).then(stage.keep);
      return shared;
    },
    async newCompute(title, ...lines) {
      const network = `Link: <${stage.network}>; rel="${I}#network"; category="${I}#networkinterface"`;
      const own = [COMPUTE, ...templates(), attribute("occi.core.title", `"${title}"`), network, ...lines];
      const reply = await stage.text("POST /compute/", ...own);
      if (reply.status !== 201) throw new Error(`no compute: ${reply.status} ${reply.body}`);
      const path = stage.made(new URL(reply.headers.location ?? "").pathname);
      await stage.state(path, "active");
      return path;
    },
    async newVolume(title) {
      const size = attribute("occi.storage.size", "1.0");
      const reply = await stage.text(
        "POST /storage/",
        kind("storage"),
        attribute("occi.core.title", `"${title}"`),
        size,
      );
      if (reply.status !== 201) throw new Error(`no volume: ${reply.status} ${reply.body}`);
      const path = stage.made(new URL(reply.headers.location ?? "").pathname);
      await stage.state(path, "online");
      return path;
    },
    state: (path, state) =>
      eventually(
        () => stage.send(`GET ${path}`),
        // The line of the entity itself: links show their own states.
        (reply) =>
          linesOf(reply).some(
            (line) => /^X-OCCI-Attribute: occi\.\w+\.state=/.test(line) && line.endsWith(`"${state}"`),
          ),
      ).then(() => {}),
    made(path) {
      made.push(path);
      return path;
    },
    keep(path) {
      kept.push(...made.splice(made.indexOf(path), 1));
      return path;
    },
    tidy: () => remove(made),
    async open() {
      backend = await open();
    },
    async close() {
      await remove(made);
      await remove(kept);
      await opened().gateway.close();
      await opened().close();
    },
  };
  return stage;
}

function split(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 2)];
}

/** A template's term, for the ids that clouds give. */
export function term(id: string): string {
  return id.replaceAll(/[^a-z0-9-]/g, (char) => `_${char.charCodeAt(0).toString(16)}`);
}
