/**
 * Door 2: OCCI 1.1 and 1.2 over HTTP, on the neutral ports of a cloud.
 *
 * table, attribute, category   the kind table: rows, what they say, and the names of kinds, mixins and actions
 * describe                     the page that documentation is made of
 * definition, collection, announce   what a kind is, the working collection made of it, and what discovery says of it
 * recall                       creates that are drafted by what was seen lately
 * draft, change, check         a client's attributes against the rows: for a create, for an update, one by one
 * registry                     every kind that is served
 * entity, message              what renderings show; what parsers read
 * term, address, refusal       terms of templates; addresses and ranges; errors as statuses and words
 * kinds/                       one file per kind
 * parse/ render/               text, JSON, URI lists, in and out
 * operate/                     what can be done, whichever protocol asks for it
 * conformance/                 what the door is worth in front of a cloud, found out by asking it
 * grpc/                        occi.v1: the same operations in protobuf
 * http/                        versions, negotiation, conditions, paths: HTTP around the operations
 */
export { conformanceHandlers } from "./conformance/handlers.ts";
export { type OcciHandlerOptions, occiHandlers } from "./grpc/handlers.ts";
export type { FinishedEvent, OcciDoorOptions } from "./http/door.ts";
export { createOcciDoor, OCCI_SERVER_OPTIONS } from "./http/door.ts";
export type { Limits } from "./http/input.ts";
export type { FlavourPolicy } from "./table.ts";
