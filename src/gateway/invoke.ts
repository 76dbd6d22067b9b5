import { type Clock, CloudError, type Log } from "../cloud/index.ts";
import { audit, isWrite } from "./audit.ts";
import type { Admit, Call, Caller } from "./operation.ts";
import type { Operation, Schema } from "./operations.ts";
import { validateRequest } from "./validate.ts";

/** An operation with everything that a door needs to run it. */
export interface Route {
  readonly operation: Operation;
  readonly handler: AnyHandler;
  readonly encodeResponse: (response: object) => Uint8Array;
  readonly decodeRequest: (bytes: Uint8Array) => unknown;
  /** An answer that says nothing. */
  readonly emptyResponse: () => object;
}

/** How a call ended, for logs and metrics. */
export interface Finished {
  readonly operation: string;
  readonly door: "grpc" | "rest" | "occi" | "openstack";
  readonly outcome: string;
  readonly milliseconds: number;
}

/** How a door brings an answer to its caller. */
export interface Delivery<Sent> {
  readonly door: Finished["door"];
  warn(message: string): void;
  /** Part of the call: what fails here has failed the call, and an answer that streams ends here. */
  deliver(response: object): Promise<Sent> | Sent;
}

export interface Invoker {
  /** Runs one call from its request's bytes until its answer is delivered; rejects with a `CloudError` and nothing else. */
  invoke<Sent>(route: Route, bytes: Uint8Array, caller: Caller, delivery: Delivery<Sent>): Promise<Sent>;
}

export interface InvokerOptions {
  readonly schema: Schema;
  readonly admit: Admit;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFinished?: (finished: Finished) => void;
}

/** The chain that every protobuf call goes through, whichever door it came by: decode, validate, admit, handle, deliver, account. */
export function createInvoker(options: InvokerOptions): Invoker {
  const { schema, admit, clock, log, onFinished } = options;
  return {
    async invoke(route, bytes, caller, { door, warn, deliver }) {
      const started = clock.now();
      let outcome = "OK";
      let cloud: Call["cloud"] | undefined;
      try {
        const request = decode(route, bytes);
        validateRequest(schema, route.operation.input, request);
        const call = await admit(caller);
        cloud = call.cloud;
        const response = await route.handler(request, {
          ...call,
          warn: (message) => {
            call.warn(message);
            warn(message);
          },
        });
        return await deliver(response);
      } catch (thrown) {
        const error = CloudError.from(thrown);
        outcome = error.reason;
        if (error.reason === "INTERNAL")
          log.error({ requestId: caller.requestId, error: error.cause }, "internal error");
        throw error;
      } finally {
        const finished = { operation: route.operation.name, door, outcome, milliseconds: clock.now() - started };
        const { requestId } = caller;
        log.info({ requestId, ...finished, cloud: cloud?.name, region: cloud?.region }, "call");
        // QueryImage may also be a POST: what can be read by GET is no write.
        const methods = route.operation.bindings.map((binding) => binding.method);
        if (isWrite(methods) && !methods.includes("GET")) {
          audit(log, { requestId, door, operation: finished.operation, outcome, cloud });
        }
        onFinished?.(finished);
      }
    },
  };
}

/** Largest message in either direction, bytes: gRPC's own default for what is received. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

function decode(route: Route, bytes: Uint8Array): object {
  try {
    const request = route.decodeRequest(bytes);
    if (typeof request === "object" && request !== null) return request;
  } catch (cause) {
    // Also what a 64-bit number above 2^53 ends in, which JavaScript cannot hold.
    throw new CloudError("MALFORMED", `the request is not a ${route.operation.input.name}`, { cause });
  }
  throw new CloudError("MALFORMED", `the request is not a ${route.operation.input.name}`);
}

/** The part of a generated grpc-js method definition that routes are made of. */
interface MethodDefinition {
  readonly path: string;
  requestDeserialize(bytes: Buffer): unknown;
  responseSerialize(value: unknown): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

/** A handler of any operation. The generated definition pairs request and handler; a method's parameters may be erased. */
type AnyHandler = { handle(request: unknown, call: Call): Promise<object> }["handle"];

/** Routes for every RPC of a generated service. */
export function routesOf(
  schema: Schema,
  service: Readonly<Record<string, MethodDefinition>>,
  handlers: Readonly<Record<string, AnyHandler>>,
): Route[] {
  return Object.entries(service).map(([localName, method]) => {
    const operation = schema.operations.find(({ name }) => `/${name}` === method.path);
    const handler = handlers[localName];
    if (operation === undefined || handler === undefined)
      throw new Error(`${method.path}: no descriptor or no handler`);
    return {
      operation,
      handler,
      encodeResponse: (response) => method.responseSerialize(response),
      decodeRequest: (bytes) =>
        method.requestDeserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      emptyResponse: () => Object(method.responseDeserialize(Buffer.alloc(0))),
    };
  });
}
