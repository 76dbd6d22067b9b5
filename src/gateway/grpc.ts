import { once } from "node:events";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { CloudError, Deadline } from "../cloud/index.ts";
import { gather } from "./answer.ts";
import { toServiceError } from "./grpcStatus.ts";
import { type HealthState, registerHealth } from "./health.ts";
import { type Invoker, MAX_MESSAGE_BYTES, type Route } from "./invoke.ts";
import type { Caller } from "./operation.ts";
import type { Schema } from "./operations.ts";
import { registerReflection } from "./reflection.ts";

export interface GrpcOptions {
  readonly host: string;
  readonly port: number;
  readonly schema: Schema;
  readonly routes: readonly Route[];
  readonly invoker: Invoker;
  readonly health: HealthState;
  readonly newRequestId: () => string;
  /** Milliseconds that a call may take when the caller sets no deadline. */
  readonly defaultDeadline: number;
}

export interface GrpcDoor {
  readonly address: string;
  close(graceMilliseconds: number): Promise<void>;
}

/** Opens the gRPC door: all protobuf services, reflection (v1 and v1alpha) and `grpc.health.v1`. */
export async function openGrpc(options: GrpcOptions): Promise<GrpcDoor> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_concurrent_streams": 1024,
    // Nobody can ask for what channelz counts with every call.
    "grpc.enable_channelz": 0,
  });
  for (const route of options.routes) registerRoute(server, route, options);
  registerHealth(server, options.health);
  registerReflection(server, options.schema);
  const port = await bind(server, options.host, options.port);
  return {
    address: `${options.host}:${port}`,
    close: (grace) => shutDown(server, grace),
  };
}

/** Coding is the invoker's, so that a malformed message is INVALID_ARGUMENT with a request id like on every door. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const asIs = (bytes: Buffer): Uint8Array => bytes;

function registerRoute(server: Server, route: Route, options: GrpcOptions): void {
  const path = `/${route.operation.name}`;
  if (route.operation.isStreaming) server.register(path, streamer(route, options), asBuffer, asIs, "serverStream");
  else server.register(path, answerer(route, options), asBuffer, asIs, "unary");
}

/** After so long the first metadata go out alone: who will not wait for the answer shall have the request id. */
const FIRST_MS = 20;

function answerer(route: Route, options: GrpcOptions): handleUnaryCall<Uint8Array, Uint8Array> {
  return (call, callback) => {
    const { caller, end } = callerOf(call, route, options);
    const warnings: string[] = [];
    const trailer = new Metadata();
    const sendFirst = () => call.sendMetadata(firstOf(caller));
    const late = setTimeout(sendFirst, FIRST_MS);
    const answer: typeof callback = (...parts) => {
      clearTimeout(late);
      sendFirst();
      callback(...parts);
    };
    options.invoker
      .invoke(route, call.request, caller, {
        door: "grpc",
        warn: (message) => warnings.push(message),
        replayed: () => trailer.set("idempotency-replayed", "true"),
        deliver: (answer) => gather(route, answer),
      })
      .then(
        (response) => {
          addWarnings(trailer, warnings);
          answer(null, response, trailer);
        },
        (thrown) => answer(toServiceError(CloudError.from(thrown), caller.requestId)),
      )
      .finally(() => end.end());
  };
}

function streamer(route: Route, options: GrpcOptions): handleServerStreamingCall<Uint8Array, Uint8Array> {
  return (call) => {
    const { caller, end } = callerOf(call, route, options);
    const warnings: string[] = [];
    call.sendMetadata(firstOf(caller));
    options.invoker
      .stream(route, call.request, caller, {
        door: "grpc",
        warn: (message) => warnings.push(message),
        async send(bytes) {
          // As fast as the caller reads; who has cancelled or let the deadline pass ends the list.
          caller.signal.throwIfAborted();
          if (!call.write(bytes)) await once(call, "drain", { signal: caller.signal });
        },
      })
      .then(
        () => {
          const trailer = new Metadata();
          addWarnings(trailer, warnings);
          call.end(trailer);
        },
        (thrown) => call.emit("error", toServiceError(CloudError.from(thrown), caller.requestId)),
      )
      .finally(() => end.end());
  };
}

function firstOf({ requestId }: Caller): Metadata {
  const first = new Metadata();
  first.set("x-request-id", requestId);
  return first;
}

function addWarnings(trailer: Metadata, warnings: readonly string[]): void {
  for (const warning of warnings) trailer.add("vimana-warning", encodeURIComponent(warning));
}

/** What calls of both kinds tell of their callers. */
type ServerCall = Pick<
  ServerUnaryCall<Uint8Array, Uint8Array>,
  "getDeadline" | "getHost" | "getPeer" | "metadata" | "on"
>;

function callerOf(call: ServerCall, route: Route, options: GrpcOptions) {
  const deadline = call.getDeadline();
  const milliseconds = deadline instanceof Date ? deadline.getTime() - Date.now() : deadline - Date.now();
  const limit = Number.isFinite(milliseconds) ? Math.max(1, milliseconds) : options.defaultDeadline;
  const end = new Deadline(limit);
  // Said at the end of every call, answered ones included.
  call.on("cancelled", () => {
    if (!end.isOver) end.abort(new DOMException("the caller cancelled", "AbortError"));
  });
  const caller: Caller = {
    operation: route.operation.name,
    requestId: options.newRequestId(),
    header: (name) => (name === "host" ? call.getHost() : text(call.metadata.get(name)[0])),
    isLoopback: isLoopbackPeer(call.getPeer()),
    signal: end.signal,
  };
  return { caller, end };
}

function text(value: string | Buffer | undefined): string | undefined {
  return typeof value === "string" ? value : value?.toString("utf8");
}

/** `127.0.0.1:4711` or `[::1]:4711` as grpc-js spells peers. */
function isLoopbackPeer(peer: string): boolean {
  return /^(?:127\.|\[?::1\]?:|\[?::ffff:127\.)/.test(peer);
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

function shutDown(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), grace);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
