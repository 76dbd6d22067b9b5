import { readFileSync } from "node:fs";
import type { DescEnum, DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { createFileRegistry, fromBinary, getOption, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type WireRoute, wire } from "./wire.ts";

/** `google.api.http` as protobuf-es reads it: the pattern is a oneof of verb and template. */
interface HttpRule {
  readonly pattern: { readonly case: string | undefined; readonly value?: unknown };
  readonly body: string;
  readonly responseBody: string;
  readonly additionalBindings: readonly HttpRule[];
}

/** Our compiled definition, as the gateway reads it. */
export const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(new URL("../../generated/descriptors.binpb", import.meta.url))),
);

/** The façade's message of that simple name. */
export function message(name: string): DescMessage | undefined {
  return wire.messagePackages
    .map((inPackage) => registry.getMessage(`${inPackage}.${name}`))
    .find((found) => found !== undefined);
}

/** The service of that full name. */
export function service(fullName: string): DescService | undefined {
  return registry.getService(fullName);
}

/** The type of a field in the table's words: scalar name, simple message or enum name, `map<key, value>`. */
export function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar":
      return scalarName(field.scalar);
    case "message":
      return simpleName(field.message);
    case "enum":
      return simpleName(field.enum);
    case "list":
      if (field.listKind === "scalar") return scalarName(field.scalar);
      return simpleName(field.listKind === "message" ? field.message : field.enum);
    case "map": {
      const value =
        field.mapKind === "scalar"
          ? scalarName(field.scalar)
          : simpleName(field.mapKind === "message" ? field.message : field.enum);
      return `map<${scalarName(field.mapKey)}, ${value}>`;
    }
  }
}

/** The label of a field in the table's words. A singular message has presence with or without `optional`. */
export function labelOf(field: DescField): string {
  if (field.fieldKind === "list") return "repeated";
  if (field.fieldKind === "map") return "map";
  if (field.oneof !== undefined) return "oneof";
  if (field.fieldKind === "message") return "message";
  return field.presence === FeatureSet_FieldPresence.IMPLICIT ? "plain" : "optional";
}

/** The enum that a field holds, alone or in a list. */
export function enumOf(field: DescField): DescEnum | undefined {
  return field.enum;
}

/** The HTTP bindings of a method, the first one first, with path variables written in JSON names. */
export function routesOf(method: DescMethod): WireRoute[] {
  const extension = registry.getExtension("google.api.http");
  if (extension === undefined) return [];
  const rule = getOption(method, extension) as unknown as HttpRule;
  return [rule, ...rule.additionalBindings].map((binding) => ({
    method: (binding.pattern.case ?? "").toUpperCase(),
    path: inJsonNames(String(binding.pattern.value), method.input),
    ...(binding.body === "" ? {} : { body: binding.body }),
    ...(binding.responseBody === "" ? {} : { responseBody: binding.responseBody }),
  }));
}

function inJsonNames(template: string, input: DescMessage): string {
  return template.replace(/\{([^}]+)\}/g, (_, variable: string) => {
    let at: DescMessage | undefined = input;
    const names = variable.split(".").map((part) => {
      const field: DescField | undefined = at?.fields.find((candidate) => candidate.name === part);
      at = field?.fieldKind === "message" ? field.message : undefined;
      return field?.jsonName ?? `${part} (no such field)`;
    });
    return `{${names.join(".")}}`;
  });
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}

/** The name of a type within its package. */
export function simpleName(type: DescMessage | DescEnum): string {
  const home = type.file.proto.package;
  return home === "" ? type.typeName : type.typeName.slice(home.length + 1);
}
