import { ATTRIBUTES } from "../../../generated/ts/kubevim/attributes.ts";
import { type Listing, paged, pagesOf } from "../../cloud/index.ts";
import { filterFault, parseFilter, type Step, type Term } from "./parse.ts";
import { compileTest, type LeafType, type Test } from "./values.ts";

/**
 * Filters of query operations (SOL 013 §5.2) over the façade's elements.
 *
 * filter   compiles a text for one element: path against the generated attributes, test against their types
 * parse    the grammar
 * values   comparison by type
 */

/** An element that queries return. */
export type Element = keyof typeof ATTRIBUTES;

export interface Filter<Item> {
  matches(item: Item): boolean;
  /** The one value that an attribute must equal for anything to match, if the filter says so: spares a list. */
  required(attribute: string): string | undefined;
}

interface Attribute {
  readonly key: string;
  readonly type: LeafType | "map" | "message";
  readonly of?: string;
  readonly list?: boolean;
  readonly values?: Readonly<Record<string, number>>;
}

type Members = Readonly<Record<string, Attribute>>;

/** A compiled expression over an object; several that share a list must hold for one and the same of its elements. */
type Node =
  | { readonly kind: "leaf"; readonly key: string; readonly list: boolean; readonly test: Test }
  | { readonly kind: "entry"; readonly key: string; readonly entry: string; readonly test: Test }
  | { readonly kind: "inner"; readonly key: string; readonly list: boolean; readonly nodes: readonly Node[] };

/** Compiles a filter for an element; MALFORMED tells the position of a fault. `nameOf` serves texts without `(`. */
export function compileFilter<Item extends object>(
  text: string | undefined,
  element: Element,
  nameOf: (item: Item) => string,
): Filter<Item> {
  const parsed = parseFilter(text ?? "");
  if (parsed.kind === "all") return { matches: () => true, required: () => undefined };
  if (parsed.kind === "name") {
    return { matches: (item) => nameOf(item).includes(parsed.contains), required: () => undefined };
  }
  const nodes = group(parsed.terms.map((term) => compile(term, ATTRIBUTES[element], term.path)));
  return {
    matches: (item) => nodes.every((node) => holds(node, item)),
    required: (attribute) => {
      const term = parsed.terms.find(({ operator, path }) => {
        const name = path.map((step) => step.name).join("/");
        return operator === "eq" && (name === attribute || name === `${attribute}/value`);
      });
      return term?.values[0]?.text;
    },
  };
}

/** The items of a listing, encoded, that pass. */
export function matching<Item, Encoded extends object>(
  listing: Listing<Item>,
  encode: (item: Item) => Encoded,
  filter: Filter<Encoded>,
): Listing<Encoded> {
  return paged(async function* () {
    for await (const page of pagesOf(listing)) yield page.map(encode).filter((encoded) => filter.matches(encoded));
  });
}

function compile(term: Term, members: Members, path: readonly Step[]): Node {
  const [step, ...rest] = path;
  const isMember = step !== undefined && !step.isKey && Object.hasOwn(members, step.name);
  const attribute = isMember ? members[step.name] : undefined;
  if (step === undefined || attribute === undefined) {
    throw filterFault(term.position, `unknown attribute ${term.path.map(({ name }) => name).join("/")}`);
  }
  const { key, type } = attribute;
  const list = attribute.list === true;
  if (type === "message") {
    const inner = membersOf(attribute.of);
    const next = rest.length === 0 || rest[0]?.isKey === true ? soleMember(inner, rest) : rest;
    if (next === undefined)
      throw filterFault(term.position, `${step.name} has members: name one, as in ${step.name}/…`);
    return { kind: "inner", key, list, nodes: [compile(term, inner, next)] };
  }
  if (type === "map") {
    const [entry, ...more] = rest;
    if (entry === undefined || more.length > 0)
      throw filterFault(term.position, `${step.name} is a map: name a key, as in ${step.name}/@key`);
    return { kind: "entry", key, entry: entry.name, test: compileTest(term, "text") };
  }
  // A Quantity may also be addressed as upstream spells it, through its member.
  const isWhole = rest.length === 0 || (type === "quantity" && rest.length === 1 && rest[0]?.name === "string");
  if (!isWhole) throw filterFault(term.position, `${step.name} has no members`);
  return { kind: "leaf", key, list, test: compileTest(term, type, attribute.values) };
}

function membersOf(element: string | undefined): Members {
  return Object.hasOwn(ATTRIBUTES, element ?? "") ? ATTRIBUTES[element as Element] : {};
}

/** Wrappers of one member (Identifier, IPAddress, Metadata, …) may be addressed as if they were that member. */
function soleMember(members: Members, rest: readonly Step[]): readonly Step[] | undefined {
  const [name, ...more] = Object.keys(members);
  return name === undefined || more.length > 0 ? undefined : [{ name, isKey: false }, ...rest];
}

/** Joins nodes below the same list, so that one element must satisfy them all (SOL 013 §5.2.2). */
function group(nodes: readonly Node[]): Node[] {
  const joined: Node[] = [];
  for (const node of nodes) {
    const at = joined.findIndex((other) => other.kind === "inner" && node.kind === "inner" && other.key === node.key);
    const other = joined[at];
    if (other?.kind === "inner" && node.kind === "inner") {
      joined[at] = { ...other, nodes: group([...other.nodes, ...node.nodes]) };
    } else {
      joined.push(node);
    }
  }
  return joined;
}

/** An absent attribute satisfies nothing, `neq` included. */
function holds(node: Node, item: unknown): boolean {
  const value: unknown = typeof item === "object" && item !== null ? Reflect.get(item, node.key) : undefined;
  if (value === undefined || value === null) return false;
  switch (node.kind) {
    case "leaf":
      return node.list ? Array.isArray(value) && value.some((one) => node.test(one)) : node.test(value);
    case "entry": {
      const entry: unknown =
        typeof value === "object" && Object.hasOwn(value, node.entry) ? Reflect.get(value, node.entry) : undefined;
      return entry !== undefined && node.test(entry);
    }
    case "inner":
      return node.list
        ? Array.isArray(value) && value.some((one) => node.nodes.every((inner) => holds(inner, one)))
        : node.nodes.every((inner) => holds(inner, value));
  }
}
