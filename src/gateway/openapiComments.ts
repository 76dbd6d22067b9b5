import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescMessage,
  DescMethod,
  DescService,
  FileRegistry,
} from "@bufbuild/protobuf";

/** What can be commented in a proto file and is told about in a document. */
export type Described = DescMessage | DescField | DescEnum | DescEnumValue | DescService | DescMethod;

/** The comment above a declaration as Markdown; empty when there is none. */
export type Comments = (described: Described) => string;

/** Field numbers that paths in `SourceCodeInfo` are made of (google/protobuf/descriptor.proto). */
const FILE = { message: 4, enum: 5, service: 6 } as const;
const MESSAGE = { field: 2, message: 3, enum: 4 } as const;
const ENUM_VALUE = 2;
const SERVICE_METHOD = 2;

/** Collects the leading comments of every file of the descriptor set. */
export function readComments(registry: FileRegistry): Comments {
  const found = new Map<Described, string>();
  for (const file of registry.files) {
    const info = file.proto.sourceCodeInfo;
    if (info === undefined)
      throw new Error(`${file.name}: the descriptors carry no comments: build them with source info`);
    const texts = new Map(info.location.map(({ path, leadingComments }) => [path.join("."), leadingComments]));
    const note = (described: Described, path: readonly number[]): void => {
      found.set(described, markdown(texts.get(path.join(".")) ?? ""));
    };
    const noteEnum = (one: DescEnum, path: readonly number[]): void => {
      note(one, path);
      for (const [index, value] of one.values.entries()) note(value, [...path, ENUM_VALUE, index]);
    };
    const noteMessage = (message: DescMessage, path: readonly number[]): void => {
      note(message, path);
      for (const [index, field] of message.fields.entries()) note(field, [...path, MESSAGE.field, index]);
      for (const [index, one] of message.nestedEnums.entries()) noteEnum(one, [...path, MESSAGE.enum, index]);
      for (const nested of message.nestedMessages) {
        // The entries of maps are messages here, and only here.
        noteMessage(nested, [...path, MESSAGE.message, message.proto.nestedType.indexOf(nested.proto)]);
      }
    };
    for (const [index, message] of file.messages.entries()) noteMessage(message, [FILE.message, index]);
    for (const [index, one] of file.enums.entries()) noteEnum(one, [FILE.enum, index]);
    for (const [index, service] of file.services.entries()) {
      note(service, [FILE.service, index]);
      for (const [at, method] of service.methods.entries()) note(method, [FILE.service, index, SERVICE_METHOD, at]);
    }
  }
  return (described) => found.get(described) ?? "";
}

/** Lines of a paragraph are joined, because some readers of Markdown keep them apart. */
function markdown(comment: string): string {
  return comment
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\s*\n\s*/g, " ").trim())
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}

/** The first sentence, without its full stop: what a list of operations shows. */
export function summaryOf(comment: string): string {
  return /^.*?(?=\.(?:\s|$)|$)/s.exec(comment)?.[0].replace(/\s*\([^()]*\)$/, "") ?? "";
}

/** Paragraphs, without the empty ones. */
export function joined(...paragraphs: readonly string[]): string {
  return paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
}
