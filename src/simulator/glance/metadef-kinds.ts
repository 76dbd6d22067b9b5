/** What hangs on a namespace of metadefs.ts: properties, objects, types of resources, tags. */
import { ofType, oneOf, string } from "../core/checks.ts";
import { isObject, type Json, type JsonObject, type Row } from "../core/json.ts";
import { isoSeconds } from "../core/times.ts";
import type { Check } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { bad } from "./form.ts";

export interface Definition extends Row {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly values: JsonObject;
  readonly created_at: number;
  readonly updated_at: number;
}

export const definitions = defineTable<Definition>("glance.metadefs", ["namespace"]);

export const root = "/v2/metadefs/namespaces";

/** An object against its schema. */
export function checked(
  schema: string,
  body: Json | undefined,
  fields: Readonly<Record<string, Check>>,
  required: readonly string[],
): JsonObject {
  const wrong = (complaint: string) => bad(`Provided object does not match schema '${schema}': ${complaint}`);
  if (!isObject(body)) throw bad("Malformed JSON in request body.");
  for (const [name, value] of Object.entries(body)) {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (check === undefined) throw wrong(`Additional properties are not allowed ('${name}' was unexpected)`);
    const complaint = check(value);
    if (complaint !== undefined) throw wrong(complaint);
  }
  const missing = required.find((name) => body[name] === undefined);
  if (missing !== undefined) throw wrong(`'${missing}' is a required property`);
  return body;
}

const anything: Check = () => undefined;
export const label = string(0, 80);
const word = ofType("string");
const number = ofType("number");
const whole = ofType("integer");
const list = ofType("array");
const yesNo = ofType("boolean");
const object = ofType("object");

export interface Kind {
  /** The collection in paths. */
  readonly path: string;
  /** `property`: the word in schemas and policies. */
  readonly schema: string;
  readonly policy: string;
  readonly fields: Readonly<Record<string, Check>>;
  readonly required: readonly string[];
  missing(name: string): string;
  twin(name: string, namespace: string): string;
  view(row: Definition): JsonObject;
  /** The answer to a list. */
  all(rows: readonly Definition[]): JsonObject;
}

export const times = ({ created_at, updated_at }: Pick<Definition, "created_at" | "updated_at">): JsonObject => ({
  created_at: isoSeconds(created_at),
  updated_at: isoSeconds(updated_at),
});

export const properties: Kind = {
  path: "properties",
  schema: "property",
  policy: "metadef_property",
  fields: {
    name: label,
    title: word,
    description: word,
    operators: list,
    type: oneOf("array", "boolean", "integer", "number", "object", "string", null),
    required: list,
    minimum: number,
    maximum: number,
    maxLength: whole,
    minLength: whole,
    pattern: word,
    enum: list,
    readonly: yesNo,
    default: anything,
    items: object,
    maxItems: whole,
    minItems: whole,
    uniqueItems: yesNo,
    additionalItems: yesNo,
  },
  required: ["type", "title", "name"],
  missing: (name) => `Could not find property ${name}`,
  twin: (name, namespace) =>
    `A metadata definition property with name=${name} already exists in namespace=${namespace}.`,
  view: ({ values }) => values,
  all: (rows) => ({ properties: Object.fromEntries(rows.map((row) => [row.name, row.values])) }),
};

export const objects: Kind = {
  path: "objects",
  schema: "object",
  policy: "metadef_object",
  fields: { name: label, description: word, required: list, properties: object },
  required: ["name"],
  missing: (name) => `Could not find metadata object ${name}`,
  twin: (name, namespace) => `A metadata definition object with name=${name} already exists in namespace=${namespace}.`,
  view: (row) => ({
    ...row.values,
    ...times(row),
    self: `${root}/${row.namespace}/objects/${row.name}`,
    schema: "/v2/schemas/metadefs/object",
  }),
  // Without its first slash, as Glance has it.
  all: (rows) => ({ objects: rows.map(wholeObject), schema: "v2/schemas/metadefs/objects" }),
};

/** What an object was not given shows when it is read again. */
export function wholeObject(row: Definition): JsonObject {
  return { required: [], properties: {}, ...objects.view(row) };
}

export const associations: Kind = {
  path: "resource_types",
  schema: "resource_type_association",
  policy: "metadef_resource_type_association",
  fields: { name: label, prefix: label, properties_target: label },
  required: ["name"],
  missing: (name) => `Failed to find resource type ${name} to delete`,
  twin: (name, namespace) =>
    `The metadata definition resource-type association of resource-type=${name} to namespace=${namespace} already exists.`,
  view: (row) => ({ ...row.values, ...times(row) }),
  all: (rows) => ({ resource_type_associations: rows.map((row) => associations.view(row)) }),
};

export const tags: Kind = {
  path: "tags",
  schema: "tag",
  policy: "metadef_tag",
  fields: { name: label },
  required: ["name"],
  missing: (name) => `Could not find metadata tag ${name}`,
  twin: (name, namespace) =>
    `A metadata tag with name=${name} already exists in namespace=${namespace}. (Please note that metadata tag names are case insensitive).`,
  view: (row) => ({ ...row.values, ...times(row) }),
  all: (rows) => ({ tags: rows.map(({ name }) => ({ name })) }),
};
