/** What a client said, whichever rendering it used: the parsers make it, nobody else needs to know the rendering. */
import type { Value } from "./attribute.ts";
import type { CategoryClass, CategoryName } from "./category.ts";

/** A category that a message names; the rest of its definition matters only to the query interface. */
export interface NamedCategory extends CategoryName {
  /** Absent when the client left it out, which is tolerated for known categories. */
  readonly class?: CategoryClass;
  readonly title?: string;
  readonly rel?: string;
  readonly location?: string;
  /** Of a mixin's definition in JSON: identities of the only kinds that may have it. */
  readonly applies?: readonly string[];
  /** Whether it tries to define attributes or actions. */
  readonly definesMore?: boolean;
}

/** A link inside the message of a resource. */
export interface LinkMessage {
  /** URI of the target, as the client wrote it. */
  readonly target: string;
  /** Identities of the target's types (text) or of its kind (JSON, optional there). */
  readonly rel: readonly string[];
  /** Kind and mixins of the link; empty for an action link. */
  readonly categories: readonly NamedCategory[];
  readonly self?: string;
  readonly attributes: Attributes;
  readonly isTyped: boolean;
}

export type Attributes = ReadonlyMap<string, Value>;

export interface Message {
  readonly categories: readonly NamedCategory[];
  readonly attributes: Attributes;
  readonly links: readonly LinkMessage[];
  /** `X-OCCI-Location` lines or the lines of a URI list. */
  readonly locations: readonly string[];
  /** Text clients may write numbers in quotes (pyssf does); JSON has types and is taken at its word. */
  readonly isTyped: boolean;
}

export const EMPTY_MESSAGE: Message = {
  categories: [],
  attributes: new Map(),
  links: [],
  locations: [],
  isTyped: false,
};

export function isEmpty(message: Message): boolean {
  const { categories, attributes, links, locations } = message;
  return categories.length + attributes.size + links.length + locations.length === 0;
}

/** The same text for the same messages, to compare them by. */
export function asText(said: Message | readonly Message[]): string {
  return JSON.stringify(said, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}
