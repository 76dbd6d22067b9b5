import type { DescField, DescMessage, JsonObject } from "@bufbuild/protobuf";
import { type Comments, joined, summaryOf } from "./openapiComments.ts";
import type { Examples } from "./openapiExamples.ts";
import { errorResponses } from "./openapiProblems.ts";
import type { Schemas } from "./openapiSchemas.ts";
import type { HttpBinding, Operation, Schema } from "./operations.ts";
import { FILTER_PARAMETER, FILTER_TYPE, locate, type Place } from "./restRequest.ts";

/** What the paths of a document are made from. */
export interface Parts {
  readonly schema: Schema;
  readonly schemas: Schemas;
  readonly comments: Comments;
  readonly examples: Examples;
}

const VARIABLE = /\{([^}]+)\}/g;

/** `paths`: every HTTP rule of the operations, in the order of the proto files. */
export function pathsOf(parts: Parts, operations: readonly Operation[], root: string): JsonObject {
  const paths = new Map<string, JsonObject>();
  for (const operation of operations) {
    for (const [index, binding] of operation.bindings.entries()) {
      const path = binding.template.replaceAll(VARIABLE, (_all, name: string) => {
        return `{${jsonPath(placeOf(operation.input, name))}}`;
      });
      const id = index === 0 ? operation.method.name : `${operation.method.name}${index + 1}`;
      const described = describeOperation(parts, operation, binding, id, root);
      paths.set(path, { ...paths.get(path), [binding.method.toLowerCase()]: described });
    }
  }
  return Object.fromEntries(paths);
}

function describeOperation(
  parts: Parts,
  operation: Operation,
  binding: HttpBinding,
  operationId: string,
  root: string,
): JsonObject {
  const { comments, examples, schemas } = parts;
  const text = comments(operation.method);
  const inPath = [...binding.template.matchAll(VARIABLE)].map(([, name = ""]) => placeOf(operation.input, name));
  const hasBody = binding.body !== "";
  const isWrite = !operation.isReading;
  return {
    operationId,
    tags: [binding.template.slice(root.length + 1).split("/")[0] ?? ""],
    summary: summaryOf(text),
    description: text,
    parameters: [
      ...inPath.map((place) => pathParameter(parts, place)),
      ...(hasBody ? [] : queryParameters(parts, operation.input, inPath)),
      ...["Cloud", "Region", "Project", ...(isWrite ? ["IdempotencyKey"] : [])].map((name) => ({
        $ref: `#/components/parameters/${name}`,
      })),
    ],
    ...(hasBody ? { requestBody: requestBody(parts, operation.input, inPath) } : {}),
    responses: {
      200: {
        description: comments(operation.output),
        headers: {
          "X-Request-Id": { $ref: "#/components/headers/RequestId" },
          Warning: { $ref: "#/components/headers/Warning" },
          ...(isWrite ? { "Idempotency-Replayed": { $ref: "#/components/headers/Replayed" } } : {}),
        },
        content: {
          "application/json": { schema: schemas.message(operation.output), example: examples.answer(operation.output) },
        },
      },
      ...errorResponses(hasBody),
    },
  };
}

function placeOf(type: DescMessage, name: string): Place {
  const place = locate(type, name.split("."));
  if (place === undefined) throw new Error(`${type.typeName} has no field ${name}`);
  return place;
}

function jsonPath(place: Place): string {
  return place.map(({ jsonName }) => jsonName).join(".");
}

function commentsOf(parts: Parts, place: Place): string {
  return joined(...place.map(parts.comments));
}

function pathParameter(parts: Parts, place: Place): JsonObject {
  const leaf = leafOf(place);
  return {
    name: jsonPath(place),
    in: "path",
    required: true,
    description: commentsOf(parts, place),
    schema: parts.schemas.element(leaf),
    example: parts.examples.plain(leaf),
  };
}

/** Every leaf of the request that the path does not give (google/api/http.proto), and the short form of its filter. */
function queryParameters(parts: Parts, type: DescMessage, inPath: readonly Place[]): JsonObject[] {
  const taken = new Set(inPath.map(jsonPath));
  return leavesOf(parts.schema, type, []).flatMap((place) => {
    const name = jsonPath(place);
    if (taken.has(name)) return [];
    const dotted: JsonObject = {
      name,
      in: "query",
      ...(place.every((field) => parts.schema.isRequired(field)) ? { required: true } : {}),
      description: commentsOf(parts, place),
      schema: leafSchema(parts, leafOf(place)),
    };
    if (!isFilter(place)) return [dotted];
    const short = { ...dotted, name: FILTER_PARAMETER };
    return [
      short,
      { ...dotted, description: `The same as \`${FILTER_PARAMETER}\`, and stronger where both are given.` },
    ];
  });
}

function leafSchema(parts: Parts, leaf: DescField): JsonObject {
  const element = parts.schemas.element(leaf);
  return leaf.fieldKind === "list" ? { type: "array", items: element } : element;
}

function isFilter(place: Place): boolean {
  return place.length === 2 && place[0]?.message?.typeName === FILTER_TYPE;
}

function leavesOf(schema: Schema, type: DescMessage, above: Place): Place[] {
  return type.fields.flatMap((field) => {
    const place = [...above, field];
    if (schema.isOutputOnly(field) || above.some(({ message }) => message !== undefined && message === field.message))
      return [];
    if (field.fieldKind === "message") return leavesOf(schema, field.message, place);
    return locate(
      place[0]?.parent ?? type,
      place.map(({ name }) => name),
    ) === undefined
      ? []
      : [place];
  });
}

function leafOf(place: Place): DescField {
  const leaf = place.at(-1);
  if (leaf === undefined) throw new Error("a place has a field at least");
  return leaf;
}

/** The body is the whole message but for what the path gives. */
function requestBody(parts: Parts, type: DescMessage, inPath: readonly Place[]): JsonObject {
  const given = inPath.map(wholeMember);
  const isNeeded = type.fields.some((field) => parts.schema.isRequired(field) && !given.includes(field));
  return {
    description: parts.comments(type),
    required: isNeeded,
    content: {
      "application/json": {
        schema: parts.schemas.body(type, given),
        example: parts.examples.request(type, given),
      },
    },
  };
}

/** The member that a variable of the path stands for as a whole: itself, or the wrapper of it alone. */
function wholeMember(place: Place): DescField {
  const [member, ...more] = place;
  if (member === undefined || more.some(({ parent }) => parent.fields.length > 1)) {
    throw new Error(`${jsonPath(place)}: a body beside a path that gives a part of a member is not described yet`);
  }
  return member;
}
