import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attribute, roundFloat, type Value } from "../../src/occi/attribute.ts";
import { type Category, identityOf } from "../../src/occi/category.ts";
import type { Entity, Shown } from "../../src/occi/entity.ts";
import { CORE_KINDS } from "../../src/occi/kinds/core.ts";
import type { Message } from "../../src/occi/message.ts";
import { parseJsonMessages } from "../../src/occi/parse/json.ts";
import { fieldsOfBody, parseFields } from "../../src/occi/parse/text.ts";
import { Refusal } from "../../src/occi/refusal.ts";
import { COLLECTIONS, KINDS, lineageOf, STATIC_CATEGORIES } from "../../src/occi/registry.ts";
import { HEADERS, headerText } from "../../src/occi/render/headers.ts";
import { JSON_RENDERING } from "../../src/occi/render/json.ts";
import { PLAIN } from "../../src/occi/render/plain.ts";
import type { Rendered } from "../../src/occi/render/rendering.ts";

/** Every kind that is served, with any of its mixins and any values that its rows allow: what is rendered is understood again. */

const text = fc
  .string({ unit: "grapheme", maxLength: 30 })
  .map((value) => [...value].filter((char) => (char.codePointAt(0) ?? 0) > 0x1f && char !== "\x7f").join(""))
  .filter((value) => value.isWellFormed());

const items = fc.array(
  fc.oneof(text, fc.integer(), fc.boolean(), fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { maxKeys: 3 })),
  { maxLength: 3 },
);

function anyValue({ type, values }: Attribute): fc.Arbitrary<Value> {
  if (values !== undefined) return fc.constantFrom(...values);
  switch (type) {
    case "string":
      return text;
    case "integer":
      return fc.maxSafeInteger();
    case "float":
      return fc.double({ min: -1e12, max: 1e24, noNaN: true }).map((value) => roundFloat(value) + 0);
    case "boolean":
      return fc.boolean();
    case "array":
      return items;
  }
}

function entityOf(kind: Category, location: string, isLink: boolean): fc.Arbitrary<Entity> {
  const identity = identityOf(kind);
  const bearable = STATIC_CATEGORIES.filter(
    ({ class: word, applies }) => word === "mixin" && applies?.includes(identity),
  );
  const inherited = KINDS.filter((other) => lineageOf(kind).includes(identityOf(other)));
  return fc.subarray(bearable).chain((mixins) => {
    const all = new Map(
      [...inherited, ...mixins].flatMap((one) => one.attributes.map((row) => [row.name, row] as const)),
    );
    all.delete("occi.core.id");
    const ends = isLink ? { source: "/compute/a", target: "/network/b" } : undefined;
    const rows = [...all.values()].filter(({ name }) => name !== "occi.core.source" && name !== "occi.core.target");
    return fc
      .tuple(
        fc.uuid(),
        fc.subarray(rows).chain((own) => fc.tuple(...own.map((row) => shown(row)))),
      )
      .map(
        ([id, values]): Entity => ({
          kind,
          id,
          path: location + id,
          mixins,
          values: [
            fixed("occi.core.id", `urn:uuid:${id}`),
            ...(ends === undefined
              ? []
              : [fixed("occi.core.source", ends.source), fixed("occi.core.target", ends.target)]),
            ...values,
          ],
          actions: kind.actions.map((action) => ({ identity: action, term: action.slice(action.indexOf("#") + 1) })),
          links: [],
          ...(ends === undefined
            ? {}
            : {
                ends: { source: { path: ends.source, kind: identity }, target: { path: ends.target, kind: identity } },
              }),
        }),
      );
  });
}

const shown = (attribute: Attribute): fc.Arbitrary<Shown> => anyValue(attribute).map((value) => ({ attribute, value }));
const fixed = (name: string, value: string): Shown => ({ attribute: { name, type: "string", description: "" }, value });

/** Text has one string of JSON instead of an array. */
const plain = (value: Value): unknown => (typeof value === "object" ? JSON.stringify(value) : value);

function said(entity: Entity, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    categories: [entity.kind, ...entity.mixins].map(identityOf).sort(),
    attributes: {
      ...Object.fromEntries(entity.values.map(({ attribute, value }) => [attribute.name, plain(value)])),
      ...more,
    },
  };
}

function understood(message: Message | undefined): unknown {
  return {
    categories: message?.categories.map(identityOf).sort(),
    attributes: Object.fromEntries([...(message?.attributes ?? [])].map(([name, value]) => [name, plain(value)])),
  };
}

const bodyOf = ({ body }: Rendered): string => (typeof body === "string" ? body : "");

test("every kind is tried", () => {
  expect(KINDS.length).toBe(COLLECTIONS.length + CORE_KINDS.length);
  expect(COLLECTIONS.length).toBeGreaterThan(4);
});

describe.each(COLLECTIONS.map((collection) => [collection.kind.term, collection] as const))("%s", (_, collection) => {
  const entities = entityOf(collection.kind, collection.location, collection.isLink);

  test("text/plain", () => {
    fc.assert(
      fc.property(entities, fc.constantFrom("\n", "\r\n"), (entity, eol) => {
        const body = bodyOf(PLAIN.entity(entity)).replaceAll("\n", eol);
        expect(understood(parseFields(fieldsOfBody(body)))).toEqual(said(entity));
      }),
    );
  });

  test("text/occi, unless headers cannot carry it", () => {
    let carried = 0;
    fc.assert(
      fc.property(entities, (entity) => {
        try {
          const fields = Object.entries(HEADERS.entity(entity).headers).map(([name, value]) => {
            // No header can hold a line end, whatever a title says.
            expect(value).not.toMatch(/[\r\n\0]/);
            return { name: name.toLowerCase(), value: headerText(value) };
          });
          expect(understood(parseFields(fields))).toEqual(said(entity));
          carried += 1;
        } catch (thrown) {
          if (!(thrown instanceof Refusal)) throw thrown;
          expect(bodyOf(PLAIN.entity(entity))).toMatch(/[^\x20-\x7e\n]/);
        }
      }),
    );
    expect(carried).toBeGreaterThan(5);
  });

  test("application/occi+json", () => {
    fc.assert(
      fc.property(entities, (entity) => {
        const [message, ...more] = parseJsonMessages(bodyOf(JSON_RENDERING.entity(entity)));
        expect(more).toEqual([]);
        const { source, target } = entity.ends ?? {};
        const kinds = { "occi.core.source.kind": source?.kind, "occi.core.target.kind": target?.kind };
        expect(understood(message)).toEqual(said(entity, source === undefined ? {} : kinds));
      }),
    );
  });
});
