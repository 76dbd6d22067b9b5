import type { DescEnum } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { enumOf, labelOf, message, routesOf, service, simpleName, typeOf } from "./descriptors.ts";
import { type WireField, wire } from "./wire.ts";

/** Our additions to the façade's messages stay clear of every number that upstream may still give away. */
const firstNumberOfOurs = 1000;

const shapeOf = ([number, name, type, label]: WireField) => ({
  number,
  name,
  type: wire.enums[type] === undefined ? type : "enum",
  label: label.startsWith("oneof ") ? "oneof" : label === "optional" && isMessage(type) ? "message" : label,
});

const byNumber = (a: { number: number }, b: { number: number }) => a.number - b.number;
const isMessage = (type: string) => wire.messages[type] !== undefined || type === "Timestamp";

it("the table is whole: 251 fields of the release, and its one borrowed message", () => {
  const { Quantity, ...own } = wire.messages;
  expect(Object.values(own).flat()).toHaveLength(251);
  expect(Quantity).toHaveLength(1);
  expect(Object.values(wire.services).flatMap((methods) => Object.keys(methods))).toHaveLength(16);
  expect(Object.keys(wire.enums)).toHaveLength(13);
});

describe("messages", () => {
  it.each(Object.entries(wire.messages))("%s has upstream's numbers, types, labels and JSON names", (name, fields) => {
    const ours = message(name)
      ?.fields.toSorted(byNumber)
      .map((field) => ({
        number: field.number,
        name: field.jsonName,
        type: enumOf(field) === undefined ? typeOf(field) : "enum",
        label: labelOf(field),
      }));
    expect(ours?.filter((field) => field.number < firstNumberOfOurs)).toEqual(fields.map(shapeOf));
  });

  it("the members of a oneof are in one oneof", () => {
    const groups = Object.entries(wire.messages).flatMap(([name, fields]) =>
      Map.groupBy(
        fields.filter(([, , , label]) => label.startsWith("oneof ")),
        ([, , , label]) => label,
      )
        .values()
        .map((members) => ({ name, numbers: members.map(([number]) => number) }))
        .toArray(),
    );
    expect(groups).not.toHaveLength(0);
    for (const { name, numbers } of groups) {
      const oneofs = message(name)?.oneofs.map((oneof) => oneof.fields.map((field) => field.number));
      expect(oneofs).toContainEqual(numbers);
    }
  });
});

describe("enums", () => {
  const held = new Map<string, Set<DescEnum>>();
  for (const [name, fields] of Object.entries(wire.messages)) {
    for (const [number, , type] of fields.filter((field) => wire.enums[field[2]] !== undefined)) {
      const field = message(name)?.fields.find((candidate) => candidate.number === number);
      const ours = field === undefined ? undefined : enumOf(field);
      const seen = held.get(type) ?? new Set();
      if (ours !== undefined) held.set(type, seen.add(ours));
    }
  }

  it.each(Object.entries(wire.enums))("%s writes upstream's names for upstream's numbers", (name, values) => {
    const ours = [...(held.get(name) ?? [])];
    expect(ours).toHaveLength(1);
    for (const [value, number] of Object.entries(values)) {
      expect(ours[0]?.value[number]?.jsonName).toBe(value);
    }
    const known = new Set(Object.values(values));
    const added = ours[0]?.values.filter(({ number }) => !known.has(number) && number < firstNumberOfOurs);
    expect(added?.map((value) => value.name)).toEqual([]);
  });
});

describe("services", () => {
  const methods = Object.entries(wire.services).flatMap(([name, rows]) =>
    Object.entries(rows).map(([method, row]) => [`${name}/${method}`, name, method, row] as const),
  );

  it.each(methods)("%s has upstream's messages and routes", (_, name, method, row) => {
    const ours = service(name)?.methods.find((candidate) => candidate.name === method);
    expect(
      ours && {
        kind: ours.methodKind,
        request: simpleName(ours.input),
        response: simpleName(ours.output),
        http: routesOf(ours),
      },
    ).toEqual({ kind: "unary", ...row });
  });

  it.each(Object.entries(wire.services))("%s has no other method", (name, rows) => {
    expect(
      service(name)
        ?.methods.map((method) => method.name)
        .sort(),
    ).toEqual(Object.keys(rows).sort());
  });
});
