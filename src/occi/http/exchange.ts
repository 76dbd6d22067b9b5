import type { Message } from "../message.ts";
import type { Invocation, Scope } from "../operate/index.ts";
import type { Slice } from "../operate/pages.ts";
import type { Task } from "../operate/tasks.ts";
import type { Rendered, Rendering } from "../render/rendering.ts";
import type { Conditions } from "./conditions.ts";
import type { Acceptable } from "./negotiate.ts";
import type { Page, Query } from "./query.ts";

/** One admitted request, as the operations see it: no HTTP left but the words that OCCI took from it. */
export interface Exchange {
  readonly scope: Scope;
  readonly query: Query;
  readonly conditions: Conditions;
  readonly acceptable: readonly Acceptable[];
  readonly absolute: (path: string) => string;
  /** The same request for another page. */
  readonly pageUrl: (page: number, number: number) => string;
  /** One page of a list, kept open for the next one; `what` tells the lists of one path apart. */
  readonly slice: <Item>(what: string, page: Page, open: (scope: Scope) => AsyncIterable<Item>) => Promise<Slice<Item>>;
  /** Does the work when no other of this kind is under way at the same path of the project. */
  readonly alone: <Outcome>(work: () => Promise<Outcome>) => Promise<Outcome>;
  readonly taskOf: (id: string) => Promise<Task>;
  /** What a GET is filtered by. */
  readonly filters: () => Promise<Message>;
  /** What the request says, in whichever rendering. */
  readonly messages: () => Promise<readonly Message[]>;
}

/** What an operation has to say; the rendering comes later. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly render: (rendering: Rendering) => Rendered | Promise<Rendered>;
  /** It shows what is at the path: it gets a tag, and these conditions decide whether the client has it already. */
  readonly tagged?: Conditions;
  /** Paths of what was made, where they are not the request's own. */
  readonly about?: readonly string[];
  /** Something was written: the client must hear of it, in another rendering if need be. */
  readonly isDone?: boolean;
}

export type Operation = (exchange: Exchange) => Promise<Answer>;

export const DONE: Answer = { status: 200, isDone: true, render: (rendering) => rendering.done() };

/** The action that a path and its message name together. */
export async function invocationOf({ query, messages }: Exchange): Promise<Invocation> {
  return { messages: await messages(), ...(query.action === undefined ? {} : { term: query.action }) };
}
