import { CloudError } from "../../cloud/index.ts";
import type { Value } from "../attribute.ts";
import { type CategoryClass, parseIdentity, SCHEME, TERM } from "../category.ts";
import type { LinkMessage, Message, NamedCategory } from "../message.ts";
import { Scanner } from "./scanner.ts";

/** One structure name with its value: a header, or a line of a text body. Names are lower case. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** The four structures that OCCI text is made of (GFD.229 §4). */
export const FIELD_NAMES = ["category", "link", "x-occi-attribute", "x-occi-location"] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

/** More values than any honest message holds; a bound on the work for a small body. */
export const MOST_VALUES = 1000;
/** Blanks and tabs, and no other white space that Unicode knows. */
const BLANK = /^[ \t]*$/;
const AROUND = /^[ \t]+|[ \t]+$/g;
/** Longer than any name that a line can have, with blanks around it. */
const LONGEST_NAME = 64;
const ATTRIBUTE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9][A-Za-z0-9_-]*)*$/;
/** RFC 3986 characters only. */
const URI = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
const CLASSES: readonly string[] = ["kind", "mixin", "action"] satisfies CategoryClass[];

class Builder {
  readonly categories: NamedCategory[] = [];
  readonly attributes = new Map<string, Value>();
  readonly links: LinkMessage[] = [];
  readonly locations: string[] = [];
  #count = 0;

  count(): void {
    this.#count += 1;
    if (this.#count > MOST_VALUES) {
      throw new CloudError("MALFORMED", `the message has more than ${MOST_VALUES} values`);
    }
  }
}

const READERS: Readonly<Record<FieldName, (scanner: Scanner, builder: Builder) => void>> = {
  category: (scanner, { categories }) => categories.push(readCategory(scanner)),
  link: (scanner, { links }) => links.push(readLink(scanner)),
  "x-occi-attribute": (scanner, { attributes }) => readAttribute(scanner, attributes),
  "x-occi-location": (scanner, { locations }) => locations.push(readLocation(scanner)),
};

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(READERS, name);
}

/** Headers or lines into a message. A comma list and repeated lines mean the same (GFD.185 §3.5). */
export function parseFields(fields: Iterable<Field>): Message {
  const builder = new Builder();
  for (const { name, value } of fields) {
    if (!isFieldName(name)) throw new CloudError("MALFORMED", `"${name}" is no OCCI structure`, { field: name });
    const scanner = new Scanner(name, value);
    scanner.skipEmpty();
    if (scanner.isAtEnd) throw scanner.fail("a value is expected");
    do {
      builder.count();
      READERS[name](scanner, builder);
      if (!scanner.next()) break;
      scanner.skipEmpty();
    } while (!scanner.isAtEnd);
  }
  const { categories, attributes, links, locations } = builder;
  return { categories, attributes, links, locations, isTyped: false };
}

/** The lines of a text body as fields: LF or CRLF, blank lines skipped, names in any case. */
export function* fieldsOfBody(body: string): Iterable<Field> {
  let number = 0;
  for (const raw of body.split("\n")) {
    number += 1;
    // pOCCI and occi-tent end their lines with LF CR.
    const line = raw.includes("\r") ? raw.replace(/^\r/, "").replace(/\r$/, "") : raw;
    if (BLANK.test(line)) continue;
    const colon = line.indexOf(":");
    const isName = colon > 0 && colon <= LONGEST_NAME;
    const said = isName ? line.slice(0, colon).toLowerCase() : "";
    const name = isFieldName(said) ? said : said.replaceAll(AROUND, "");
    if (!isFieldName(name)) {
      throw new CloudError("MALFORMED", `line ${number} does not begin with one of ${FIELD_NAMES.join(", ")}`);
    }
    yield { name, value: line.slice(colon + 1) };
  }
}

