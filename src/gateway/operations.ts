import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  getExtension,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** One way to reach an operation over HTTP (google/api/http.proto). */
export interface HttpBinding {
  readonly method: string;
  /** `/a/{field.path}/b`, with names as the proto spells them. */
  readonly template: string;
  /** `*`: the body is the request; empty: there is none. */
  readonly body: string;
}

/** One RPC as the descriptors tell it. */
export interface Operation {
  /** The declaration, for what only documentation reads. */
  readonly method: DescMethod;
  /** `package.service/Method`: metric label, log field, audit name. */
  readonly name: string;
  readonly service: string;
  /** The method's name in generated code. */
  readonly localName: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly bindings: readonly HttpBinding[];
  /** Whether it only reads: it may be a GET (QueryImage may also be a POST), or the proto says that it has no side effects. */
  readonly isReading: boolean;
  /** Whether the answer is a stream of messages. */
  readonly isStreaming: boolean;
}

export interface Schema {
  readonly registry: FileRegistry;
  readonly operations: readonly Operation[];
  /** Whether a field carries `google.api.field_behavior = REQUIRED`. */
  isRequired(field: DescField): boolean;
  /** Whether it carries OUTPUT_ONLY: answers have it, requests do not. */
  isOutputOnly(field: DescField): boolean;
}

/** Numbers of google.api.FieldBehavior. */
const REQUIRED = 2;
const OUTPUT_ONLY = 3;
/** Of google.protobuf.MethodOptions.IdempotencyLevel. */
const NO_SIDE_EFFECTS = 1;
const DESCRIPTORS = new URL("../../generated/descriptors.binpb", import.meta.url);

/** Reads the generated descriptor set: everything that REST, validation and documentation know of the operations. */
export function loadSchema(): Schema {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(DESCRIPTORS)));
  const http = extension(registry, "google.api.http");
  const behavior = extension(registry, "google.api.field_behavior");
  const operations = [...registry.files].flatMap((file) =>
    file.services.flatMap((service) => service.methods.map((method) => operation(method, http))),
  );
  // Asked for every field of every request, and slow to read.
  const behaviours = new Map<DescField, unknown>();
  const behaves = (field: DescField, as: number): boolean => {
    let values = behaviours.get(field);
    if (values === undefined) {
      const options = field.proto.options;
      values = options === undefined ? [] : getExtension(options, behavior);
      behaviours.set(field, values);
    }
    return Array.isArray(values) && values.includes(as);
  };
  return {
    registry,
    operations,
    isRequired: (field) => behaves(field, REQUIRED),
    isOutputOnly: (field) => behaves(field, OUTPUT_ONLY),
  };
}

function extension(registry: FileRegistry, name: string): DescExtension {
  const found = registry.getExtension(name);
  if (found === undefined) throw new Error(`generated/descriptors.binpb lacks ${name}: run npm run generate`);
  return found;
}

function operation(method: DescMethod, http: DescExtension): Operation {
  const options = method.proto.options;
  const rule: unknown = options === undefined ? undefined : getExtension(options, http);
  const bindings = isRule(rule) ? [rule, ...rule.additionalBindings].flatMap(binding) : [];
  return {
    method,
    name: `${method.parent.typeName}/${method.name}`,
    service: method.parent.typeName,
    localName: method.localName,
    input: method.input,
    output: method.output,
    bindings,
    isReading: bindings.some(({ method: verb }) => verb === "GET") || method.idempotency === NO_SIDE_EFFECTS,
    isStreaming: method.methodKind === "server_streaming",
  };
}

/** The members of google.api.HttpRule that are read. */
interface Rule {
  readonly pattern: { readonly case?: string; readonly value?: unknown };
  readonly body: string;
  readonly additionalBindings: readonly Rule[];
}

function isRule(value: unknown): value is Rule {
  return typeof value === "object" && value !== null && "pattern" in value && "additionalBindings" in value;
}

function binding(rule: Rule): HttpBinding[] {
  const { case: verb, value } = rule.pattern;
  if (verb === undefined || typeof value !== "string") return [];
  return [{ method: verb.toUpperCase(), template: value, body: rule.body }];
}
