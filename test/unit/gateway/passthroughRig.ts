import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, CloudError, silentLog } from "../../../src/cloud/index.ts";
import { createPassthrough, type PassthroughOptions } from "../../../src/gateway/passthrough.ts";
import type { PassthroughCloud } from "../../../src/gateway/passthroughTargets.ts";

/** The pass-through on a door of its own, before a cloud whose every answer a test writes. */
export interface Rig {
  readonly door: string;
  readonly upstream: string;
  readonly clock: { time: number };
  /** Requests that reached the cloud. */
  readonly seen: IncomingMessage[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** What the cloud's catalogue is asked with, and what comes of it. */
  catalogue: PassthroughOptions["catalogue"];
  onUpgrade: (request: IncomingMessage, socket: import("node:stream").Duplex) => void;
  /** Ends the cloud and leaves the door. */
  stopUpstream(): Promise<void>;
  close(grace?: number): Promise<void>;
}

const listen = async (server: ReturnType<typeof createServer>): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const stop = async (server: ReturnType<typeof createServer>): Promise<void> => {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
};

export async function startRig(change: Partial<PassthroughCloud> = {}): Promise<Rig> {
  const seen: IncomingMessage[] = [];
  const upstreamServer = createServer((incoming, response) => {
    seen.push(incoming);
    rig.answer(incoming, response);
  });
  upstreamServer.on("upgrade", (incoming, socket) => {
    seen.push(incoming);
    rig.onUpgrade(incoming, socket);
  });
  const upstream = await listen(upstreamServer);
  const time = { time: 0 };
  // Sleeps end with their signal only: nothing here waits for time.
  const clock: Clock = {
    now: () => time.time,
    sleep: (milliseconds, signal) =>
      milliseconds === 0
        ? Promise.resolve()
        : new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  };
  let count = 0;
  const passthrough = createPassthrough({
    cloud: {
      name: "fake",
      authUrl: `${upstream}/identity/v3`,
      interface: "public",
      region: "one",
      regions: [],
      overrides: {},
      tls: { verify: true },
      ...change,
    },
    catalogue: (...args) => rig.catalogue(...args),
    clock,
    log: silentLog,
    newRequestId: () => {
      count += 1;
      return `req-00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;
    },
  });
  const app = passthrough.before((_request, response) => response.end("app"));
  const server = createServer({ shouldUpgradeCallback: passthrough.shouldUpgrade }, app);
  server.on("upgrade", passthrough.upgrade);
  const rig: Rig = {
    door: await listen(server),
    upstream,
    clock: time,
    seen,
    answer: (_request, response) => response.end("{}"),
    catalogue: async () => {
      throw new CloudError("UNAUTHENTICATED", "none");
    },
    onUpgrade: (_request, socket) => socket.destroy(),
    stopUpstream: () => stop(upstreamServer),
    async close(grace = 0) {
      await passthrough.close(grace);
      await stop(server);
      await stop(upstreamServer);
    },
  };
  return rig;
}

/** One entry of a catalogue, at a path of the cloud. */
export const entryAt = (type: string, url: string) => ({
  type,
  endpoints: [{ interface: "public", region: "one", url }],
});

/** A request exactly as written: fetch would mend it. */
export function raw(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers, method }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}
