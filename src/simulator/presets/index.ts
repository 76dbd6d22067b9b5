/**
 * Worlds described as plain data: what a YAML file says becomes requests to the simulator's own API, which so checks all of it.
 *
 * load (from data to a world) · sections (what may be in it, in the order in which it is made) · builder (asking the API) ·
 * builtin (those that come along)
 */
export type { Account } from "./builder.ts";
export { builtinPresets } from "./builtin.ts";
export { type Base, load } from "./load.ts";
