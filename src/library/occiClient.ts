import type { Value } from "../occi/attribute.ts";
import type { CategoryJson, EntityJson } from "../occi/render/json.ts";

export interface OcciClientOptions {
  /** Base of the server, e.g. `http://127.0.0.1:8787`. */
  readonly url: string;
  /** A Keystone token, or a user and a password (or an application credential's id and secret); neither: nobody. */
  readonly auth?: { readonly token: string } | { readonly username: string; readonly password: string };
  /** Headers of every request, e.g. `vimana-cloud`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** What a client says of an entity; the rest of `EntityJson` the server decides. */
export type EntityDraft = Partial<Omit<EntityJson, "links" | "source" | "target">> & {
  readonly links?: readonly EntityDraft[];
  readonly source?: { readonly location: string };
  readonly target?: { readonly location: string };
};

/** Several of them, made together or not at all. */
export interface BatchDraft {
  readonly resources?: readonly EntityDraft[];
  readonly links?: readonly EntityDraft[];
}

export interface Collection {
  readonly resources: readonly EntityJson[];
  readonly links: readonly EntityJson[];
  /** URL of the next page, when one was asked for and there is more. */
  readonly next?: string;
}

export interface Tagged {
  readonly entity: EntityJson;
  /** For `ifMatch`. */
  readonly etag: string | undefined;
}

export interface WriteOptions {
  /** Only if the entity still has this tag. */
  readonly ifMatch?: string;
  /** Makes the write happen once, however often it is sent. */
  readonly idempotencyKey?: string;
}

export interface ListOptions {
  /** Identities that an entity must have. */
  readonly categories?: readonly string[];
  /** Values that attributes must have. */
  readonly attributes?: Readonly<Record<string, Value>>;
  /** The page, from 1, and how many are on one (GFD.223 §6). */
  readonly page?: number;
  readonly number?: number;
}

/** A refusal, as the server words it. */
export class OcciError extends Error {
  override readonly name = "OcciError";
  readonly status: number;
  /** The server's word for the reason, e.g. `unknown-attribute`. */
  readonly code: string;
  /** What of the request was wrong. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, body: unknown, requestId: string | undefined) {
    const told = new Map(typeof body === "object" && body !== null ? Object.entries(body) : []);
    const text = (name: string): string | undefined => (told.has(name) ? String(told.get(name)) : undefined);
    super(text("message") ?? (typeof body === "string" ? body : `status ${status}`));
    this.status = status;
    this.code = text("code") ?? String(status);
    this.field = text("field");
    this.requestId = requestId;
  }
}

const JSON_TYPE = "application/occi+json";

/** A client of any OCCI 1.2 server, in the JSON rendering (GFD.226). Paths are absolute (`/compute/<id>`) or whole URLs of the server. */
export class OcciClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;

  constructor(options: OcciClientOptions) {
    this.#base = new URL(options.url);
    this.#headers = { "user-agent": "vimana-occi-client OCCI/1.2", ...authorization(options.auth), ...options.headers };
    this.#fetch = options.fetch ?? fetch;
  }

  /** Kinds, mixins and actions: all, or those with these identities (GFD.223 §9.1). */
  async discover(
    identities: readonly string[] = [],
  ): Promise<{ readonly kinds: CategoryJson[]; readonly mixins: CategoryJson[]; readonly actions: CategoryJson[] }> {
    const { json } = await this.#ask("GET", "/-/", undefined, filterHeaders({ categories: identities }));
    const { kinds = [], mixins = [], actions = [] } = json as Partial<Record<string, CategoryJson[]>>;
    return { kinds, mixins, actions };
  }