/** `; name` and `; name=value` until the member ends; a trailing semicolon is tolerated. */
function* parameters(scanner: Scanner): Iterable<string> {
  const seen = new Set<string>();
  while (scanner.take(";")) {
    if (scanner.isAtEnd) return;
    const name = scanner.tokenOrNothing();
    if (name === undefined) continue;
    if (seen.has(name)) throw scanner.fail(`"${name}" is given twice`);
    seen.add(name);
    scanner.expect("=");
    yield name;
  }
}

function readCategory(scanner: Scanner): NamedCategory {
  const term = scanner.token("a term");
  if (!TERM.test(term)) throw scanner.fail(`"${term}" is no term`);
  let scheme: string | undefined;
  let category: Omit<NamedCategory, "scheme"> = { term };
  for (const name of parameters(scanner)) {
    const value = name === "class" && !scanner.isQuoted() ? scanner.token("a class") : scanner.quoted(`"${name}"`);
    if (name === "scheme") scheme = value;
    else category = { ...category, ...categoryParameter(scanner, name, value) };
  }
  if (scheme === undefined) throw scanner.fail(`category "${term}" has no scheme`);
  if (!SCHEME.test(scheme)) throw scanner.fail(`the scheme of "${term}" is no URI that ends in #`);
  return { ...category, scheme };
}

function categoryParameter(scanner: Scanner, name: string, value: string): Partial<NamedCategory> {
  switch (name) {
    case "class":
      if (!isClass(value)) throw scanner.fail(`class is kind, mixin or action, not "${value}"`);
      return { class: value };
    case "title":
      return { title: value };
    case "rel":
      return { rel: value };
    case "location":
      return { location: value };
    case "attributes":
    case "actions":
      return value.trim() === "" ? {} : { definesMore: true };
    default:
      throw scanner.fail(`a category has no "${name}"`);
  }
}

function isClass(word: string): word is CategoryClass {
  return CLASSES.includes(word);
}

function readLink(scanner: Scanner): LinkMessage {
  scanner.expect("<");
  const target = scanner.until(">", "a link's target");
  if (!URI.test(target)) throw scanner.fail("a link's target must be a URI");
  let rel: string | undefined;
  let self: string | undefined;
  let categories: readonly NamedCategory[] = [];
  const attributes = new Map<string, Value>();
  for (const name of parameters(scanner)) {
    if (name === "rel") rel = scanner.quoted("rel");
    else if (name === "self") self = scanner.quoted("self");
    else if (name === "category") categories = readIdentities(scanner, scanner.quoted("category"));
    else setAttribute(scanner, attributes, name, scanner.value());
  }
  if (rel === undefined) throw scanner.fail("a link has no rel");
  return {
    target,
    rel: readIdentities(scanner, rel).map(({ scheme, term }) => scheme + term),
    categories,
    ...(self === undefined ? {} : { self }),
    attributes,
    isTyped: false,
  };
}

function readIdentities(scanner: Scanner, text: string): NamedCategory[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const name = parseIdentity(word);
      if (name === undefined) throw scanner.fail(`"${word}" is no category`);
      return name;
    });
}

function readAttribute(scanner: Scanner, attributes: Map<string, Value>): void {
  const name = scanner.token("an attribute's name");
  scanner.expect("=");
  setAttribute(scanner, attributes, name, scanner.value());
  // A trailing semicolon is tolerated.
  scanner.take(";");
}

function setAttribute(scanner: Scanner, attributes: Map<string, Value>, name: string, value: Value): void {
  if (!ATTRIBUTE_NAME.test(name)) throw scanner.fail(`"${name}" is no attribute's name`);
  const before = attributes.get(name);
  if (before !== undefined && before !== value) throw scanner.fail(`${name} has two values`);
  attributes.set(name, value);
}

function readLocation(scanner: Scanner): string {
  const location = scanner.word();
  if (!URI.test(location)) throw scanner.fail("a URI is expected");
  scanner.take(";");
  return location;
}
