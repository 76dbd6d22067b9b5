/** From a request to an answer, as a chain to be read from top to bottom: version, path, token, body, schema, policy, handler. */
import type { Clock, Ids, Log } from "../../cloud/runtime.ts";
import type { Machine } from "../machine.ts";
import type { World } from "../world.ts";
import { applies } from "./attributes.ts";
import { routesOf } from "./crud.ts";
import type { Exchange } from "./exchange.ts";
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { negotiate } from "./microversion.ts";
import { anonymous, authorize } from "./policy.ts";
import { Refusal, unauthorized } from "./refusal.ts";
import { normalize, Router } from "./router.ts";
import type { Actor, Answer, Call, Method, Route, Service } from "./types.ts";

/** What every call is given. */
export interface Surroundings {
  readonly world: World;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly services: readonly Service[];
  /** The caller behind a token, or undefined when it is unknown, expired or revoked. */
  authenticate(token: string, call: Call): Actor | undefined;
}

/** A service with its routes compiled. */
export interface Mounted {
  readonly service: Service;
  readonly router: Router;
  /** All that it can be asked: `GET /v2.1/flavors`, `POST /v2.1/servers/{server}/action os-start`. */
  readonly operations: ReadonlySet<string>;
}

export function mount(service: Service): Mounted {
  const routes = [...service.routes, ...service.resources.flatMap((resource) => routesOf(resource, service))];
  const operations = routes.map(({ method, path }) => `${method} ${path}`);
  const actions = service.resources.flatMap(({ path, singular, actions = {} }) =>
    Object.keys(actions).map((name) => `POST ${path}/{${singular}}/action ${name}`),
  );
  return { service, router: new Router(routes), operations: new Set([...operations, ...actions]) };
}

export interface Incoming {
  readonly request: Exchange;
  readonly method: Method;
  /** Path below the service's prefix. */
  readonly path: string;
  readonly search: string;
  readonly origin: string;
}

interface Draft extends Call {
  params: Readonly<Record<string, string>>;
  body: Json | undefined;
  input: JsonObject;
  actor: Actor;
  operation: string;
}

/** Bytes of a JSON body: oslo.middleware's `max_request_body_size`. */
const bodyLimit = 114_688;

/** The answer to a request for a mounted service, and the call as far as it came. Never throws. */
export function dispatch(
  mounted: Mounted,
  incoming: Incoming,
  around: Surroundings,
): { readonly call: Call; readonly answer: Answer | Promise<Answer> } {
  const { service, router } = mounted;
  const { request, method, search, origin } = incoming;
  const { path, root, project } = normalize(service, incoming.path);
  const unversioned = service.unversionedRoots?.some((one) => root === one || root.startsWith(`${one}/`)) === true;
  const { minor, shown, refusal } = negotiate(unversioned ? undefined : service.microversions, request.headers);
  const base = origin + service.prefix;
  const call: Draft = {
    method,
    path,
    params: {},
    query: new URLSearchParams(search),
    search,
    headers: request.headers,
    stream: request.body,
    body: undefined,
    input: {},
    actor: anonymous,
    operation: "",
    version: minor,
    shownVersion: shown,
    origin,
    base,
    root: base + root,
    requestId: `req-${around.ids.uuid()}`,
    now: around.clock.now(),
    service,
    services: around.services,
    world: around.world,
    machine: around.machine,
    clock: around.clock,
    ids: around.ids,
    log: around.log,
  };
  try {
    const token = request.headers["x-auth-token"];
    const actor = typeof token === "string" ? around.authenticate(token, call) : undefined;
    if (actor !== undefined) call.actor = actor;
    const found = find(router, call, refusal);
    if ("answer" in found) return { call, answer: found.answer };
    if (project !== "" && actor !== undefined && project !== actor.projectId) {
      const { foreignProject } = service;
      if (foreignProject !== undefined) throw new Refusal(400, foreignProject);
      if (!actor.admin)
        throw new Refusal(
          400,
          `Malformed request URL: URL's project_id '${project}' doesn't match Context's project_id '${actor.projectId}'`,
        );
    }
    const { route } = found;
    call.operation = `${route.method} ${route.path}`;
    if (route.body === "stream" || !request.hasBody) return { call, answer: guarded(() => run(route, call), call) };
    return {
      call,
      answer: readBody(request).then(
        (bytes) => guarded(() => withBody(route, call, bytes, mounted), call),
        (error) => failure(error, call),
      ),
    };
  } catch (error) {
    return { call, answer: failure(error, call) };
  }
}

/** The route, or the answer when there is none. Without a token only Keystone tells which paths exist. */
function find(router: Router, call: Draft, refusal: Refusal | undefined): { route: Route } | { answer: Answer } {
  const { service, method, path } = call;
  let match = router.match(method, path);
  if (method === "HEAD" && service.headAsGet === true && (match === undefined || "allowed" in match))
    match = router.match("GET", path);
  const leaf =
    match !== undefined && "routes" in match
      ? match.routes.find(({ route }) => applies(route, call.version))
      : undefined;
  if (leaf?.route.policy.rule !== "public") {
    const below = service.roots.some((root) => path === root || path.startsWith(`${root}/`));
    if (below && service.openPaths !== true && call.actor.tokenId === "") throw unauthorized();
  }
  if (refusal !== undefined) throw refusal;
  if (match === undefined) return { answer: service.unknownPath(call) };
  if ("allowed" in match) return { answer: service.wrongMethod(call, match.allowed) };
  if (leaf === undefined) throw new Refusal(404, "The resource could not be found.");
  const params: Record<string, string> = {};
  for (const [index, name] of leaf.names.entries()) params[name] = match.values[index] ?? "";
  call.params = params;
  return { route: leaf.route };
}

async function readBody({ body }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bodyLimit) throw new Refusal(413, "Request is too large.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function withBody(route: Route, call: Draft, bytes: Buffer, { operations }: Mounted): Answer | Promise<Answer> {
  if (bytes.length > 0) {
    try {
      call.body = parseJson(bytes.toString("utf8"));
    } catch {
      throw call.service.words.malformed();
    }
    const [action = ""] = isObject(call.body) && route.path.endsWith("/action") ? Object.keys(call.body) : [];
    if (operations.has(`${call.operation} ${action}`)) call.operation += ` ${action}`;
  }
  return run(route, call);
}

function run(route: Route, call: Draft): Answer | Promise<Answer> {
  if (call.service.bodyFirst && route.schema !== undefined) call.input = route.schema(call);
  authorize(route.policy, call);
  if (!call.service.bodyFirst && route.schema !== undefined) call.input = route.schema(call);
  return route.handle(call);
}

function guarded(work: () => Answer | Promise<Answer>, call: Call): Answer | Promise<Answer> {
  try {
    const answer = work();
    return answer instanceof Promise ? answer.catch((error: unknown) => failure(error, call)) : answer;
  } catch (error) {
    return failure(error, call);
  }
}

function failure(error: unknown, call: Call): Answer {
  if (error instanceof Refusal) return call.service.refuse(error, call);
  call.log.error({ error, method: call.method, path: call.path, requestId: call.requestId }, "simulator failed");
  return call.service.refuse(new Refusal(500, "Unexpected API Error."), call);
}
