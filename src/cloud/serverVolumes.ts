import type { Cloud } from "./cloud.ts";
import { CloudError } from "./errors.ts";
import type { Clock } from "./runtime.ts";
import type { ServerDraft } from "./server.ts";
import { waitFor } from "./wait.ts";

/** The volumes that a cloud made for a server, and that must not outlive a creation that failed (house rule 2). */
export async function volumesMadeFor(
  cloud: Cloud,
  serverId: string,
  { bootVolume, volumes = [] }: Pick<ServerDraft, "bootVolume" | "volumes">,
): Promise<readonly string[]> {
  if (bootVolume === undefined && volumes.length === 0) return [];
  const given = bootVolume !== undefined && "volumeId" in bootVolume ? bootVolume.volumeId : undefined;
  const { volumeIds } = await cloud.servers.get(serverId);
  return volumeIds.filter((id) => id !== given);
}

/** Deletes volumes whose server is gone; those that go with it are on their way already. */
export async function removeVolumes(
  cloud: Cloud,
  volumeIds: readonly string[],
  clock: Clock,
  timeout: number,
): Promise<void> {
  for (const id of volumeIds) {
    try {
      const { item } = await waitFor({
        clock,
        timeout,
        read: () => cloud.volumes.get(id),
        done: ({ status }) => status === "available" || status === "error" || status === "deleting",
      });
      if (item.status !== "deleting") await cloud.volumes.delete(id);
    } catch (thrown) {
      if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
    }
  }
}
