import { readFileSync } from "node:fs";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { parseQuantity } from "../../src/etsi/quantity.ts";

/** What is expected of the answer to one step. */
export interface Step {
  /** What the client wants, in words. */
  readonly say: string;
  /** The operation. */
  readonly rpc: string;
  /** The gRPC code of the refusal that is expected instead of an answer. */
  readonly refused?: string;
  /** The step is asked again until it holds. */
  readonly eventually?: boolean;
  /** Lists that are not empty. */
  readonly some?: readonly string[];
  /** Lengths of lists, by path. */
  readonly count?: Readonly<Record<string, number>>;
  /** Values of members, by path. */
  readonly same?: Readonly<Record<string, JsonValue>>;
  /** Paths of members to keep, by the name under which later steps use them. */
  readonly keep?: Readonly<Record<string, string>>;
}

/** A request as the gRPC stubs encode it. */
export interface GrpcStep extends Step {
  /** The request in JSON. */
  readonly meaning: JsonObject;
  /** The request message in base64; ids are replaced by placeholders before encoding. */
  readonly bytes: string;
}

/** A request as the REST client sends it. */
export interface RestStep extends Step {
  /** The HTTP method. */
  readonly method: string;
  /** Path and query as the client escapes them. */
  readonly target: string;
  /** The JSON body. */
  readonly body?: JsonObject;
}

/** Everything one client says in one journey. */
export interface Conversation<S extends Step> {
  /** The service's full name. */
  readonly service: string;
  /** Request headers by HTTP method; REST only. */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The requests in order. */
  readonly steps: readonly S[];
}

/** What earlier steps kept. */
export type Kept = Map<string, string>;

/** The conversation of the Python gRPC stubs. */
export const grpcConversation: Conversation<GrpcStep> = read("grpc");

/** The conversation of the Python REST client. */
export const restConversation: Conversation<RestStep> = read("rest");

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`conversations/${name}.json`, import.meta.url), "utf8"));
}

/** The text with `{{name}}` replaced by what was kept; `quote` is for the place where the text goes. */
export function fill(text: string, kept: Kept, quote: (value: string) => string = (value) => value): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = kept.get(name);
    if (value === undefined) throw new Error(`no earlier step kept ${name}`);
    return quote(value);
  });
}

/** The same for every text of a JSON value. */
export function fillJson(value: JsonObject, kept: Kept): JsonObject {
  return JSON.parse(fill(JSON.stringify(value), kept, (text) => JSON.stringify(text).slice(1, -1)));
}

/**
 * The member at a path: segments are names, list positions, `a.b=value` for the element with that member (`~1` is `/`), or
 * `a.b<` for the element where that quantity is least; elements without it do not count.
 */
export function at(value: JsonValue | undefined, path: string): JsonValue | undefined {
  return path.split("/").reduce<JsonValue | undefined>((here, segment) => {
    if (!Array.isArray(here)) return isObject(here) ? here[segment] : undefined;
    if (segment.endsWith("<")) return least(here, segment.slice(0, -1).replaceAll(".", "/"));
    const [member, wanted] = segment.split("=");
    if (member === undefined || wanted === undefined) return here[Number(segment)];
    const text = wanted.replaceAll("~1", "/");
    return here.find((element) => String(at(element, member.replaceAll(".", "/"))) === text);
  }, value);
}

function least(list: readonly JsonValue[], path: string): JsonValue | undefined {
  const sizeOf = (element: JsonValue) => {
    const quantity = at(element, path);
    return typeof quantity === "string" ? parseQuantity(quantity) : undefined;
  };
  const sized = list.map((element) => ({ element, size: sizeOf(element) ?? Number.POSITIVE_INFINITY }));
  const size = Math.min(...sized.map((one) => one.size));
  return sized.find((one) => Number.isFinite(size) && one.size === size)?.element;
}

/** Where an answer is not what the step expects; empty when it is. */
export function misses(step: Step, answer: JsonValue, kept: Kept): string[] {
  const lengthOf = (path: string) => {
    const list = at(answer, path);
    return Array.isArray(list) ? list.length : 0;
  };
  return [
    ...(step.some ?? []).filter((path) => lengthOf(path) === 0).map((path) => `${path} is empty`),
    ...Object.entries(step.count ?? {})
      .filter(([path, length]) => lengthOf(path) !== length)
      .map(([path, length]) => `${path} has ${lengthOf(path)} elements, not ${length}`),
    ...Object.entries(step.same ?? {})
      .map(([path, value]) => ({ path, is: at(answer, path), want: filled(value, kept) }))
      .filter(({ is, want }) => is !== want)
      .map(({ path, is, want }) => `${path} is ${JSON.stringify(is)}, not ${JSON.stringify(want)}`),
    ...Object.entries(step.keep ?? {})
      .filter(([, path]) => typeof at(answer, path) !== "string")
      .map(([name, path]) => `${path} (${name}) is no text`),
  ];
}

/** Remembers what the step keeps of its answer. */
export function remember(step: Step, answer: JsonValue, kept: Kept): void {
  for (const [name, path] of Object.entries(step.keep ?? {})) kept.set(name, String(at(answer, path)));
}

const filled = (value: JsonValue, kept: Kept) => (typeof value === "string" ? fill(value, kept) : value);

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
