/**
 * The kind table: a kind or mixin is rows, and a row says once what an attribute is, how it is read from the model and
 * how it is written into a draft. Discovery, validation and every rendering read these rows.
 */
import type { Cloud, Feature, Flow, Reason } from "../cloud/index.ts";
import type { Call } from "../gateway/operation.ts";
import type { Attribute, AttributeType, Item, Value } from "./attribute.ts";
import type { CategoryClass, CategoryName, CategoryRef } from "./category.ts";
import type { Attributes } from "./message.ts";

interface RowOf<Type extends AttributeType, Given, Model, Draft, Change> extends Omit<Attribute, "type"> {
  readonly type: Type;
  /** The value in the model; absent when the model does not tell it. */
  readonly read?: (model: Model) => Given | undefined;
  /** What the value adds to a draft; absent when it cannot be set at creation. */
  readonly write?: (value: Given) => Partial<Draft>;
  /** What the value adds to a change, `undefined` when a full update leaves it out; absent when it cannot be changed. */
  readonly change?: (value: Given | undefined) => Partial<Change>;
  /** Why it cannot be changed later although it is announced as mutable: fixed for life, or not offered by this cloud. */
  readonly later?: Extract<Reason, "IMMUTABLE" | "UNSUPPORTED">;
  /** An immutable value that a create may carry because it is what the create results in. */
  readonly outcome?: Given;
}

export type Row<Model, Draft, Change> =
  | RowOf<"string", string, Model, Draft, Change>
  | RowOf<"integer" | "float", number, Model, Draft, Change>
  | RowOf<"boolean", boolean, Model, Draft, Change>
  | RowOf<"array", readonly Item[], Model, Draft, Change>;

/** An action: its identity is the kind's action scheme and the term (GFD.224 §3). */
export interface Action<Model> {
  readonly term: string;
  readonly title: string;
  readonly attributes: readonly Attribute[];
  /** Whether the present state allows it; `attributes` are those of the call, none while only asked for the links. */
  readonly isPossible: (model: Model, attributes: Attributes) => boolean;
  /** Whether the model is already as the action makes it: a collection that is all so has nothing to do. */
  readonly isSo?: (model: Model) => boolean;
  /** Refuses attributes that make no sense for this model, before anything is done. */
  readonly check?: (model: Model, attributes: Attributes) => void;
  /** Announced only where the cloud has all of them. */
  readonly needs?: readonly Feature[];
}

/** Rows that are made of names. */
export interface OpenRows<Model, Draft, Change> {
  /** Those that a model has. */
  readonly of: (model: Model) => readonly Row<Model, Draft, Change>[];
  /** That of a name; nothing for names that are not of this kind. */
  readonly named: (name: string) => Row<Model, Draft, Change> | undefined;
  /** How the names look, for documentation. */
  readonly pattern: string;
  readonly description: string;
}

/** A mixin that is always there. */
export interface Mixin<Model, Draft, Change> extends CategoryName {
  readonly title: string;
  readonly location: string;
  readonly rows: readonly Row<Model, Draft, Change>[];
  /** Attributes whose names are as free as what they show. */
  readonly open?: OpenRows<Model, Draft, Change>;
  /** What naming it alone writes into a draft; a refusal where that cannot be. */
  readonly write?: () => Partial<Draft>;
  /** Announced only where the cloud has all of them. */
  readonly needs?: readonly Feature[];
  readonly isAssigned: (model: Model) => boolean;
  /** Why it cannot be added to an entity that exists; absent when it can. */
  readonly later?: Extract<Reason, "IMMUTABLE" | "UNSUPPORTED">;
}

