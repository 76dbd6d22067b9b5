/**
 * Images in two steps: staged, then imported (glance stable/zed: api/v2/images.py import_image, api/v2/image_data.py stage).
 * Nothing is ever fetched from elsewhere: `web-download` is not among the methods.
 */
import { isList, isObject, type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, MemberRoute, Policy, Route } from "../core/types.ts";
import type { Task } from "../machine.ts";
import { refuseMediaType, receive, sums, virtualSize } from "./data.ts";
import { bad, denied } from "./form.ts";
import { type Image, images, isVisible } from "./images.ts";
import { importTasks, taskOfImage, timeToLive } from "./tasks.ts";

/** The methods, as answers to a create name them in a header. */
export const methods = ["glance-direct", "copy-image"];
const store = "files";

const conflict = (message: string) => new Refusal(409, message);
const member = (name: string): Policy => ({ name, rule: "member" });

/** The name under which staged bytes wait. */
export const staged = (image: Pick<Image, "id">): string => `staged ${image.id}`;

function owned(image: Image, call: Call): void {
  if (image.owner !== call.actor.projectId && !call.actor.admin)
    throw denied("You are not authorized to complete modify_image action.");
}

async function stage(image: Image, call: Call): Promise<Answer> {
  owned(image, call);
  refuseMediaType(call);
  if (image.status !== "queued")
    throw conflict(`Image status transition from ${image.status} to uploading is not allowed`);
  const table = call.world.of(images);
  table.put({ ...image, status: "uploading", updated_at: call.now });
  const data = await receive(image, call, "uploading");
  const current = table.get(image.id);
  if (current?.status !== "uploading") throw new Refusal(410, `Image ${image.id} could not be found after upload.`);
  call.world.blobs.set(staged(image), data);
  table.put({ ...current, size: data.byteLength, updated_at: call.clock.now() });
  return { status: 204, headers: { "content-type": "text/html; charset=UTF-8" } };
}

function requestOf(call: Call): { readonly method: string; readonly body: JsonObject } {
  const body: JsonObject = isObject(call.body) ? call.body : {};
  if (body.method === undefined) throw bad("Import request requires a 'method' field.");
  if (!isObject(body.method) || body.method.name === undefined) throw bad("Import request requires a 'name' field.");
  const method = String(body.method.name);
  if (!methods.includes(method)) throw bad(`Unknown import method name '${method}'.`);
  for (const name of ["all_stores_must_succeed", "all_stores"])
    if (body[name] !== undefined && typeof body[name] !== "boolean") throw bad(`'${name}' must be boolean value only`);
  return { method, body };
}

function refuseStatus({ status, container_format, disk_format }: Image, method: string): void {
  if (method === "copy-image") {
    if (status !== "active") throw conflict("Only images with status active can be targeted for copying");
  } else if (status === "active") throw conflict("Image with status active cannot be target for import");
  else if (status !== "uploading") throw conflict("Image needs to be staged before 'glance-direct' method can be used");
  if (container_format === null) throw conflict("'container_format' needs to be set before import");
  if (disk_format === null) throw conflict("'disk_format' needs to be set before import");
}

/** There is one store. */
function refuseStores(body: JsonObject): void {
  if (body.all_stores === true && body.stores !== undefined)
    throw bad("All_stores parameter can't be used with x-image-meta-store header or stores parameter");
  const asked = isList(body.stores) ? body.stores.map(text) : [];
  const unknown = asked.find((one) => one !== store);
  if (unknown !== undefined) throw conflict(`Store for identifier ${unknown} not found`);
}

/** Where every image already is: nothing is left to be copied. */
function copy(body: JsonObject): Answer {
  if (body.all_stores !== true) throw bad(`Image is already present at store '${store}'`);
  return { status: 202 };
}

/** What it takes on a real cloud. */
const importing: readonly [number, number] = [500, 2000];

