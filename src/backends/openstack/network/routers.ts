/** Routers: Neutron's routers and their interfaces. */
import {
  collect,
  type Router,
  type RouterChange,
  type RouterDraft,
  type RouterGateway,
  type RouterInterface,
  type RouterInterfaceTarget,
  type RouterQuery,
  type Routers,
} from "../../../cloud/index.ts";
import {
  asObject,
  asObjects,
  asText,
  flag,
  isObject,
  type JsonObject,
  textOrEmpty,
  textOrNone,
  texts,
} from "../json.ts";
import { describeAgain, describeMarked, readDescription, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";
import { queriesOf } from "./filters.ts";
import { findFirst, listAll, NETWORK_STATUS } from "./lists.ts";
import { openPorts } from "./ports.ts";

export function openRouters(session: Session): Routers {
  const get = async (id: string): Promise<JsonObject> => {
    const body = await session.ask({ service: "network", name: "routers.get", method: "GET", path: ["routers", id] });
    return asObject(body.router, "router");
  };
  return {
    list: (query = {}) => listAll(session, "routers", filtersOf(query), decodeRouter),
    get: async (id) => decodeRouter(await get(id)),
    findByMarker: (marker, name) =>
      findFirst(session, "routers", queriesOf(filtersOf(name === undefined ? {} : { name })), marker, decodeRouter),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "routers.create",
          method: "POST",
          path: ["routers"],
          body: { router: encodeRouter(draft) },
        },
        read: (body) => decodeRouter(asObject(body.router, "router")),
        find: (detached) => openRouters(detached).findByMarker(draft.marker, draft.name),
      }),
    update: async (id, change) => {
      // The marker lives in the description, and a new one must not lose it.
      const present = change.description === undefined ? "" : textOrEmpty((await get(id)).description);
      const body = { router: encodeChange(change, present) };
      const path = ["routers", id];
      const answer = await session.ask({ service: "network", name: "routers.update", method: "PUT", path, body });
      return decodeRouter(asObject(answer.router, "router"));
    },
    delete: async (id) => {
      await session.send({ service: "network", name: "routers.delete", method: "DELETE", path: ["routers", id] });
    },
    addInterface: (id, target) => addInterface(session, id, target),
    removeInterface: (id, target) => removeInterface(session, id, target),
  };
}

function filtersOf({ ids, name }: RouterQuery) {
  return { id: ids, name: name === undefined ? undefined : [name] };
}

/** A PUT that must not be sent twice: the second time Neutron says that the subnet is there already. */
function addInterface(session: Session, id: string, target: RouterInterfaceTarget): Promise<RouterInterface> {
  return once(session, {
    operation: {
      service: "network",
      name: "routers.addInterface",
      method: "PUT",
      path: ["routers", id, "add_router_interface"],
      body: encodeTarget(target),
      isRepeatable: false,
    },
    read: decodeInterface,
    find: (detached) => findInterface(detached, id, target),
  });
}

async function removeInterface(session: Session, id: string, target: RouterInterfaceTarget): Promise<void> {
  await once(session, {
    operation: {
      service: "network",
      name: "routers.removeInterface",
      method: "PUT",
      path: ["routers", id, "remove_router_interface"],
      body: encodeTarget(target),
      isRepeatable: false,
    },
    read: () => true,
    find: async (detached) => ((await findInterface(detached, id, target)) === undefined ? true : undefined),
  });
}

async function findInterface(
  session: Session,
  id: string,
  target: RouterInterfaceTarget,
): Promise<RouterInterface | undefined> {
  const ports = await collect(openPorts(session).list({ deviceIds: [id] }));
  const all = ports.flatMap((port) => port.fixedIps.map(({ subnetId }) => ({ portId: port.id, subnetId })));
  return all.find((one) => ("portId" in target ? one.portId === target.portId : one.subnetId === target.subnetId));
}

export function decodeRouter(json: JsonObject): Router {
  return {
    id: asText(json.id, "router.id"),
    name: textOrEmpty(json.name),
    description: readDescription(textOrEmpty(json.description)),
    status: NETWORK_STATUS[textOrEmpty(json.status)] ?? "down",
    isAdminUp: flag(json.admin_state_up, true),
    gateway: isObject(json.external_gateway_info) ? decodeGateway(json.external_gateway_info) : undefined,
    projectId: textOrNone(json.project_id) ?? textOrEmpty(json.tenant_id),
    zones: texts(json.availability_zones),
    tags: withoutReserved(texts(json.tags)),
  };
}

function decodeGateway(json: JsonObject): RouterGateway {
  const addresses = asObjects(json.external_fixed_ips ?? [], "router.external_fixed_ips");
  return {
    networkId: asText(json.network_id, "router.external_gateway_info.network_id"),
    isSnat: flag(json.enable_snat, true),
    ipAddresses: addresses.map((address) => asText(address.ip_address, "router.external_fixed_ips.ip_address")),
  };
}

function decodeInterface(json: JsonObject): RouterInterface {
  return { portId: asText(json.port_id, "port_id"), subnetId: asText(json.subnet_id, "subnet_id") };
}

export function encodeRouter(draft: RouterDraft): JsonObject {
  return {
    name: draft.name,
    description: describeMarked(draft.description ?? "", draft.marker),
    ...(draft.isAdminUp === undefined ? {} : { admin_state_up: draft.isAdminUp }),
    ...(draft.gatewayNetworkId === undefined ? {} : encodeGateway(draft.gatewayNetworkId)),
  };
}

function encodeGateway(networkId: string | null): JsonObject {
  return { external_gateway_info: networkId === null ? null : { network_id: networkId } };
}

function encodeChange(change: RouterChange, present: string): JsonObject {
  return {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.description === undefined ? {} : { description: describeAgain(change.description, present) }),
    ...(change.isAdminUp === undefined ? {} : { admin_state_up: change.isAdminUp }),
    ...(change.gatewayNetworkId === undefined ? {} : encodeGateway(change.gatewayNetworkId)),
  };
}

function encodeTarget(target: RouterInterfaceTarget): JsonObject {
  return "portId" in target ? { port_id: target.portId } : { subnet_id: target.subnetId };
}
