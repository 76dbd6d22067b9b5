/** Imports as tasks: seen with their image by everybody who sees it, and in one list by administrators (glance stable/zed: api/v2/tasks.py). */
import type { JsonObject, Row } from "../core/json.ts";
import { withQuery } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import { isoMicros, isoSeconds } from "../core/times.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { bad } from "./form.ts";

export interface ImportTask extends Row {
  readonly image_id: string;
  readonly status: "pending" | "processing" | "success" | "failure";
  readonly owner: string;
  readonly user_id: string;
  readonly request_id: string;
  /** The body that asked for it. */
  readonly request: JsonObject;
  readonly message: string;
  /** Milliseconds. */
  readonly created_at: number;
  readonly updated_at: number;
  /** When it would be forgotten; null while it goes on. */
  readonly expires_at: number | null;
}

export const importTasks = defineTable<ImportTask>("glance.tasks", ["image_id"]);

/** `[task] task_time_to_live`, in milliseconds. */
export const timeToLive = 48 * 3_600_000;

const kind = "api_image_import";
const stores = ["files"];

function details({ image_id, request, status }: ImportTask): {
  readonly input: JsonObject;
  readonly result: JsonObject | null;
} {
  return {
    input: { image_id, import_req: request, backend: stores },
    result: status === "success" ? { image_id } : null,
  };
}

const zoneless = (time: number): string => isoMicros(time).replace("Z", "");

/** As its image shows it. */
export function taskOfImage(task: ImportTask): JsonObject {
  const { id, status, owner, image_id, request_id, user_id, message } = task;
  return {
    id,
    type: kind,
    status,
    owner,
    expires_at: task.expires_at === null ? null : zoneless(task.expires_at),
    created_at: zoneless(task.created_at),
    updated_at: zoneless(task.updated_at),
    deleted_at: null,
    deleted: false,
    image_id,
    request_id,
    user_id,
    ...details(task),
    message,
  };
}

/** The parts before and behind what only a task by itself shows. */
function common(task: ImportTask): readonly [JsonObject, JsonObject, JsonObject] {
  const { id, status, owner, image_id, request_id, user_id, expires_at } = task;
  const times = { created_at: isoSeconds(task.created_at), updated_at: isoSeconds(task.updated_at) };
  const links = { self: `/v2/tasks/${id}`, schema: "/v2/schemas/task" };
  return [
    { type: kind, status, owner },
    { ...times, ...links },
    { image_id, request_id, user_id, ...(expires_at === null ? {} : { expires_at: isoSeconds(expires_at) }) },
  ];
}

function whole(task: ImportTask): JsonObject {
  const [what, when, whose] = common(task);
  const { input, result } = details(task);
  return { id: task.id, input, ...what, message: task.message, result, ...when, ...whose };
}

function stub(task: ImportTask): JsonObject {
  const [what, when, { expires_at }] = common(task);
  return { id: task.id, ...what, ...when, ...(expires_at === undefined ? {} : { expires_at }) };
}

const usual = 25;
const most = 1000;

function list(call: Call): Answer {
  const { query } = call;
  const [limit, marker, order] = [query.get("limit"), query.get("marker"), query.get("sort_dir") ?? "desc"];
  if (order !== "asc" && order !== "desc") throw bad(`Invalid sort direction: ${order}`);
  const status = query.get("status");
  if (status !== null && !["pending", "processing", "success", "failure"].includes(status))
    throw bad(`Invalid status value: ${status}`);
  if (limit !== null && !/^-?\d+$/.test(limit)) throw bad("limit param must be an integer");
  if (Number(limit) < 0) throw bad("limit param must be positive");
  const size = limit === null ? usual : Math.min(Number(limit), most);
  const rows = call.world.of(importTasks).filter((task) => status === null || task.status === status);
  if (order === "desc") rows.reverse();
  const start = marker === null ? 0 : rows.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && start === 0) throw bad(`Could not find task ${marker}`);
  const page = rows.slice(start, start + size);
  const last = page.at(-1);
  const at = (params: string) => (params === "" ? call.path : `${call.path}?${params}`);
  return {
    status: 200,
    body: {
      tasks: page.map(stub),
      first: at(withQuery(query, { marker: undefined })),
      schema: "/v2/schemas/tasks",
      ...(last !== undefined && page.length === size ? { next: at(withQuery(query, { marker: last.id })) } : {}),
    },
  };
}

const policy: Policy = { name: "tasks_api_access", rule: "admin" };

/** Nobody makes a task by hand here: what `import` tasks fetch lies outside. */
function create(): never {
  throw bad("Tasks are made by importing an image: the simulator runs no others.");
}

export const taskRoutes: readonly Route[] = [
  { method: "GET", path: "/v2/tasks", policy, handle: list },
  { method: "POST", path: "/v2/tasks", policy, handle: create },
  {
    method: "GET",
    path: "/v2/tasks/{task}",
    policy,
    handle: (call) => {
      const id = call.params.task ?? "";
      const task = call.world.of(importTasks).get(id);
      if (task === undefined) throw new Refusal(404, `Could not find task ${id}`);
      return { status: 200, body: whole(task) };
    },
  },
];
