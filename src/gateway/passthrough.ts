import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Clock, CloudError, type Credentials, type Log, readCredentials } from "../cloud/index.ts";
import { audit, isWrite } from "./audit.ts";
import type { Finished } from "./invoke.ts";
import { forwardHeaders, originOf, requestIdOf } from "./passthroughHeaders.ts";
import { isPassthrough, MOUNT, type Place, parsePlace } from "./passthroughPath.ts";
import type { Forwarder, Passage } from "./passthroughProxy.ts";
import { treatmentOf, type View } from "./passthroughRewrite.ts";
import { type CatalogueEntry, type PassthroughCloud, type Target, Targets } from "./passthroughTargets.ts";
import { toProblem } from "./problem.ts";

const http = process.getBuiltinModule("node:http");

/**
 * OpenStack's own API at `/openstack/<service>/…`, for clients that know the gateway's address only. The caller's token
 * travels untouched and none is ever added; what tells addresses is rewritten so that a client stays here.
 *
 * passthrough           the door: finds the service, refuses, logs
 * passthroughPath       what a path means, and which ways out are refused
 * passthroughTargets    where services are, as the cloud itself says
 * passthroughHeaders    headers there and back
 * passthroughProxy      http-proxy-middleware
 * passthroughAnswer, passthroughRewrite, passthroughLinks   answers: what is rewritten in them, and how
 * passthroughMemory     long bodies without a heap of buffers
 */
export interface PassthroughOptions {
  readonly cloud: PassthroughCloud;
  /** The cloud's catalogue as the credentials see it. */
  readonly catalogue: (
    credentials: Credentials,
    requestId: string,
    signal: AbortSignal,
  ) => Promise<readonly CatalogueEntry[]>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newRequestId: () => string;
  /** Scheme, host and port by which callers find this door; absent: as each request says. */
  readonly publicUrl?: string;
  readonly onFinished?: (finished: Finished) => void;
}

export interface Passthrough {
  /** Takes the calls below `/openstack`, and leaves all others to `app`. */
  before(app: RequestListener): RequestListener;
  /** Which upgrades are taken; Node answers the others as if no upgrade had been asked for. */
  shouldUpgrade(request: IncomingMessage): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends open consoles after the grace, and kept connections. */
  close(graceMilliseconds: number): Promise<void>;
}

/** Milliseconds for finding a service that was not heard of before. */
const LOOKUP = 30_000;
/** Milliseconds before the gateway's own credential is tried again after a refusal: Keystone locks users out. */
const REFUSED = 60_000;

