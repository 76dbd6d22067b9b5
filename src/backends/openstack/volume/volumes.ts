/** Volumes: Cinder's volumes. */
import {
  CloudError,
  first,
  type Listing,
  type Marker,
  type Volume,
  type VolumeAttachment,
  type VolumeChange,
  type VolumeDraft,
  type VolumeQuery,
  type VolumeSource,
  type Volumes,
} from "../../../cloud/index.ts";
import {
  asNumber,
  asObject,
  asObjects,
  asText,
  asTime,
  isObject,
  type JsonObject,
  textEntries,
  textOrEmpty,
  textOrNone,
} from "../json.ts";
import { isMetadataMarkedBy, markMetadata, markMetadataAgain, readMetadata } from "../marker.ts";
import { once } from "../once.ts";
import { pages } from "../paging.ts";
import type { Query, VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { checkVolumeZone } from "../zones.ts";
import { attachmentId } from "./attachment-id.ts";
import { openVolumeSnapshots } from "./snapshots.ts";
import { decodeVolumeStatus, volumeStatusFilter } from "./status.ts";

/** 3.42 extends volumes that are in use; up to 3.70 nothing that is read here changes. */
export const VOLUME_VERSION: VersionWish = { preferred: "3.70" };

/** Cinder's own maximum is 1000 (`osapi_max_limit`). */
const PAGE = "500";

export function openVolumes(session: Session): Volumes {
  const get = async (id: string): Promise<JsonObject> => {
    const path = ["volumes", id];
    const body = await session.ask({
      service: "volume",
      name: "volumes.get",
      method: "GET",
      path,
      version: VOLUME_VERSION,
    });
    return asObject(body.volume, "volume");
  };
  return {
    list: (query = {}) => listVolumes(session, query),
    get: async (id) => decodeVolume(await get(id)),
    findByMarker: (marker, name) => findVolume(session, marker, name),
    create: async (draft) => {
      if (draft.zone !== undefined) await checkVolumeZone(session, draft.zone);
      return once(session, {
        operation: {
          service: "volume",
          name: "volumes.create",
          method: "POST",
          path: ["volumes"],
          body: { volume: encodeVolume(draft) },
          version: VOLUME_VERSION,
        },
        read: (body) => decodeVolume(asObject(body.volume, "volume")),
        find: (detached) => findVolume(detached, draft.marker, draft.name),
      });
    },
    update: async (id, change) => {
      // The marker lives in the metadata, and new ones must not lose it.
      const present = change.metadata === undefined ? {} : textEntries((await get(id)).metadata);
      const body = await session.ask({
        service: "volume",
        name: "volumes.update",
        method: "PUT",
        path: ["volumes", id],
        body: { volume: encodeChange(change, present) },
        version: VOLUME_VERSION,
      });
      return decodeVolume(asObject(body.volume, "volume"));
    },
    extend: (id, sizeGiB) => extend(session, id, sizeGiB),
    delete: (id) => remove(session, id),
  };
}

async function* listVolumes(session: Session, query: VolumeQuery): Listing<Volume> {
  for await (const json of listRaw(session, query)) {
    const volume = decodeVolume(json);
    // The databases compare names more loosely than we do, and Cinder takes one status at a time.
    if (query.name !== undefined && query.name !== volume.name) continue;
    if (query.status === undefined || query.status === volume.status) yield volume;
  }
}

async function* listRaw(session: Session, { name, status }: VolumeQuery): Listing<JsonObject> {
  const filters: Query = [
    ["limit", PAGE],
    ...(name === undefined ? [] : [["name", name] as const]),
    ...(status === undefined ? [] : volumeStatusFilter(status)),
  ];
  const path = ["volumes", "detail"];
  const operation = { service: "volume", name: "volumes.list", method: "GET", path, query: filters } as const;
  for await (const page of pages(session, { ...operation, version: VOLUME_VERSION }, "volumes")) yield* page;
}

async function findVolume(session: Session, marker: Marker, name: string | undefined): Promise<Volume | undefined> {
  for await (const json of listRaw(session, name === undefined ? {} : { name })) {
    if (isMetadataMarkedBy(marker, json.metadata)) return decodeVolume(json);
  }
  return undefined;
}

async function extend(session: Session, id: string, sizeGiB: number): Promise<void> {
  await once(session, {
    operation: {
      service: "volume",
      name: "volumes.extend",
      method: "POST",
      path: ["volumes", id, "action"],
      body: { "os-extend": { new_size: sizeGiB } },
      version: VOLUME_VERSION,
    },
    isEmpty: true,
    read: () => true,
    find: async (detached) => {
      const volume = await openVolumes(detached).get(id);
      return volume.sizeGiB === sizeGiB || volume.status === "extending" ? true : undefined;
    },
  });
}

/** Cinder has one and the same complaint for every state that forbids it: who needs the volume is looked up. */
async function remove(session: Session, id: string): Promise<void> {
  try {
    await session.send({
      service: "volume",
      name: "volumes.delete",
      method: "DELETE",
      path: ["volumes", id],
      version: VOLUME_VERSION,
    });
  } catch (thrown) {
    if (!CloudError.is(thrown, "STATE_CONFLICT")) throw thrown;
    const user = await userOf(session, id);
    if (user === undefined) throw thrown;
    const { upstream } = thrown;
    throw new CloudError("IN_USE", `volume ${id} is needed by ${user}`, {
      ...(upstream === undefined ? {} : { upstream }),
      cause: thrown,
    });
  }
}

async function userOf(session: Session, id: string): Promise<string | undefined> {
  const { attachments } = await openVolumes(session).get(id);
  if (attachments[0] !== undefined) return `server ${attachments[0].serverId}`;
  const snapshot = await first(openVolumeSnapshots(session).list({ volumeId: id }));
  return snapshot === undefined ? undefined : `snapshot ${snapshot.id}`;
}

export function decodeVolume(json: JsonObject): Volume {
  const id = asText(json.id, "volume.id");
  const nativeStatus = textOrEmpty(json.status);
  const image = json.volume_image_metadata;
  return {
    id,
    name: textOrEmpty(json.name),
    description: textOrEmpty(json.description),
    status: decodeVolumeStatus(nativeStatus),
    nativeStatus,
    sizeGiB: asNumber(json.size, "volume.size"),
    // Text, not a flag (cinder: api/v2/views/volumes.py).
    isBootable: json.bootable === "true" || json.bootable === true,
    typeName: textOrNone(json.volume_type),
    zone: textOrNone(json.availability_zone),
    attachments: asObjects(json.attachments ?? [], "volume.attachments").map((item) => decodeAttachment(item, id)),
    metadata: readMetadata(textEntries(json.metadata)),
    imageId: isObject(image) ? textOrNone(image.image_id) : undefined,
    snapshotId: textOrNone(json.snapshot_id),
    createdAt: asTime(json.created_at, "volume.created_at"),
    updatedAt: asTime(json.updated_at ?? json.created_at, "volume.updated_at"),
  };
}

function decodeAttachment(json: JsonObject, volumeId: string): VolumeAttachment {
  const serverId = textOrEmpty(json.server_id);
  return { id: attachmentId(json, serverId, volumeId), volumeId, serverId, device: textOrNone(json.device) };
}

export function encodeVolume(draft: VolumeDraft): JsonObject {
  return {
    name: draft.name,
    size: draft.sizeGiB,
    metadata: markMetadata(draft.metadata, draft.marker),
    ...(draft.description === undefined ? {} : { description: draft.description }),
    ...(draft.typeName === undefined ? {} : { volume_type: draft.typeName }),
    ...(draft.zone === undefined ? {} : { availability_zone: draft.zone }),
    ...(draft.source === undefined ? {} : encodeSource(draft.source)),
  };
}

function encodeSource(source: VolumeSource): JsonObject {
  if ("imageId" in source) return { imageRef: source.imageId };
  return "snapshotId" in source ? { snapshot_id: source.snapshotId } : { source_volid: source.volumeId };
}

function encodeChange(change: VolumeChange, present: Readonly<Record<string, string>>): JsonObject {
  return {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.description === undefined ? {} : { description: change.description }),
    ...(change.metadata === undefined ? {} : { metadata: markMetadataAgain(change.metadata, present) }),
  };
}
