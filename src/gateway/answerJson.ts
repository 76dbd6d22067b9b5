import { type DescEnum, type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { messageToJson } from "./json.ts";
import type { Schema } from "./operations.ts";

/**
 * Answers as JSON straight from the handler's object: what `messageToJson` makes of the same message, by code that is put
 * together once per message type. Types that protojson writes in a way of their own, times apart, go the long way.
 */

type Write = (value: unknown) => JsonValue;

/** The writer of a type's answers; `encode` gives an answer's bytes for what goes the long way. */
export function answerWriter(
  schema: Schema,
  type: DescMessage,
  encode: (answer: object) => Uint8Array,
): (answer: object) => JsonValue {
  const writers = new Map<DescMessage, Write>();
  if (isPlain(type, new Set())) return messageWriter(type, writers);
  return (answer) => messageToJson(schema, type, encode(answer));
}

const TIMESTAMP = "google.protobuf.Timestamp";

function isPlain(type: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(type) || type.typeName === TIMESTAMP) return true;
  seen.add(type);
  if (type.typeName.startsWith("google.protobuf.")) return false;
  return type.fields.every((field) => {
    if (field.fieldKind === "map") return field.mapKind === "scalar";
    return field.message === undefined || isPlain(field.message, seen);
  });
}

interface Member {
  readonly json: string;
  /** The property that holds the value, and for a member of a oneof the case that must be set. */
  readonly property: string;
  readonly choice: string | undefined;
  readonly write: Write;
  /** What stands for an absent value; nothing leaves the member out. */
  readonly absent: null | undefined;
}

function messageWriter(type: DescMessage, writers: Map<DescMessage, Write>): Write {
  const known = writers.get(type);
  if (known !== undefined) return known;
  const members: Member[] = [];
  const write: Write = (message) => {
    const json: Record<string, JsonValue> = {};
    if (!isRecord(message)) return json;
    for (const { json: name, property, choice, write: one, absent } of members) {
      const held = message[property];
      const value = choice === undefined ? held : chosen(held, choice);
      if (value !== undefined && value !== null) json[name] = one(value);
      else if (absent === null) json[name] = null;
    }
    return json;
  };
  // Before its members are known: a type may hold itself.
  writers.set(type, write);
  for (const field of type.fields) {
    const isChoice = field.oneof !== undefined && !field.proto.proto3Optional;
    const isNullable = field.fieldKind === "message" && field.oneof === undefined && !field.proto.proto3Optional;
    members.push({
      json: field.jsonName,
      property: isChoice ? (field.oneof?.localName ?? "") : field.localName,
      choice: isChoice ? field.localName : undefined,
      write: fieldWriter(field, writers),
      absent: isNullable ? null : undefined,
    });
  }
  return write;
}

/** A oneof is an object with `$case` and `value`. */
function chosen(held: unknown, choice: string): unknown {
  return isRecord(held) && held.$case === choice ? held.value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function fieldWriter(field: DescField, writers: Map<DescMessage, Write>): Write {
  switch (field.fieldKind) {
    case "message":
      return valueWriter(field.message, writers);
    case "enum":
      return enumWriter(field.enum);
    case "scalar":
      return scalarWriter(field.scalar);
    case "list": {
      const item =
        field.listKind === "message"
          ? valueWriter(field.message, writers)
          : field.listKind === "enum"
            ? enumWriter(field.enum)
            : scalarWriter(field.scalar);
      return (list) => (Array.isArray(list) ? list.map(item) : []);
    }
    case "map": {
      const item = field.mapKind === "scalar" ? scalarWriter(field.scalar) : String;
      return (map) => Object.fromEntries(Object.entries(Object(map)).map(([key, value]) => [key, item(value)]));
    }
  }
}

function valueWriter(type: DescMessage, writers: Map<DescMessage, Write>): Write {
  return type.typeName === TIMESTAMP ? timeJson : messageWriter(type, writers);
}

/** RFC 3339 with no more digits than needed, in groups of three. */
function timeJson(value: unknown): JsonValue {
  return value instanceof Date ? value.toISOString().replace(".000Z", "Z") : null;
}

/** Of several names for one number the first counts; a value that nobody knows is its number. */
function enumWriter(type: DescEnum): Write {
  const names = new Map(type.values.map(({ name, number }) => [name, type.value[number]?.name ?? name]));
  return (value) => names.get(String(value)) ?? -1;
}

function scalarWriter(scalar: ScalarType): Write {
  switch (scalar) {
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return String;
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return (value) => (Number.isFinite(value) ? Number(value) : String(value));
    case ScalarType.BYTES:
      return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : "");
    case ScalarType.BOOL:
      return (value) => value === true;
    case ScalarType.STRING:
      return String;
    default:
      return Number;
  }
}
