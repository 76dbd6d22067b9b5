import { request as httpRequest, type IncomingHttpHeaders } from "node:http";

/** The least HTTP client that sends what it is told. */

export type HeaderList = readonly (readonly [string, string])[];

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** By lower-case name. */
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** Sends `METHOD path` as it stands: no path is tidied, no header is added but what HTTP needs, and the token where no other is given. */
export function sendOcci(
  port: number,
  token: string,
  line: string,
  headers: HeaderList = [],
  body?: string | Buffer,
): Promise<Reply> {
  const [method = "GET", path = "/"] = line.split(" ");
  const flat = headers.flat();
  if (!headers.some(([name]) => name.toLowerCase() === "host")) flat.push("Host", `127.0.0.1:${port}`);
  if (!headers.some(([name]) => name.toLowerCase() === "x-auth-token")) flat.push("X-Auth-Token", token);
  if (body !== undefined) flat.push("Content-Length", String(Buffer.byteLength(body)));
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers: flat, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          trailers: response.trailers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}
