/** Volume backups: Cinder's backups. */
import type {
  Listing,
  Marker,
  VolumeBackup,
  VolumeBackupDraft,
  VolumeBackupQuery,
  VolumeBackups,
} from "../../../cloud/index.ts";
import { asNumber, asObject, asText, asTime, type JsonObject, textOrEmpty, textOrNone } from "../json.ts";
import { isMetadataMarkedBy, markMetadata } from "../marker.ts";
import { once } from "../once.ts";
import { pages } from "../paging.ts";
import type { Operation, Query, VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { decodeBackupStatus } from "./status.ts";

/** 3.43 brought the metadata, which hold the marker. */
export const VERSION: VersionWish = { since: "3.43", preferred: "3.70" };
const PAGE = "500";

const operation = (name: string, method: Operation["method"], ...path: readonly string[]) =>
  ({ service: "volume", name: `volumeBackups.${name}`, method, path: ["backups", ...path], version: VERSION }) as const;

export function openVolumeBackups(session: Session): VolumeBackups {
  const get = async (id: string): Promise<VolumeBackup> => {
    const body = await session.ask(operation("get", "GET", id));
    return decodeBackup(asObject(body.backup, "backup"));
  };
  return {
    list: (query = {}) => listBackups(session, query),
    get,
    findByMarker: (marker, name) => findBackup(session, marker, name),
    create: async (draft) => {
      const { id } = await once(session, {
        operation: { ...operation("create", "POST"), body: { backup: encodeBackup(draft) } },
        // The answer holds the id and the name only.
        read: (body) => ({ id: asText(asObject(body.backup, "backup").id, "backup.id") }),
        find: (detached) => findBackup(detached, draft.marker, draft.name),
      });
      return get(id);
    },
    delete: async (id) => {
      await session.send(operation("delete", "DELETE", id));
    },
  };
}

async function* listBackups(session: Session, query: VolumeBackupQuery): Listing<VolumeBackup> {
  for await (const json of listRaw(session, query)) {
    const backup = decodeBackup(json);
    if (query.name !== undefined && query.name !== backup.name) continue;
    if (query.volumeId === undefined || query.volumeId === backup.volumeId) yield backup;
  }
}

async function* listRaw(session: Session, { name, volumeId }: VolumeBackupQuery): Listing<JsonObject> {
  const query: Query = [
    ["limit", PAGE],
    ...(name === undefined ? [] : [["name", name] as const]),
    ...(volumeId === undefined ? [] : [["volume_id", volumeId] as const]),
  ];
  for await (const page of pages(session, { ...operation("list", "GET", "detail"), query }, "backups")) yield* page;
}

async function findBackup(
  session: Session,
  marker: Marker,
  name: string | undefined,
): Promise<VolumeBackup | undefined> {
  for await (const json of listRaw(session, name === undefined ? {} : { name })) {
    if (isMetadataMarkedBy(marker, json.metadata)) return decodeBackup(json);
  }
  return undefined;
}

export function decodeBackup(json: JsonObject): VolumeBackup {
  const nativeStatus = textOrEmpty(json.status);
  return {
    id: asText(json.id, "backup.id"),
    name: textOrEmpty(json.name),
    description: textOrEmpty(json.description),
    status: decodeBackupStatus(nativeStatus),
    nativeStatus,
    failure: textOrNone(json.fail_reason),
    volumeId: asText(json.volume_id, "backup.volume_id"),
    sizeGiB: asNumber(json.size, "backup.size"),
    createdAt: asTime(json.created_at, "backup.created_at"),
  };
}

/** `force` allows volumes that are in use. */
export function encodeBackup({ volumeId, name, description, marker }: VolumeBackupDraft): JsonObject {
  return {
    volume_id: volumeId,
    name,
    force: true,
    metadata: markMetadata(undefined, marker),
    ...(description === undefined ? {} : { description }),
  };
}
