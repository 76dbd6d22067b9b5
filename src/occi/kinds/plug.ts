import {
  type Cloud,
  CloudError,
  type Undo,
  type Volume,
  type VolumeAttachment,
  waitFor,
  waitUntilGone,
} from "../../cloud/index.ts";
import type { Context } from "../table.ts";

/** A volume goes into a server and comes out of it; both take the cloud a moment. */

export interface VolumeOrder {
  readonly volumeId: string;
  /** A wish. */
  readonly device?: string;
}

const TIMEOUT = 60_000;

/** Plugs a volume in and waits until both sides show it; a link that never comes up does not stay. */
export async function plugVolume(
  { call, flow }: Context,
  serverId: string,
  { volumeId, device }: VolumeOrder,
  undo: Undo,
): Promise<{ readonly attachment: VolumeAttachment; readonly volume: Volume }> {
  const { cloud } = call;
  const wish = device === undefined ? {} : { device };
  const left = () => ({ kind: "storagelink", id: `${serverId} ${volumeId}` });
  const unmake = async () => unplugVolume(cloud.detached(), flow, serverId, volumeId);
  let made: VolumeAttachment;
  try {
    made = await cloud.servers.attachVolume(serverId, { volumeId, ...wish });
  } catch (thrown) {
    // Refused, it is not there; and whoever took the volume meanwhile must not lose it to our undo.
    if (CloudError.is(thrown, ...UNCERTAIN)) undo.enter(left, unmake);
    throw thrown;
  }
  undo.enter(left, unmake);
  const { item: volume } = await waitFor({
    clock: flow.clock,
    timeout: TIMEOUT,
    read: () => cloud.volumes.get(volumeId),
    done: ({ status, attachments }) => status === "error" || status === "available" || isIn(attachments, serverId),
  });
  const attachment = volume.attachments.find((found) => found.serverId === serverId);
  if (attachment === undefined && (volume.status === "error" || volume.status === "available")) {
    throw new CloudError(
      "RESOURCE_FAILED",
      `the cloud could not attach volume ${volumeId}: it is ${volume.nativeStatus}`,
    );
  }
  const actual = attachment?.device ?? made.device;
  if (device !== undefined && actual !== undefined && actual !== device) {
    call.warn(`occi.storagelink.deviceid: the cloud chose ${actual}`);
  }
  return { attachment: attachment ?? made, volume };
}

/** Whether it was done cannot be known from these. */
const UNCERTAIN = ["AMBIGUOUS", "CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE", "UPSTREAM_FAILED"] as const;

/** Nova has one and the same 400 for every state of a volume; clients are told which it is (grycap/im retries on 409). */
export function requireFree({ id, status, nativeStatus, attachments }: Volume, serverId?: string): void {
  if (serverId !== undefined && isIn(attachments, serverId)) {
    throw new CloudError("ALREADY_EXISTS", `volume ${id} is linked to this compute already`);
  }
  if (status === "available") return;
  const [user] = attachments;
  if (user !== undefined) throw new CloudError("IN_USE", `volume ${id} is linked to compute ${user.serverId}`);
  throw new CloudError("STATE_CONFLICT", `volume ${id} is ${nativeStatus}`);
}

function isIn(attachments: Volume["attachments"], serverId: string): boolean {
  return attachments.some((attachment) => attachment.serverId === serverId);
}

/** Pulls a volume out and waits until it is free. */
export async function unplugVolume(
  cloud: Cloud,
  { clock }: Context["flow"],
  serverId: string,
  volumeId: string,
): Promise<void> {
  await cloud.servers.detachVolume(serverId, volumeId);
  // The write is under way and must end whole, whatever becomes of the caller.
  const rest = cloud.detached();
  const isPlugged = async (): Promise<void> => {
    const { status, attachments } = await rest.volumes.get(volumeId);
    if (status !== "detaching" && !isIn(attachments, serverId)) throw new CloudError("NOT_FOUND", "the volume is out");
  };
  await waitUntilGone(clock, isPlugged, TIMEOUT);
}
