import { type Document, documentOf, find, type Operation, operationsOf, type Schema } from "../openapi/documents.ts";
import { period, specialise, type Variant } from "../openapi/versions.ts";
import { at } from "../../unit/simulator/rig.ts";
import type { Random } from "../random.ts";
import { actionsOf, type Place, places } from "./routes.ts";
import type { Write } from "./tenants.ts";
import type { Pool } from "./pools.ts";
import { Values } from "./values.ts";

/** A request made up, ready to be sent. */
export interface Wild {
  readonly method: string;
  /** Below the host, with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** The route it is meant for: `POST /compute/v2.1/servers`. */
  readonly target: string;
}

/** Where requests go: a route of the simulator, or an operation that only the document has; with the document where there is one. */
interface Target {
  readonly method: string;
  readonly template: string;
  readonly place: Place | undefined;
  readonly document: Document | undefined;
  readonly operation: Operation | undefined;
  readonly versions: Place["service"]["microversions"];
}

const BOLDNESS = [0, 0.05, 0.3, 0.8];
const FULLNESS = [0, 0.1, 0.5];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

function targets(): readonly Target[] {
  const served = places.map((place): Target => {
    const document = documentOf(place.service.type);
    const { method, path } = place.route;
    const operation = document && find(document, method, path)?.operation;
    return { method, template: place.template, place, document, operation, versions: place.service.microversions };
  });
  const known = new Set(served.map(({ operation }) => operation));
  const services = new Map(places.map(({ service }) => [service.type, service]));
  const unserved = [...services.values()].flatMap((service) => {
    const document = documentOf(service.type);
    if (document === undefined) return [];
    return operationsOf(document)
      .filter(({ operation }) => !known.has(operation))
      .map(({ method, template, operation }): Target => {
        const { prefix, microversions: versions } = service;
        return { method, template: prefix + template, place: undefined, document, operation, versions };
      });
  });
  return [...served, ...unserved];
}

/** Makes requests, half of which a cloud could take: by the documents' schemas, or by the simulator's own descriptors. */
export class Requests {
  readonly #random: Random;
  readonly #values: Values;
  readonly #tokens: readonly string[];
  readonly #all: readonly Target[];
  readonly #served: readonly Target[];
  readonly #examples = new Map<Target, readonly unknown[]>();
  readonly #schemas = new Map<string, Schema>();

