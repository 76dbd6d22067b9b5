import {
  type Cloud,
  CloudError,
  newMarker,
  type Pages,
  paged,
  pagesOf,
  possibleActions,
  removeServer,
  type Server,
  type ServerAction,
  type ServerStatus,
} from "../../cloud/index.ts";
import { type Category, INFRASTRUCTURE } from "../category.ts";
import { showModel } from "../collection.ts";
import { type Definition, type Store, templateCategory, Unseen } from "../definition.ts";
import { unsupported } from "../draft.ts";
import type { Attributes } from "../message.ts";
import type { Action, Context } from "../table.ts";
import { createServer, lookAt, rehearseServer } from "./computeCreate.ts";
import { dropFlavour } from "./computeFlavour.ts";
import { type AddedLinks, readLinks } from "./computeLinks.ts";
import { COMPUTE_MIXINS } from "./computeMixins.ts";
import {
  COMPUTE_ROWS,
  COMPUTE_STATES,
  type ComputeChange,
  type ComputeDraft,
  type ComputeServer,
} from "./computeRows.ts";
import { OS_FAMILY, RESOURCE_FAMILY } from "./computeTemplates.ts";
import { updateServer } from "./computeUpdate.ts";
import { RESOURCE } from "./core.ts";
import { CRTP_FAMILY } from "./crtp.ts";
import { fewAddresses, floatingOfServer, intendRelease, ledByPort, releaseFloating } from "./floating.ts";
import { floatingModel, interfacesOf, NETWORK_INTERFACE } from "./networkinterface.ts";
import { groupLinksOf, SECURITY_GROUP_LINK } from "./securitygrouplink.ts";
import { linksOfServer, STORAGE_LINK, volumesByServer } from "./storagelink.ts";
import { COMPUTE_ZONES, REGIONS } from "./zones.ts";

/** A compute is a server (GFD.224 §3.1), with the links that the server itself does not tell. */
export interface ComputeModel extends ComputeServer, AddedLinks {}

function methods(...values: readonly string[]) {
  return [{ name: "method", type: "string", description: "How", values } as const];
}

/** What an action means in the cloud's words, in the present state; nothing when it cannot be done now. */
function serverAction(server: Server, term: string, attributes: Attributes): ServerAction | undefined {
  const possible = possibleActions(server);
  return wishes(server, term, attributes.get("method")).find((action) => possible.includes(action));
}

function wishes(server: Server, term: string, method: unknown): readonly ServerAction[] {
  const state = COMPUTE_STATES[server.status];
  switch (term) {
    case "start":
      return ["start", "resume", "unpause", "unshelve"];
    case "stop":
      // Nova tries a clean shutdown and then cuts the power; a tenant cannot choose, so every method means this.
      return ["stop"];
    case "restart":
      if (state === "inactive") return [];
      if (method === "cold") return ["reboot-hard"];
      return method === undefined ? ["reboot-soft", "reboot-hard"] : ["reboot-soft"];
    case "suspend":
      return [method === "suspend" ? "pause" : "suspend"];
    default:
      return [];
  }
}

function action(
  term: string,
  title: string,
  attributes: Action<Server>["attributes"],
  outcome?: (typeof COMPUTE_STATES)[ServerStatus],
): Action<Server> {
  const isPossible: Action<Server>["isPossible"] = (server, given) => serverAction(server, term, given) !== undefined;
  const isSo: Action<Server>["isSo"] = ({ status, task }) => task === undefined && COMPUTE_STATES[status] === outcome;
  return { term, title, attributes, isPossible, isSo, needs: ["server.operate"] };
}

/** Volumes are asked for once, and only where a server has some. */
async function* listServers(cloud: Cloud): Pages<ComputeModel> {
  // Nearly all servers have cards: the addresses that lead to them are asked for beside the first page.
  const addresses = ledByPort(cloud);
  addresses.catch(() => {});
  let volumes: ReturnType<typeof volumesByServer> | undefined;
  for await (const page of pagesOf(cloud.servers.list())) {
    if (page.some(({ volumeIds }) => volumeIds.length > 0)) volumes ??= volumesByServer(cloud);
    const [byServer, byPort] = await Promise.all([volumes, addresses]);
    yield page.map((server) => {
      const led = server.interfaces.flatMap(({ portId }) => byPort.get(portId) ?? []);
      const floatingLinks = led.map((address) => ({ address, serverId: server.id }));
      const { storageLinks = [], bootImageId } = byServer?.get(server.id) ?? {};
      return { ...server, storageLinks, floatingLinks, bootImageId };
    });
  }
}

/** A server, with the addresses that may lead to its cards asked for beside it; one without volumes is spared the question for them. */
async function getServer(cloud: Cloud, id: string): Promise<ComputeModel> {
  const few = fewAddresses(cloud);
  few.catch(() => {});
  const server = await cloud.servers.get(id);
  const [storageLinks, floatingLinks, bootImageId] = await Promise.all([
    server.volumeIds.length === 0 ? [] : linksOfServer(cloud, server.id),
    floatingOfServer(cloud, server, few),
    bootImageOf(cloud, server),
  ]);
  return { ...server, storageLinks, floatingLinks, bootImageId };
}

