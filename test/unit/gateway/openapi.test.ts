import { describe, expect, test } from "vitest";
import { jsonToMessage } from "../../../src/gateway/json.ts";
import { openApiDocuments } from "../../../src/gateway/openapi.ts";
import { loadSchema, type Operation } from "../../../src/gateway/operations.ts";
import { HTTP_PROBLEMS, PROBLEMS } from "../../../src/gateway/problem.ts";
import { assembleRequest } from "../../../src/gateway/restRequest.ts";
import { lint, readGenerated } from "./openapiLint.ts";

const schema = loadSchema();
const documents = openApiDocuments(schema);
const names = documents.map(({ name }) => name);

interface Row {
  readonly id: string;
  readonly operation: Operation;
  readonly method: string;
  readonly described: ReturnType<typeof readGenerated>["document"]["paths"][string][string];
}

/** Every HTTP rule with what the documents say of it. */
const rows: Row[] = names.flatMap((name) =>
  Object.values(readGenerated(name).document.paths).flatMap((item) =>
    Object.entries(item).map(([method, described]) => {
      const operation = schema.operations.find(
        (one) => one.method.name === described.operationId.replace(/(?<=[a-z])\d$/, ""),
      );
      if (operation === undefined) throw new Error(`${described.operationId} is no operation`);
      return { id: described.operationId, operation, method: method.toUpperCase(), described };
    }),
  ),
);

describe.each(names)("%s", (name) => {
  test("is what the descriptors give today, byte for byte: else run npm run generate", () => {
    const again = openApiDocuments(loadSchema()).find((one) => one.name === name);
    expect(readGenerated(name).text).toBe(`${JSON.stringify(again?.document, null, 2)}\n`);
  });

  test("the linter finds nothing", async () => {
    expect(await lint(readGenerated(name).document)).toEqual([]);
  });
});

test("the linter would find something", async () => {
  const { document } = readGenerated("vivnfm-v5");
  const item = structuredClone(document.paths["/vivnfm/v5/flavours"]);
  const content = item?.get?.responses["200"]?.content["application/json"];
  if (item === undefined || content === undefined) throw new Error("no such answer");
  content.example = { flavours: [{ isPublic: "yes" }], surprise: 1 };
  const found = await lint({ ...document, paths: { ...document.paths, "/vivnfm/v5/flavours": item } });
  expect(found.join("\n")).toMatch(/isPublic.*boolean|boolean.*isPublic/);
  expect(found.join("\n")).toContain("surprise");
  expect(found.join("\n")).toContain("virtualMemory");
});

test("every HTTP rule of every operation stands in one document", () => {
  const rules = schema.operations.flatMap(({ name, bindings }) => bindings.map(({ method }) => `${method} ${name}`));
  expect(rows.map(({ method, operation }) => `${method} ${operation.name}`).sort()).toEqual(rules.sort());
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
});

/** A part of a document that a comment should stand for. */
interface Told {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Told>>;
}

test("every operation, message, member and value is told by its comment", () => {
  const silent: string[] = [];
  const look = (told: Told, at: string): void => {
    // An enumeration's value without a comment leaves its line empty.
    if (!told.description || /: *$|: Read,/m.test(told.description.replaceAll(/:\n\n/g, "\n"))) silent.push(at);
    for (const [name, property] of Object.entries(told.properties ?? {})) look(property, `${at}.${name}`);
  };
  for (const { id, described } of rows) look(described as Told, id);
  for (const { name, document } of documents) {
    const { schemas } = document.components as unknown as { schemas: Readonly<Record<string, Told>> };
    expect(Object.keys(schemas).length).toBeGreaterThan(2);
    for (const [type, told] of Object.entries(schemas)) look(told, `${name} ${type}`);
  }
  expect(silent).toEqual([]);
});

test.each(rows)("$id: every query parameter has its place in the request", ({ operation, described }) => {
  const query = new URLSearchParams();
  for (const { in: where, name } of described.parameters) if (where === "query") query.append(String(name), "0");
  const parts = { binding: { method: "GET", template: "", body: "" }, pathValues: new Map(), body: new Uint8Array() };
  expect(
    assembleRequest(operation.input, { ...parts, query: new URLSearchParams([["surprise", "0"]]) }).unknown,
  ).toEqual(["surprise"]);
  for (const [name, value] of query) {
    expect(assembleRequest(operation.input, { ...parts, query: new URLSearchParams([[name, value]]) }).unknown).toEqual(
      [],
    );
  }
});

test.each(rows.filter(({ described }) => "requestBody" in described))(
  "$id: the example of the body is a request",
  ({ operation, described }) => {
    const body = described.requestBody as { content: { "application/json": { example: object } } };
    const example = JSON.parse(JSON.stringify(body.content["application/json"].example));
    expect(jsonToMessage(schema, operation.input, example).unknown).toEqual([]);
  },
);

test("every status of the door's table is told, but the one that nobody can see", () => {
  const statuses = new Set(Object.values(PROBLEMS).map(([status]) => String(status)));
  statuses.delete(String(PROBLEMS.CANCELLED[0]));
  for (const { described } of rows) {
    const expected = new Set(["200", ...statuses]);
    if ("requestBody" in described) expected.add(String(HTTP_PROBLEMS.UNSUPPORTED_MEDIA_TYPE.status));
    expect(new Set(Object.keys(described.responses))).toEqual(expected);
  }
});
