/** Volume snapshots: Cinder's snapshots. */
import type {
  Listing,
  Marker,
  VolumeSnapshot,
  VolumeSnapshotDraft,
  VolumeSnapshotQuery,
  VolumeSnapshots,
} from "../../../cloud/index.ts";
import { asNumber, asObject, asText, asTime, type JsonObject, textEntries, textOrEmpty } from "../json.ts";
import { isMetadataMarkedBy, markMetadata, readMetadata } from "../marker.ts";
import { once } from "../once.ts";
import { pages } from "../paging.ts";
import type { Query, VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { decodeSnapshotStatus } from "./status.ts";

const VERSION: VersionWish = { preferred: "3.70" };

const PAGE = "500";

export function openVolumeSnapshots(session: Session): VolumeSnapshots {
  return {
    list: (query = {}) => listSnapshots(session, query),
    get: async (id) => {
      const path = ["snapshots", id];
      const operation = { service: "volume", name: "volumeSnapshots.get", method: "GET", path } as const;
      const body = await session.ask({ ...operation, version: VERSION });
      return decodeSnapshot(asObject(body.snapshot, "snapshot"));
    },
    findByMarker: (marker, name) => findSnapshot(session, marker, name),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "volume",
          name: "volumeSnapshots.create",
          method: "POST",
          path: ["snapshots"],
          body: { snapshot: encodeSnapshot(draft) },
          version: VERSION,
        },
        read: (body) => decodeSnapshot(asObject(body.snapshot, "snapshot")),
        find: (detached) => findSnapshot(detached, draft.marker, draft.name),
      }),
    delete: async (id) => {
      const path = ["snapshots", id];
      await session.send({
        service: "volume",
        name: "volumeSnapshots.delete",
        method: "DELETE",
        path,
        version: VERSION,
      });
    },
  };
}

async function* listSnapshots(session: Session, query: VolumeSnapshotQuery): Listing<VolumeSnapshot> {
  for await (const json of listRaw(session, query)) {
    const snapshot = decodeSnapshot(json);
    if (query.name !== undefined && query.name !== snapshot.name) continue;
    if (query.volumeId === undefined || query.volumeId === snapshot.volumeId) yield snapshot;
  }
}

async function* listRaw(session: Session, { name, volumeId }: VolumeSnapshotQuery): Listing<JsonObject> {
  const query: Query = [
    ["limit", PAGE],
    ...(name === undefined ? [] : [["name", name] as const]),
    ...(volumeId === undefined ? [] : [["volume_id", volumeId] as const]),
  ];
  const path = ["snapshots", "detail"];
  const operation = { service: "volume", name: "volumeSnapshots.list", method: "GET", path, query } as const;
  for await (const page of pages(session, { ...operation, version: VERSION }, "snapshots")) yield* page;
}

async function findSnapshot(
  session: Session,
  marker: Marker,
  name: string | undefined,
): Promise<VolumeSnapshot | undefined> {
  for await (const json of listRaw(session, name === undefined ? {} : { name })) {
    if (isMetadataMarkedBy(marker, json.metadata)) return decodeSnapshot(json);
  }
  return undefined;
}

export function decodeSnapshot(json: JsonObject): VolumeSnapshot {
  const nativeStatus = textOrEmpty(json.status);
  return {
    id: asText(json.id, "snapshot.id"),
    name: textOrEmpty(json.name),
    description: textOrEmpty(json.description),
    status: decodeSnapshotStatus(nativeStatus),
    nativeStatus,
    volumeId: asText(json.volume_id, "snapshot.volume_id"),
    sizeGiB: asNumber(json.size, "snapshot.size"),
    metadata: readMetadata(textEntries(json.metadata)),
    createdAt: asTime(json.created_at, "snapshot.created_at"),
    updatedAt: asTime(json.updated_at ?? json.created_at, "snapshot.updated_at"),
  };
}

/** `force` allows volumes that are in use; from 3.66 on they always are, and it is taken without effect. */
export function encodeSnapshot(draft: VolumeSnapshotDraft): JsonObject {
  return {
    volume_id: draft.volumeId,
    name: draft.name,
    force: true,
    metadata: markMetadata(draft.metadata, draft.marker),
    ...(draft.description === undefined ? {} : { description: draft.description }),
  };
}
