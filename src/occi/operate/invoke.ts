import { CloudError } from "../../cloud/index.ts";
import { identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { ActionCall, Collection } from "../collection.ts";
import type { Message } from "../message.ts";

/** An action's message, and the term that the path gave beside it, where there is a path. */
export interface Invocation {
  readonly messages: readonly Message[];
  readonly term?: string;
}

/** The action that the path and the message name together (GFD.223 §10.3.2), as one of this kind. */
export function callOf({ messages, term }: Invocation, collection: Pick<Collection, "kind" | "actions">): ActionCall {
  const [message, ...more] = messages;
  const [category, ...others] = message?.categories ?? [];
  if (message === undefined || category === undefined) {
    throw new CloudError("MISSING_VALUE", "the action's category is missing", { field: "category" });
  }
  if (more.length + others.length > 0) throw invalid("category", "exactly one action is expected");
  if (message.links.length + message.locations.length > 0) throw invalid("link", "an action carries attributes only");
  if (category.class !== undefined && category.class !== "action") {
    throw invalid(identityOf(category), `an action is expected, not a ${category.class}`);
  }
  if (term !== undefined && category.term !== term) {
    throw invalid("action", `the path says ${term}, the message ${category.term}`);
  }
  if (!collection.actions.some((known) => identityOf(known) === identityOf(category))) {
    throw invalid("action", `${collection.kind.term} has no action ${identityOf(category)}`);
  }
  return { term: category.term, attributes: message.attributes, isTyped: message.isTyped };
}