/** A server without an image boots from a volume, which may have been made of one (ooi fails on such a server). */
async function bootImageOf(cloud: Cloud, { imageId, volumeIds }: Server): Promise<string | undefined> {
  if (imageId !== undefined) return undefined;
  const volumes = await Promise.all(volumeIds.map((id) => cloud.volumes.get(id)));
  return volumes.find(({ isBootable }) => isBootable)?.imageId;
}

/** What Nova makes an image of (nova stable/zed: nova/compute/api.py snapshot). */
const SAVABLE: readonly ServerStatus[] = ["active", "stopped", "paused", "suspended"];

/** The template is there at once and can be used when the cloud has copied the disk (GFD.224 §3.1). */
async function saveServer({ call, flow }: Context, server: Server, attributes: Attributes): Promise<Category> {
  const given = attributes.get("name");
  const name = typeof given === "string" ? given : `${server.name}-${flow.ids.uuid().slice(0, 8)}`;
  const { imageId } = await call.cloud.servers.snapshot(server.id, { name, marker: newMarker(flow) });
  return templateCategory(OS_FAMILY, { id: imageId, title: name, attributes: [] }, `${INFRASTRUCTURE}compute`);
}

const store: Store<ComputeModel, ComputeDraft, ComputeChange> = {
  ids: ({ call }) => call.cloud.servers.names(),
  list: ({ call }) => paged(() => listServers(call.cloud)),
  get: ({ call }, id) => getServer(call.cloud, id),
  readLinks: async (context, links) => ({ links: await readLinks(context, links) }),
  rehearse: (context, draft) => rehearseServer(context, draft),
  async create(context, draft, isShown) {
    const { id, server, ...added } = await createServer(context, draft, isShown);
    if (server !== undefined) return { ...server, ...added };
    return new Unseen(id, async () => ({ ...(await lookAt(context, id)), ...added }));
  },
  async update(context, server, change, links) {
    const { cloud } = context.call;
    await updateServer(context, server, change, await readLinks(context, links, server.id));
    return getServer(cloud, server.id);
  },
  async remove(context, { id, floatingLinks, flavourName }) {
    const addresses = floatingLinks.map(({ address }) => address);
    intendRelease(context, addresses);
    await removeServer(context.call.cloud, id, context.flow);
    await dropFlavour(context, flavourName);
    await releaseFloating(context, addresses);
  },
  async act(context, server, term, attributes) {
    const { call } = context;
    if (term === "save") return saveServer(context, server, attributes);
    const wanted = serverAction(server, term, attributes);
    if (wanted === undefined) throw new CloudError("STATE_CONFLICT", `${term} is not possible now`);
    await call.cloud.servers.act(server.id, wanted);
    return undefined;
  },
};

export const COMPUTE: Definition<ComputeModel, ComputeDraft, ComputeChange> = {
  term: "compute",
  title: "Compute Resource",
  parent: RESOURCE,
  location: "/compute/",
  needs: ["server.read"],
  rows: COMPUTE_ROWS,
  actions: [
    action("start", "Start the compute", [], "active"),
    action("stop", "Stop the compute", methods("graceful", "acpioff", "poweroff"), "inactive"),
    action("restart", "Restart the compute", methods("graceful", "warm", "cold")),
    action("suspend", "Suspend the compute", methods("hibernate", "suspend"), "suspended"),
    {
      term: "save",
      title: "Save the compute as an OS template",
      attributes: [
        ...methods("hot", "deferred"),
        { name: "name", type: "string", description: "Name of the new template", pattern: "^.{1,255}$" },
      ],
      isPossible: ({ status, task }) => task === undefined && SAVABLE.includes(status),
      // Deferred until it is shut down (GFD.224 §3.1), which of one that is so is now.
      check: ({ status }, attributes) => {
        if (attributes.get("method") === "deferred" && status !== "stopped")
          throw unsupported("method deferred", "the cloud saves at once");
      },
      needs: ["server.snapshot"],
    },
  ],
  mixins: COMPUTE_MIXINS,
  templates: [CRTP_FAMILY, OS_FAMILY, RESOURCE_FAMILY, COMPUTE_ZONES, REGIONS],
  idOf: ({ id }) => id,
  linksOf: (server) => [
    ...interfacesOf(server).map((model) => showModel(NETWORK_INTERFACE, model)),
    ...server.floatingLinks.map((link) => showModel(NETWORK_INTERFACE, floatingModel(link))),
    ...server.storageLinks.map((model) => showModel(STORAGE_LINK, model)),
    ...groupLinksOf(server).map((model) => showModel(SECURITY_GROUP_LINK, model)),
  ],
  store,
};