function begin(image: Image, call: Call): Answer {
  const { method, body } = requestOf(call);
  refuseStatus(image, method);
  if (method === "copy-image" && !call.actor.admin)
    throw denied("You are not authorized to complete copy_image action.");
  owned(image, call);
  refuseStores(body);
  if (method === "copy-image") return copy(body);
  if (image.properties.os_glance_import_task !== undefined)
    throw conflict(`New operation on image '${image.id}' is not permitted as prior operation is still in progress`);
  const { actor, now, requestId } = call;
  const task = call.world.of(importTasks).put({
    id: call.ids.uuid(),
    image_id: image.id,
    status: "pending",
    owner: actor.projectId,
    user_id: actor.userId,
    request_id: requestId,
    request: body,
    message: "",
    created_at: now,
    updated_at: now,
    expires_at: null,
  });
  const marks = { os_glance_import_task: task.id, os_glance_importing_to_stores: store, os_glance_failed_import: "" };
  // What was imported before shows first.
  call.world.of(images).put({ ...image, properties: { ...marks, ...image.properties, ...marks }, updated_at: now });
  call.machine.after(importing, "glance.import", task.id);
  return { status: 202 };
}

const imported: Task = (id, _args, { world, at }) => {
  const task = world.of(importTasks).get(id);
  if (task === undefined) return;
  const settle = (status: "success" | "failure", message: string) =>
    world.of(importTasks).put({ ...task, status, message, updated_at: at, expires_at: at + timeToLive });
  const image = world.of(images).get(task.image_id);
  const data = image === undefined ? undefined : world.blobs.get(staged(image));
  if (image === undefined || data === undefined) {
    settle("failure", `Image ${task.image_id} could not be found`);
    return;
  }
  world.blobs.delete(staged(image));
  world.blobs.set(image.id, data);
  const size = data.byteLength;
  const { os_glance_import_task: _lock, ...properties } = image.properties;
  world.of(images).put({
    ...image,
    properties: { ...properties, os_glance_importing_to_stores: "" },
    ...sums(data),
    size,
    virtual_size: virtualSize(image.disk_format, data),
    status: "active",
    updated_at: at,
  });
  settle("success", `Copied ${Math.floor(size / 1024 / 1024)} MiB`);
};

export const importMachineTasks: Readonly<Record<string, Task>> = { "glance.import": imported };

export const importMembers: readonly MemberRoute<Image>[] = [
  { method: "PUT", path: "/stage", policy: member("modify_image"), body: "stream", run: stage },
  { method: "POST", path: "/import", policy: member("modify_image"), run: begin },
];

/** An image that is not there is missed without a word about it (seen live). */
function tasksOf(call: Call): readonly JsonObject[] {
  const image = call.world.of(images).get(call.params.image ?? "");
  if (image === undefined || !isVisible(image, call)) throw new Refusal(404, "The resource could not be found.");
  return call.world.of(importTasks).by("image_id", image.id).map(taskOfImage);
}

const anyone: Policy = { name: "info", rule: "token" };

export const importRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2/images/{image}/tasks",
    policy: { name: "get_image", rule: "reader" },
    handle: (call) => ({ status: 200, body: { tasks: tasksOf(call) } }),
  },
  {
    method: "GET",
    path: "/v2/info/import",
    policy: anyone,
    handle: () => ({
      status: 200,
      body: { "import-methods": { description: "Import methods available.", type: "array", value: methods } },
    }),
  },
  {
    method: "GET",
    path: "/v2/info/stores",
    policy: anyone,
    handle: () => ({ status: 200, body: { stores: [{ id: store, default: "true" }] } }),
  },
  {
    method: "GET",
    path: "/v2/info/stores/detail",
    policy: { name: "stores_info_detail", rule: "admin" },
    handle: () => ({ status: 200, body: { stores: [{ id: store, default: "true", type: "file", properties: {} }] } }),
  },
  {
    method: "GET",
    path: "/v2/cache",
    policy: { name: "cache_list", rule: "admin" },
    handle: () => {
      throw new Refusal(404, "Caching via API is not supported at this site.");
    },
  },
];
