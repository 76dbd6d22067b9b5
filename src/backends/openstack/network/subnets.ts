/** Subnets: Neutron's subnets. */
import type { Subnet, SubnetDraft, SubnetQuery, Subnets } from "../../../cloud/index.ts";
import { asObject, asObjects, asText, flag, type JsonObject, textOrEmpty, textOrNone, texts } from "../json.ts";
import { describeMarked, readDescription, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";
import { queriesOf } from "./filters.ts";
import { findFirst, listAll } from "./lists.ts";

export function openSubnets(session: Session): Subnets {
  return {
    list: (query = {}) => listAll(session, "subnets", filtersOf(query), decodeSubnet),
    get: async (id) => {
      const path = ["subnets", id];
      const body = await session.ask({ service: "network", name: "subnets.get", method: "GET", path });
      return decodeSubnet(asObject(body.subnet, "subnet"));
    },
    findByMarker: (marker, name) =>
      findFirst(session, "subnets", queriesOf({ name: name === undefined ? undefined : [name] }), marker, decodeSubnet),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "subnets.create",
          method: "POST",
          path: ["subnets"],
          body: { subnet: encodeSubnet(draft) },
        },
        read: (body) => decodeSubnet(asObject(body.subnet, "subnet")),
        find: (detached) => openSubnets(detached).findByMarker(draft.marker, draft.name),
      }),
    delete: async (id) => {
      await session.send({ service: "network", name: "subnets.delete", method: "DELETE", path: ["subnets", id] });
    },
  };
}

function filtersOf({ ids, networkIds }: SubnetQuery) {
  return { id: ids, network_id: networkIds };
}

export function decodeSubnet(json: JsonObject): Subnet {
  return {
    id: asText(json.id, "subnet.id"),
    name: textOrEmpty(json.name),
    description: readDescription(textOrEmpty(json.description)),
    networkId: asText(json.network_id, "subnet.network_id"),
    ipVersion: json.ip_version === 6 ? 6 : 4,
    cidr: asText(json.cidr, "subnet.cidr"),
    gatewayIp: textOrNone(json.gateway_ip),
    isDhcpEnabled: flag(json.enable_dhcp, true),
    pools: asObjects(json.allocation_pools ?? [], "subnet.allocation_pools").map((pool) => ({
      start: asText(pool.start, "subnet.allocation_pools.start"),
      end: asText(pool.end, "subnet.allocation_pools.end"),
    })),
    dnsServers: texts(json.dns_nameservers),
    tags: withoutReserved(texts(json.tags)),
  };
}

export function encodeSubnet(draft: SubnetDraft): JsonObject {
  return {
    name: draft.name,
    description: describeMarked("", draft.marker),
    network_id: draft.networkId,
    ip_version: draft.ipVersion,
    cidr: draft.cidr,
    // `null` says "no gateway"; leaving it out says "the first address".
    ...(draft.gatewayIp === undefined ? {} : { gateway_ip: draft.gatewayIp }),
    ...(draft.isDhcpEnabled === undefined ? {} : { enable_dhcp: draft.isDhcpEnabled }),
    ...(draft.pools === undefined ? {} : { allocation_pools: draft.pools.map(({ start, end }) => ({ start, end })) }),
  };
}
