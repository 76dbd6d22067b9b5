import type { Attribute, Value } from "./attribute.ts";
import type { Category, CategoryRef } from "./category.ts";

/** One attribute of an entity, with the row's description, which decides how a rendering writes the value. */
export interface Shown {
  readonly attribute: Attribute;
  readonly value: Value;
}

/** One end of a link. */
export interface End {
  /** An absolute path of ours. */
  readonly path: string;
  /** Identity of the kind at that end. */
  readonly kind: string;
}

/** An action that the present state allows. */
export interface PossibleAction {
  readonly term: string;
  readonly identity: string;
}

/** A resource or link as every rendering shows it. */
export interface Entity {
  readonly kind: Category;
  readonly id: string;
  /** Its absolute path, the kind's location and the id. */
  readonly path: string;
  readonly mixins: readonly CategoryRef[];
  /** In the order of the rows, `occi.core.id` first. */
  readonly values: readonly Shown[];
  readonly actions: readonly PossibleAction[];
  /** Outgoing links; empty for a link. */
  readonly links: readonly Entity[];
  /** It is there without anybody having made it. */
  readonly isGiven?: true;
  /** Of a link only. */
  readonly ends?: { readonly source: End; readonly target: End };
}

/** What a create made: where it is, and how to look at it. */
export interface Created extends Pick<Entity, "id" | "path"> {
  readonly look: () => Promise<Entity>;
}

export function shownValue(entity: Entity, name: string): Value | undefined {
  return entity.values.find(({ attribute }) => attribute.name === name)?.value;
}

export function urnOf(id: string): string {
  return `urn:uuid:${id}`;
}
