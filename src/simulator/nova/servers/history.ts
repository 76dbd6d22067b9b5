/** What was done to a server, as `os-instance-actions` tells it (nova stable/zed: api/openstack/compute/instance_actions.py). */
import type { JsonObject } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, MemberRoute } from "../../core/types.ts";
import type { World } from "../../world.ts";
import { databaseTime, limitOf } from "../form.ts";
import { hostId } from "./hosts.ts";
import { type Server, type ServerAction, serverActions } from "./rows.ts";

/** Notes the beginning of an action; the machine's tasks end it by its id. */
export function begin(call: Call, server: Server, action: string, event: string): string {
  const { id } = call.world.of(serverActions).put({
    id: `${server.id}/${call.requestId}`,
    server_id: server.id,
    action,
    request_id: call.requestId,
    user_id: call.actor.userId,
    project_id: call.actor.projectId,
    start: call.now,
    updated: call.now,
    message: null,
    event,
    host: server.host,
    finish: null,
  });
  return id;
}

export function finish(world: World, id: string, at: number, host: string, failed = false): void {
  const changes = { updated: at, finish: at, host, message: failed ? "Error" : null };
  world.of(serverActions).patch(id, changes);
}

function brief(action: ServerAction, call: Call): JsonObject {
  return {
    action: action.action,
    instance_uuid: action.server_id,
    request_id: action.request_id,
    user_id: action.user_id,
    project_id: action.project_id,
    start_time: databaseTime(action.start),
    message: action.message,
    ...(call.version >= 58 ? { updated_at: databaseTime(action.updated) } : {}),
  };
}

/** Events are for everybody from 2.51 on, hidden from tenants before; host and traceback are for administrators. */
function events(action: ServerAction, call: Call): JsonObject {
  if (!call.actor.admin && call.version < 51) return {};
  const event = {
    event: action.event,
    start_time: databaseTime(action.start),
    finish_time: action.finish === null ? null : databaseTime(action.finish),
    result: action.finish === null ? null : (action.message ?? "Success"),
    ...(call.actor.admin ? { traceback: null } : {}),
    ...(call.actor.admin && call.version >= 62 ? { host: action.host } : {}),
    ...(call.version >= 62 ? { hostId: hostId(action.host, action.project_id) } : {}),
    ...(call.actor.admin && call.version >= 84 ? { details: null } : {}),
  };
  return { events: [event] };
}

/** Newest first; in pages since 2.58, where a marker is the id of a request. */
function history(server: Server, call: Call): JsonObject {
  const all = call.world.of(serverActions).by("server_id", server.id).reverse();
  if (call.version < 58) return { instanceActions: all.map((action) => brief(action, call)) };
  const limit = limitOf(call);
  const marker = call.query.getAll("marker").at(-1);
  const start = marker === undefined ? 0 : all.findIndex(({ request_id }) => request_id === marker) + 1;
  if (marker !== undefined && start === 0) throw new Refusal(400, `marker [${marker}] not found`);
  const page = all.slice(start, start + limit);
  const last = page.at(-1);
  const body = { instanceActions: page.map((action) => brief(action, call)) };
  if (last === undefined || page.length < limit) return body;
  const next = new URLSearchParams(call.query);
  next.set("marker", last.request_id);
  const href = `${call.root}/servers/${server.id}/os-instance-actions?${next}`;
  return { ...body, links: [{ rel: "next", href }] };
}

export const historyRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/os-instance-actions",
    policy: { name: "os_compute_api:os-instance-actions:list", rule: "reader" },
    run: (server, call) => ({ status: 200, body: history(server, call) }),
  },
  {
    method: "GET",
    path: "/os-instance-actions/{request}",
    policy: { name: "os_compute_api:os-instance-actions:show", rule: "reader" },
    run: (server, call) => {
      const request = call.params.request ?? "";
      const action = call.world.of(serverActions).get(`${server.id}/${request}`);
      if (action === undefined) throw new Refusal(404, `Action ${request} not found`);
      return { status: 200, body: { instanceAction: { ...brief(action, call), ...events(action, call) } } };
    },
  },
];
