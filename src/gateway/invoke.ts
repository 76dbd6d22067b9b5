import {
  type Clock,
  CloudError,
  type Keeping,
  type Log,
  type Write,
  type Writes,
  type Written,
} from "../cloud/index.ts";
import { audit } from "./audit.ts";
import type { Admit, Call, Caller } from "./operation.ts";
import type { Operation, Schema } from "./operations.ts";
import { validateRequest } from "./validate.ts";

/** An operation with everything that a door needs to run it. */
export interface Route {
  readonly operation: Operation;
  readonly handler: AnyHandler;
  readonly encodeResponse: (response: object) => Uint8Array;
  readonly decodeRequest: (bytes: Uint8Array) => unknown;
  /** An answer that was encoded before. */
  readonly decodeResponse: (bytes: Uint8Array) => object;
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

/** How a door brings a stream to its caller. */
export interface StreamDelivery {
  readonly door: Finished["door"];
  warn(message: string): void;
  /** Sends one message; fulfilled when the caller is ready for another. */
  send(bytes: Uint8Array): Promise<void>;
}

/** How a door brings an answer to its caller. */
export interface Delivery<Sent> {
  readonly door: Finished["door"];
  warn(message: string): void;
  /** What is delivered next is what an earlier call with the same key got. */
  replayed(): void;
  /** Part of the call: what fails here has failed the call, and an answer that streams ends here. */
  deliver(response: object): Promise<Sent> | Sent;
}

export interface Invoker {
  /** Runs one call from its request's bytes until its answer is delivered; rejects with a `CloudError` and nothing else. */
  invoke<Sent>(route: Route, bytes: Uint8Array, caller: Caller, delivery: Delivery<Sent>): Promise<Sent>;
  /** The same for an operation that streams, which is always one that reads. */
  stream(route: Route, bytes: Uint8Array, caller: Caller, delivery: StreamDelivery): Promise<void>;
}

export interface InvokerOptions {
  readonly schema: Schema;
  readonly admit: Admit;
  readonly writes: Writes;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFinished?: (finished: Finished) => void;
}

/** The chain that every protobuf call goes through, whichever door it came by: decode, validate, admit, handle, deliver, account. */
export function createInvoker(options: InvokerOptions): Invoker {
  const { schema, admit, writes } = options;
  const enter = async (route: Route, bytes: Uint8Array, caller: Caller, account: Account) => {
    const request = decode(route, bytes);
    validateRequest(schema, route.operation.input, request);
    const call = await admit(caller);
    account.cloud = call.cloud;
    return { request, call };
  };
  return {
    invoke(route, bytes, caller, { door, warn, replayed, deliver }) {
      return accounted(options, route, caller, door, async (account) => {
        const { request, call } = await enter(route, bytes, caller, account);
        const work = async (bound: Call["cloud"]): Promise<Answer> => {
          const warnings: string[] = [];
          const told = (message: string): void => {
            call.warn(message);
            warnings.push(message);
          };
          return { response: await route.handler(request, { ...call, cloud: bound, warn: told }), warnings };
        };
        const { answer, isReplayed } = await (route.operation.isReading
          ? read(writes, call.cloud, work)
          : writes.run(writeOf(call, caller, bytes), work, keepingOf(route)));
        for (const warning of answer.warnings) warn(warning);
        if (isReplayed) replayed();
        return await deliver(answer.response);
      });
    },
    stream(route, bytes, caller, { door, warn, send }) {
      return accounted(options, route, caller, door, async (account) => {
        const { request, call } = await enter(route, bytes, caller, account);
        writes.welcome(call.cloud);
        const told = (message: string): void => {
          call.warn(message);
          warn(message);
        };
        const messages = route.handler(request, { ...call, warn: told });
        if (!(Symbol.asyncIterator in messages)) throw new Error(`${route.operation.name} does not stream`);
        for await (const message of messages) await send(route.encodeResponse(message));
      });
    },
  };
}

/** What becomes known of a call on its way. */
interface Account {
  cloud?: Call["cloud"];
}

async function accounted<Sent>(
  { clock, log, onFinished }: InvokerOptions,
  { operation }: Route,
  { requestId }: Caller,
  door: Finished["door"],
  run: (account: Account) => Promise<Sent>,
): Promise<Sent> {
  const started = clock.now();
  const account: Account = {};
  let outcome = "OK";
  try {
    return await run(account);
  } catch (thrown) {
    const error = CloudError.from(thrown);
    outcome = error.reason;
    if (error.reason === "INTERNAL") log.error({ requestId, error: error.cause }, "internal error");
    throw error;
  } finally {
    const { cloud } = account;
    const finished = { operation: operation.name, door, outcome, milliseconds: clock.now() - started };
    log.info({ requestId, ...finished, cloud: cloud?.name, region: cloud?.region }, "call");
    if (!operation.isReading) audit(log, { requestId, door, operation: finished.operation, outcome, cloud });
    onFinished?.(finished);
  }
}

interface Answer {
  readonly response: object;
  readonly warnings: readonly string[];
}

async function read(
  writes: Writes,
  cloud: Call["cloud"],
  work: (cloud: Call["cloud"]) => Promise<Answer>,
): Promise<Written<Answer>> {
  writes.welcome(cloud);
  return { answer: await work(cloud), isReplayed: false };
}

function writeOf({ operation, requestId, cloud }: Call, { header }: Caller, bytes: Uint8Array): Write {
  return { operation, requestId, cloud, key: header("idempotency-key"), said: async () => [bytes] };
}

/** No message of ours that answers a write holds a secret: what is one is never read back from the cloud. */
function keepingOf(route: Route): Keeping<Answer> {
  return {
    pack: ({ response, warnings }) => ({
      bytes: Buffer.from(route.encodeResponse(response)).toString("base64"),
      warnings,
    }),
    unpack: ({ bytes, warnings }) => ({
      response: route.decodeResponse(Buffer.from(typeof bytes === "string" ? bytes : "", "base64")),
      warnings: Array.isArray(warnings) ? warnings.filter((one) => typeof one === "string") : [],
    }),
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
type AnyHandler = { handle(request: unknown, call: Call): Promise<object> | AsyncIterable<object> }["handle"];

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
      decodeResponse: (bytes) =>
        Object(method.responseDeserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))),
      emptyResponse: () => Object(method.responseDeserialize(Buffer.alloc(0))),
    };
  });
}
