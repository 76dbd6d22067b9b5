/** clouds.yaml, secure.yaml and clouds-public.yaml: where they are looked for, and how they become one. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { CloudError } from "../../../cloud/index.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { ReadFile } from "./cloud.ts";
import type { Environment } from "./environment.ts";
import { faulty } from "./reader.ts";

export interface Places {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
}

/** A mapping as a file has it. */
export interface Found {
  readonly path: string;
  readonly content: JsonObject;
}

function folders({ cwd, home, env }: Places): readonly string[] {
  const config = env.XDG_CONFIG_HOME ?? join(home, ".config");
  return [cwd, join(config, "openstack"), "/etc/openstack"];
}

/** Candidates in order; the first that exists counts, as for openstacksdk. */
export function candidates(
  places: Places,
  kind: "clouds" | "secure" | "clouds-public",
  named: string | undefined,
): readonly string[] {
  const named_ = named === undefined ? [] : [named];
  return [
    ...named_,
    ...folders(places).flatMap((folder) => [`${kind}.yaml`, `${kind}.yml`].map((file) => join(folder, file))),
  ];
}

/** The secure.yaml that belongs to a named clouds.yaml lies beside it. */
export function secureBeside(cloudsFile: string): readonly string[] {
  return ["secure.yaml", "secure.yml"].map((file) => join(dirname(cloudsFile), file));
}

export function firstFile(paths: readonly string[], readFile: ReadFile): Found | undefined {
  for (const path of paths) {
    const text = readFile(path);
    if (text !== undefined) return { path, content: parseYaml(path, text) };
  }
  return undefined;
}

function parseYaml(path: string, text: string): JsonObject {
  // Loaded with the first file: there may be none.
  const { parse }: typeof import("yaml") = createRequire(import.meta.url)("yaml");
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    // The parser quotes the line at fault, which may be the one with the password.
    const where = typeof cause === "object" && cause !== null && "linePos" in cause ? lineOf(cause.linePos) : "";
    throw new CloudError("INVALID_VALUE", `${path}: is not YAML${where}`);
  }
  if (content === null || content === undefined) return {};
  if (!isObject(content)) throw faulty({ source: path, path: "" }, "", "must be a mapping");
  return content;
}

function lineOf(positions: unknown): string {
  const first: unknown = Array.isArray(positions) ? positions[0] : undefined;
  return isObject(first) && typeof first.line === "number" ? ` (line ${first.line})` : "";
}

/** Mappings are merged key by key; anything else of `over` replaces what is below. */
export function merge(below: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isObject(old) && isObject(value) ? merge(old, value) : value;
  }
  return merged;
}
