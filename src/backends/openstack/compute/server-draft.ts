/** What is sent to Nova to make a server. */
import {
  type BlankVolume,
  type BootVolume,
  CloudError,
  type ServerAttachment,
  type ServerDraft,
} from "../../../cloud/index.ts";
import type { JsonObject } from "../json.ts";
import { markMetadata } from "../marker.ts";
import type { VersionWish } from "../pipeline/exchange.ts";

/** 2.37 brought `auto` and `none`, 2.19 the description; nothing later is used. */
export const CREATE: VersionWish = { since: "2.37", preferred: "2.52" };
/** 2.67 brought the types of volumes that Nova makes. */
export const WITH_VOLUME_TYPES: VersionWish = { since: "2.67", preferred: "2.67" };

export function createVersion({ bootVolume, volumes = [] }: ServerDraft): VersionWish {
  return [bootVolume, ...volumes].some((volume) => volume?.typeName !== undefined) ? WITH_VOLUME_TYPES : CREATE;
}

/** Holds the user data in the clear and goes nowhere but to Nova. */
export function encodeServerRequest(draft: ServerDraft): JsonObject {
  const hints = encodeHints(draft);
  return { server: encodeServer(draft), ...(Object.keys(hints).length === 0 ? {} : { "os:scheduler_hints": hints }) };
}

/** Other hints than these are dropped by schedulers without a word, and the two about hosts may be (nova: filters). */
function encodeHints({ groupId, sameHostAs, differentHostFrom }: ServerDraft): JsonObject {
  return {
    ...(groupId === undefined ? {} : { group: groupId }),
    ...(sameHostAs === undefined ? {} : { same_host: sameHostAs }),
    ...(differentHostFrom === undefined ? {} : { different_host: differentHostFrom }),
  };
}

function encodeServer(draft: ServerDraft): JsonObject {
  const devices = encodeDevices(draft);
  return {
    name: draft.name,
    flavorRef: draft.flavourId,
    imageRef: draft.imageId ?? "",
    networks: typeof draft.attachments === "string" ? draft.attachments : draft.attachments.map(encodeAttachment),
    metadata: markMetadata(draft.metadata, draft.marker),
    ...(devices.length === 0 ? {} : { block_device_mapping_v2: devices }),
    ...(draft.securityGroupIds === undefined ? {} : { security_groups: encodeSecurityGroups(draft) }),
    ...(draft.description === undefined || draft.description === "" ? {} : { description: draft.description }),
    ...(draft.userData === undefined ? {} : { user_data: draft.userData.reveal() }),
    ...(draft.configDrive === undefined ? {} : { config_drive: draft.configDrive }),
    ...(draft.keyName === undefined ? {} : { key_name: draft.keyName }),
    ...(draft.zone === undefined ? {} : { availability_zone: draft.zone }),
  };
}

function encodeAttachment(attachment: ServerAttachment): JsonObject {
  if ("portId" in attachment) return { port: attachment.portId };
  const { networkId, fixedIp } = attachment;
  return { uuid: networkId, ...(fixedIp === undefined ? {} : { fixed_ip: fixedIp }) };
}

/** Nova calls them names and takes ids; it drops them without a word where it makes no port. */
function encodeSecurityGroups({ securityGroupIds = [], attachments }: ServerDraft): readonly JsonObject[] {
  const field = "securityGroupIds";
  if (securityGroupIds.length === 0) {
    throw new CloudError("INVALID_VALUE", "a card that the cloud makes has the default group when no other is named", {
      field,
    });
  }
  if (attachments === "none" || (attachments !== "auto" && attachments.every((one) => "portId" in one))) {
    throw new CloudError("INVALID_VALUE", "the cloud makes no card that could have these groups", { field });
  }
  return securityGroupIds.map((name) => ({ name }));
}

/** An image beside volumes must be named as a device, too (nova: doc/source/user/block-device-mapping.rst). */
function encodeDevices({ imageId, bootVolume, volumes = [] }: ServerDraft): readonly JsonObject[] {
  const blanks = volumes.map(encodeBlank);
  if (bootVolume !== undefined) {
    if (imageId === undefined) return [encodeBootVolume(bootVolume), ...blanks];
    throw new CloudError("INVALID_VALUE", "a server boots from an image or from a volume", { field: "bootVolume" });
  }
  if (blanks.length === 0 || imageId === undefined) return blanks;
  const image = { uuid: imageId, source_type: "image", destination_type: "local" };
  return [{ boot_index: 0, ...image, delete_on_termination: true }, ...blanks];
}

function encodeBootVolume(volume: BootVolume): JsonObject {
  const device = { boot_index: 0, ...encodeOrigin(volume), ...encodeVolume(volume) };
  if (!("volumeId" in volume)) return device;
  const field = (["sizeGiB", "typeName"] as const).find((name) => volume[name] !== undefined);
  if (field === undefined) return device;
  throw new CloudError("INVALID_VALUE", `volume ${volume.volumeId} is there already, and keeps its ${field}`, {
    field: `bootVolume.${field}`,
  });
}

function encodeOrigin(volume: BootVolume): JsonObject {
  if ("imageId" in volume) return { source_type: "image", uuid: volume.imageId };
  return "volumeId" in volume
    ? { source_type: "volume", uuid: volume.volumeId }
    : { source_type: "snapshot", uuid: volume.snapshotId };
}

function encodeBlank(volume: BlankVolume): JsonObject {
  return { boot_index: -1, source_type: "blank", ...encodeVolume(volume) };
}

function encodeVolume({ sizeGiB, typeName, deleteWithServer }: Partial<BlankVolume>): JsonObject {
  return {
    destination_type: "volume",
    delete_on_termination: deleteWithServer ?? false,
    ...(sizeGiB === undefined ? {} : { volume_size: sizeGiB }),
    ...(typeName === undefined ? {} : { volume_type: typeName }),
  };
}
