import type { Attribute } from "../attribute.ts";
import { type Category, CORE, identityOf } from "../category.ts";

/** The core model (GFD.221 §5): what every kind inherits. */

export const ID: Attribute = {
  name: "occi.core.id",
  type: "string",
  immutable: true,
  description: "Unique identifier, a URI",
};
export const TITLE = { name: "occi.core.title", type: "string", description: "Display name" } as const;
export const SUMMARY = { name: "occi.core.summary", type: "string", description: "Short description" } as const;
/** Immutable by GFD.226, mutable by GFD.221; a link that moved would be another link. */
export const SOURCE = {
  name: "occi.core.source",
  type: "string",
  immutable: true,
  required: true,
  description: "Resource the link starts from",
} as const;
export const TARGET = {
  name: "occi.core.target",
  type: "string",
  immutable: true,
  required: true,
  description: "Object the link points to",
} as const;
/** The kinds at the ends, which clients may say beside them (GFD.229 §5.5). */
export const SOURCE_KIND = `${SOURCE.name}.kind`;
export const TARGET_KIND = `${TARGET.name}.kind`;

const base = { scheme: CORE, class: "kind", actions: [] } as const;

export const ENTITY: Category = { ...base, term: "entity", title: "Entity", attributes: [ID, TITLE] };
export const RESOURCE: Category = {
  ...base,
  term: "resource",
  title: "Resource",
  parent: identityOf(ENTITY),
  location: "/resource/",
  attributes: [ID, TITLE, SUMMARY],
};
export const LINK: Category = {
  ...base,
  term: "link",
  title: "Link",
  parent: identityOf(ENTITY),
  location: "/link/",
  attributes: [ID, TITLE, SOURCE, TARGET],
};

/** Served first, as the suites expect (doyouspeakocci ctf_35 reads the second line); none of them can be made. */
export const CORE_KINDS: readonly Category[] = [ENTITY, RESOURCE, LINK];
