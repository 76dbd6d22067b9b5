import { categories, defineMixins, removeMixins } from "../operate/index.ts";
import { type Answer, DONE, type Exchange } from "./exchange.ts";

/** The query interface (GFD.223 §9, GFD.185 §3.4.1). */

export async function discover(exchange: Exchange): Promise<Answer> {
  const { scope, absolute, conditions, query } = exchange;
  const found = await categories(scope, await exchange.filters(), query.isRelated);
  return { status: 200, tagged: conditions, render: (rendering) => rendering.categories(found, absolute) };
}

export async function addMixins(exchange: Exchange): Promise<Answer> {
  await defineMixins(exchange.scope, await exchange.messages());
  return DONE;
}

export async function deleteMixins(exchange: Exchange): Promise<Answer> {
  await removeMixins(exchange.scope, await exchange.messages());
  return DONE;
}