  /** What a kind's or a mixin's location, or any path above them, stands for (GFD.223 §11.1). */
  async list(path: string, options: ListOptions = {}): Promise<Collection> {
    const { page, number } = options;
    const query = Object.entries({ page, number }).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${value}`,
    );
    const whole = query.length === 0 ? path : `${path}?${query.join("&")}`;
    const { json, headers } = await this.#ask("GET", whole, undefined, filterHeaders(options));
    const { resources = [], links = [] } = json as Partial<Record<string, EntityJson[]>>;
    const next = headers.get("x-occi-next");
    return { resources, links, ...(next === null ? {} : { next }) };
  }

  async get(path: string): Promise<Tagged> {
    return tagged(await this.#ask("GET", path));
  }

  /** Creates one entity where its kind lives, and says where it is. */
  async create(
    path: string,
    draft: EntityDraft,
    options: WriteOptions = {},
  ): Promise<Tagged & { readonly location: string }> {
    const answer = await this.#ask("POST", path, draft, writeHeaders(options));
    const { entity, etag } = tagged(answer);
    return { entity, etag, location: new URL(answer.headers.get("location") ?? "", this.#base).pathname };
  }

  /** Creates several, all or none (GFD.223 §11.3.1). */
  async createAll(batch: BatchDraft, options: WriteOptions = {}): Promise<Collection> {
    const { json } = await this.#ask("POST", "/", batch, writeHeaders(options));
    const { kind, resources = [], links = [] } = json as Partial<Record<string, EntityJson[]>>;
    // A batch of one is answered like the creation of one.
    if (kind !== undefined) return { resources: [json as EntityJson], links: [] };
    return { resources, links };
  }

  /** Changes what is given and leaves the rest. */
  async update(path: string, part: EntityDraft, options: WriteOptions = {}): Promise<Tagged> {
    return tagged(await this.#ask("POST", path, part, writeHeaders(options)));
  }

  /** Makes the entity as given; mutable attributes that are not named are taken away. */
  async replace(path: string, whole: EntityDraft, options: WriteOptions = {}): Promise<Tagged> {
    return tagged(await this.#ask("PUT", path, whole, writeHeaders(options)));
  }

  async delete(path: string, options: WriteOptions = {}): Promise<void> {
    await this.#ask("DELETE", path, undefined, writeHeaders(options));
  }

  /** Calls an action by its identity, on an entity or on a collection; `save` answers with the template that it made. */
  async act(path: string, action: string, attributes: Readonly<Record<string, Value>> = {}): Promise<unknown> {
    const term = action.slice(action.indexOf("#") + 1);
    return (await this.#ask("POST", `${path}?action=${encodeURIComponent(term)}`, { action, attributes })).json;
  }

  /** Defines a mixin of the caller's own (GFD.185 §3.4.1). */
  async defineMixin(
    mixin: Pick<CategoryJson, "term" | "scheme" | "title" | "location" | "depends" | "applies">,
  ): Promise<void> {
    await this.#ask("POST", "/-/", mixin);
  }

  async removeMixin({ term, scheme }: Pick<CategoryJson, "term" | "scheme">): Promise<void> {
    await this.#ask("DELETE", "/-/", { term, scheme });
  }

  /** Adds entities to the mixin at a location. */
  async associate(path: string, locations: readonly string[]): Promise<void> {
    await this.#ask("POST", path, locations);
  }

  /** Takes entities out of it; none means all. */
  async dissociate(path: string, locations: readonly string[] = []): Promise<void> {
    await this.#ask("DELETE", path, locations.length === 0 ? undefined : locations);
  }

  async #ask(method: string, path: string, body?: object, more: Readonly<Record<string, string>> = {}): Promise<Asked> {
    const url = new URL(path, this.#base);
    // Credentials go to the server that they are for, whatever a location says.
    if (url.origin !== this.#base.origin) throw new TypeError(`${url.origin} is not ${this.#base.origin}`);
    const response = await this.#fetch(url, {
      method,
      headers: {
        ...this.#headers,
        accept: JSON_TYPE,
        ...(body === undefined ? {} : { "content-type": JSON_TYPE }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json: unknown =
      response.headers.get("content-type")?.startsWith(JSON_TYPE) === true ? JSON.parse(text) : text;
    if (!response.ok) throw new OcciError(response.status, json, response.headers.get("x-request-id") ?? undefined);
    return { json, headers: response.headers };
  }
}

interface Asked {
  readonly json: unknown;
  readonly headers: Headers;
}

function tagged({ json, headers }: Asked): Tagged {
  return { entity: json as EntityJson, etag: headers.get("etag") ?? undefined };
}

function authorization(auth: OcciClientOptions["auth"]): Record<string, string> {
  if (auth === undefined) return {};
  if ("token" in auth) return { "x-auth-token": auth.token };
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}` };
}

function writeHeaders({ ifMatch, idempotencyKey }: WriteOptions): Record<string, string> {
  return {
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
    ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
  };
}

/** Filters are structures in headers, whatever the rendering (GFD.223 §11.1). */
function filterHeaders({ categories = [], attributes = {} }: ListOptions): Record<string, string> {
  const named = categories.map((identity) => {
    const end = identity.indexOf("#") + 1;
    return `${identity.slice(end)}; scheme="${identity.slice(0, end)}"`;
  });
  const valued = Object.entries(attributes).map(([name, value]) => `${name}=${headerValue(value)}`);
  return {
    ...(named.length === 0 ? {} : { category: named.join(", ") }),
    ...(valued.length === 0 ? {} : { "x-occi-attribute": valued.join(", ") }),
  };
}

/** Headers are bytes: UTF-8 as Latin-1 characters, each. */
function headerValue(value: Value): string {
  if (typeof value !== "string") return String(value);
  const quoted = `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
  return Buffer.from(quoted, "utf8").toString("latin1");
}
