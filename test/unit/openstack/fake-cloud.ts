/** An OpenStack of a few lines, whose every answer a test can decide. It remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type ConnectOptions, connectClouds } from "../../../src/backends/openstack/index.ts";
import { type Clock, type Cloud, type Clouds, type OpenRequest, Secret, silentLog } from "../../../src/cloud/index.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers, or cuts the connection; nothing leaves the request to the next route. */
export type Route = (asked: Asked) => Reply | "cut" | "hang" | undefined | Promise<Reply | "cut" | "hang" | undefined>;

export class FakeCloud {
  readonly asked: Asked[] = [];
  /** Tried in order before the defaults. */
  readonly routes: Route[] = [];
  /** Tokens given so far; the last one is the only good one when `isStrict`. */
  tokens = 0;
  url = "";
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });

  static async start(port = 0, routes: readonly Route[] = []): Promise<FakeCloud> {
    const cloud = new FakeCloud();
    cloud.routes.push(...routes);
    await new Promise<void>((resolve) => cloud.#server.listen(port, "127.0.0.1", resolve));
    cloud.url = `http://127.0.0.1:${(cloud.#server.address() as AddressInfo).port}`;
    return cloud;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Adds a route for one method and path. */
  on(method: string, path: string, answer: (asked: Asked) => ReturnType<Route>): void {
    this.routes.push((asked) => (asked.method === method && asked.path === path ? answer(asked) : undefined));
  }

  /** What was asked of one method and path. */
  of(method: string, path: string): readonly Asked[] {
    return this.asked.filter((asked) => asked.method === method && asked.path === path);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", this.url);
    const { method = "", headers } = request;
    const body = Buffer.concat(chunks).toString();
    const asked: Asked = { method, path: url.pathname, query: url.searchParams, headers, body };
    this.asked.push(asked);
    for (const route of [...this.routes, this.#defaults]) {
      const reply = await route(asked);
      if (reply === undefined) continue;
      if (reply === "hang") return;
      if (reply === "cut") return void response.destroy();
      const text =
        reply.body === undefined ? "" : typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
      response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers }).end(text);
      return;
    }
    response.writeHead(404).end('{"itemNotFound":{"code":404,"message":"no route"}}');
  }

  readonly #defaults: Route = ({ method, path }) => {
    if (method === "POST" && path === "/identity/v3/auth/tokens") {
      this.tokens += 1;
      return { status: 201, headers: { "x-subject-token": `token-${this.tokens}` }, body: this.token() };
    }
    if (method === "GET" && path === "/identity/v3/auth/tokens") return { status: 200, body: this.token() };
    if (method === "GET" && path === "/compute/v2.1/") {
      return { status: 200, body: { version: { id: "v2.1", status: "CURRENT", version: "2.93", min_version: "2.1" } } };
    }
    if (method === "GET" && path === "/volume/v3/") {
      return { status: 200, body: { versions: [{ id: "v3.0", version: "3.59", min_version: "3.0" }] } };
    }
    if (method === "GET" && path === "/network/v2.0/extensions") return { status: 200, body: { extensions: [] } };
    if (method === "GET" && /^\/compute\/v2\.1\/flavors(?:\/detail)?$/.test(path))
      return { status: 200, body: { flavors: [] } };
    if (method === "GET" && path === "/network/v2.0/ports") return { status: 200, body: { ports: [] } };
    return undefined;
  };

  /** The body of a token: one hour, one region, all services below one address. */
  token(changes: Readonly<Record<string, unknown>> = {}): unknown {
    const endpoint = (path: string) => [
      { interface: "public", region: "one", region_id: "one", url: `${this.url}${path}` },
    ];
    return {
      token: {
        user: { id: "u1", name: "user", domain: { id: "default", name: "Default" } },
        project: { id: "p1", name: "project", domain: { id: "default", name: "Default" } },
        roles: [{ id: "r1", name: "member" }],
        issued_at: "2026-01-01T00:00:00.000000Z",
        expires_at: "2026-01-01T01:00:00.000000Z",
        catalog: [
          { type: "compute", endpoints: endpoint("/compute/v2.1") },
          { type: "network", endpoints: endpoint("/network") },
          { type: "image", endpoints: endpoint("/image") },
          { type: "block-storage", endpoints: endpoint("/volume/v3") },
        ],
        ...changes,
      },
    };
  }
}

/** Time that a test turns: a sleep turns it forward by itself and is remembered. */
export class TestClock implements Clock {
  time = Date.parse("2026-01-01T00:00:00Z");
  readonly sleeps: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(milliseconds);
    this.time += milliseconds;
    await setImmediate();
    signal?.throwIfAborted();
  }
}

export interface Opened {
  readonly clouds: Clouds;
  readonly clock: TestClock;
  open(more?: Partial<OpenRequest>): Promise<Cloud>;
}

export const REQUEST_ID = "req-0d8f7b8a-3c44-4f5b-9c55-6a1d6f2f0a11";

export function connectFake(fake: FakeCloud, options: Partial<ConnectOptions> = {}): Opened {
  const clock = new TestClock();
  const project = { name: "project", domain: { id: "default" } };
  const user = { name: "user", domain: { id: "default" } };
  let count = 0;
  const clouds = connectClouds({
    configs: {
      fake: {
        name: "fake",
        authUrl: `${fake.url}/identity`,
        auth: { method: "password", user, password: new Secret("swordfish"), project },
        region: "one",
        regions: [],
        interface: "public",
        overrides: {},
        tls: { verify: true },
      },
    },
    defaultName: "fake",
    clock,
    ids: {
      uuid: () => {
        count += 1;
        return `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;
      },
    },
    log: silentLog,
    random: () => 0.5,
    ...options,
  });
  return {
    clouds,
    clock,
    open: (more = {}) =>
      clouds.open({
        credentials: { kind: "configured" },
        signal: new AbortController().signal,
        requestId: REQUEST_ID,
        log: silentLog,
        ...more,
      }),
  };
}

/** A server as Nova ≥ 2.47 shows it. */
export function novaServer(
  id: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    id,
    name: `server ${id}`,
    status: "ACTIVE",
    metadata: {},
    image: "",
    hostId: "h",
    flavor: { vcpus: 1, ram: 512, disk: 1, original_name: "m1.tiny" },
    created: "2026-01-01T00:00:00Z",
    updated: "2026-01-01T00:00:00Z",
    ...changes,
  };
}
