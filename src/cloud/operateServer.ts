import type { Cloud } from "./cloud.ts";
import { CloudError } from "./errors.ts";
import type { Flow } from "./flow.ts";
import type { Server, ServerAction, ServerStatus } from "./server.ts";
import { waitFor } from "./wait.ts";

/** How long a server is waited for unless the caller says otherwise, milliseconds. */
export const DEFAULT_WAIT = 30_000;

/** What a server must be in before an action, and what it is in afterwards. */
const ACTIONS: Readonly<Record<ServerAction, { from: readonly ServerStatus[]; to: ServerStatus }>> = {
  start: { from: ["stopped"], to: "active" },
  stop: { from: ["active", "error", "rescued"], to: "stopped" },
  pause: { from: ["active", "rescued"], to: "paused" },
  unpause: { from: ["paused"], to: "active" },
  suspend: { from: ["active", "rescued"], to: "suspended" },
  resume: { from: ["suspended"], to: "active" },
  "reboot-soft": { from: ["active"], to: "active" },
  "reboot-hard": { from: ["active", "stopped", "paused", "suspended", "error", "rescued"], to: "active" },
  unshelve: { from: ["shelved"], to: "active" },
};

/** The actions that a server in this state allows (nova stable/zed: nova/compute/api.py check_instance_state). */
export function possibleActions(server: Pick<Server, "status" | "task">): readonly ServerAction[] {
  if (server.task !== undefined) return [];
  return ACTION_NAMES.filter((action) => ACTIONS[action].from.includes(server.status));
}

export const ACTION_NAMES = Object.keys(ACTIONS).filter((name): name is ServerAction => name in ACTIONS);

/** Acts on a server and waits until it has become what the action makes of it. */
export async function operateServer(
  cloud: Cloud,
  id: string,
  action: ServerAction,
  flow: Flow,
  waitMs: number = DEFAULT_WAIT,
): Promise<Server> {
  const server = await cloud.servers.get(id);
  const { from, to } = ACTIONS[action];
  if (!from.includes(server.status)) {
    throw new CloudError(
      "STATE_CONFLICT",
      `${action} needs a server that is ${from.join(" or ")}; it is ${server.status}`,
    );
  }
  await cloud.servers.act(id, action);
  return settle(cloud, id, [to], flow, waitMs);
}

/** Waits until a server is in one of the states, or has failed. */
export async function settle(
  cloud: Cloud,
  id: string,
  wanted: readonly ServerStatus[],
  flow: Flow,
  timeout: number,
): Promise<Server> {
  const { item, isDone } = await waitFor({
    clock: flow.clock,
    timeout,
    read: () => cloud.servers.get(id),
    done: ({ status, task }) => task === undefined && (wanted.includes(status) || status === "error"),
  });
  // An error may also be what the server comes from, while the cloud is still at work on it.
  if (isDone && item.status === "error") {
    const noHost = /no valid host/i.test(item.fault ?? "");
    throw new CloudError(
      noHost ? "NO_VALID_HOST" : "RESOURCE_FAILED",
      `the server ended in error: ${item.fault ?? "the cloud does not say why"}`,
    );
  }
  return item;
}
