import { type DescEnum, type DescField, type DescMessage, type JsonObject, ScalarType } from "@bufbuild/protobuf";
import { type Comments, joined } from "./openapiComments.ts";
import type { Schema } from "./operations.ts";

/** Messages and enumerations as the schemas of one document; only what is asked for gets in. */
export interface Schemas {
  /** A reference to the message's schema, which joins the document with all that it refers to. */
  message(type: DescMessage): JsonObject;
  /** The same for a body, where some members stand in the path. */
  body(type: DescMessage, inPath: readonly DescField[]): JsonObject;
  /** What one element of a field is. */
  element(field: DescField): JsonObject;
  /** All that was asked for, by name. */
  readonly components: JsonObject;
}

/** protojson of plain values. 64 bits are texts, because JSON's readers lose digits above 2^53. */
const SCALARS: Readonly<Record<ScalarType, JsonObject>> = {
  [ScalarType.DOUBLE]: { type: "number", format: "double" },
  [ScalarType.FLOAT]: { type: "number", format: "float" },
  [ScalarType.INT64]: { type: "string", format: "int64", pattern: "^-?[0-9]+$" },
  [ScalarType.SINT64]: { type: "string", format: "int64", pattern: "^-?[0-9]+$" },
  [ScalarType.SFIXED64]: { type: "string", format: "int64", pattern: "^-?[0-9]+$" },
  [ScalarType.UINT64]: { type: "string", format: "uint64", pattern: "^[0-9]+$" },
  [ScalarType.FIXED64]: { type: "string", format: "uint64", pattern: "^[0-9]+$" },
  [ScalarType.INT32]: { type: "integer", format: "int32" },
  [ScalarType.SINT32]: { type: "integer", format: "int32" },
  [ScalarType.SFIXED32]: { type: "integer", format: "int32" },
  [ScalarType.UINT32]: { type: "integer", format: "uint32", minimum: 0, maximum: 4_294_967_295 },
  [ScalarType.FIXED32]: { type: "integer", format: "uint32", minimum: 0, maximum: 4_294_967_295 },
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
};

/** Messages that are plain values in JSON. */
const WELL_KNOWN: Readonly<Record<string, JsonObject>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
};

export function createSchemas(schema: Schema, comments: Comments): Schemas {
  const components = new Map<string, { readonly of: DescMessage | DescEnum | "body"; value: JsonObject }>();

  function add(name: string, of: DescMessage | DescEnum | "body", make: () => JsonObject): JsonObject {
    const there = components.get(name);
    if (there !== undefined && there.of !== of) throw new Error(`two schemas are named ${name}`);
    if (there === undefined) {
      // Before its members, which may refer back to it.
      const added = { of, value: {} };
      components.set(name, added);
      added.value = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function message(type: DescMessage): JsonObject {
    const plain = WELL_KNOWN[type.typeName];
    if (plain !== undefined) return plain;
    if (type.typeName.startsWith("google.protobuf.")) throw new Error(`${type.typeName} has no schema yet`);
    return add(nameOf(type), type, () => object(type, type.fields));
  }

  function enumeration(type: DescEnum): JsonObject {
    return add(nameOf(type), type, () => ({
      type: "string",
      description: describeEnum(type, comments),
      enum: type.values.map(({ name }) => name),
    }));
  }

  function object(type: DescMessage, fields: readonly DescField[]): JsonObject {
    const required = fields.filter((field) => schema.isRequired(field)).map(({ jsonName }) => jsonName);
    return {
      type: "object",
      description: comments(type),
      ...(required.length === 0 ? {} : { required }),
      properties: Object.fromEntries(fields.map((field) => [field.jsonName, property(field)])),
      ...exclusions(type, fields),
    };
  }

  function property(field: DescField): JsonObject {
    const description = comments(field);
    return {
      ...value(field),
      ...(description === "" ? {} : { description }),
      ...(schema.isOutputOnly(field) ? { readOnly: true } : {}),
      ...(field.deprecated ? { deprecated: true } : {}),
    };
  }

  function value(field: DescField): JsonObject {
    if (field.fieldKind === "list") return { type: "array", items: element(field) };
    if (field.fieldKind === "map") return { type: "object", additionalProperties: element(field) };
    return mayBeNull(field) ? { anyOf: [element(field), { type: "null" }] } : element(field);
  }

  /** Answers say null for what is not there, but for `optional` members and choices (`json.ts`). */
  function mayBeNull(field: DescField): boolean {
    const isPlain = field.proto.proto3Optional || field.oneof !== undefined;
    return field.fieldKind === "message" && !isPlain && !schema.isRequired(field);
  }

  function element(field: DescField): JsonObject {
    if (field.message !== undefined) return message(field.message);
    if (field.enum !== undefined) return enumeration(field.enum);
    return SCALARS[field.scalar];
  }

  return {
    message,
    element,
    body(type, inPath) {
      if (inPath.length === 0) return message(type);
      const rest = type.fields.filter((field) => !inPath.includes(field));
      return add(`${nameOf(type)}Body`, "body", () => object(type, rest));
    },
    get components() {
      return Object.fromEntries(
        [...components].map(([name, { value }]) => [name, value] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    },
  };
}

/** The name without the package, with those of the messages that it is declared in. */
function nameOf(type: DescMessage | DescEnum): string {
  return type.typeName.slice(type.file.proto.package.length + 1);
}

/** Of the members of a `oneof` at most one is given. */
function exclusions(type: DescMessage, fields: readonly DescField[]): JsonObject {
  const others = type.oneofs.flatMap((oneof) => {
    const names = oneof.fields.filter((field) => fields.includes(field)).map(({ jsonName }) => jsonName);
    if (names.length < 2) return [];
    return names.map((name) => {
      const excluded = names.filter((other) => other !== name).map((other) => [other, false] as const);
      return [name, { properties: Object.fromEntries(excluded) }] as const;
    });
  });
  return others.length === 0 ? {} : { dependentSchemas: Object.fromEntries(others) };
}

function describeEnum(type: DescEnum, comments: Comments): string {
  const lines = type.values.map((value) => {
    const written = type.value[value.number]?.name;
    const alias = written === value.name ? "" : ` Read, never written: answers say \`${written}\`.`;
    return `- \`${value.name}\` (${value.number}): ${comments(value)}${alias}`;
  });
  return joined(comments(type), lines.join("\n"), "Requests may give the number instead of the name.");
}
