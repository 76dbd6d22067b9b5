import { CloudError } from "../../cloud/index.ts";
import { identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { ActionCall, Collection } from "../collection.ts";
import type { Exchange } from "./exchange.ts";

/** The action that `?action=` and the message name together (GFD.223 §10.3.2). */
export async function actionCall(exchange: Exchange, collection: Collection): Promise<ActionCall> {
  const { action } = exchange.query;
  const [message, ...more] = await exchange.messages();
  const [category, ...others] = message?.categories ?? [];
  if (message === undefined || category === undefined) {
    throw new CloudError("MISSING_VALUE", "the action's category is missing", { field: "category" });
  }
  if (more.length + others.length > 0) throw invalid("category", "exactly one action is expected");
  if (message.links.length + message.locations.length > 0) throw invalid("link", "an action carries attributes only");
  if (category.class !== undefined && category.class !== "action") {
    throw invalid(identityOf(category), `an action is expected, not a ${category.class}`);
  }
  if (category.term !== action) throw invalid("action", `the path says ${action}, the message ${category.term}`);
  if (!collection.actions.some((known) => identityOf(known) === identityOf(category))) {
    throw invalid("action", `${collection.kind.term} has no action ${identityOf(category)}`);
  }
  return { term: category.term, attributes: message.attributes, isTyped: message.isTyped };
}
