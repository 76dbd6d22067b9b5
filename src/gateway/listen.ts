import type { RequestListener, Server, ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import type { Passthrough } from "./passthrough.ts";

const { createServer } = process.getBuiltinModule("node:http");

/** A listener for HTTP, open. */
export interface HttpDoor {
  readonly url: string;
  close(grace: number): Promise<void>;
}

/** Node's own limits: 64 KiB of headers (OCCI puts whole messages there), 20 s to send them. */
const HTTP_LIMITS = { maxHeaderSize: 65_536, headersTimeout: 20_000, requestTimeout: 300_000 } as const;

/** Opens a listener. With `native`, bodies may take as long as images do: each of the two behind this door has its own limit. */
export function listen(app: RequestListener, host: string, port: number, native?: Passthrough): Promise<HttpDoor> {
  const options: ServerOptions =
    native === undefined
      ? HTTP_LIMITS
      : { ...HTTP_LIMITS, requestTimeout: 0, shouldUpgradeCallback: native.shouldUpgrade };
  const server = createServer(options, native?.before(app) ?? app);
  if (native !== undefined) server.on("upgrade", native.upgrade);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve({ url: urlOf(server), close: (grace) => closeServer(server, grace) });
    });
  });
}

function urlOf(server: Server): string {
  const address = server.address() as AddressInfo;
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

function closeServer(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