/** Mixins that the cloud's own things make: a template per image, a template per flavour (GFD.224 §3.5). */
export interface Templates<Model, Draft, Change> {
  readonly scheme: string;
  /** The mixin that every template depends on; several families may have the same one, and exclude each other then. */
  readonly base: TemplateBase;
  /** Announced only where the cloud has all of them. */
  readonly needs?: readonly Feature[];
  /** How terms and ids belong together; `term.ts` when absent. */
  readonly terms?: Terms;
  /** Below the base's location; the term when absent. */
  readonly place?: (term: string) => string;
  /** What templates show on the entity, beside what they fix of the kind's own. */
  readonly rows: readonly Row<Model, Draft, Change>[];
  readonly assigned: (model: Model) => CategoryRef | undefined;
  /** Title and attributes of every template; `id` is the cloud's. */
  readonly list: (context: Context) => AsyncIterable<Template>;
  /** What naming the template writes into a draft; NOT_FOUND when there is none. */
  readonly write: (context: Context, id: string) => Promise<Partial<Draft>>;
  /** What naming another template writes into a change; absent when the first one stays for ever. */
  readonly change?: (context: Context, id: string) => Promise<Partial<Change>>;
  /** Whether naming the present template again still means something. */
  readonly isPending?: (model: Model) => boolean;
}

export interface TemplateBase extends CategoryName {
  readonly title: string;
  readonly location: string;
  /** Whether it belongs to no kind in particular. */
  readonly isForAll?: boolean;
}

export interface Terms {
  readonly termOf: (id: string) => string;
  /** Nothing when no id has this term. */
  readonly idOf: (term: string) => string | undefined;
}

export interface Template {
  readonly id: string;
  readonly title: string;
  readonly attributes: readonly Attribute[];
}

/**
 * How a compute's flavour is chosen when no template is named: `exact` sizes or none at all; `smallest-fit`, the smallest
 * that is large enough; `make`, exact sizes of which a flavour is made where there is none; `refuse`.
 */
export type FlavourPolicy = "smallest-fit" | "exact" | "make" | "refuse";

/** What every operation of a kind needs. */
export interface Context {
  readonly call: Call;
  readonly flow: Flow;
  readonly flavourPolicy: FlavourPolicy;
  /** A cloud that may make flavours, for callers who may not. */
  readonly flavourMaker: ((context: Context) => Promise<Cloud>) | undefined;
  /** Id of the entity below a location that a client's URI names; nothing when the URI is not ours or names no such thing. */
  readonly idAt: (uri: string, location: string) => string | undefined;
  /** The class of a category that this door serves for any kind at all. */
  readonly classOf: (name: CategoryName) => CategoryClass | undefined;
  /** Whether a category is a mixin that the project's users defined. */
  readonly isOwn: (name: CategoryName) => boolean;
}

/** The value that a row reads. */
export function readRow<Model, Draft, Change>(row: Row<Model, Draft, Change>, model: Model): Value | undefined {
  return row.read?.(model);
}

/** The part of a draft that a validated value makes; nothing when the row cannot be written. */
export function writeRow<Model, Draft, Change>(
  row: Row<Model, Draft, Change>,
  value: Value,
): Partial<Draft> | undefined {
  if (row.type === "string") return typeof value === "string" ? row.write?.(value) : undefined;
  if (row.type === "boolean") return typeof value === "boolean" ? row.write?.(value) : undefined;
  if (row.type === "array") return typeof value === "object" ? row.write?.(value) : undefined;
  return typeof value === "number" ? row.write?.(value) : undefined;
}

/** The part of a change; `undefined` takes the value away. */
export function changeRow<Model, Draft, Change>(
  row: Row<Model, Draft, Change>,
  value: Value | undefined,
): Partial<Change> | undefined {
  if (value === undefined) return row.change?.(undefined);
  if (row.type === "string") return typeof value === "string" ? row.change?.(value) : undefined;
  if (row.type === "boolean") return typeof value === "boolean" ? row.change?.(value) : undefined;
  if (row.type === "array") return typeof value === "object" ? row.change?.(value) : undefined;
  return typeof value === "number" ? row.change?.(value) : undefined;
}
