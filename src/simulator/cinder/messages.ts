/** What Cinder tells users of what went wrong behind an accepted request (cinder stable/zed: api/v3/messages.py). */
import type { Row } from "../core/json.ts";
import { zoneless } from "../core/times.ts";
import type { Attribute, Resource } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { notFound } from "./errors.ts";
import { same } from "./filters.ts";
import { links } from "./form.ts";
import { reads, writes } from "./policies.ts";
import type { Context } from "./rows.ts";

export interface Message extends Row {
  readonly project_id: string;
  readonly event_id: string;
  readonly user_message: string;
  readonly message_level: string;
  readonly resource_type: string;
  readonly resource_uuid: string;
  readonly request_id: string;
  readonly created_at: number;
}

const messages = defineTable<Message>("cinder.messages", ["project_id"]);

/** `[DEFAULT] message_ttl`: 30 days. */
const lifetime = 2_592_000_000;

export function tell(
  { world, ids, now }: Pick<Context, "world" | "ids" | "now">,
  message: Pick<Message, "project_id" | "event_id" | "user_message" | "resource_type" | "resource_uuid" | "request_id">,
): void {
  world.of(messages).put({ ...message, id: ids.uuid(), message_level: "ERROR", created_at: now });
}

const attributes: readonly Attribute<Message>[] = [
  { name: "id" },
  { name: "event_id" },
  { name: "user_message" },
  { name: "message_level" },
  { name: "created_at", view: ({ created_at }) => zoneless(created_at) },
  { name: "guaranteed_until", view: ({ created_at }) => zoneless(created_at + lifetime) },
  { name: "request_id" },
  { name: "links", view: ({ id }, call) => links(call, `/messages/${id}`) },
  { name: "resource_type" },
  { name: "resource_uuid" },
];

const names = ["event_id", "message_level", "resource_type", "resource_uuid", "request_id"];

export const messageResource: Resource<Message> = {
  singular: "message",
  plural: "messages",
  path: "/v3/messages",
  table: messages,
  since: 3,
  policies: { list: reads("message:get_all"), show: reads("message:get"), delete: writes("message:delete") },
  statuses: { delete: 204 },
  attributes,
  order: [{ column: "created_at", descending: true }],
  owner: "project_id",
  listed: (row, call) => row.project_id === call.actor.projectId,
  filters: Object.fromEntries(names.map((name) => [name, same(name)])),
  sort: Object.fromEntries(["id", "created_at", ...names].map((name) => [name, name])),
  notFound: (id) => notFound("Message", id),
};
