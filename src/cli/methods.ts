/** Services and methods as the descriptors tell them: found by name, listed, described. */
import { type Comments, readComments, summaryOf } from "../gateway/openapiComments.ts";
import { loadSchema, type Operation, type Schema } from "../gateway/operations.ts";
import { suggest } from "./suggest.ts";
import { type Candidate, UsageError } from "./verb.ts";

export interface Methods {
  readonly schema: Schema;
  /** By its full name, or by the last part of it where that is one service's only. */
  service(name: string): string;
  method(service: string, name: string): Operation;
  services(): readonly Candidate[];
  /** The last parts of their names that are enough. */
  shortNames(): readonly string[];
  methods(service: string): readonly Candidate[];
  /** The request message with what its fields mean. */
  describe(operation: Operation): string;
}

type Message = Operation["input"];
type Field = Message["fields"][number];

export function readMethods(): Methods {
  const schema = loadSchema();
  const comments = readComments(schema.registry);
  const { operations } = schema;
  const names = [...new Set(operations.map(({ service }) => service))];
  const of = (service: string): readonly Operation[] => operations.filter((one) => one.service === service);
  return {
    schema,
    service: (name) => findService(name, names),
    method(service, name) {
      const all = of(service);
      const lower = name.toLowerCase();
      const found =
        all.find(({ method }) => method.name === name) ?? all.find(({ method }) => method.name.toLowerCase() === lower);
      if (found !== undefined) return found;
      const known = all.map(({ method }) => method.name);
      throw new UsageError(`${service} has no method ${JSON.stringify(name)}${hint(name, known)}`);
    },
    services: () =>
      names.map((word) => {
        const parent = of(word)[0]?.method.parent;
        return { word, help: parent === undefined ? "" : summaryOf(comments(parent)) };
      }),
    shortNames: () => names.map(shortOf).filter((short, _, all) => all.indexOf(short) === all.lastIndexOf(short)),
    methods: (service) => of(service).map(({ method }) => ({ word: method.name, help: summaryOf(comments(method)) })),
    describe: (operation) => describe(operation, schema, comments),
  };
}

function findService(name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  const lower = name.toLowerCase();
  const found = names.filter((full) => {
    const short = shortOf(full).toLowerCase();
    return short === lower || short === `${lower}service`;
  });
  const [only] = found;
  if (found.length > 1)
    throw new UsageError(`${JSON.stringify(name)} may be ${found.join(" or ")}: say the whole name`);
  if (only !== undefined) return only;
  throw new UsageError(`no service is named ${JSON.stringify(name)}${hint(name, [...names.map(shortOf), ...names])}`);
}

function shortOf(service: string): string {
  return service.slice(service.lastIndexOf(".") + 1);
}

function hint(name: string, known: readonly string[]): string {
  const meant = suggest(name, known);
  return meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${meant}?`;
}

function describe({ method, input, output }: Operation, schema: Schema, comments: Comments): string {
  const told: string[] = [];
  const waiting: Message[] = [input];
  const seen = new Set<string>(waiting.map(({ typeName }) => typeName));
  for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
    const lines = message.fields.map((field) => fieldOf(field, schema, comments));
    told.push(`${message.name}\n${lines.length === 0 ? "  has no fields\n" : lines.join("")}`);
    for (const { message: inner } of message.fields) {
      if (inner === undefined || seen.has(inner.typeName) || isPlain(inner)) continue;
      seen.add(inner.typeName);
      waiting.push(inner);
    }
  }
  const streams = method.methodKind === "server_streaming" ? "a stream of " : "";
  return `${wrap(comments(method))}\n\n${told.join("\n")}\nanswers ${streams}${output.name}\n`;
}

/** Well-known messages are plain values in JSON. */
function isPlain({ typeName }: Message): boolean {
  return typeName.startsWith("google.protobuf.");
}

function fieldOf(field: Field, schema: Schema, comments: Comments): string {
  const marks = [
    ...(schema.isRequired(field) ? ["required"] : []),
    ...(schema.isOutputOnly(field) ? ["only in answers"] : []),
    ...(field.oneof === undefined ? [] : [`one of ${field.oneof.name}`]),
    ...(field.deprecated ? ["deprecated"] : []),
  ];
  const values = field.enum?.values.map(({ name }) => name).join(" | ");
  const title = [`${field.jsonName}: ${typeOf(field)}`, ...marks].join(", ");
  const meaning = [comments(field), ...(values === undefined ? [] : [values])];
  return `  ${title}\n${meaning.map((text) => indent(wrap(text))).join("")}`;
}

function typeOf(field: Field): string {
  const name = field.message?.name ?? field.enum?.name;
  const word = name ?? (field.scalar === undefined ? "" : (SCALAR_WORDS[field.scalar] ?? ""));
  if (field.fieldKind === "map") return `map of ${word}`;
  return field.fieldKind === "list" ? `list of ${word}` : word;
}

/** google/protobuf/descriptor.proto, FieldDescriptorProto.Type; 64 bits are texts in JSON. */
const SCALAR_WORDS: Readonly<Record<number, string>> = {
  ...{ 1: "number", 2: "number", 3: "int64", 4: "uint64", 5: "int32", 6: "uint64", 7: "uint32", 8: "bool", 9: "text" },
  ...{ 12: "base64", 13: "uint32", 15: "int32", 16: "int64", 17: "int32", 18: "int64" },
};

function indent(text: string): string {
  return text === "" ? "" : text.replaceAll(/^(?=.)/gm, "      ").concat("\n");
}

function wrap(text: string): string {
  return text.replaceAll(/(.{1,100})(?: +|$)/gm, "$1\n").trim();
}