export function createPassthrough(options: PassthroughOptions): Passthrough {
  const { cloud, clock, log, newRequestId, onFinished } = options;
  const targets = new Targets(cloud);
  const pseudonym = `vimana-${newRequestId().slice(-12)}`;
  const consoles = new Set<Duplex>();
  let forwarder: Promise<Forwarder> | undefined;
  let refusedUntil = 0;

  const load = (): Promise<Forwarder> =>
    (forwarder ??= import("./passthroughProxy.ts").then(({ openForwarder }) => openForwarder({ cloud, clock })));

  /** By what passed through before, by the gateway's own credential, or by the caller's token. */
  async function locate(request: IncomingMessage, place: Place, requestId: string): Promise<Target> {
    const known = targets.find(place);
    if (known !== undefined) return known;
    const own: Credentials | undefined = clock.now() < refusedUntil ? undefined : { kind: "configured" };
    const theirs = readToken(request);
    for (const credentials of [own, theirs]) {
      if (credentials === undefined) continue;
      try {
        targets.learn(await options.catalogue(credentials, requestId, AbortSignal.timeout(LOOKUP)));
      } catch (thrown) {
        const isRefusal = CloudError.is(thrown, "UNAUTHENTICATED", "FORBIDDEN", "INVALID_VALUE", "NOT_FOUND");
        if (!isRefusal) throw thrown;
        if (credentials === own) refusedUntil = clock.now() + REFUSED;
      }
      const found = targets.find(place);
      if (found !== undefined) return found;
    }
    const asked = `${place.type}${place.region === undefined ? "" : ` in region ${place.region}`}`;
    const what =
      place.type === "" ? `name a service: ${MOUNT}/<service>/…` : `cloud ${cloud.name} has no service ${asked}`;
    throw new CloudError("NOT_FOUND", `${what}; there are: ${targets.names().join(", ")}`);
  }

  async function prepare(request: IncomingMessage, requestId: string): Promise<{ passage: Passage; place: Place }> {
    const place = parsePlace(request.url ?? "");
    refuseSelectors(request, place);
    if (request.headers.via?.includes(pseudonym) === true) {
      throw new CloudError("UPSTREAM_FAILED", `the address of cloud ${cloud.name} leads back to this gateway`);
    }
    const target = await locate(request, place, requestId);
    const view: View = { targets, target, origin: options.publicUrl ?? originOf(request) };
    const treatment = treatmentOf(target.type, request.method ?? "", place.path);
    const passage = { view, path: `${target.basePath}${place.path}${place.search}` || "/", treatment };
    return { passage, place };
  }

  /** The headers by which other doors choose a cloud and a region; here the address does. */
  function refuseSelectors({ headers }: IncomingMessage, place: Place): void {
    const refuse = (field: string, why: string): never => {
      throw new CloudError("INVALID_VALUE", why, { field });
    };
    const { "vimana-cloud": name, "vimana-region": region } = headers;
    if (name !== undefined && name !== "" && name !== cloud.name)
      refuse("vimana-cloud", `only cloud ${cloud.name} is passed through to`);
    if (region !== undefined && region !== "" && region !== (place.region ?? cloud.region))
      refuse("vimana-region", `the region belongs into the address: ${MOUNT}/${place.type}@${String(region)}/`);
  }

  async function run(
    request: IncomingMessage,
    requestId: string,
    passOn: (forwarder: Forwarder, passage: Passage) => Promise<void>,
    /** Nothing: the caller left before the answer was whole. */
    status: () => number | undefined,
    refuse: (error: CloudError) => void,
  ): Promise<void> {
    const started = clock.now();
    let place: Place | undefined;
    let reason: string | undefined;
    try {
      const { passage, place: at } = await prepare(request, requestId);
      place = at;
      const loaded = await load();
      // Nobody is there any more for whom to ask.
      if (request.socket.destroyed) return;
      const isPlain = passage.treatment !== "raw";
      forwardHeaders(request, { view: passage.view, requestId, pseudonym, isPlain });
      await passOn(loaded, passage);
    } catch (thrown) {
      const error = CloudError.from(thrown);
      ({ reason } = error);
      if (reason === "INTERNAL") log.error({ requestId, error: error.cause }, "internal error");
      refuse(error);
    } finally {
      const { type, region = cloud.region, path: asked } = place ?? { type: "", path: "" };
      const path = withoutToken(asked);
      const milliseconds = clock.now() - started;
      const ended = status();
      const outcome = reason ?? (ended === undefined ? "CANCELLED" : "OK");
      const operation = `openstack/${type}`;
      const fields = { requestId, cloud: cloud.name, region, operation, method: request.method, path, status: ended };
      log.info({ ...fields, outcome, milliseconds }, "call");
      const door = "openstack";
      onFinished?.({ operation, door, outcome, milliseconds });
      if (isWrite([request.method ?? "GET"])) {
        const answered = ended === undefined ? {} : { status: ended };
        audit(log, { requestId, door, operation, target: path, outcome, ...answered, cloud: undefined });
      }
    }
  }

  return {
    before: (app) => (request, response) => {
      if (!isPassthrough(request.url)) {
        app(request, response);
        return;
      }
      const requestId = requestIdOf(request, newRequestId);
      // The proxy and the streams that it is made of watch a response from more than ten sides.
      response.setMaxListeners(20);
      response.setHeader("X-Request-Id", requestId);
      void run(
        request,
        requestId,
        (loaded, passage) => loaded.serve(request, response, passage),
        () => (response.writableFinished ? response.statusCode : undefined),
        (error) => sendProblem(response, error, requestId),
      );
    },
    shouldUpgrade: (request) => isPassthrough(request.url) && request.headers.upgrade?.toLowerCase() === "websocket",
    upgrade: (request, socket, head) => {
      const requestId = requestIdOf(request, newRequestId);
      consoles.add(socket);
      socket.once("close", () => consoles.delete(socket));
      // Until somebody else listens a lost caller must not end the program.
      socket.on("error", () => {});
      let status = 101;
      void run(
        request,
        requestId,
        (loaded, passage) => loaded.upgrade(request, request.socket, head, passage),
        () => status,
        (error) => {
          const problem = toProblem(error, requestId);
          ({ status } = problem);
          refuseUpgrade(request, socket, JSON.stringify(problem), status, requestId);
        },
      );
    },
    async close(grace) {
      if (consoles.size > 0) {
        const over = new AbortController();
        for (const socket of consoles) socket.once("close", () => consoles.size <= 1 && over.abort());
        await clock.sleep(grace, over.signal).catch(() => {});
        for (const socket of consoles) socket.destroy();
      }
      (await forwarder)?.close();
    },
  };
}

function readToken({ headers }: IncomingMessage): Credentials | undefined {
  const credentials = readCredentials((name) => {
    const value = name === "x-auth-token" ? headers[name] : undefined;
    return typeof value === "string" ? value : undefined;
  });
  return credentials?.kind === "token" ? credentials : undefined;
}

function sendProblem(response: ServerResponse, error: CloudError, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  const problem = toProblem(error, requestId);
  const body = JSON.stringify(problem);
  // What is left of a body that was refused would be taken for the next request.
  if (!response.req.complete) response.setHeader("Connection", "close");
  response.writeHead(problem.status, {
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

function refuseUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  body: string,
  status: number,
  requestId: string,
): void {
  if (!socket.writable) return;
  const response = new http.ServerResponse(request);
  response.setHeader("X-Request-Id", requestId);
  response.writeHead(status, {
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  });
  response.assignSocket(request.socket);
  response.end(body, () => socket.end());
}

/** Keystone's old API has tokens in paths (keystone: `GET /v2.0/tokens/{token}`). */
function withoutToken(path: string): string {
  return path.replace(/(\/v2\.0\/tokens\/)[^/]+/, "$1***");
}
