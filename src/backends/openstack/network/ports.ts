/** Ports: Neutron's ports. */
import {
  CloudError,
  type FixedIp,
  type Listing,
  type Port,
  type PortChange,
  type PortDraft,
  type PortQuery,
  type PortStatus,
  type Ports,
  paged,
  pagesOf,
  type VnicType,
} from "../../../cloud/index.ts";
import { asObject, asObjects, asText, flag, type JsonObject, textOrEmpty, textOrNone, texts } from "../json.ts";
import { describeMarked, isMarked, markerText, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";
import { takesPortTags } from "./extensions.ts";
import { queriesOf } from "./filters.ts";
import { findFirst, listAll, NETWORK_STATUS } from "./lists.ts";

export function openPorts(session: Session): Ports {
  return {
    list: (query = {}) => listPorts(session, query),
    get: async (id) => {
      const body = await session.ask({ service: "network", name: "ports.get", method: "GET", path: ["ports", id] });
      return decodePort(asObject(body.port, "port"));
    },
    findByMarker: async (marker, name) => {
      const text = markerText(marker);
      // A port that we made has no description but the marker, so that the cloud can search for it.
      const home = (await takesPortTags(session)) ? { tags: [text] } : { description: [text] };
      const queries = queriesOf({ ...home, name: name === undefined ? undefined : [name] });
      return findFirst(session, "ports", queries, marker, decodePort);
    },
    create: async (draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "ports.create",
          method: "POST",
          path: ["ports"],
          body: { port: encodePort(draft, await takesPortTags(session)) },
        },
        read: (body) => decodePort(asObject(body.port, "port")),
        find: (detached) => openPorts(detached).findByMarker(draft.marker, draft.name),
      }),
    update: async (id, change) => {
      const path = ["ports", id];
      const body = { port: encodeChange(change) };
      const answer = await session.ask({ service: "network", name: "ports.update", method: "PUT", path, body });
      return decodePort(asObject(answer.port, "port"));
    },
    delete: async (id) => {
      await session.send({ service: "network", name: "ports.delete", method: "DELETE", path: ["ports", id] });
    },
  };
}

function listPorts(session: Session, { ids, deviceIds, networkIds, ofServers }: PortQuery): Listing<Port> {
  const filters = { id: ids, device_id: deviceIds, network_id: networkIds };
  const ports = listAll(session, "ports", filters, decodePort);
  if (ofServers === undefined) return ports;
  return paged(async function* () {
    // The owner is `compute:<zone>`, and Neutron cannot search for the beginning of one.
    for await (const page of pagesOf(ports)) yield page.filter((port) => ofServers === isOfServer(port));
  });
}

function isOfServer(port: Port): boolean {
  return port.deviceOwner?.startsWith("compute:") ?? false;
}

const VNIC_TYPES: readonly VnicType[] = ["normal", "direct", "direct-physical", "macvtap"];

/** A port as a server shows it. */
export type Card = Pick<
  Port,
  "id" | "deviceId" | "networkId" | "macAddress" | "fixedIps" | "status" | "vnicType" | "securityGroupIds"
>;

/** What `decodeCard` reads. Neutron takes a third less time for these than for whole ports. */
const CARD_FIELDS = [
  "id",
  "device_id",
  "network_id",
  "mac_address",
  "fixed_ips",
  "status",
  "binding:vnic_type",
  "security_groups",
] as const;

/** The cards of servers. */
export function listCards(session: Session, deviceIds: readonly string[]): Listing<Card> {
  return listAll(session, "ports", { device_id: deviceIds }, decodeCard, CARD_FIELDS);
}

function decodeCard(json: JsonObject): Card {
  return {
    id: asText(json.id, "port.id"),
    deviceId: textOrNone(json.device_id),
    networkId: asText(json.network_id, "port.network_id"),
    macAddress: asText(json.mac_address, "port.mac_address"),
    fixedIps: asObjects(json.fixed_ips ?? [], "port.fixed_ips").map(decodeFixedIp),
    status: decodePortStatus(json.status),
    vnicType: decodeVnicType(json["binding:vnic_type"]),
    securityGroupIds: texts(json.security_groups),
  };
}

export function decodePort(json: JsonObject): Port {
  return {
    ...decodeCard(json),
    name: textOrEmpty(json.name),
    deviceOwner: textOrNone(json.device_owner),
    isAdminUp: flag(json.admin_state_up, true),
    tags: withoutReserved(texts(json.tags)),
    isOwned: isMarked(json),
  };
}

function decodeFixedIp(json: JsonObject): FixedIp {
  return {
    ipAddress: asText(json.ip_address, "port.fixed_ips.ip_address"),
    subnetId: asText(json.subnet_id, "port.fixed_ips.subnet_id"),
  };
}

function decodePortStatus(value: unknown): PortStatus {
  return NETWORK_STATUS[textOrEmpty(value)] ?? "down";
}

/** A cloud without the binding extension has only ordinary ports. */
function decodeVnicType(value: unknown): VnicType {
  if (value === undefined || value === null) return "normal";
  return VNIC_TYPES.find((type) => type === value) ?? "other";
}

export function encodePort(draft: PortDraft, takesTags: boolean): JsonObject {
  if (draft.vnicType === "other") {
    throw new CloudError("INVALID_VALUE", `a port can be asked for as ${VNIC_TYPES.join(", ")}`, { field: "vnicType" });
  }
  return {
    network_id: draft.networkId,
    ...(takesTags ? { tags: [markerText(draft.marker)] } : { description: describeMarked("", draft.marker) }),
    ...(draft.name === undefined ? {} : { name: draft.name }),
    ...(draft.fixedIps === undefined ? {} : { fixed_ips: draft.fixedIps.map(encodeFixedIp) }),
    ...(draft.macAddress === undefined ? {} : { mac_address: draft.macAddress }),
    ...(draft.vnicType === undefined ? {} : { "binding:vnic_type": draft.vnicType }),
    ...(draft.securityGroupIds === undefined ? {} : { security_groups: draft.securityGroupIds }),
  };
}

function encodeChange({ name, isAdminUp, securityGroupIds }: PortChange): JsonObject {
  return {
    ...(name === undefined ? {} : { name }),
    ...(isAdminUp === undefined ? {} : { admin_state_up: isAdminUp }),
    ...(securityGroupIds === undefined ? {} : { security_groups: securityGroupIds }),
  };
}

function encodeFixedIp({ ipAddress, subnetId }: NonNullable<PortDraft["fixedIps"]>[number]): JsonObject {
  return {
    ...(ipAddress === undefined ? {} : { ip_address: ipAddress }),
    ...(subnetId === undefined ? {} : { subnet_id: subnetId }),
  };
}
