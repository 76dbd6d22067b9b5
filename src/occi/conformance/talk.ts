import type { IncomingHttpHeaders } from "node:http";

const { request: httpRequest } = process.getBuiltinModule("node:http");

/** The least HTTP client that sends what it is told, and keeps what it made in mind. */

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** More than any answer of a self-test has. */
const MOST_BYTES = 32 * 1024 * 1024;

export function ask(
  port: number,
  token: string,
  { method, path, headers = {}, body }: Ask,
  signal: AbortSignal,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const credentials = headers["x-auth-token"] === undefined ? { "x-auth-token": token } : {};
    // Node announces no length for a DELETE by itself.
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const request = httpRequest(
      { host: "127.0.0.1", port, method, path, headers: { ...credentials, ...length, ...headers }, signal },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > MOST_BYTES) response.destroy(new Error("the answer is too large"));
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** What a check has to work with. */
export interface Talk {
  send(method: string, path: string, headers?: Ask["headers"], body?: string): Promise<Reply>;
  /** Creates with a text body and returns the path; it is deleted when the run ends, newest first. */
  make(path: string, lines: readonly string[]): Promise<string>;
  /** Deletes what `make` made. */
  remove(path: string): Promise<void>;
  /** Until the JSON of an entity satisfies the test; fails when the time for it is over. */
  until(path: string, test: (entity: EntityView) => boolean): Promise<EntityView>;
  /** A name that nobody else has. */
  readonly name: string;
  /** Handed on from earlier checks: paths and identities by name. */
  readonly found: Map<string, string>;
}

export interface EntityView {
  readonly kind?: string;
  readonly id?: string;
  readonly title?: string;
  readonly mixins?: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly actions?: readonly string[];
  readonly links?: readonly EntityView[];
}

/** Ends a check for which this cloud leaves no room. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

export function expectThat(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

export function expectStatus({ status, body }: Reply, ...allowed: readonly number[]): void {
  expectThat(allowed.includes(status), `status ${status} in place of ${allowed.join(" or ")}: ${body.slice(0, 200)}`);
}

export function expectType({ headers }: Reply, type: string): void {
  const said = headers["content-type"] ?? "none";
  expectThat(said === type, `Content-Type ${said} in place of ${type}`);
}

export function expectLine({ body }: Reply, ...parts: readonly string[]): void {
  for (const part of parts) expectThat(body.includes(part), `no line with ${part}`);
}
