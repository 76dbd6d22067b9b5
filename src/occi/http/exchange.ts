import type { Message } from "../message.ts";
import type { Rendered, Rendering } from "../render/rendering.ts";
import type { Context } from "../table.ts";
import type { Conditions } from "./conditions.ts";
import type { Acceptable } from "./negotiate.ts";
import type { Query } from "./query.ts";

/** One admitted request, as the operations see it: no HTTP left but the words that OCCI took from it. */
export interface Exchange {
  readonly context: Context;
  readonly query: Query;
  readonly conditions: Conditions;
  readonly acceptable: readonly Acceptable[];
  readonly absolute: (path: string) => string;
  /** The same request for another page. */
  readonly pageUrl: (page: number, number: number) => string;
  /** Structures in the headers: the filters of a GET. */
  readonly filters: () => Message;
  /** What the request says, in whichever rendering. */
  readonly messages: () => Promise<readonly Message[]>;
}

/** What an operation has to say; the rendering comes later. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly render: (rendering: Rendering) => Rendered | Promise<Rendered>;
  /** It is one entity's own rendering: it gets a tag, and these conditions decide whether the client has it already. */
  readonly tagged?: Conditions;
  /** Something was written: the client must hear of it, in another rendering if need be. */
  readonly isDone?: boolean;
}

export type Operation = (exchange: Exchange) => Promise<Answer>;

/** The client has it already; nothing is rendered. */
export const NOT_MODIFIED: Answer = { status: 304, render: (rendering) => rendering.done() };

export const DONE: Answer = { status: 200, isDone: true, render: (rendering) => rendering.done() };
