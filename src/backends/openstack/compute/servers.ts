/** Servers: Nova's servers, with Neutron's ports. */
import {
  collect,
  type Flavour,
  type Listing,
  type Marker,
  paged,
  type Server,
  type ServerAction,
  type ServerAttachment,
  type ServerQuery,
  type Servers,
} from "../../../cloud/index.ts";
import { asObject, asText, isObject, type JsonObject, textOrEmpty, textOrNone } from "../json.ts";
import { isMetadataMarkedBy } from "../marker.ts";
import { type Card, listCards, openPorts } from "../network/ports.ts";
import { once } from "../once.ts";
import { pages } from "../paging.ts";
import type { Operation, Query, VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { attachVolume, detachVolume, listAttachments } from "./attachments.ts";
import { type FlavourOfServer, flavoursOfServers } from "./flavours.ts";
import { namePages } from "./name-pages.ts";
import { decodeServer, encodeInterfaceAttachment } from "./server.ts";
import { createVersion, encodeServerRequest } from "./server-draft.ts";
import { DETAIL_PAGE, limited, serverPages } from "./server-pages.ts";
import { snapshot } from "./snapshot.ts";
import { decodeServerStatus, statusFilter } from "./status.ts";
import { updateServer } from "./update.ts";

/** Up to 2.96 the shape is known; 2.47 changed the flavour, and both decoders stand. */
export const READ: VersionWish = { preferred: "2.96" };
/**
 * From 2.73 on Nova loads the system metadata of all servers of a list, to tell why they are locked; that costs up to twice
 * the time, most of it its garbage collection (nova stable/zed: api/openstack/compute/servers.py _get_servers).
 */
const LISTED: VersionWish = { preferred: "2.72" };

const ACTION: Readonly<Record<ServerAction, JsonObject>> = {
  start: { "os-start": null },
  stop: { "os-stop": null },
  pause: { pause: null },
  unpause: { unpause: null },
  suspend: { suspend: null },
  resume: { resume: null },
  "reboot-soft": { reboot: { type: "SOFT" } },
  "reboot-hard": { reboot: { type: "HARD" } },
  unshelve: { unshelve: null },
};

/** `known`: flavours that the call has looked up so far. */
export function openServers(session: Session, known: readonly Flavour[]): Servers {
  // Once per call, however many pages and servers it reads.
  let flavours: Promise<readonly FlavourOfServer[]> | undefined;
  const readFlavours = () => {
    flavours ??= flavoursOfServers(session);
    return flavours;
  };
  const partsOf = (deviceIds: readonly string[]) =>
    Promise.all([collect(listCards(session, deviceIds)), readFlavours()]);

  async function join(page: readonly JsonObject[]): Promise<readonly Server[]> {
    if (page.length === 0) return [];
    const deviceIds = page.map((json) => asText(json.id, "server.id"));
    const [found, all] = await partsOf(deviceIds);
    const byDevice = Map.groupBy(found, (port) => port.deviceId);
    return page.map((json, index) => decodeServer(json, { ports: portsOf(byDevice, deviceIds[index]), flavours: all }));
  }

  const list = (query: ServerQuery = {}): Listing<Server> => {
    return paged(async function* () {
      const servers = serverPages(session, detail(query), (page) => join(page));
      for await (const page of servers) yield page.filter((server) => isAsked(query, server));
    });
  };

  return {
    list,
    names: (query = {}) => listNames(session, query),
    get: async (id) => {
      // What it is joined with follows from its id, and need not wait for it; its flavour may be known when it is there.
      const cards = collect(listCards(session, [id]));
      const early = known.length === 0 ? readFlavours() : undefined;
      for (const part of [cards, early]) part?.catch(() => {});
      const body = await session.ask({
        service: "compute",
        name: "servers.get",
        method: "GET",
        path: ["servers", id],
        version: READ,
      });
      const json = asObject(body.server, "server");
      const all = await (early ?? (known.some((flavour) => isOf(json, flavour)) ? known : readFlavours()));
      return decodeServer(json, { ports: await cards, flavours: all });
    },
    findByMarker: async (marker, name) => {
      const json = await findRaw(session, marker, name);
      return json === undefined ? undefined : (await join([json]))[0];
    },
    create: async (draft) =>
      once(session, {
        operation: {
          service: "compute",
          name: "servers.create",
          method: "POST",
          path: ["servers"],
          body: encodeServerRequest(draft),
          version: createVersion(draft),
        },
        read: (body) => idOf(asObject(body.server, "server")),
        find: async (detached) => {
          const found = await findRaw(detached, draft.marker, draft.name);
          return found === undefined ? undefined : idOf(found);
        },
      }),
    update: (id, change) => updateServer(session, id, change),
    act: (id, action) => accepted(session, actionOf(id, action, ACTION[action])),
    resize: (id, flavourId) => accepted(session, actionOf(id, "resize", { resize: { flavorRef: flavourId } })),
    confirmResize: (id) => accepted(session, actionOf(id, "confirmResize", { confirmResize: null })),
    revertResize: (id) => accepted(session, actionOf(id, "revertResize", { revertResize: null })),
    rebuild: (id, imageId) => accepted(session, actionOf(id, "rebuild", { rebuild: { imageRef: imageId } })),
    delete: async (id) => {
      await session.send({ service: "compute", name: "servers.delete", method: "DELETE", path: ["servers", id] });
    },
    attach: (id, attachment) => attach(session, id, attachment),
    detach: (id, portId) => detach(session, id, portId),
    snapshot: (id, draft) => snapshot(session, id, draft),
    attachVolume: (id, draft) => attachVolume(session, id, draft),
    detachVolume: (id, volumeId) => detachVolume(session, id, volumeId),
    volumeAttachments: (query) => listAttachments(session, query),
  };
}

/** Whether a server has the flavour, as far as Nova tells (from 2.47 on by name). */
function isOf(json: JsonObject, { id, name }: Flavour): boolean {
  const { flavor } = json;
  return isObject(flavor) && (flavor.original_name === name || flavor.id === id);
}

function actionOf(id: string, name: string, body: JsonObject): Operation {
  return { service: "compute", name: `servers.${name}`, method: "POST", path: ["servers", id, "action"], body };
}

function portsOf(byDevice: ReadonlyMap<string | undefined, readonly Card[]>, id: string | undefined): readonly Card[] {
  return byDevice.get(id) ?? [];
}

function detail(query: ServerQuery): Operation {
  const path = ["servers", "detail"];
  return { service: "compute", name: "servers.list", method: "GET", path, query: filtersOf(query), version: LISTED };
}

function names(query: ServerQuery): Operation {
  const path = ["servers"];
  return { service: "compute", name: "servers.names", method: "GET", path, query: filtersOf(query), version: READ };
}

/** Nova reads a name as a regular expression, of whatever dialect its database has. */
function filtersOf({ name, status }: ServerQuery): Query {
  const byName = name === undefined ? [] : [["name", `^${escapeRegex(name)}$`] as const];
  return [...byName, ...(status === undefined ? [] : statusFilter(status))];
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** The databases compare names more loosely than we do, and some statuses are no filter at all. */
function isAsked(query: ServerQuery, server: Pick<Server, "name" | "status">): boolean {
  if (query.name !== undefined && query.name !== server.name) return false;
  return query.status === undefined || query.status === server.status;
}

/** The short list has no status: when one is asked for, the long one decides. */
function listNames(session: Session, query: ServerQuery): Listing<{ readonly id: string; readonly name: string }> {
  return paged(async function* () {
    const list =
      query.status === undefined
        ? namePages(session, names(query))
        : pages(session, limited(detail(query), DETAIL_PAGE), "servers");
    const isMeant = (json: JsonObject) => isAsked(query, { name: textOrEmpty(json.name), status: statusOf(json) });
    const isEvery = query.name === undefined && query.status === undefined;
    for await (const page of list) yield (isEvery ? page : page.filter(isMeant)).map(decodeName);
  });
}

function decodeName({ id, name }: JsonObject) {
  return { id: asText(id, "server.id"), name: textOrEmpty(name) };
}

function statusOf(json: JsonObject): Server["status"] {
  return decodeServerStatus(textOrEmpty(json.status), textOrNone(json["OS-EXT-STS:task_state"]));
}

/**
 * The server with the marker in its metadata. Nova cannot search for it in every version, so that the name narrows the
 * search; `changes-since` would not, for it brings deleted servers back.
 */
async function findRaw(session: Session, marker: Marker, name: string | undefined): Promise<JsonObject | undefined> {
  const list = limited(detail(name === undefined ? {} : { name }), DETAIL_PAGE);
  for await (const page of pages(session, list, "servers")) {
    const found = page.find((json) => isMetadataMarkedBy(marker, json.metadata));
    if (found !== undefined) return found;
  }
  return undefined;
}

function idOf(json: JsonObject): { readonly id: string } {
  return { id: asText(json.id, "server.id") };
}

/** A write with an empty answer, which is not sent twice. */
async function accepted(session: Session, operation: Operation): Promise<void> {
  await once(session, { operation, read: () => undefined, isEmpty: true });
}

async function attach(
  session: Session,
  id: string,
  attachment: ServerAttachment,
): Promise<{ readonly portId: string }> {
  const operation: Operation = {
    service: "compute",
    name: "servers.attach",
    method: "POST",
    path: ["servers", id, "os-interface"],
    body: { interfaceAttachment: encodeInterfaceAttachment(attachment) },
  };
  const read = (body: JsonObject) => ({
    portId: asText(asObject(body.interfaceAttachment, "interfaceAttachment").port_id, "interfaceAttachment.port_id"),
  });
  if (!("portId" in attachment)) return once(session, { operation, read });
  const { portId } = attachment;
  const find = async (detached: Session) =>
    (await openPorts(detached).get(portId)).deviceId === id ? { portId } : undefined;
  return once(session, { operation, read, find });
}

/** Nova accepts the unplugging of a port that the server does not have (202, seen on Zed): it is looked at first. */
async function detach(session: Session, id: string, portId: string): Promise<void> {
  const path = ["servers", id, "os-interface", portId];
  await session.send({ service: "compute", name: "servers.interface", method: "GET", path });
  await session.send({ service: "compute", name: "servers.detach", method: "DELETE", path });
}
