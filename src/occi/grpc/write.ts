import { Category as CategoryMessage, Entity as EntityMessage } from "../../../generated/ts/occi/v1/model.ts";
import type { Category } from "../category.ts";
import type { Entity } from "../entity.ts";
import { tagOf } from "../http/conditions.ts";
import { categoryJson, entityJson, JSON_RENDERING } from "../render/json.ts";

/** Entities and categories as messages of occi.v1: what the JSON rendering shows, and an entity's path. */

export function entityMessage(entity: Entity): EntityMessage {
  return EntityMessage.fromPartial({
    ...entityJson(entity),
    links: entity.links.map(entityMessage),
    location: entity.path,
  });
}

/** A path alone, for who wants no more. */
export function locationMessage(location: string): EntityMessage {
  return EntityMessage.fromPartial({ location });
}

export function categoryMessage(category: Category): CategoryMessage {
  return CategoryMessage.fromPartial(categoryJson(category));
}

/** The HTTP door's tag of the JSON rendering, so that a tag that was read there guards a write here, and the other way round. */
export async function etagOf(entity: Entity): Promise<string> {
  return tagOf(JSON_RENDERING.entity(entity));
}
