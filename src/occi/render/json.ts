import { type Attribute, roundFloat, type Value } from "../attribute.ts";
import { type Category, identityOf } from "../category.ts";
import { type Entity, shownValue, urnOf } from "../entity.ts";
import { ID, SOURCE, SUMMARY, TARGET, TITLE } from "../kinds/core.ts";
import { Refusal } from "../refusal.ts";
import type { Found, Rendered, Rendering } from "./rendering.ts";

/** `application/occi+json` (GFD.226). */

const MEMBERS = new Set([ID.name, TITLE.name, SUMMARY.name, SOURCE.name, TARGET.name]);

function jsonValue({ type }: Attribute, value: Value): Value {
  return type === "float" && typeof value === "number" ? roundFloat(value) : value;
}

/** GFD.226 §3.1. */
export interface EntityJson {
  kind: string;
  id: string;
  title?: string;
  summary?: string;
  mixins?: string[];
  attributes: Record<string, Value>;
  actions?: string[];
  links?: EntityJson[];
  source?: { location: string; kind: string };
  target?: { location: string; kind: string };
}

export function entityJson(entity: Entity): EntityJson {
  const { ends, links, actions, mixins } = entity;
  const text = (name: string): string | undefined => {
    const value = shownValue(entity, name);
    return value === undefined ? undefined : String(value);
  };
  const title = text(TITLE.name);
  const summary = text(SUMMARY.name);
  const values = entity.values.filter(({ attribute }) => !MEMBERS.has(attribute.name));
  return {
    kind: identityOf(entity.kind),
    id: text(ID.name) ?? urnOf(entity.id),
    ...(title === undefined ? {} : { title }),
    ...(summary === undefined ? {} : { summary }),
    ...(mixins.length === 0 ? {} : { mixins: mixins.map(identityOf) }),
    attributes: Object.fromEntries(values.map(({ attribute, value }) => [attribute.name, jsonValue(attribute, value)])),
    ...(actions.length === 0 ? {} : { actions: actions.map(({ identity }) => identity) }),
    ...(links.length === 0 ? {} : { links: links.map(entityJson) }),
    ...(ends === undefined
      ? {}
      : {
          source: { location: ends.source.path, kind: ends.source.kind },
          target: { location: ends.target.path, kind: ends.target.kind },
        }),
  };
}

/** GFD.226 §3.5. */
interface AttributeJson {
  mutable: boolean;
  required: boolean;
  type: string;
  pattern?: object;
  default?: Value;
  description: string;
}

/** GFD.226 §3.2–3.4. */
export interface CategoryJson {
  term: string;
  scheme: string;
  title?: string;
  parent?: string;
  location?: string;
  attributes?: Record<string, AttributeJson>;
  depends?: string[];
  applies?: string[];
  actions?: string[];
}

/** GFD.226 §3.5: the pattern is a JSON Schema of draft 4. */
function attributeJson(attribute: Attribute): AttributeJson {
  const { type, description, values, minimum, exclusiveMinimum, maximum, pattern } = attribute;
  const word = type === "integer" || type === "float" ? "number" : type;
  const hasSchema = [values, minimum, maximum, pattern].some((part) => part !== undefined) || type === "integer";
  return {
    mutable: attribute.immutable !== true,
    required: attribute.required === true,
    type: word,
    ...(hasSchema
      ? {
          pattern: {
            $schema: "http://json-schema.org/draft-04/schema#",
            type: type === "float" ? "number" : type,
            ...(values === undefined ? {} : { enum: values }),
            ...(pattern === undefined ? {} : { pattern }),
            ...(minimum === undefined ? {} : { minimum }),
            ...(exclusiveMinimum === undefined ? {} : { exclusiveMinimum }),
            ...(maximum === undefined ? {} : { maximum }),
          },
        }
      : {}),
    ...(attribute.default === undefined ? {} : { default: jsonValue(attribute, attribute.default) }),
    description,
  };
}

export function categoryJson(category: Category): CategoryJson {
  const { term, scheme, title, location, parent, depends, applies, attributes, actions } = category;
  return {
    term,
    scheme,
    ...(title === undefined ? {} : { title }),
    ...(parent === undefined ? {} : { parent }),
    ...(location === undefined ? {} : { location }),
    ...(attributes.length === 0
      ? {}
      : { attributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeJson(attribute)])) }),
    ...(depends === undefined || depends.length === 0 ? {} : { depends: [...depends] }),
    ...(applies === undefined || applies.length === 0 ? {} : { applies: [...applies] }),
    ...(actions.length === 0 ? {} : { actions: [...actions] }),
  };
}

function text(json: object): Rendered {
  return { headers: {}, body: JSON.stringify(json) };
}

/**
 * Resources come before links, so the two arrays can be written while the cloud is still being read: a part for each page
 * with something in it, and one for the end.
 */
async function* collectionText(found: Found): AsyncIterable<string> {
  const { hasResources, hasLinks } = found;
  let open: "resources" | "links" | undefined;
  let separator = "";
  let text = "{";
  for await (const page of found.entities()) {
    for (const entity of page) {
      const array = entity.ends === undefined ? "resources" : "links";
      if (open !== array) {
        if (open === undefined && array === "links" && hasResources) text += '"resources":[],';
        text += `${open === undefined ? "" : "],"}"${array}":[`;
        separator = "";
        open = array;
      }
      text += separator + JSON.stringify(entityJson(entity));
      separator = ",";
    }
    if (open === undefined || text === "") continue;
    yield text;
    text = "";
  }
  if (open !== undefined) text += "]";
  else if (hasResources) text += '"resources":[]';
  if (hasLinks && open !== "links") text += `${open !== undefined || hasResources ? "," : ""}"links":[]`;
  yield `${text}}`;
}

export const JSON_RENDERING: Rendering = {
  name: "json",
  mediaType: "application/occi+json",
  aliases: [],
  categories: (categories) =>
    text({
      kinds: categories.filter((category) => category.class === "kind").map(categoryJson),
      mixins: categories.filter((category) => category.class === "mixin").map(categoryJson),
      actions: categories.filter((category) => category.class === "action").map(categoryJson),
    }),
  entity: (entity) => text(entityJson(entity)),
  collection: (found) => ({ headers: {}, body: collectionText(found) }),
  async created(made) {
    const entities = await Promise.all(made.map(({ look }) => look()));
    const [entity, ...others] = entities;
    if (entity !== undefined && others.length === 0) return text(entityJson(entity));
    const isLink = ({ ends }: Entity) => ends !== undefined;
    const links = entities.filter(isLink);
    const resources = entities.filter((candidate) => !isLink(candidate));
    return text({
      ...(resources.length === 0 ? {} : { resources: resources.map(entityJson) }),
      ...(links.length === 0 ? {} : { links: links.map(entityJson) }),
    });
  },
  done: () => text({}),
  error: ({ error, status, code, requestId }) =>
    text({
      code,
      message: error.message,
      status,
      reason: error.reason,
      requestId,
      ...(error.field === undefined ? {} : { field: error.field }),
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
      ...(error.leftBehind.length === 0 ? {} : { leftBehind: error.leftBehind }),
      ...(error instanceof Refusal && error.results.length > 0 ? { results: error.results } : {}),
    }),
};