  /** Of the tokens, the first two are taken most often. Writes that succeeded are examples of good bodies. */
  constructor(random: Random, pools: readonly Pool[], tokens: readonly string[], writes: readonly Write[]) {
    this.#random = random;
    this.#values = new Values(random, pools);
    this.#tokens = tokens;
    this.#all = targets();
    this.#served = this.#all.filter(({ place }) => place !== undefined);
    for (const target of this.#served) {
      const pattern = new RegExp(`^${target.template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      const meant = writes.filter(({ method, path }) => method === target.method && pattern.test(path));
      if (meant.length > 0)
        this.#examples.set(
          target,
          meant.map(({ body }) => body),
        );
    }
  }

  next(): Wild {
    const random = this.#random;
    this.#values.boldness = random.pick(BOLDNESS);
    this.#values.fullness = random.pick(FULLNESS);
    let target = random.pick(random.chance(0.95) ? this.#served : this.#all);
    // Writes are what there is to try: most reads are alike.
    if (target.method === "GET" && random.chance(0.6)) target = random.pick(this.#served);
    const { versions, template } = target;
    const newest = versions?.maximum ?? 0;
    const minor = random.chance(0.6) ? newest : random.below(newest + 1);
    const headers: Record<string, string> = {};
    if (versions !== undefined && random.chance(0.9))
      headers["openstack-api-version"] = `${versions.name} ${versions.major}.${minor}`;
    if (random.chance(0.03)) headers["openstack-api-version"] = random.pick(VERSIONS);
    if (random.chance(0.02)) headers["x-openstack-nova-api-version"] = random.pick(VERSIONS);
    if (random.chance(0.03)) headers[random.pick(HEADERS)] = random.pick(WORDS);
    const token = random.pick(random.chance(0.85) ? this.#tokens.slice(0, 2) : [...this.#tokens, "x", ""]);
    if (token !== undefined && token !== "") headers["x-auth-token"] = token;
    if (template.includes("/auth/tokens") && random.chance(0.8)) headers["x-subject-token"] = random.pick(this.#tokens);
    const method = random.chance(0.02) ? random.pick(METHODS) : target.method;
    const body = method === "GET" || method === "HEAD" ? undefined : this.#body(target, minor);
    if (body !== undefined)
      headers["content-type"] = random.chance(0.97)
        ? contentType(target)
        : random.pick(["text/plain", "x", "application/xml"]);
    const path = this.#path(target) + (random.chance(method === "GET" ? 0.6 : 0.05) ? this.#query(target) : "");
    return { method, path, headers, body, target: `${target.method} ${template}` };
  }

  #path({ template }: Target): string {
    const random = this.#random;
    const path = template.replace(/([^/]*)\/\{(\w+)\}/g, (_, before: string, name: string) => {
      const where = `/${before.replaceAll("-", "_")}/${name === "id" ? before.replaceAll("-", "_").replace(/s$/, "") : name}`;
      return `${before}/${encode(this.#values.text(where))}`;
    });
    if (random.chance(0.01)) return path + random.pick(["/", "//", "/%", "/..", ".json", "/x", "%2f", ";x", "/%ff"]);
    return path;
  }

  #query({ document, operation, place }: Target): string {
    const random = this.#random;
    const documented = (operation?.parameters ?? []).flatMap((one) => {
      const parameter = document?.components.parameters[one.$ref?.split("/").at(-1) ?? ""] ?? one;
      return parameter.in === "query" && parameter.name !== undefined ? [parameter.name] : [];
    });
    const { filters = {}, sort = {} } = place?.resource ?? {};
    const names = [...documented, ...Object.keys(filters), ...PARAMETERS];
    const pairs = Array.from({ length: 1 + random.below(3) }, () => {
      const name = random.pick(names);
      const usual = /sort/.test(name)
        ? random.pick(["asc", "id", "name:desc", ...Object.keys(sort)])
        : this.#values.guess(name);
      const value = /limit/.test(name) && random.chance(0.8) ? random.pick(["0", "1", "2", "1000", "-1"]) : usual;
      return `${encode(name)}=${random.chance(0.02) ? "%" : encode(String(value).slice(0, 2000))}`;
    });
    return `?${pairs.join("&")}`;
  }

  #body(target: Target, minor: number): string | Uint8Array | undefined {
    const random = this.#random;
    if (target.method === "DELETE" && random.chance(0.95)) return undefined;
    if (random.chance(0.02)) return undefined;
    if (target.place?.route.body === "stream") return this.#values.raw({ bytes: 1 });
    let value = this.#shaped(target, minor);
    const { singular = "", plural = "" } = target.place?.resource ?? {};
    // Several at once, of which a later one may fail.
    if (target.method === "POST" && random.chance(0.1))
      value = { [plural]: [value, this.#shaped(target, minor)].map((one) => at(one, singular)) };
    const spoilt = random.chance(this.#values.boldness) ? 1 + random.below(3) : 0;
    for (let count = 0; count < spoilt; count++) value = this.#values.spoil(value);
    return random.chance(0.04) ? this.#values.raw(value) : (JSON.stringify(value) ?? "");
  }

  #shaped(target: Target, minor: number): unknown {
    const random = this.#random;
    const { document, operation, place, versions } = target;
    const { singular = "x", attributes = [] } = place?.resource ?? {};
    const isCreate = target.method === "POST";
    this.#values.needed = new Set(
      attributes.filter((one) => isCreate && one.create === "required").map(({ name }) => name),
    );
    const examples = this.#examples.get(target);
    if (examples !== undefined && random.chance(0.4)) {
      const text = JSON.stringify(random.pick(examples));
      return JSON.parse(text.replace(/"name":"[^"]*"/, `"name":"name-${random.below(50)}"`));
    }
    const [action] = place === undefined ? [] : random.pick([...actionsOf(place), []]);
    const content = Object.values(operation?.requestBody?.content ?? {})[0];
    if (document !== undefined && content?.schema !== undefined && random.chance(0.75)) {
      const variant = { minor: versions === undefined ? undefined : minor, action };
      const value = this.#values.of(this.#schema(document, content.schema, variant), "");
      if (action === undefined || (typeof value === "object" && value !== null && action in value)) return value;
    }
    if (action !== undefined)
      return { [action]: random.pick([null, {}, this.#values.guess(action), { name: "x", type: "SOFT" }]) };
    const given = attributes.filter(({ name, create, update }) =>
      random.chance(this.#values.needed.has(name) ? 0.98 : (create ?? update) ? this.#values.fullness : 0.02),
    );
    return {
      [singular]: Object.fromEntries(given.map(({ name }) => [name, this.#values.guess(`/${singular}/${name}`)])),
    };
  }

  #schema(document: Document, schema: Schema, variant: Variant): Schema {
    const name = `${schema.$ref ?? JSON.stringify(schema)} ${period(document, schema, variant)} ${variant.action}`;
    const known = this.#schemas.get(name) ?? specialise(document, schema, variant);
    this.#schemas.set(name, known);
    return known;
  }
}

const VERSIONS = [
  "latest",
  "compute latest",
  "compute 2.999",
  "volume 3.1e3",
  "compute",
  "x",
  "compute 2.-1",
  "volume 9.9,compute 2.1",
  "9".repeat(400),
];
const HEADERS = [
  "accept",
  "content-range",
  "range",
  "x-subject-token",
  "if-match",
  "openstack-api-version",
  "host",
  "x-image-meta-store",
];
const WORDS = [
  "*/*",
  "application/json;q=nonsense",
  "bytes=0-",
  "bytes=9-1",
  "bytes 0-1/2",
  "x",
  "\u00ff",
  "localhost:1",
  "text/html",
];
const PARAMETERS = [
  "limit",
  "marker",
  "sort_key",
  "sort_dir",
  "sort",
  "fields",
  "name",
  "id",
  "status",
  "all_tenants",
  "page_reverse",
  "offset",
  "created_at",
  "tags",
];

function contentType({ method, place }: Target): string {
  if (place?.route.body === "stream") return "application/octet-stream";
  const isPatch = place?.service.type === "image" && method === "PATCH";
  return isPatch ? "application/openstack-images-v2.1-json-patch" : "application/json";
}

/** As `encodeURIComponent`, which does not take half a pair of surrogates. */
function encode(text: string): string {
  return encodeURIComponent(text.slice(0, 4000).toWellFormed());
}
