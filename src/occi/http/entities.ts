import { CloudError } from "../../cloud/index.ts";
import { identityOf } from "../category.ts";
import { invalid } from "../check.ts";
import type { Collection } from "../collection.ts";
import { unknownCategory } from "../draft.ts";
import { isEmpty, type Message } from "../message.ts";
import { actOnEntity, getEntity, removeEntity, updateEntity } from "../operate/index.ts";
import { Refusal } from "../refusal.ts";
import { type Answer, DONE, type Exchange, invocationOf } from "./exchange.ts";

/** One entity (GFD.223 §10, GFD.185 §3.4.4). */

export async function readOne({ scope, conditions }: Exchange, collection: Collection, id: string): Promise<Answer> {
  const entity = await getEntity(scope, collection, id);
  return { status: 200, tagged: conditions, render: (rendering) => rendering.entity(entity) };
}

/** Full update with PUT, partial with POST; the whole entity comes back. */
export async function updateOne(
  exchange: Exchange,
  collection: Collection,
  id: string,
  isFull: boolean,
): Promise<Answer> {
  requireEntityRendering(exchange);
  const { scope } = exchange;
  const message = await onlyMessage(exchange);
  for (const category of message.categories) checkClass(exchange, category);
  if (isFull && !message.categories.some((category) => scope.classOf(category) === "kind")) {
    throw new CloudError("MISSING_VALUE", "a full update names the kind", { field: "category" });
  }
  try {
    const entity = await updateEntity(scope, collection, id, message, isFull);
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

async function onlyMessage(exchange: Exchange): Promise<Message> {
  const [message, ...more] = await exchange.messages();
  if (message === undefined || isEmpty(message)) throw new CloudError("MISSING_VALUE", "the message is empty");
  if (more.length > 0) throw invalid("resources", "one entity is expected");
  return message;
}

function checkClass({ scope }: Exchange, category: Message["categories"][number]): void {
  const known = scope.classOf(category);
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

export async function removeOne({ scope }: Exchange, collection: Collection, id: string): Promise<Answer> {
  await removeEntity(scope, collection, id);
  return DONE;
}

export async function actOnOne(exchange: Exchange, collection: Collection, id: string): Promise<Answer> {
  const { scope, absolute } = exchange;
  const made = await actOnEntity(scope, collection, id, await invocationOf(exchange));
  if (made === undefined) return DONE;
  return { status: 200, isDone: true, render: (rendering) => rendering.categories([made], absolute) };
}
