/** Floating addresses: Neutron's floating IPs. */
import type {
  FloatingIp,
  FloatingIpDraft,
  FloatingIpQuery,
  FloatingIps,
  FloatingIpTarget,
} from "../../../cloud/index.ts";
import { asObject, asText, type JsonObject, textOrEmpty, textOrNone, texts } from "../json.ts";
import { describeMarked, readDescription, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";
import { queriesOf } from "./filters.ts";
import { findFirst, listAll } from "./lists.ts";

export function openFloatingIps(session: Session): FloatingIps {
  return {
    list: (query = {}) => listAll(session, "floatingips", filtersOf(query), decodeFloatingIp, [], query.pageSize),
    get: async (id) => {
      const path = ["floatingips", id];
      const body = await session.ask({ service: "network", name: "floatingIps.get", method: "GET", path });
      return decodeFloatingIp(asObject(body.floatingip, "floatingip"));
    },
    findByMarker: (marker) => findFirst(session, "floatingips", queriesOf({}), marker, decodeFloatingIp),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "floatingIps.create",
          method: "POST",
          path: ["floatingips"],
          body: { floatingip: encodeFloatingIp(draft) },
        },
        read: (body) => decodeFloatingIp(asObject(body.floatingip, "floatingip")),
        find: (detached) => openFloatingIps(detached).findByMarker(draft.marker),
      }),
    associate: async (id, target) => {
      const path = ["floatingips", id];
      const body = { floatingip: target === undefined ? { port_id: null } : encodeTarget(target) };
      const answer = await session.ask({
        service: "network",
        name: "floatingIps.associate",
        method: "PUT",
        path,
        body,
      });
      return decodeFloatingIp(asObject(answer.floatingip, "floatingip"));
    },
    delete: async (id) => {
      await session.send({
        service: "network",
        name: "floatingIps.delete",
        method: "DELETE",
        path: ["floatingips", id],
      });
    },
  };
}

function filtersOf({ ids, portIds, ipAddresses }: FloatingIpQuery) {
  return { id: ids, port_id: portIds, floating_ip_address: ipAddresses };
}

const STATUS: Readonly<Record<string, FloatingIp["status"]>> = { ACTIVE: "active", DOWN: "down", ERROR: "error" };

export function decodeFloatingIp(json: JsonObject): FloatingIp {
  return {
    id: asText(json.id, "floatingip.id"),
    ipAddress: asText(json.floating_ip_address, "floatingip.floating_ip_address"),
    description: readDescription(textOrEmpty(json.description)),
    status: STATUS[textOrEmpty(json.status)] ?? "down",
    networkId: asText(json.floating_network_id, "floatingip.floating_network_id"),
    portId: textOrNone(json.port_id),
    fixedIp: textOrNone(json.fixed_ip_address),
    routerId: textOrNone(json.router_id),
    projectId: textOrNone(json.project_id) ?? textOrEmpty(json.tenant_id),
    tags: withoutReserved(texts(json.tags)),
  };
}

export function encodeFloatingIp(draft: FloatingIpDraft): JsonObject {
  return {
    floating_network_id: draft.networkId,
    description: describeMarked(draft.description ?? "", draft.marker),
    ...(draft.subnetId === undefined ? {} : { subnet_id: draft.subnetId }),
    ...(draft.ipAddress === undefined ? {} : { floating_ip_address: draft.ipAddress }),
    ...(draft.target === undefined ? {} : encodeTarget(draft.target)),
  };
}

function encodeTarget({ portId, fixedIp }: FloatingIpTarget): JsonObject {
  return { port_id: portId, ...(fixedIp === undefined ? {} : { fixed_ip_address: fixedIp }) };
}
