/**
 * Interoperability with kube-vim-api: what its clients put on the wire and expect back.
 *
 * - `wire.json` / `wire.ts`: the table of every message, field, enum, method and route, and its types
 * - `descriptors.ts`: our compiled descriptors in the table's terms
 * - `wire.test.ts`: the table against our compiled descriptors
 * - `conversations/` / `conversation.ts`: what both Python clients send, recorded; and how a step is checked
 * - `strict.ts`: what the REST client refuses in an answer
 * - `conversation.test.ts`: the recordings against our descriptors, and the checks against bad answers
 * - `replay.test.ts`: the recordings against the gateway
 * - `peers.test.ts`: upstream's own clients against the gateway, where they are installed
 */
import { readFileSync } from "node:fs";

/** What the API declares about a member; a strict client refuses an answer without its required members. */
export type Behaviour = "required" | "optional" | "output" | "undeclared";

/** One field: number, JSON name, type, label (`plain`, `optional`, `message`, `repeated`, `map`, `oneof <name>`), behaviour. */
export type WireField = readonly [number: number, name: string, type: string, label: string, behaviour: Behaviour];

/** One HTTP binding of a method; paths are written with JSON names. */
export interface WireRoute {
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** The path template. */
  readonly path: string;
  /** The request member that is the HTTP body; `*` is the whole message, absent means no body. */
  readonly body?: string;
}

/** One unary method. */
export interface WireMethod {
  /** The request message's simple name. */
  readonly request: string;
  /** The response message's simple name. */
  readonly response: string;
  /** The routes that reach it. */
  readonly http: readonly WireRoute[];
}

/** The whole table. */
export interface Wire {
  /** Where our messages of the façade live; names of packages are free on the wire. */
  readonly messagePackages: readonly string[];
  /** Methods by full service name: the gRPC path is made of these two names. */
  readonly services: Readonly<Record<string, Readonly<Record<string, WireMethod>>>>;
  /** Numbers by JSON name, for each enum. */
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Fields of each message; nested messages are written `Outer.Inner`. */
  readonly messages: Readonly<Record<string, readonly WireField[]>>;
}

/** The committed table. */
export const wire: Wire = JSON.parse(readFileSync(new URL("wire.json", import.meta.url), "utf8"));
