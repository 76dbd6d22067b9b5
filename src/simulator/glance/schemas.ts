/** The JSON schemas that clients read to know which attributes are Glance's own. */
import type { Json, JsonObject } from "../core/json.ts";
import { containerFormats, diskFormats, readOnly, uuid } from "./attributes.ts";

const optional = ["null", "string"];
const fixed = (name: string, type: Json, more: JsonObject = {}): JsonObject => ({
  type,
  ...(readOnly.has(name) ? { readOnly: true } : {}),
  ...more,
});

const types: Readonly<Record<string, readonly [Json, JsonObject?]>> = {
  id: ["string", { pattern: uuid.source }],
  name: [optional, { maxLength: 255 }],
  status: [
    "string",
    {
      enum: [
        "queued",
        "saving",
        "active",
        "killed",
        "deleted",
        "uploading",
        "importing",
        "pending_delete",
        "deactivated",
      ],
    },
  ],
  visibility: ["string", { enum: ["community", "public", "private", "shared"] }],
  protected: ["boolean"],
  os_hidden: ["boolean"],
  checksum: [optional, { maxLength: 32 }],
  os_hash_algo: [optional, { maxLength: 64 }],
  os_hash_value: [optional, { maxLength: 128 }],
  owner: [optional, { maxLength: 255 }],
  size: [["null", "integer"]],
  virtual_size: [["null", "integer"]],
  container_format: [optional, { enum: containerFormats }],
  disk_format: [optional, { enum: diskFormats }],
  created_at: ["string"],
  updated_at: ["string"],
  tags: ["array", { items: { type: "string", maxLength: 255 } }],
  min_ram: ["integer"],
  min_disk: ["integer"],
  self: ["string"],
  file: ["string"],
  stores: ["string"],
  schema: ["string"],
};

const image: JsonObject = {
  name: "image",
  properties: Object.fromEntries(Object.entries(types).map(([name, [type, more]]) => [name, fixed(name, type, more)])),
  additionalProperties: { type: "string" },
  links: [
    { rel: "self", href: "{self}" },
    { rel: "enclosure", href: "{file}" },
    { rel: "describedby", href: "{schema}" },
  ],
};

const member: JsonObject = {
  name: "member",
  properties: {
    member_id: { type: "string", description: "An identifier for the image member (tenantId)" },
    image_id: { type: "string", description: "An identifier for the image", pattern: uuid.source },
    created_at: { type: "string", description: "Date and time of image member creation" },
    updated_at: { type: "string", description: "Date and time of last modification of image member" },
    status: {
      type: "string",
      description: "The status of this image member",
      enum: ["pending", "accepted", "rejected"],
    },
    schema: { readOnly: true, type: "string" },
  },
};

const taskOnly = ["input", "result", "message"];
const word = { type: "string" };
const taskProperties: JsonObject = {
  id: { type: "string", pattern: uuid.source },
  type: { type: "string", enum: ["import", "api_image_import"] },
  status: { type: "string", enum: ["pending", "processing", "success", "failure"] },
  input: { type: ["null", "object"] },
  result: { type: ["null", "object"] },
  owner: word,
  message: word,
  image_id: word,
  request_id: word,
  user_id: word,
  expires_at: { type: optional },
  created_at: word,
  updated_at: word,
  self: { readOnly: true, type: "string" },
  schema: { readOnly: true, type: "string" },
};
const taskStub: JsonObject = {
  name: "task",
  properties: Object.fromEntries(Object.entries(taskProperties).filter(([name]) => !taskOnly.includes(name))),
};

/** By the last segment of their path. */
export const schemas: Readonly<Record<string, JsonObject>> = {
  image,
  images: {
    name: "images",
    properties: {
      images: { type: "array", items: image },
      first: { type: "string" },
      next: { type: "string" },
      schema: { type: "string" },
    },
    links: [
      { rel: "first", href: "{first}" },
      { rel: "next", href: "{next}" },
      { rel: "describedby", href: "{schema}" },
    ],
  },
  member,
  task: { name: "task", properties: taskProperties },
  tasks: {
    name: "tasks",
    properties: { tasks: { type: "array", items: taskStub }, schema: { type: "string" } },
    links: [{ rel: "describedby", href: "{schema}" }],
  },
  members: {
    name: "members",
    properties: { members: { type: "array", items: member }, schema: { type: "string" } },
    links: [{ rel: "describedby", href: "{schema}" }],
  },
};
