import type { Document, Marks, Schema } from "./documents.ts";

/** Which of the marked variants of a schema are meant. */
export interface Variant {
  /** Minor microversion; undefined where a service has none. */
  readonly minor: number | undefined;
  /** The action that a `POST …/action` asked for. */
  readonly action: string | undefined;
}

const minorOf = (version: string | undefined): number | undefined =>
  version === undefined ? undefined : Number(version.split(".")[1]);

function isMeant(marks: Marks | undefined, { minor, action }: Variant): boolean {
  if (marks === undefined) return true;
  if (marks["action-name"] !== undefined && action !== undefined && marks["action-name"] !== action) return false;
  if (minor === undefined) return true;
  return minor >= (minorOf(marks["min-ver"]) ?? 0) && minor <= (minorOf(marks["max-ver"]) ?? Number.POSITIVE_INFINITY);
}

/** Follows a reference to a component. */
export function resolve(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

const turns = new WeakMap<Schema, readonly number[]>();

/** Which of the times between two changes of a schema a microversion belongs to: within one the schema is the same. */
export function period(document: Document, schema: Schema, { minor }: Variant): number | undefined {
  if (minor === undefined) return undefined;
  let known = turns.get(schema);
  if (known === undefined) {
    const found = new Set<number>();
    collect(document, schema, found, new Set());
    known = [...found];
    turns.set(schema, known);
  }
  return known.filter((turn) => turn <= minor).length;
}

function collect(document: Document, value: unknown, found: Set<number>, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const one of value) collect(document, one, found, seen);
    return;
  }
  const schema: Schema = { ...value };
  const [least, most] = [minorOf(schema["x-openstack"]?.["min-ver"]), minorOf(schema["x-openstack"]?.["max-ver"])];
  if (least !== undefined) found.add(least);
  if (most !== undefined) found.add(most + 1);
  if (schema.$ref !== undefined) collect(document, resolve(document, schema), found, seen);
  for (const one of Object.values(value)) collect(document, one, found, seen);
}

/** A schema without references and as one microversion has it: what that does not know must not be there. */
export function specialise(document: Document, schema: Schema, variant: Variant, depth = 0): Schema {
  if (depth > 40) return {};
  const whole = resolve(document, schema);
  const next = (one: Schema) => specialise(document, one, variant, depth + 1);
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(whole)) {
    if (keyword === "oneOf" || keyword === "anyOf" || keyword === "allOf") {
      const meant = listOf(value).filter((one) => isMeant(resolve(document, one)["x-openstack"], variant));
      // Without discriminators variants overlap: that one fits is all that can be asked.
      if (meant.length > 0) result[keyword === "oneOf" ? "anyOf" : keyword] = meant.map(next);
    } else if (keyword === "properties" || keyword === "patternProperties")
      result[keyword] = Object.fromEntries(
        entriesOf(value).map(([name, one]) => [name, isMeant(one["x-openstack"], variant) ? next(one) : false]),
      );
    else if (keyword === "required" && Array.isArray(value)) {
      const { properties = {} } = whole;
      result[keyword] = value.filter((name) => {
        const property = properties[name];
        return typeof property !== "object" || isMeant(property["x-openstack"], variant);
      });
    } else if (isSchema(value) && ["items", "additionalProperties", "not"].includes(keyword))
      result[keyword] = next(value);
    else if (!keyword.startsWith("x-") && !annotations.has(keyword)) result[keyword] = value;
  }
  return result;
}

const annotations = new Set(["description", "title", "example", "examples", "deprecated", "readOnly", "discriminator"]);

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function entriesOf(value: unknown): readonly (readonly [string, Schema])[] {
  return isSchema(value) ? Object.entries(value).filter((entry): entry is [string, Schema] => isSchema(entry[1])) : [];
}
