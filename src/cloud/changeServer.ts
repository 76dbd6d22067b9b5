import type { Cloud } from "./cloud.ts";
import { CloudError } from "./errors.ts";
import type { Flow } from "./flow.ts";
import { DEFAULT_WAIT, settle } from "./operateServer.ts";
import type { Server } from "./server.ts";

/**
 * Gives a server another size and confirms it: one that already waits for the confirmation is only confirmed. What the
 * cloud does not do in time is not taken back, for nobody can while it is at work: the same wish again ends it.
 * NO_VALID_HOST when the cloud left the server as it was.
 */
export async function resizeServer(
  cloud: Cloud,
  server: Pick<Server, "id" | "status" | "flavourId">,
  flavourId: string,
  flow: Flow,
  waitMs: number = DEFAULT_WAIT,
): Promise<Server> {
  const { id } = server;
  if (server.status !== "resized" || server.flavourId !== flavourId) await cloud.servers.resize(id, flavourId);
  const moved = await settle(cloud, id, ["resized", "active", "stopped"], flow, waitMs);
  if (moved.status !== "resized") {
    // A cloud may confirm by itself; one without room puts the server back as if nothing had been.
    if (moved.flavourId === flavourId) return moved;
    if (moved.status === "resizing") throw late(id, "resize");
    throw new CloudError("NO_VALID_HOST", `the cloud did not resize server ${id}: it has no room for the size`);
  }
  // The write is under way and must end whole, whatever becomes of the caller.
  const rest = cloud.detached();
  try {
    await rest.servers.confirmResize(id);
  } catch (thrown) {
    await revert(rest, id, flow);
    throw thrown;
  }
  const confirmed = await settle(rest, id, ["active", "stopped"], flow, waitMs);
  if (confirmed.status === "resized") throw late(id, "confirmation of its size");
  return confirmed;
}

async function revert(cloud: Cloud, id: string, flow: Flow): Promise<void> {
  try {
    await cloud.servers.revertResize(id);
  } catch (thrown) {
    flow.log.error({ kind: "server", id, error: CloudError.from(thrown).message }, "its resize could not be reverted");
  }
}

/** Puts a server on a fresh disk of another image and waits until it is as it was otherwise. */
export async function rebuildServer(
  cloud: Cloud,
  id: string,
  imageId: string,
  flow: Flow,
  waitMs: number = DEFAULT_WAIT,
): Promise<Server> {
  await cloud.servers.rebuild(id, imageId);
  const rebuilt = await settle(cloud, id, ["active", "stopped"], flow, waitMs);
  if (rebuilt.status !== "active" && rebuilt.status !== "stopped") throw late(id, "rebuild");
  return rebuilt;
}

function late(id: string, what: string): CloudError {
  return new CloudError("DEADLINE_EXCEEDED", `server ${id}: its ${what} is accepted and not done yet`);
}
