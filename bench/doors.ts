/** Callers of our doors and of bare ones, with clients that are not ours. */
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { fetchText } from "./direct.ts";
import type { Call } from "./load.ts";
import type { Upstream } from "./plan.ts";

/** A GET; the address is whole. */
export function get(address: string, headers: Readonly<Record<string, string>> = {}): Upstream {
  const url = new URL(address);
  return { method: "GET", origin: url.origin, path: url.pathname + url.search, headers };
}

export function calling(upstream: Upstream): Call {
  return async () => {
    await fetchText(upstream);
  };
}

export interface GrpcCaller {
  call(method: string, request?: Uint8Array): Promise<Buffer>;
  close(): void;
}

/** One channel; requests and answers stay bytes, since coding is the same for everybody. */
export function openGrpcCaller(address: string, token = ""): GrpcCaller {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== "") metadata.set("x-auth-token", token);
  return {
    call: (method, request = new Uint8Array()) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest<Uint8Array, Buffer>(
          method,
          (bytes) => Buffer.from(bytes),
          (bytes) => bytes,
          request,
          metadata,
          (error, answer) => (error === null && answer !== undefined ? resolve(answer) : reject(error)),
        );
      }),
    close: () => client.close(),
  };
}
