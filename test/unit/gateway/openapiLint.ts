import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";
import { createConfig, lintFromString } from "@redocly/openapi-core";

/** A document as far as tests step into it. */
export interface Document extends JsonObject {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Described } };
}

export interface Described extends JsonObject {
  readonly operationId: string;
  readonly parameters: JsonObject[];
  readonly responses: { [status: string]: { content: { [type: string]: { example: JsonObject } } } };
}

export function readGenerated(name: string): { text: string; document: Document } {
  const text = readFileSync(new URL(`../../../generated/openapi/${name}.json`, import.meta.url), "utf8");
  return { text, document: JSON.parse(text) as Document };
}

/** What a linter of OpenAPI finds fault with: the specification's own schema, common sense, and every example. */
export async function lint(document: JsonObject): Promise<string[]> {
  const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
      "no-invalid-media-type-examples": "error",
      "no-invalid-parameter-examples": "error",
      "operation-description": "error",
      "operation-operationId-unique": "error",
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: "openapi.json", config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`);
}
