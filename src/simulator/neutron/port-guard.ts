/** What keeps a port from being deleted by itself. */
import type { Call } from "../core/types.ts";
import type { Port } from "./tables.ts";

export function guardPort(_row: Port, _call: Call): void {}
