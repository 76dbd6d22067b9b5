import { CloudError } from "../cloud/index.ts";
import { isSameValue, type Value } from "./attribute.ts";
import { canonicalIdentity, identityOf } from "./category.ts";
import { checkValue, invalid } from "./check.ts";
import { type Definition, familyTerm } from "./definition.ts";
import { findMixin, isEndKind, isSameEnd, orUnknown, rowFor, type Said, unsupported } from "./draft.ts";
import { urnOf } from "./entity.ts";
import { ID } from "./kinds/core.ts";
import type { Context, Mixin, Row } from "./table.ts";
import { changeRow, readRow } from "./table.ts";

/**
 * An update's categories and attributes against what is there. What equals the present is accepted, since clients send
 * back what they read (pOCCI CORE/UPDATE/001); what differs is changed where the cloud can, else refused by name.
 */
export async function changeOf<Model, Draft, Change>(
  context: Context,
  definition: Definition<Model, Draft, Change>,
  model: Model,
  said: Said,
  isFull: boolean,
): Promise<Partial<Change>> {
  let change: Partial<Change> = {};
  const named = new Map<string, string>();
  const mixins = new Set(definition.mixins.filter((mixin) => mixin.isAssigned(model)));
  const added: Mixin<Model, Draft, Change>[] = [];
  for (const category of said.categories) {
    if (category.class === "kind" || context.classOf(category) === "kind") continue;
    const found = findMixin(context, definition, category);
    if (found.what === "mixin" && !mixins.has(found.mixin)) added.push(found.mixin);
    if (found.what !== "template") continue;
    const { templates, id } = found;
    const identity = canonicalIdentity(category);
    const family = identityOf(templates.base);
    if ((named.get(family) ?? identity) !== identity) {
      throw invalid(identity, `two templates of ${templates.base.title} cannot go together`);
    }
    named.set(family, identity);
    const isPresent = templates.assigned(model)?.term === familyTerm(templates, id);
    if (isPresent && templates.isPending?.(model) !== true) continue;
    if (templates.change === undefined) throw immutable(identity);
    change = { ...change, ...(await orUnknown(category, templates.change(context, id))) };
  }
  const rows = [
    ...definition.rows,
    ...[...mixins, ...added].flatMap((mixin) => [...mixin.rows, ...(mixin.open?.of(model) ?? [])]),
  ];
  for (const { later, rows: own, open, ...name } of added) {
    if (later === "IMMUTABLE") throw immutable(identityOf(name));
    if (later !== undefined) throw unsupported(identityOf(name), "it can only be given at creation");
    if (own.some((row) => said.attributes.has(row.name))) continue;
    if (open !== undefined && [...said.attributes.keys()].some((one) => open.named(one) !== undefined)) continue;
    throw new CloudError("MISSING_VALUE", `${identityOf(name)} says nothing without its attributes`, {
      field: identityOf(name),
    });
  }
  for (const [name, given] of said.attributes) {
    if (name === ID.name) {
      if (given !== urnOf(definition.idOf(model))) throw immutable(name);
      continue;
    }
    if (isEndKind(definition, name, given)) continue;
    const row = rowFor(definition, [...rows, ...templateRows(definition)], name, [...mixins, ...added]);
    const value = checkValue(row, given, said.isTyped);
    if (isSame(context, row, readRow(row, model), value)) continue;
    change = { ...change, ...changeValue(row, value) };
  }
  if (!isFull) return change;
  for (const row of rows) {
    if (said.attributes.has(row.name)) continue;
    if (row.required === true && row.immutable !== true && row.later === undefined) {
      throw new CloudError("MISSING_VALUE", `${row.name} is required`, { field: row.name });
    }
    // What is not there need not go.
    if (readRow(row, model) !== undefined) change = { ...change, ...changeRow(row, undefined) };
  }
  return change;
}

/** Attributes that templates show: readable, never writable. */
function templateRows<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
): readonly Row<Model, Draft, Change>[] {
  return definition.templates.flatMap(({ rows }) => rows);
}

function changeValue<Model, Draft, Change>(row: Row<Model, Draft, Change>, value: Value): Partial<Change> {
  if (row.immutable === true || row.later === "IMMUTABLE") throw immutable(row.name);
  const part = changeRow(row, value);
  if (part === undefined) throw unsupported(row.name, "it cannot be changed after creation");
  return part;
}

function isSame<Model, Draft, Change>(
  context: Context,
  row: Row<Model, Draft, Change>,
  present: Value | undefined,
  given: Value,
): boolean {
  if (isSameValue(present, given)) return true;
  return isSameEnd(context, row.name, present, given);
}

function immutable(name: string): CloudError {
  return new CloudError("IMMUTABLE", `${name} cannot be changed`, { field: name });
}

/** The kind in an update is optional, but it cannot be another one (GFD.185 §3.4.4). */
export function requireSameKind(context: Context, identity: string, said: Said): void {
  for (const category of said.categories) {
    const isKind = category.class === "kind" || context.classOf(category) === "kind";
    if (isKind && identityOf(category) !== identity) throw invalid(identityOf(category), "a kind cannot change");
  }
}
