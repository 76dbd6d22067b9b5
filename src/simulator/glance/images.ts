/** Glance's rows, and who may see and change them (glance stable/zed: policies/image.py, db/sqlalchemy is_image_visible). */
import type { Row } from "../core/json.ts";
import type { Call } from "../core/types.ts";
import { defineTable } from "../world.ts";

export interface Image extends Row {
  readonly name: string | null;
  readonly status: string;
  readonly visibility: string;
  readonly owner: string;
  readonly protected: boolean;
  readonly os_hidden: boolean;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly size: number | null;
  readonly virtual_size: number | null;
  readonly checksum: string | null;
  readonly os_hash_value: string | null;
  readonly tags: readonly string[];
  /** Milliseconds; shown to the second. */
  readonly created_at: number;
  readonly updated_at: number;
  /** Custom properties, in the order they were given. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface Member extends Row {
  readonly image_id: string;
  readonly member_id: string;
  readonly status: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export const images = defineTable<Image>("glance.images", ["owner"]);
export const members = defineTable<Member>("glance.members", ["image_id"]);

export function memberOf(call: Call, image: Image, project: string): Member | undefined {
  return call.world.of(members).get(`${image.id}/${project}`);
}

/** Whether the caller may know of the image: his own, public, community, or shared with him whether accepted or not. */
export function isVisible(image: Image, call: Call): boolean {
  if (call.actor.admin || image.owner === call.actor.projectId) return true;
  if (image.visibility === "public" || image.visibility === "community") return true;
  return image.visibility === "shared" && memberOf(call, image, call.actor.projectId) !== undefined;
}

/** Whether a list shows a visible image: others' community images only on request, shared ones by `member_status`. */
export function isListed(image: Image, call: Call): boolean {
  const { actor, query } = call;
  if (query.get("visibility") !== "community" && image.visibility === "community" && image.owner !== actor.projectId)
    return query.get("visibility") === "all";
  if (image.owner === actor.projectId || image.visibility !== "shared") return true;
  const member = memberOf(call, image, actor.projectId);
  if (member === undefined) return actor.admin;
  const wanted = query.get("member_status") ?? "accepted";
  return wanted === "all" || member.status === wanted;
}
