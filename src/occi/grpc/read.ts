import type { Category, Entity, Filter, Invocation } from "../../../generated/ts/occi/v1/model.ts";
import { CloudError } from "../../cloud/index.ts";
import { parseIdentity } from "../category.ts";
import { invalid } from "../check.ts";
import { EMPTY_MESSAGE, type Message } from "../message.ts";
import { parseJsonMessages } from "../parse/json.ts";

/**
 * Messages of occi.v1 as the door's own. Their JSON is that of GFD.226, so the reader of that JSON reads them: the same rules, and
 * the same words for what breaks them.
 */

/** A batch as the JSON of GFD.226 §3.1. */
export function messagesOf(batch: {
  readonly resources?: readonly Entity[];
  readonly links?: readonly Entity[];
}): readonly Message[] {
  const { resources = [], links = [] } = batch;
  return parseJsonMessages(JSON.stringify({ resources: resources.map(entityOf), links: links.map(entityOf) }));
}

export function messageOf(entity: Entity | undefined): Message {
  if (entity === undefined) throw new CloudError("MISSING_VALUE", "the entity is missing", { field: "entity" });
  const [message = EMPTY_MESSAGE] = messagesOf({ resources: [entity] });
  return message;
}

/** What is empty in protobuf is absent in JSON. */
function entityOf({ kind, id, mixins, actions, links, location, source, target, ...rest }: Entity): object {
  return {
    ...rest,
    ...(kind === "" ? {} : { kind }),
    ...(id === "" ? {} : { id }),
    ...(location === "" ? {} : { location }),
    ...(mixins.length === 0 ? {} : { mixins }),
    ...(actions.length === 0 ? {} : { actions }),
    ...(links.length === 0 ? {} : { links: links.map(linkOf) }),
    ...(source === undefined ? {} : { source: endOf(source) }),
    ...(target === undefined ? {} : { target: endOf(target) }),
  };
}

function endOf({ location, kind }: NonNullable<Entity["source"]>): object {
  return { location, ...(kind === "" ? {} : { kind }) };
}

/** A link inside a resource starts there: what it says of its source is not asked for (GFD.226 §3.1.2). */
function linkOf(link: Entity, at: number): object {
  if (link.links.length > 0) throw invalid(`links[${at}].links`, "a link has no links");
  return entityOf(link);
}

export function filterMessage(filter: Filter | undefined): Message {
  if (filter === undefined) return EMPTY_MESSAGE;
  const { categories, attributes } = filter;
  const [message = EMPTY_MESSAGE] = parseJsonMessages(JSON.stringify({ resources: [{ attributes }] }));
  return { ...message, categories: namesOf(categories, "filter.categories").categories };
}

/** Identities alone. */
export function namesOf(identities: readonly string[], field: string): Message {
  const categories = identities.map((identity, at) => {
    const name = parseIdentity(identity);
    if (name === undefined) throw invalid(`${field}[${at}]`, "no type identifier (scheme, #, term)");
    return name;
  });
  return { ...EMPTY_MESSAGE, categories };
}

export function invocationMessage(invocation: Invocation | undefined): readonly Message[] {
  if (invocation === undefined) throw new CloudError("MISSING_VALUE", "the action is missing", { field: "invocation" });
  return parseJsonMessages(JSON.stringify(invocation));
}

export function definitionsOf(mixins: readonly Category[]): readonly Message[] {
  const bare = mixins.map(({ parent, attributes, depends, applies, actions, ...mixin }, at) => {
    if (parent !== undefined) throw invalid(`mixins[${at}].parent`, "only a kind has a parent");
    return { ...mixin, attributes: withoutPatterns(attributes), depends, applies, actions };
  });
  return parseJsonMessages(JSON.stringify({ mixins: bare }));
}

/** Whether there are attributes is all that counts: users' mixins may have none. */
function withoutPatterns(attributes: Category["attributes"]): object {
  return Object.fromEntries(Object.keys(attributes).map((name) => [name, {}]));
}
