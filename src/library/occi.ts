/**
 * OCCI for other programs: `import … from "vimana/occi"`.
 *
 * parsers, renderers   text, headers, URI lists and JSON, in and out, without any HTTP
 * occiClient           a typed client of any OCCI 1.2 server that speaks JSON
 * occiServer           an OCCI server over whatever implements the port of a cloud
 * partialCloud         a cloud that has only some of the ports
 */
export * from "../cloud/index.ts";
export type { Attribute, Value } from "../occi/attribute.ts";
export type { Category, CategoryClass, CategoryName } from "../occi/category.ts";
export { identityOf, parseIdentity } from "../occi/category.ts";
export type { Entity } from "../occi/entity.ts";
export { RENDERINGS } from "../occi/http/negotiate.ts";
export type { LinkMessage, Message, NamedCategory } from "../occi/message.ts";
export { parseJsonMessages } from "../occi/parse/json.ts";
export { type Field, fieldsOfBody, parseFields } from "../occi/parse/text.ts";
export { HEADERS } from "../occi/render/headers.ts";
export type { CategoryJson, EntityJson } from "../occi/render/json.ts";
export { JSON_RENDERING } from "../occi/render/json.ts";
export { PLAIN } from "../occi/render/plain.ts";
export type { Rendered, Rendering } from "../occi/render/rendering.ts";
export { URIS } from "../occi/render/uris.ts";
export * from "./occiClient.ts";
export * from "./occiServer.ts";
export * from "./partialCloud.ts";
