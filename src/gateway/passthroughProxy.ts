import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { createProxyMiddleware } from "http-proxy-middleware";
import { type Clock, CloudError } from "../cloud/index.ts";
import { handOn } from "./passthroughAnswer.ts";
import { isLong, tidyStream } from "./passthroughMemory.ts";
import type { Treatment, View } from "./passthroughRewrite.ts";
import type { PassthroughCloud } from "./passthroughTargets.ts";

/** One request on its way: where to, and what becomes of the answer. */
export interface Passage {
  readonly view: View;
  /** At the target's origin, with the query. */
  readonly path: string;
  readonly treatment: Treatment;
}

export interface Forwarder {
  /** Resolves when the answer has gone out or either side has left; rejects with a `CloudError` while nothing has gone out. */
  serve(request: IncomingMessage, response: ServerResponse, passage: Passage): Promise<void>;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, passage: Passage): Promise<void>;
  close(): void;
}

export interface ForwarderOptions {
  readonly cloud: PassthroughCloud;
  readonly clock: Clock;
}

/** Milliseconds until a connection stands. */
const CONNECT = 10_000;
/** Milliseconds without a byte in either direction: Glance is silent while it stores what it was sent. */
const IDLE = 600_000;
/** Milliseconds that an unused connection is kept; Apache, in front of most clouds, closes after 5 s. */
const KEPT = 4_000;
const CONNECTIONS = { keepAlive: true, maxSockets: 256, maxFreeSockets: 64, timeout: KEPT } as const;

/** http-proxy-middleware, told what to do request by request. Loaded with the first call that passes through. */
export function openForwarder({ cloud, clock }: ForwarderOptions): Forwarder {
  const { verify, ...pem } = cloud.tls;
  const agents = {
    "http:": new Agent(CONNECTIONS),
    "https:": new TlsAgent({ ...CONNECTIONS, ...pem, rejectUnauthorized: verify }),
  };
  const passages = new WeakMap<IncomingMessage, Passage>();
  const idle = new WeakSet<IncomingMessage>();
  const fates = new WeakMap<IncomingMessage, (thrown: unknown) => void>();

  const proxy = createProxyMiddleware({
    router: (request, _response, options) => {
      const { origin } = passageOf(request).view.target;
      options.agent = origin.startsWith("https:") ? agents["https:"] : agents["http:"];
      const hasBody = request.headers["transfer-encoding"] !== undefined || "content-length" in request.headers;
      if (hasBody && isLong(request.headers["content-length"]))
        options.buffer = pipeline(request, tidyStream(), () => {});
      return origin;
    },
    pathFilter: () => true,
    changeOrigin: true,
    secure: verify,
    selfHandleResponse: true,
    proxyTimeout: IDLE,
    upgradeTimeout: CONNECT,
    on: {
      proxyReq: (upstream, request) => {
        upstream.once("timeout", () => idle.add(request));
        const { socket } = upstream;
        if (socket?.connecting !== true) return;
        const connected = new AbortController();
        socket.once("connect", () => connected.abort());
        socket.once("close", () => connected.abort());
        clock.sleep(CONNECT, connected.signal).then(
          () =>
            upstream.destroy(
              Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT", syscall: "connect" }),
            ),
          () => {},
        );
      },
      proxyReqWs: (upstream, _request, socket) => {
        // The proxy joins the two by pipes, which pass an orderly end on but no loss.
        socket.once("close", () => upstream.destroy());
        upstream.once("upgrade", (_answer, far) => {
          socket.once("close", () => far.destroy());
          far.once("close", () => socket.destroy());
        });
      },
      proxyRes: (answer, request, response) => {
        const { view, treatment } = passageOf(request);
        handOn(answer, response, view, treatment).catch((thrown: unknown) => fates.get(request)?.(thrown));
      },
      error: (error, request) => {
        const failure = failureOf(error, request, passageOf(request), idle.has(request));
        fates.get(request)?.(failure);
      },
    },
  });

  function passageOf(request: IncomingMessage): Passage {
    const passage = passages.get(request);
    if (passage === undefined) throw new Error("a request that nobody sent on its way");
    return passage;
  }

  return {
    serve: (request, response, passage) =>
      new Promise((resolve, reject) => {
        passages.set(request, passage);
        fates.set(request, (thrown) => {
          // Half an answer cannot be taken back; the caller must see that it is half.
          if (response.headersSent) response.destroy();
          reject(thrown);
        });
        response.once("close", resolve);
        request.url = passage.path;
        proxy(request, response, reject).then(resolve, reject);
      }),
    upgrade: (request, socket, head, passage) =>
      new Promise((resolve, reject) => {
        passages.set(request, passage);
        fates.set(request, reject);
        socket.once("close", resolve);
        request.url = passage.path;
        proxy.upgrade(request, socket, head);
      }),
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** Errors that come before anything was sent. */
const UNSENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+)$/;

function failureOf(error: Error, request: IncomingMessage, { view }: Passage, isIdle: boolean): CloudError {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  const isUnsent = UNSENT.test(code) || ("syscall" in error && error.syscall === "connect");
  const { type } = view.target;
  const { name } = view.targets.cloud;
  if (isUnsent)
    return new CloudError("UNAVAILABLE", `${type} of cloud ${name} cannot be reached (${code})`, { cause: error });
  const message = `${type} of cloud ${name} did not answer (${isIdle ? "timeout" : code})`;
  // Not 503 for a write that may have been carried out: clients would repeat it.
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead)
    return new CloudError("AMBIGUOUS", `${message}; whether it did what was asked is not known`, { cause: error });
  return new CloudError(isIdle ? "DEADLINE_EXCEEDED" : "UNAVAILABLE", message, { cause: error });
}
