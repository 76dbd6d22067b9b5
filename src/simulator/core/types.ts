/** The descriptors: everything a service of the simulator is, as data. `index.ts` of the simulator says how to add one. */
import type { IncomingHttpHeaders } from "node:http";
import type { Clock, Ids, Log } from "../../cloud/runtime.ts";
import type { Machine, Task } from "../machine.ts";
import type { TableKey, World } from "../world.ts";
import type { Actor, Answer, CatalogueForm, Method, Microversions, Versioned } from "./basics.ts";
import type { Json, JsonObject, Row } from "./json.ts";
import type { Refusal } from "./refusal.ts";
import type { Order, Page, Selection } from "./selection.ts";

export type { Actor, Answer, CatalogueForm, Method, Microversions, Versioned } from "./basics.ts";

/** One request on its way through a service. */
export interface Call {
  readonly method: Method;
  /** Path inside the service, without the service's prefix: `/v2.1/flavors/1`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The query as it was written, with its question mark; or empty. */
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  /** Unread body; only routes with `body: 'stream'` may read it. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** The JSON body; undefined when there was none. */
  readonly body: Json | undefined;
  /** What the route's `schema` made of the body: checked and complete. */
  readonly input: JsonObject;
  readonly actor: Actor;
  /** The route that was found, and the action: `POST /v2.1/servers/{server}/action os-start`; or empty. */
  readonly operation: string;
  /** Minor microversion asked for: 61 for 2.61; 0 in services without microversions. */
  readonly version: number;
  /** The version as the answer's headers shall repeat it; empty when the request named nonsense. */
  readonly shownVersion: string;
  /** `http://host:port` as the client wrote it. */
  readonly origin: string;
  /** Origin and service prefix: `http://host:port/compute`. */
  readonly base: string;
  /** Base and API root as the client wrote it: `…/compute/v2.1`, or `…/volume/v3/<project>`. */
  readonly root: string;
  readonly requestId: string;
  /** Milliseconds since the epoch when the request was taken. */
  readonly now: number;
  readonly service: Service;
  readonly services: readonly Service[];
  readonly world: World;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
/** Role rules: `public` needs no token, `token` any valid one; each role includes those before it. */
export type RoleRule = "public" | "token" | "reader" | "member" | "admin";
/** A role, or a named test for rules about the target, as Keystone has ("admin or the user himself"). */
export type Rule = RoleRule | ((call: Call) => boolean);
/** A rule and its name in the service's policy file, which the 403 quotes. */
export interface Policy {
  readonly name: string;
  readonly rule: Rule;
}

export interface Route extends Versioned {
  readonly method: Method;
  /** `/v2.1/flavors/{id}`, relative to the service prefix. */
  readonly path: string;
  readonly policy: Policy;
  /** `json` (default) reads and parses a body; `stream` leaves it to the handler. */
  readonly body?: "json" | "stream";
  /** Checks the body and returns what `call.input` shall be. Runs before or after the policy: see `Service.bodyFirst`. */
  schema?(call: Call): JsonObject;
  handle(call: Call): Answer | Promise<Answer>;
}

/** Complains in the service's words about a value, or returns undefined. See `checks.ts`. */
export type Check = (value: Json) => string | undefined;

/** One attribute of a resource: how it is read, checked, defaulted and shown. Written down once. */
export interface Attribute<R extends Row = Row> extends Versioned {
  readonly name: string;
  /** Where the row keeps it, if not under its name. */
  readonly column?: string;
  readonly check?: Check;
  /** Whether a client may give it on create; absent means read-only there. */
  readonly create?: "required" | "optional";
  /** Whether a client may change it afterwards. */
  readonly update?: boolean;
  /** Value of the row when a create leaves it out; without it the row gets null. */
  readonly default?: Json;
  /** Rule for giving it at all (Neutron's `create_network:shared`). */
  readonly policy?: Policy;
  /** `false`: kept, never shown (passwords). `admin`: shown to administrators only. */
  readonly shown?: false | "admin" | ((call: Call) => boolean);
  /** Computes what is shown; returns undefined to leave it out. Default: the row's column. */
  view?(row: R, call: Call): Json | undefined;
  /** Turns the client's value into the stored one (numbers given as strings, …). */
  store?(value: Json, call: Call): Json;
}

/** Makes a predicate from the values of one query parameter; throws a Refusal when they make no sense. */
export type Filter = (values: readonly string[], call: Call, name: string) => (row: Row) => boolean;

/** A service's own dialect of filtering, sorting and paging. */
export interface ListForm {
  read(call: Call, resource: Resource): Selection;
  /** The answer's body around the views of a page. */
  write(call: Call, resource: Resource, views: readonly Json[], page: Page): JsonObject;
  /** The attributes a client wants to see, of a list or of one; undefined means all (Neutron's `fields`). */
  fields?(call: Call): ReadonlySet<string> | undefined;
  /** What the service says when the marker names nothing it can see. */
  unknownMarker(resource: Resource, marker: string): Refusal;
}

/** A route below one row. The core finds the row (404 when the caller may not see it) before `run`. */
export interface MemberRoute<R extends Row = Row> extends Versioned {
  readonly method: Method;
  /** Appended to the row's path: `/os-extra_specs/{key}`. */
  readonly path: string;
  readonly policy: Policy;
  readonly body?: "json" | "stream";
  schema?(call: Call): JsonObject;
  run(row: R, call: Call): Answer | Promise<Answer>;
}

/** One entry of `POST …/{id}/action`. */
export interface Action<R extends Row = Row> extends Versioned {
  readonly policy: Policy;
  /** Checks the value under the action's name. */
  check?(args: Json, call: Call): void;
  run(row: R, args: Json, call: Call): Answer | Promise<Answer>;
}

export type Verb = "list" | "detail" | "show" | "create" | "update" | "delete";

/** One collection: `crud.ts` turns it into routes. */
export interface Resource<R extends Row = Row> extends Versioned {
  /** `flavor`: the wrapper of one, and the word in messages. */
  readonly singular: string;
  /** `flavors`: the wrapper of many. */
  readonly plural: string;
  /** `/v2.1/flavors`. */
  readonly path: string;
  readonly table: TableKey<R>;
  /** The verbs it has, each with its policy. A verb left out has no route. */
  readonly policies: Readonly<Partial<Record<Verb, Policy>>>;
  readonly attributes: readonly Attribute<R>[];
  /** Whether attributes beyond the table are kept as they come and shown again (Keystone's `extra`). */
  readonly extra?: true;
  readonly filters?: Readonly<Record<string, Filter>>;
  /** Sort keys clients may name, and the column each means. */
  readonly sort?: Readonly<Record<string, string>>;
  readonly order: readonly Order[];
  /** Column with the project that owns a row: others do not see it, unless `shared` says so. Absent: everybody sees all. */
  readonly owner?: string;
  /** Whether someone who is not the owner sees the row. */
  shared?(row: R, call: Call): boolean;
  /** Replaces the owner rule altogether (Glance's visibility, flavor access). Applies to administrators too. */
  visible?(row: R, call: Call): boolean;
  /** Whether the list, unlike `show`, leaves out a visible row (other tenants' community images). */
  listed?(row: R, call: Call): boolean;
  /** Whether the caller may change a row that he sees; a false is answered with 403. Default: owner or admin. */
  writable?(row: R, call: Call): boolean;
  /** Quota (a key of `Service.quotas`) that counts the owner's rows of this table. */
  readonly quota?: string;
  /** Statuses that differ from the service's `Service.statuses`. */
  readonly statuses?: Readonly<Partial<Record<Verb, number>>>;
  /** PUT or PATCH; default is the service's. */
  readonly updateMethod?: "PUT" | "PATCH";
  /** Microversions of single verbs. */
  readonly versions?: Readonly<Partial<Record<Verb, Versioned>>>;
  /** Finds a row by the last path segment; default is by id. */
  find?(key: string, call: Call): R | undefined;
  /** Completes a checked draft to a row: ids, times, addresses; throws when it conflicts. Default gives an id. */
  make?(draft: JsonObject, call: Call): R;
  /** After the row is in its table: default rules, interfaces, tasks for the machine. May return the row anew. */
  onCreate?(row: R, call: Call): R | undefined;
  /** May refuse or complete the changes of an update before they are stored. */
  onUpdate?(row: R, changes: JsonObject, call: Call): JsonObject;
  /** Refuses (in use, protected) or takes dependants along, before the row goes. Return `keep` when a task will remove it. */
  onDelete?(row: R, call: Call): "keep" | undefined;
  /** Whole view of a row, when the attribute table is not enough. Of rows only, not of the time: lists are remembered. */
  view?(row: R, call: Call): JsonObject;
  /** View in the short list of services that have `/detail`. */
  brief?(row: R, call: Call): JsonObject;
  /** The 404 in its own words; default `Service.words.notFound`. */
  notFound?(key: string, call: Call): Refusal;
  readonly members?: readonly MemberRoute<R>[];
  readonly actions?: Readonly<Record<string, Action<R>>>;
}

/** The sentences in which a service refuses. */
export interface Words {
  notFound(resource: Resource, id: string): Refusal;
  forbidden(policy: Policy, call: Call): Refusal;
  /** The body was not JSON. */
  malformed(): Refusal;
  /** The body is not `{singular: {…}}`. */
  unwrapped(singular: string, body: Json | undefined): Refusal;
  missing(resource: Resource, attribute: string, input: JsonObject): Refusal;
  unknown(resource: Resource, attributes: readonly string[], input: JsonObject): Refusal;
  readOnly(resource: Resource, attribute: string, input: JsonObject, verb: "create" | "update"): Refusal;
  invalid(resource: Resource, attribute: string, value: Json, complaint: string): Refusal;
  /** An update that changes nothing, where the service does not take that (Keystone). */
  nothing?(): Refusal;
  overQuota(name: string, limit: number, used: number): Refusal;
  noSuchAction(name: string, body?: Json): Refusal;
}

export interface Service {
  /** The project's name, which is also its name in the catalogue: `nova`. */
  readonly name: string;
  /** Service type: `compute`. */
  readonly type: string;
  /** Path prefix on the simulator's listener: `/compute`. */
  readonly prefix: string;
  /** Path of the catalogue's URL below the prefix: `/v2.1`. */
  readonly endpoint: string;
  /** A second entry of the catalogue, as older clouds have it (`volumev3`). */
  readonly older?: { readonly type: string; readonly name: string; readonly endpoint: string };
  /** What differs in the profile `modern`. */
  readonly modern?: Partial<Service>;
  /** API roots under which routes live; all but the first are aliases of it. */
  readonly roots: readonly string[];
  /** Those of the roots where microversions are not heard of (Nova's `/v2`). */
  readonly unversionedRoots?: readonly string[];
  /** Whether `root/<project id>/…` means `root/…` (Nova, Cinder). */
  readonly projectInPath?: boolean;
  /** Said with 400 when that is not the caller's own, administrators included (Cinder); absent: Nova's words, and administrators may. */
  readonly foreignProject?: string;
  readonly microversions?: Microversions;
  /** Nova and Neutron check the body before the policy, Keystone and Glance after. */
  readonly bodyFirst: boolean;
  /** Keystone says 404 and 405 without a token; the others say 401 first. */
  readonly openPaths?: boolean;
  /** Keystone answers HEAD wherever it answers GET. */
  readonly headAsGet?: boolean;
  readonly updateMethod: "PUT" | "PATCH";
  readonly statuses: Readonly<Record<Verb, number>>;
  readonly list: ListForm;
  readonly words: Words;
  /** Limits per project when nobody set another; -1 is without limit. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** How much of each quota a project uses, where the service reports it (`/limits`, `/detail`). */
  usage?(call: Call, project: string): Readonly<Record<string, number>>;
  readonly resources: readonly Resource[];
  readonly routes: readonly Route[];
  /** Named tasks of the state machine. */
  readonly tasks?: Readonly<Record<string, Task>>;
  /** Puts the service's part of the default world in place; runs after those of the services before it. */
  seed?(seed: Seed): void;
  /** Puts in place what no world of the service is without, an empty one neither: Nova's hosts. */
  found?(seed: Seed): void;
  /** Keystone's: whether there is such a project. */
  knowsProject?(world: World, id: string): boolean;
  /** Headers of each answer; those of the answer itself win. */
  headers(call: Call, answer: Answer): Record<string, string | readonly string[]>;
  /** Renders a refusal in the service's form. */
  refuse(refusal: Refusal, call: Call): Answer;
  unknownPath(call: Call): Answer;
  wrongMethod(call: Call, allowed: readonly Method[]): Answer;
}

/** What a service's `seed` gets. */
export interface Seed {
  readonly world: World;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly services: readonly Service[];
  /** Which entries the catalogue has for a service with an older one. */
  readonly catalogue: CatalogueForm;
}
