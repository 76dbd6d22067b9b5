import {
  type Cloud,
  CloudError,
  newMarker,
  possibleActions,
  removeServer,
  type Server,
  type ServerAction,
  type ServerChange,
  type ServerStatus,
  Undo,
} from "../../cloud/index.ts";
import { type Category, INFRASTRUCTURE } from "../category.ts";
import { showModel } from "../collection.ts";
import { type Definition, type Store, templateCategory } from "../definition.ts";
import { unsupported } from "../draft.ts";
import type { Attributes } from "../message.ts";
import type { Action, Context, Templates } from "../table.ts";
import { termOfId } from "../term.ts";
import { createServer } from "./computeCreate.ts";
import { type AddedLinks, addLinks, readLinks } from "./computeLinks.ts";
import { COMPUTE_MIXINS } from "./computeMixins.ts";
import { COMPUTE_ROWS, COMPUTE_STATES, type ComputeDraft } from "./computeRows.ts";
import { RESOURCE } from "./core.ts";
import { floatingOfServer, intendRelease, ledByPort, releaseFloating } from "./floating.ts";
import { floatingModel, interfacesOf, NETWORK_INTERFACE } from "./networkinterface.ts";
import { linksByServer, linksOfServer, STORAGE_LINK } from "./storagelink.ts";
import { gibOfMib, isBootable, OS_TEMPLATES, OS_TPL, RESOURCE_TEMPLATES, RESOURCE_TPL } from "./templates.ts";

/** A compute is a server (GFD.224 §3.1), with the links that the server itself does not tell. */
export interface ComputeModel extends Server, AddedLinks {}

const OS_FAMILY: Templates<Server, ComputeDraft> = {
  scheme: OS_TEMPLATES,
  base: OS_TPL,
  rows: [],
  assigned: ({ imageId }) => (imageId === undefined ? undefined : { scheme: OS_TEMPLATES, term: termOfId(imageId) }),
  async *list({ call }) {
    for await (const image of call.cloud.images.list()) {
      if (isBootable(image)) yield { id: image.id, title: image.name, attributes: [] };
    }
  },
  write: async ({ call }, id) => ({ image: await call.cloud.images.get(id) }),
};

const DISK = {
  name: "org.openstack.flavor.disk",
  type: "integer",
  immutable: true,
  description: "Root disk in GiB",
} as const;

function fixed(name: string, value: number) {
  const row = COMPUTE_ROWS.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`compute has no row ${name}`);
  const { type, description } = row;
  return { name, type, description, immutable: true, default: value };
}

const RESOURCE_FAMILY: Templates<Server, ComputeDraft> = {
  scheme: RESOURCE_TEMPLATES,
  base: RESOURCE_TPL,
  rows: [{ ...DISK, read: ({ diskGiB }) => diskGiB }],
  assigned: ({ flavourId, flavourName }) =>
    flavourId === undefined ? undefined : { scheme: RESOURCE_TEMPLATES, term: termOfId(flavourId), title: flavourName },
  async *list({ call }) {
    for await (const { id, name, vcpus, ramMiB, diskGiB } of call.cloud.flavours.list()) {
      const attributes = [
        fixed("occi.compute.cores", vcpus),
        fixed("occi.compute.memory", gibOfMib(ramMiB)),
        { ...DISK, default: diskGiB },
      ];
      yield { id, title: name, attributes };
    }
  },
  write: async ({ call }, id) => ({ flavour: await call.cloud.flavours.get(id) }),
};

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
      return ["start", "resume", "unpause"];
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

function action(term: string, title: string, attributes: Action<Server>["attributes"]): Action<Server> {
  const isPossible: Action<Server>["isPossible"] = (server, given) => serverAction(server, term, given) !== undefined;
  return { term, title, attributes, isPossible, needs: ["server.operate"] };
}

/** A server without volumes or cards is spared the question for them. */
async function withLinks(cloud: Cloud, server: Server): Promise<ComputeModel> {
  const [storageLinks, floatingLinks] = await Promise.all([
    server.volumeIds.length === 0 ? [] : linksOfServer(cloud, server.id),
    floatingOfServer(cloud, server),
  ]);
  return { ...server, storageLinks, floatingLinks };
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

const store: Store<ComputeModel, ComputeDraft, ServerChange> = {
  async *ids({ call }) {
    for await (const { id } of call.cloud.servers.names()) yield id;
  },
  async *list({ call }) {
    let volumes: Awaited<ReturnType<typeof linksByServer>> | undefined;
    let addresses: Awaited<ReturnType<typeof ledByPort>> | undefined;
    for await (const server of call.cloud.servers.list()) {
      if (server.volumeIds.length > 0) volumes ??= await linksByServer(call.cloud);
      if (server.interfaces.length > 0) addresses ??= await ledByPort(call.cloud);
      const led = server.interfaces.flatMap(({ portId }) => addresses?.get(portId) ?? []);
      const floatingLinks = led.map((address) => ({ address, serverId: server.id }));
      yield { ...server, storageLinks: volumes?.get(server.id) ?? [], floatingLinks };
    }
  },
  get: async ({ call }, id) => withLinks(call.cloud, await call.cloud.servers.get(id)),
  async create(context, draft, links) {
    const { server, ...added } = await createServer(context, draft, await readLinks(context, links));
    return { ...server, ...added };
  },
  async update(context, server, change, links) {
    const { call } = context;
    const { id, name, description } = server;
    const wanted = await readLinks(context, links, id);
    const undo = new Undo(call.log);
    try {
      await addLinks(context, id, wanted, undo);
      if (Object.keys(change).length > 0) {
        undo.enter(
          () => ({ kind: "server", id }),
          () => call.cloud.detached().servers.update(id, { name, description }),
        );
        await call.cloud.servers.update(id, change);
      }
      return await withLinks(call.cloud, await call.cloud.servers.get(id));
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  async remove(context, { id, floatingLinks }) {
    const addresses = floatingLinks.map(({ address }) => address);
    intendRelease(context, addresses);
    await removeServer(context.call.cloud, id, context.flow);
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

export const COMPUTE: Definition<ComputeModel, ComputeDraft, ServerChange> = {
  term: "compute",
  title: "Compute Resource",
  parent: RESOURCE,
  location: "/compute/",
  needs: ["server.read"],
  rows: COMPUTE_ROWS,
  actions: [
    action("start", "Start the compute", []),
    action("stop", "Stop the compute", methods("graceful", "acpioff", "poweroff")),
    action("restart", "Restart the compute", methods("graceful", "warm", "cold")),
    action("suspend", "Suspend the compute", methods("hibernate", "suspend")),
    {
      term: "save",
      title: "Save the compute as an OS template",
      attributes: [
        ...methods("hot", "deferred"),
        { name: "name", type: "string", description: "Name of the new template", pattern: "^.{1,255}$" },
      ],
      isPossible: ({ status, task }) => task === undefined && SAVABLE.includes(status),
      check: (_, attributes) => {
        if (attributes.get("method") === "deferred") throw unsupported("method deferred", "the cloud saves at once");
      },
      needs: ["server.snapshot"],
    },
  ],
  mixins: COMPUTE_MIXINS,
  templates: [OS_FAMILY, RESOURCE_FAMILY],
  idOf: ({ id }) => id,
  linksOf: (server) => [
    ...interfacesOf(server).map((model) => showModel(NETWORK_INTERFACE, model)),
    ...server.floatingLinks.map((link) => showModel(NETWORK_INTERFACE, floatingModel(link))),
    ...server.storageLinks.map((model) => showModel(STORAGE_LINK, model)),
  ],
  store,
};
