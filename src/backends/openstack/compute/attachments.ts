/** Volumes in servers: Nova plugs and unplugs them, Cinder knows them all. */
import {
  CloudError,
  type Listing,
  type VolumeAttachment,
  type VolumeAttachmentDraft,
  type VolumeAttachmentQuery,
} from "../../../cloud/index.ts";
import { asObject, asObjects, asText, type JsonObject, textOrNone } from "../json.ts";
import { once } from "../once.ts";
import type { VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { attachmentId } from "../volume/attachment-id.ts";
import { openVolumes } from "../volume/volumes.ts";

/** 2.89 tells the attachment's own id. */
const READ: VersionWish = { since: "2.89", preferred: "2.96" };
/** 2.79 can delete a volume with its server. */
const ATTACH: VersionWish = { preferred: "2.79" };
export const ATTACH_FOR_LIFE: VersionWish = { since: "2.79", preferred: "2.79" };

const pathOf = (serverId: string) => ["servers", serverId, "os-volume_attachments"];

export async function attachVolume(
  session: Session,
  serverId: string,
  draft: VolumeAttachmentDraft,
): Promise<VolumeAttachment> {
  const { volumeId } = draft;
  const made = await once(session, {
    operation: {
      service: "compute",
      name: "servers.attachVolume",
      method: "POST",
      path: pathOf(serverId),
      body: { volumeAttachment: encodeAttachment(draft) },
      version: draft.deleteWithServer === true ? ATTACH_FOR_LIFE : ATTACH,
    },
    read: (body) => decodeAttachment(asObject(body.volumeAttachment, "volumeAttachment")),
    find: (detached) => findAttachment(detached, serverId, volumeId),
  });
  // The answer names the volume as the attachment's id (nova ≤ 2.93, seen on Zed).
  return (await findAttachment(session, serverId, volumeId)) ?? made;
}

export async function detachVolume(session: Session, serverId: string, volumeId: string): Promise<void> {
  const path = [...pathOf(serverId), volumeId];
  await session.send({ service: "compute", name: "servers.detachVolume", method: "DELETE", path });
}

/** One server is asked of Nova, which knows what is only being attached; everything else is one list of Cinder's. */
export async function* listAttachments(session: Session, query: VolumeAttachmentQuery = {}): Listing<VolumeAttachment> {
  const { serverIds, volumeIds } = query;
  if (serverIds?.length === 0 || volumeIds?.length === 0) return;
  const isAsked = (attachment: VolumeAttachment) =>
    serverIds?.includes(attachment.serverId) !== false && volumeIds?.includes(attachment.volumeId) !== false;
  const [only] = serverIds ?? [];
  const known = only !== undefined && serverIds?.length === 1 ? await attachmentsOf(session, only) : undefined;
  if (known !== undefined) return yield* known.filter(isAsked);
  const volumes = openVolumes(session);
  const [volumeId] = volumeIds ?? [];
  if (volumeId !== undefined && volumeIds?.length === 1) {
    return yield* (await volumes.get(volumeId)).attachments.filter(isAsked);
  }
  for await (const { attachments } of volumes.list()) yield* attachments.filter(isAsked);
}

/** The attachments of one server; nothing where Nova is too old to tell their ids. */
async function attachmentsOf(session: Session, serverId: string): Promise<readonly VolumeAttachment[] | undefined> {
  const path = pathOf(serverId);
  const operation = { service: "compute", name: "servers.volumeAttachments", method: "GET", path } as const;
  try {
    const body = await session.ask({ ...operation, version: READ });
    return asObjects(body.volumeAttachments, "volumeAttachments").map(decodeAttachment);
  } catch (thrown) {
    if (CloudError.is(thrown, "VERSION_UNSUPPORTED")) return undefined;
    throw thrown;
  }
}

async function findAttachment(
  session: Session,
  serverId: string,
  volumeId: string,
): Promise<VolumeAttachment | undefined> {
  for await (const found of listAttachments(session, { serverIds: [serverId], volumeIds: [volumeId] })) return found;
  return undefined;
}

export function decodeAttachment(json: JsonObject): VolumeAttachment {
  const serverId = asText(json.serverId, "volumeAttachment.serverId");
  const volumeId = asText(json.volumeId, "volumeAttachment.volumeId");
  return { id: attachmentId(json, serverId, volumeId), serverId, volumeId, device: textOrNone(json.device) };
}

export function encodeAttachment({ volumeId, device, deleteWithServer }: VolumeAttachmentDraft): JsonObject {
  return {
    volumeId,
    ...(device === undefined ? {} : { device }),
    // Sent only where it says something: before 2.79 Nova knows but "stays".
    ...(deleteWithServer === true ? { delete_on_termination: true } : {}),
  };
}
