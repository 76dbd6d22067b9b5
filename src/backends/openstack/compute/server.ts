/** Nova's servers, decoded and joined with ports and flavours, and what is sent to change them. */
import type { Server, ServerAttachment, ServerChange } from "../../../cloud/index.ts";
import {
  asText,
  asTime,
  isObject,
  type JsonObject,
  numberOrZero,
  textEntries,
  textOrEmpty,
  textOrNone,
} from "../json.ts";
import { readMetadata } from "../marker.ts";
import type { Card } from "../network/ports.ts";
import type { FlavourOfServer } from "./flavours.ts";
import { decodeServerStatus } from "./status.ts";

/** What a server is joined with. */
export interface ServerParts {
  /** The ports of all servers of the page. */
  readonly ports: readonly Card[];
  readonly flavours: readonly FlavourOfServer[];
}

/**
 * Members are missing for a server in a cell that is down (nova ≥ 2.69: "handling down cells"): such a server has an
 * id, a time and the status UNKNOWN, and is better shown so than not at all.
 */
export function decodeServer(json: JsonObject, parts: ServerParts): Server {
  const id = asText(json.id, "server.id");
  const nativeStatus = textOrEmpty(json.status);
  const task = textOrNone(json["OS-EXT-STS:task_state"]);
  return {
    id,
    name: textOrEmpty(json.name),
    status: decodeServerStatus(nativeStatus, task),
    nativeStatus,
    task,
    fault: isObject(json.fault) ? textOrNone(json.fault.message) : undefined,
    ...decodeFlavourOf(json.flavor, parts.flavours),
    // "" when it was booted from a volume.
    imageId: isObject(json.image) ? textOrNone(json.image.id) : undefined,
    hostId: textOrEmpty(json.hostId),
    zone: textOrNone(json["OS-EXT-AZ:availability_zone"]),
    keyName: textOrNone(json.key_name),
    description: textOrEmpty(json.description),
    metadata: readMetadata(textEntries(json.metadata)),
    volumeIds: decodeVolumeIds(json["os-extended-volumes:volumes_attached"]),
    interfaces: parts.ports.filter((port) => port.deviceId === id).map(decodeInterface),
    createdAt: asTime(json.created, "server.created"),
    updatedAt: asTime(json.updated ?? json.created, "server.updated"),
  };
}

type FlavourPart = Pick<Server, "flavourId" | "flavourName" | "vcpus" | "ramMiB" | "diskGiB">;

/** From 2.47 on Nova tells name and sizes as they were at boot, but no id; before, nothing but the id. */
export function decodeFlavourOf(json: unknown, flavours: readonly FlavourOfServer[]): FlavourPart {
  const flavor = isObject(json) ? json : {};
  const name = textOrNone(flavor.original_name);
  if (name === undefined) {
    const id = textOrNone(flavor.id);
    const known = flavours.find((flavour) => flavour.id === id);
    const { vcpus = 0, ramMiB = 0, diskGiB = 0 } = known ?? {};
    return { flavourId: id, flavourName: known?.name ?? "", vcpus, ramMiB, diskGiB };
  }
  const [vcpus, ramMiB, diskGiB] = [flavor.vcpus, flavor.ram, flavor.disk].map(numberOrZero);
  return {
    flavourId: flavours.find((flavour) => flavour.name === name)?.id,
    flavourName: name,
    vcpus: vcpus ?? 0,
    ramMiB: ramMiB ?? 0,
    diskGiB: diskGiB ?? 0,
  };
}

function decodeVolumeIds(json: unknown): readonly string[] {
  if (!Array.isArray(json)) return [];
  return json.filter(isObject).map((volume) => asText(volume.id, "server.volumes_attached.id"));
}

function decodeInterface(port: Card): Server["interfaces"][number] {
  const { id, networkId, macAddress, fixedIps, vnicType, securityGroupIds, status } = port;
  return { portId: id, networkId, macAddress, fixedIps, vnicType, securityGroupIds, status };
}

/** `os-interface` names things otherwise than `servers` does. */
export function encodeInterfaceAttachment(attachment: ServerAttachment): JsonObject {
  if ("portId" in attachment) return { port_id: attachment.portId };
  const { networkId, fixedIp } = attachment;
  return { net_id: networkId, ...(fixedIp === undefined ? {} : { fixed_ips: [{ ip_address: fixedIp }] }) };
}

export function encodeServerChange({ name, description }: ServerChange): JsonObject {
  return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
}
