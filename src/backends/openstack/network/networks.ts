/** Networks: Neutron's networks. */
import type {
  Network,
  NetworkChange,
  NetworkDraft,
  NetworkQuery,
  NetworkStatus,
  Networks,
  ProviderSegment,
} from "../../../cloud/index.ts";
import {
  asObject,
  asText,
  flag,
  isObject,
  type JsonObject,
  numberOrNone,
  textOrEmpty,
  textOrNone,
  texts,
} from "../json.ts";
import { describeAgain, describeMarked, readDescription, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";
import { queriesOf } from "./filters.ts";
import { findFirst, listAll, NETWORK_STATUS } from "./lists.ts";

export function openNetworks(session: Session): Networks {
  const get = async (id: string): Promise<JsonObject> => {
    const path = ["networks", id];
    const body = await session.ask({ service: "network", name: "networks.get", method: "GET", path });
    return asObject(body.network, "network");
  };
  return {
    list: (query = {}) => listAll(session, "networks", filtersOf(query), decodeNetwork),
    get: async (id) => decodeNetwork(await get(id)),
    findByMarker: (marker, name) =>
      findFirst(session, "networks", queriesOf(filtersOf(name === undefined ? {} : { name })), marker, decodeNetwork),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "networks.create",
          method: "POST",
          path: ["networks"],
          body: { network: encodeNetwork(draft) },
        },
        read: (body) => decodeNetwork(asObject(body.network, "network")),
        find: (detached) => openNetworks(detached).findByMarker(draft.marker, draft.name),
      }),
    update: async (id, change) => {
      // The marker lives in the description, and a new one must not lose it.
      const present = change.description === undefined ? "" : textOrEmpty((await get(id)).description);
      const body = await session.ask({
        service: "network",
        name: "networks.update",
        method: "PUT",
        path: ["networks", id],
        body: { network: encodeChange(change, present) },
      });
      return decodeNetwork(asObject(body.network, "network"));
    },
    delete: async (id) => {
      await session.send({ service: "network", name: "networks.delete", method: "DELETE", path: ["networks", id] });
    },
  };
}

function filtersOf({ ids, name }: NetworkQuery) {
  return { id: ids, name: name === undefined ? undefined : [name] };
}

export function decodeNetwork(json: JsonObject): Network {
  return {
    id: asText(json.id, "network.id"),
    name: textOrEmpty(json.name),
    description: readDescription(textOrEmpty(json.description)),
    status: decodeNetworkStatus(json.status),
    isAdminUp: flag(json.admin_state_up, true),
    isShared: flag(json.shared, false),
    isExternal: flag(json["router:external"], false),
    mtu: numberOrNone(json.mtu),
    subnetIds: texts(json.subnets),
    provider: decodeProvider(json),
    projectId: textOrNone(json.project_id) ?? asText(json.tenant_id, "network.project_id"),
    zones: texts(json.availability_zones),
    tags: withoutReserved(texts(json.tags)),
  };
}

function decodeNetworkStatus(value: unknown): NetworkStatus {
  return NETWORK_STATUS[textOrEmpty(value)] ?? "down";
}

/** Of a network of several segments (neutron: multi-provider) the first one is told. */
function decodeProvider(json: JsonObject): ProviderSegment | undefined {
  const first: unknown = Array.isArray(json.segments) ? json.segments[0] : undefined;
  const segment = isObject(first) ? first : json;
  const type = textOrNone(segment["provider:network_type"]);
  const physicalNetwork = textOrNone(segment["provider:physical_network"]);
  const segmentationId = numberOrNone(segment["provider:segmentation_id"]);
  if (type === undefined && physicalNetwork === undefined && segmentationId === undefined) return undefined;
  return { type, physicalNetwork, segmentationId };
}

export function encodeNetwork(draft: NetworkDraft): JsonObject {
  const { provider } = draft;
  return {
    name: draft.name,
    description: describeMarked(draft.description ?? "", draft.marker),
    ...(draft.isAdminUp === undefined ? {} : { admin_state_up: draft.isAdminUp }),
    ...(draft.isShared === undefined ? {} : { shared: draft.isShared }),
    ...(provider?.type === undefined ? {} : { "provider:network_type": provider.type }),
    ...(provider?.physicalNetwork === undefined ? {} : { "provider:physical_network": provider.physicalNetwork }),
    ...(provider?.segmentationId === undefined ? {} : { "provider:segmentation_id": provider.segmentationId }),
  };
}

function encodeChange(change: NetworkChange, presentDescription: string): JsonObject {
  return {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.description === undefined ? {} : { description: describeAgain(change.description, presentDescription) }),
    ...(change.isAdminUp === undefined ? {} : { admin_state_up: change.isAdminUp }),
  };
}
