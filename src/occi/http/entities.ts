import { CloudError } from "../../cloud/index.ts";
import { identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { Collection } from "../collection.ts";
import { unknownCategory } from "../draft.ts";
import { isEmpty, type Message } from "../message.ts";
import { Refusal } from "../refusal.ts";
import { actionCall } from "./action.ts";
import { isConditional, requireForWrite, requireMatch } from "./conditions.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { DONE } from "./exchange.ts";

/** One entity (GFD.223 §10, GFD.185 §3.4.4). */

export async function readEntity(exchange: Exchange, collection: Collection, id: string): Promise<Answer> {
  const { context, conditions } = exchange;
  const entity = await collection.get(context, id);
  requireMatch(conditions, entity);
  return { status: 200, tagged: conditions, render: (rendering) => rendering.entity(entity) };
}

/** Looks before a write that has conditions; one without costs no look. */
async function requireConditions({ context, conditions }: Exchange, collection: Collection, id: string): Promise<void> {
  if (isConditional(conditions)) requireForWrite(conditions, await collection.get(context, id));
}

/** Full update with PUT, partial with POST; the whole entity comes back. */
export async function updateEntity(
  exchange: Exchange,
  collection: Collection,
  id: string,
  isFull: boolean,
): Promise<Answer> {
  requireEntityRendering(exchange);
  const { context } = exchange;
  const message = await readOne(exchange);
  for (const category of message.categories) checkClass(exchange, category);
  if (isFull && !message.categories.some((category) => context.classOf(category) === "kind")) {
    throw new CloudError("MISSING_VALUE", "a full update names the kind", { field: "category" });
  }
  try {
    await requireConditions(exchange, collection, id);
    const entity = await collection.update(context, id, message, isFull);
    return { status: 200, isDone: true, render: (rendering) => rendering.entity(entity) };
  } catch (thrown) {
    if (isFull && CloudError.is(thrown, "NOT_FOUND")) throw refusePath();
    throw thrown;
  }
}

/** GFD.185 §3.4.4 lets a server refuse the path that a PUT chose; the cloud gives ids itself. */
export function refusePath(): CloudError {
  return invalid("path", "the cloud chooses ids itself: create with POST on the kind's location");
}

async function readOne(exchange: Exchange): Promise<Message> {
  const [message, ...more] = await exchange.messages();
  if (message === undefined || isEmpty(message)) throw new CloudError("MISSING_VALUE", "the message is empty");
  if (more.length > 0) throw invalid("resources", "one entity is expected");
  return message;
}

function checkClass({ context }: Exchange, category: Message["categories"][number]): void {
  const known = context.classOf(category);
  if (known === undefined) throw unknownCategory(category);
  if (category.class !== undefined && category.class !== known) {
    throw invalid(identityOf(category), `it is a ${known}, not a ${category.class}`);
  }
}

/** Said before anything is written: a URI list cannot show the outcome (GFD.229 §8). */
function requireEntityRendering({ acceptable }: Exchange): void {
  if (acceptable.some(({ rendering }) => rendering.name !== "uris")) return;
  const refused = { status: 400, code: "not-acceptable" };
  throw new Refusal("INVALID_VALUE", refused, "a URI list cannot show one entity", { field: "accept" });
}

export async function deleteEntity(exchange: Exchange, collection: Collection, id: string): Promise<Answer> {
  await requireConditions(exchange, collection, id);
  await collection.remove(exchange.context, id);
  return DONE;
}

export async function actOnEntity(exchange: Exchange, collection: Collection, id: string): Promise<Answer> {
  const call = await actionCall(exchange, collection);
  await requireConditions(exchange, collection, id);
  const doing = await collection.prepare(exchange.context, id, call);
  const made = await doing();
  if (made === undefined) return DONE;
  const { absolute } = exchange;
  return { status: 200, isDone: true, render: (rendering) => rendering.categories([made], absolute) };
}
