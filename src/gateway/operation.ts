/** What every door hands to an operation. Types only: doors may import this file and nothing else of the gateway. */
import type { Cloud, HeaderReader, Log } from "../cloud/index.ts";

/** One call of one operation, whichever door it came through. */
export interface Call {
  /** `<service>/<Method>` for protobuf operations, `occi/<METHOD>` for OCCI. */
  readonly operation: string;
  /** `req-<uuid>`: in logs, in every error, in the answer's headers, and sent upstream. */
  readonly requestId: string;
  /** Bound to the caller's tenant and to this call's deadline. */
  readonly cloud: Cloud;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Whether whoever runs the gateway calls. */
  readonly isOperator?: boolean;
  /** Tells the caller something beside the answer: `Warning` header or metadata. */
  warn(message: string): void;
}

/** What a door knows of the caller before anybody is let in. */
export interface Caller {
  readonly operation: string;
  readonly requestId: string;
  readonly header: HeaderReader;
  /** Whether the caller is on this machine. */
  readonly isLoopback: boolean;
  readonly signal: AbortSignal;
}

/** Lets a caller in: credentials, anonymous rule, cloud and region, limits. Rejects with a `CloudError`. */
export type Admit = (caller: Caller) => Promise<Call>;

/** An answer one of whose lists may be a stream that ends with the list: REST sends it as it comes, gRPC gathers it. */
export type Answered<Response> = {
  [Member in keyof Response]: Response[Member] extends readonly (infer Item)[]
    ? Response[Member] | AsyncIterable<Item>
    : Response[Member];
};

/** One method per RPC of a service; request and response are the generated types. */
export type Handler<Request, Response> = (request: Request, call: Call) => Promise<Answered<Response>>;

/** A method of an RPC that streams: each item is one message, made as the caller takes them. */
export type StreamHandler<Request, Response> = (request: Request, call: Call) => AsyncIterable<Response>;

/** The part of a grpc-js service definition that types are inferred from. */
interface MethodLike {
  readonly responseStream: boolean;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

/** Every RPC of a generated service as a handler: a forgotten operation is a compile error that names it. */
export type Handlers<Service extends Record<string, MethodLike>> = {
  readonly [Method in keyof Service]: Service[Method]["responseStream"] extends true
    ? StreamHandler<
        ReturnType<Service[Method]["requestDeserialize"]>,
        ReturnType<Service[Method]["responseDeserialize"]>
      >
    : Handler<ReturnType<Service[Method]["requestDeserialize"]>, ReturnType<Service[Method]["responseDeserialize"]>>;
};
