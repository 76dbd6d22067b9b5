/**
 * `/_sim`: the simulator's own API, for tests and people: time, trouble, snapshots, what was asked.
 *
 * routes (all there is) · rules (faults as JSON) · time (clock, transitions) · guard (who may)
 */
import type { Exchange, Reply } from "../core/exchange.ts";
import { rendered } from "../core/pipeline.ts";
import { FieldError } from "../fields.ts";
import { objection } from "./guard.ts";
import { type Asked, type Controlled, NotThere, type Route, routes } from "./routes.ts";

export type { Controlled } from "./routes.ts";

/** Bytes of a body. */
const bodyLimit = 1_048_576;

type Answer = Parameters<typeof rendered>[0];

/** Answers requests below `/_sim`. Refusals are 400 with the field, 403, 404, 405, 413; all as `{"error": {…}}`. */
export function createControl(controlled: Controlled): (exchange: Exchange) => Promise<Reply> {
  return async (exchange) => {
    const { headers = {}, ...answer } = await answerTo(exchange, controlled);
    return rendered({ ...answer, headers: { "cache-control": "no-store", ...headers } });
  };
}

async function answerTo(exchange: Exchange, controlled: Controlled): Promise<Answer> {
  const refused = objection(exchange);
  if (refused !== undefined) return failed(403, refused);
  const { pathname, searchParams } = new URL(exchange.url, "http://simulator.invalid");
  const here = routes.flatMap((route) => {
    const params = paramsOf(route, pathname);
    return params === undefined ? [] : [{ route, params }];
  });
  const found = here.find(({ route }) => route.method === exchange.method);
  if (found === undefined && here.length > 0) {
    const allow = here.map(({ route }) => route.method).join(", ");
    return { ...failed(405, `${exchange.method} is not offered here`), headers: { allow } };
  }
  if (found === undefined) return failed(404, "there is nothing at this path; GET /_sim lists what there is");
  try {
    const body = await readBody(exchange);
    if (body === "too large") return failed(413, `a body may have ${bodyLimit} bytes at most`);
    const asked: Asked = { params: found.params, query: queryOf(searchParams, found.route), body };
    const said = await found.route.run(controlled, asked);
    return {
      status: said === undefined ? 204 : (found.route.status ?? 200),
      ...(said === undefined
        ? {}
        : { body: Buffer.from(`${JSON.stringify(said)}\n`), headers: { "content-type": "application/json" } }),
    };
  } catch (thrown) {
    if (thrown instanceof FieldError) return failed(400, thrown.reason, thrown.field);
    if (thrown instanceof NotThere) return failed(404, thrown.message);
    throw thrown;
  }
}

function failed(status: number, message: string, field?: string): Answer {
  return { status, body: { error: { status, ...(field === undefined ? {} : { field }), message } } };
}

function paramsOf({ path }: Route, pathname: string): Readonly<Record<string, string>> | undefined {
  const wanted = path.split("/");
  const given = pathname.replace(/(?<=.)\/$/, "").split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (segment.startsWith("{")) params[segment.slice(1, -1)] = value;
    else if (segment !== value) return undefined;
  }
  return params;
}

function queryOf(given: URLSearchParams, { query = [] }: Route): Readonly<Record<string, string>> {
  for (const name of given.keys()) {
    const are = query.length === 0 ? "there are none here" : `there are ${query.join(", ")}`;
    if (!query.includes(name)) throw new FieldError(name, `unknown parameter; ${are}`);
    if (given.getAll(name).length > 1) throw new FieldError(name, "given more than once");
  }
  return Object.fromEntries(given);
}

/** The JSON of the body, an empty object when there is none. */
async function readBody({ body }: Exchange): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > bodyLimit) return "too large";
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new FieldError("", "the body is not JSON");
  }
}
