import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { CloudError, Deadline } from "../cloud/index.ts";
import { gather } from "./answer.ts";
import { toServiceError } from "./grpcStatus.ts";
import { type HealthState, registerHealth } from "./health.ts";
import { type Invoker, MAX_MESSAGE_BYTES, type Route } from "./invoke.ts";
import type { Caller } from "./operation.ts";
import type { Schema } from "./operations.ts";

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
  });
  for (const route of options.routes) registerRoute(server, route, options);
  registerHealth(server, options.health);
  await registerReflection(server, options.schema);
  const port = await bind(server, options.host, options.port);
  return {
    address: `${options.host}:${port}`,
    close: (grace) => shutDown(server, grace),
  };
}

function registerRoute(server: Server, route: Route, options: GrpcOptions): void {
  const handle = (call: ServerUnaryCall<Uint8Array, Uint8Array>, callback: sendUnaryData<Uint8Array>): void => {
    const { caller, end } = callerOf(call, route, options);
    const warnings: string[] = [];
    const trailer = new Metadata();
    options.invoker
      .invoke(route, call.request, caller, {
        door: "grpc",
        warn: (message) => warnings.push(message),
        replayed: () => trailer.set("idempotency-replayed", "true"),
        deliver: (answer) => gather(route, answer),
      })
      .then(
        (response) => {
          for (const warning of warnings) trailer.add("vimana-warning", encodeURIComponent(warning));
          callback(null, response, trailer);
        },
        (thrown) => callback(toServiceError(CloudError.from(thrown), caller.requestId)),
      )
      .finally(() => end.end());
    const first = new Metadata();
    first.set("x-request-id", caller.requestId);
    call.sendMetadata(first);
  };
  server.register(
    `/${route.operation.name}`,
    handle,
    (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    // Coding is the invoker's, so that a malformed message is INVALID_ARGUMENT with a request id like on every door.
    (bytes: Buffer) => bytes,
    "unary",
  );
}

function callerOf(call: ServerUnaryCall<Uint8Array, Uint8Array>, route: Route, options: GrpcOptions) {
  const deadline = call.getDeadline();
  const milliseconds = deadline instanceof Date ? deadline.getTime() - Date.now() : deadline - Date.now();
  const limit = Number.isFinite(milliseconds) ? Math.max(1, milliseconds) : options.defaultDeadline;
  const end = new Deadline(limit);
  call.on("cancelled", () => end.abort(new DOMException("the caller cancelled", "AbortError")));
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

async function registerReflection(server: Server, schema: Schema): Promise<void> {
  // Loaded on first use: with its own protobufjs it costs more than the rest of the door.
  const { ReflectionService } = await import("@grpc/reflection");
  // The service reads nothing of a package but its files; those of the descriptor set are complete, while proto-loader's
  // leave out files that hold a service and no message.
  const files = [...schema.registry.files].map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  const format = "Protocol Buffer 3 EnumDescriptorProto" as const;
  const everything = { format, type: {}, fileDescriptorProtos: files };
  new ReflectionService({ everything }).addToServer(server);
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
