/** Creating an image record, and changing it by JSON patch. */
import { isList, isObject, type Json, type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call } from "../core/types.ts";
import { check, imageView, isBase, readOnly, reserved } from "./attributes.ts";
import { bad, denied } from "./form.ts";
import { type Image, images } from "./images.ts";
import { methods as importMethods } from "./imports.ts";

function custom(input: JsonObject): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(input)) if (!isBase(name)) properties[name] = text(value);
  return properties;
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

/** Each tag once, in the order given. */
function tagsOf(value: Json | undefined): string[] {
  return isList(value) ? [...new Set(value.map(text))] : [];
}

export function create(call: Call): Answer {
  const input = isObject(call.body) ? call.body : undefined;
  if (input === undefined) throw bad("Malformed JSON in request body.");
  for (const [name, value] of Object.entries(input)) check(name, value, call);
  const owner = textOrNull(input.owner) ?? call.actor.projectId;
  if (owner !== call.actor.projectId && !call.actor.admin)
    throw denied(`You are not permitted to create images owned by '${owner}'.`);
  const id = textOrNull(input.id)?.toLowerCase() ?? call.ids.uuid();
  if (call.world.of(images).get(id) !== undefined) throw new Refusal(409, `Image ID ${id} already exists!`);
  const row = call.world.of(images).put({
    id,
    name: textOrNull(input.name),
    status: "queued",
    visibility: textOrNull(input.visibility) ?? "shared",
    owner,
    protected: input.protected === true,
    os_hidden: input.os_hidden === true,
    disk_format: textOrNull(input.disk_format),
    container_format: textOrNull(input.container_format),
    min_disk: Number(input.min_disk ?? 0),
    min_ram: Number(input.min_ram ?? 0),
    size: null,
    virtual_size: null,
    checksum: null,
    os_hash_value: null,
    tags: tagsOf(input.tags),
    created_at: call.now,
    updated_at: call.now,
    properties: custom(input),
  });
  return {
    status: 201,
    body: imageView(row),
    headers: {
      Location: `${call.base}/v2/images/${id}`,
      "OpenStack-image-import-methods": importMethods.join(","),
    },
  };
}

interface Change {
  readonly op: string;
  readonly name: string;
  readonly value: Json;
}

const operations = ["add", "remove", "replace"];

/** A pointer to one member of the image: `/name`. */
function nameIn(pointer: string): string {
  if (!pointer.startsWith("/")) throw bad(`Pointer \`${pointer}\` does not start with "/".`);
  if (pointer.endsWith("/")) throw bad(`Pointer \`${pointer}\` end with "/".`);
  const [name = "", ...rest] = pointer.slice(1).split("/");
  if (rest.length > 0 || /~[^01]|~$/.test(name)) throw bad(`Invalid JSON pointer for this resource: '${pointer}'`);
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

function readChange(item: Json): Change {
  if (!isObject(item)) throw bad("Operations must be JSON objects.");
  // Version 2.0 of the patch names the operation by its key: {"replace": "/name", "value": …}.
  const older = operations.find((operation) => typeof item[operation] === "string");
  const op = older ?? text(item.op);
  if (item.op === undefined && older === undefined)
    throw bad("Unable to find `op` in JSON Schema change. It must be one of the following: add, remove, replace.");
  if (!operations.includes(op))
    throw bad(`Invalid operation: \`${op}\`. It must be one of the following: add, remove, replace.`);
  const pointer = older === undefined ? item.path : item[older];
  if (typeof pointer !== "string") throw bad("Unable to find `path` in JSON Schema change");
  const { value } = item;
  if (op !== "remove" && value === undefined) throw bad(`Operation "${op}" requires a member named "value".`);
  return { op, name: nameIn(pointer), value: value ?? null };
}

const conflict = (name: string, what: string) =>
  new Refusal(409, "There was a conflict when trying to complete your request.", {
    more: { detail: `Property ${name} ${what}.` },
  });

function apply(image: Image, { op, name, value }: Change, call: Call): Image {
  if (op !== "remove") check(name, value, call);
  if (name === "id") throw denied("Attribute 'id' is read-only.");
  if (!isBase(name)) {
    // Read-only attributes cannot be removed either.
    if (op === "remove" && readOnly.has(name)) throw denied(`Attribute '${name}' is read-only.`);
    if (op === "remove" && name.startsWith(reserved)) throw denied(`Attribute '${name}' is reserved.`);
    const { [name]: held, ...rest } = image.properties;
    if (op === "remove") {
      if (held === undefined) throw conflict(name, "does not exist");
      return { ...image, properties: rest };
    }
    if (op === "replace" && held === undefined) throw conflict(name, "does not exist");
    return { ...image, properties: { ...image.properties, [name]: text(value) } };
  }
  if (op === "remove") throw denied("Access was denied to this resource.", `Property ${name} may not be removed.`);
  if ((name === "disk_format" || name === "container_format") && image.status !== "queued")
    throw denied(`Attribute ${name} can be only replaced for a queued image.`);
  if (name === "owner" && !call.actor.admin)
    throw denied("Access was denied to this resource.", "Owner can't be updated by non admin.");
  return { ...image, [name]: name === "tags" ? tagsOf(value) : value };
}

const mediaTypes = "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch";

/** All operations or none. */
export function patch(image: Image, call: Call): Answer {
  const type = (call.headers["content-type"] ?? "").split(";", 1)[0] ?? "";
  if (type === "" || !mediaTypes.includes(type))
    throw new Refusal(415, `The request media type ${type} is not supported by this server.`, {
      headers: { "Accept-Patch": mediaTypes },
    });
  if (!isList(call.body)) throw bad("Request body must be a JSON array of operation objects.");
  let changed = image;
  for (const item of call.body) changed = apply(changed, readChange(item), call);
  const stored = call.world.of(images).put({ ...changed, updated_at: call.now });
  return { status: 200, body: imageView(stored) };
}
