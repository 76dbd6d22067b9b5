import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

const FOLDER = join(import.meta.dirname, "../../../../shared/openstack-api");

/** Absent where the documents are not there: what needs them counts as skipped. */
export const openapiFolder: string | undefined = existsSync(FOLDER) ? FOLDER : undefined;

/** A JSON schema of OpenAPI 3.1, as far as anybody looks into it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly "x-openstack"?: Marks;
  readonly [keyword: string]: unknown;
}

/** Between which microversions, and for which action, something is valid. */
export interface Marks {
  readonly "min-ver"?: string;
  readonly "max-ver"?: string;
  readonly "action-name"?: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

export interface Operation {
  readonly operationId: string;
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
  readonly parameters?: readonly Parameter[];
  readonly "x-openstack"?: Marks;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly schema?: Schema;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

const documents = new Map<string, Document | undefined>();

/** The document of a service type (`compute`). YAML takes a third of a second to read: it is kept as JSON between runs. */
export function documentOf(type: string): Document | undefined {
  if (!documents.has(type)) documents.set(type, read(type));
  return documents.get(type);
}

function read(type: string): Document | undefined {
  const name = openapiFolder && readdirSync(openapiFolder).find((file) => file.startsWith(`${type}-v`));
  if (openapiFolder === undefined || name === undefined) return undefined;
  const source = join(openapiFolder, name);
  const { mtimeMs, size } = statSync(source);
  const cache = join(tmpdir(), `vimana-openapi-${process.getuid?.() ?? 0}`);
  const kept = join(cache, `${name}-${Math.trunc(mtimeMs)}-${size}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, "utf8"));
  const document: Document = parse(readFileSync(source, "utf8"), { maxAliasCount: -1 });
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  // Another worker may do the same: each writes its own file, the last one stays.
  const own = `${kept}.${process.pid}`;
  writeFileSync(own, JSON.stringify(document));
  renameSync(own, kept);
  return document;
}

export interface Located {
  /** `/v2.1/servers/{id}`. */
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
}

const METHODS = ["get", "head", "post", "put", "patch", "delete"];

/** All operations of a document. */
export function operationsOf(document: Document): readonly Located[] {
  return Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ template, method: method.toUpperCase(), operation })),
  );
}

interface Candidate {
  readonly segments: readonly string[];
  readonly located: Located;
}

const indexes = new WeakMap<Document, ReadonlyMap<string, readonly Candidate[]>>();

const slots = (method: string, segments: readonly string[]) => `${method} ${segments.length}`;
const split = (path: string): readonly string[] => path.replace(/(?<=.)\/$/, "").split("/");
const isFree = (segment: string) => segment.startsWith("{");

/** The operation of a method and a path below the service's prefix; fixed segments win over parameters. */
export function find(document: Document, method: string, path: string): Located | undefined {
  let index = indexes.get(document);
  if (index === undefined) {
    const all = operationsOf(document).map((located) => ({ segments: split(located.template), located }));
    index = Map.groupBy(all, ({ located, segments }) => slots(located.method, segments));
    indexes.set(document, index);
  }
  const wanted = split(path);
  let best: Candidate | undefined;
  for (const candidate of index.get(slots(method, wanted)) ?? []) {
    const fits = candidate.segments.every((segment, at) => isFree(segment) || segment === wanted[at]);
    if (fits && (best === undefined || free(candidate) < free(best))) best = candidate;
  }
  return best?.located;
}

const free = ({ segments }: Candidate): number => segments.filter(isFree).length;
