/**
 * The simulator as a thing to try out: routes (all it can be asked, from the descriptors) · tenants (worlds that two tenants
 * build through the API) · rarities (what they seldom have) · requests (requests made up, from OpenAPI's schemas where they
 * are there) · values (what is in them: right, nearly right, hostile) · pools (ids of what is there, by what refers to them)
 */
export { poolsOf } from "./pools.ts";
export { Requests, type Wild } from "./requests.ts";
export { addRarities } from "./rarities.ts";
export { actionsOf, type Place, places } from "./routes.ts";
export { type Made, populate } from "./tenants.ts";
