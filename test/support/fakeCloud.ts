import {
  type Cloud,
  CloudError,
  type Flavour,
  type Image,
  type Listing,
  type Marker,
  type Network,
  type Port,
  type Server,
  type ServerAttachment,
  type ServerDraft,
  type ServerInterface,
  type ServerStatus,
  type Subnet,
} from "../../src/cloud/index.ts";

/**
 * A cloud in memory behind the neutral ports, for tests of doors: what one tenant makes another cannot see, creates are
 * found by their markers, and states follow the actions at once. It is no OpenStack; the simulator is.
 */
export interface FakeWorld {
  readonly images: Map<string, Image>;
  readonly flavours: Map<string, Flavour>;
  readonly networks: Map<string, Network>;
  readonly subnets: Map<string, Subnet>;
  readonly ports: Map<string, Port & { readonly projectId: string }>;
  readonly servers: Map<string, FakeServer>;
  /** Every call so far, `servers.create` and the like. */
  readonly calls: string[];
  /** The last draft, to see what a door asked for. */
  draft: ServerDraft | undefined;
  /** Thrown by the next call of that name. */
  readonly failures: Map<string, CloudError>;
  /** What a new server is in; `active` unless a test wants to look at the others. */
  bornAs: ServerStatus;
  /** The cloud as a tenant sees it. */
  cloudOf(projectId: string): Cloud;
}

type FakeServer = Omit<Server, "interfaces"> & { readonly projectId: string };

const EPOCH = new Date("2026-01-02T03:04:05Z");

export function fakeWorld(): FakeWorld {
  let count = 0;
  const markers = new Map<string, string>();
  const world: FakeWorld = {
    images: new Map(),
    flavours: new Map(),
    networks: new Map(),
    subnets: new Map(),
    ports: new Map(),
    servers: new Map(),
    calls: [],
    draft: undefined,
    failures: new Map(),
    bornAs: "active",
    cloudOf,
  };

  const freshId = (): string => {
    count += 1;
    return `7a1f0c52-5b0e-4a3e-9c39-${count.toString(16).padStart(12, "0")}`;
  };
  const enter = (name: string): void => {
    world.calls.push(name);
    const failure = world.failures.get(name);
    if (failure === undefined) return;
    world.failures.delete(name);
    throw failure;
  };
  const find = <Item>(items: Map<string, Item>, id: string, what: string, sees: (item: Item) => boolean): Item => {
    const item = items.get(id);
    if (item === undefined || !sees(item)) throw new CloudError("NOT_FOUND", `no ${what} ${id}`);
    return item;
  };
  async function* list<Item>(name: string, items: Map<string, Item>, sees: (item: Item) => boolean): Listing<Item> {
    enter(name);
    for (const item of [...items.values()]) if (sees(item)) yield item;
  }

  function cloudOf(projectId: string): Cloud {
    const owns = (item: { readonly projectId: string }) => item.projectId === projectId;
    const seesNetwork = (network: Network) => owns(network) || network.isShared || network.isExternal;
    const seesSubnet = ({ networkId }: Subnet) => {
      const network = world.networks.get(networkId);
      return network !== undefined && seesNetwork(network);
    };
    const remember = (marker: Marker, id: string) => markers.set(marker.value, id);
    const byMarker = <Item>(items: Map<string, Item>, marker: Marker): Item | undefined =>
      items.get(markers.get(marker.value) ?? "");

    const newPort = (networkId: string, more: Partial<Port> = {}, address?: string): Port & { projectId: string } => {
      const network = find(world.networks, networkId, "network", seesNetwork);
      const subnet = world.subnets.get(network.subnetIds[0] ?? "");
      const id = freshId();
      const fixedIps = subnet === undefined ? [] : [{ ipAddress: address ?? nextAddress(subnet), subnetId: subnet.id }];
      const port = {
        id,
        name: "",
        networkId,
        macAddress: `fa:16:3e:00:00:${(count % 256).toString(16).padStart(2, "0")}`,
        fixedIps,
        deviceId: undefined,
        deviceOwner: undefined,
        isAdminUp: true,
        status: "active",
        vnicType: "normal",
        tags: [],
        isOwned: false,
        ...more,
        projectId,
      } as const;
      world.ports.set(id, port);
      return port;
    };
    const nextAddress = ({ id, cidr }: Subnet): string => {
      const used = [...world.ports.values()].filter(({ fixedIps }) => fixedIps.some(({ subnetId }) => subnetId === id));
      return cidr.replace(/[\d]+\/\d+$/, String(used.length + 10)).replace(/::\/\d+$/, `::${used.length + 10}`);
    };
    const plug = (serverId: string, attachment: ServerAttachment): string => {
      const port =
        "portId" in attachment
          ? find(world.ports, attachment.portId, "port", owns)
          : newPort(attachment.networkId, {}, attachment.fixedIp);
      if (port.deviceId !== undefined) throw new CloudError("IN_USE", `port ${port.id} is plugged in`);
      world.ports.set(port.id, { ...port, deviceId: serverId, deviceOwner: "compute:nova" });
      return port.id;
    };
    const whole = ({ projectId: _, ...server }: FakeServer): Server => ({
      ...server,
      interfaces: [...world.ports.values()]
        .filter(({ deviceId }) => deviceId === server.id)
        .map(
          (port): ServerInterface => ({
            portId: port.id,
            networkId: port.networkId,
            macAddress: port.macAddress,
            fixedIps: port.fixedIps,
            vnicType: port.vnicType,
            status: port.status,
          }),
        ),
    });

    const cloud: Cloud = {
      name: "fake",
      region: "here",
      tenant: { projectId, projectName: projectId, userId: "u", userName: "user", roles: ["member"] },
      images: {
        list: () => list("images.list", world.images, () => true),
        async get(id) {
          enter("images.get");
          return find(world.images, id, "image", () => true);
        },
      },
      flavours: {
        list: () => list("flavours.list", world.flavours, () => true),
        async get(id) {
          enter("flavours.get");
          return find(world.flavours, id, "flavour", () => true);
        },
      },
      networks: {
        list: () => list("networks.list", world.networks, seesNetwork),
        async get(id) {
          enter("networks.get");
          return find(world.networks, id, "network", seesNetwork);
        },
        async create({ marker, ...draft }) {
          enter("networks.create");
          const network = fakeNetwork({ id: freshId(), projectId, ...draft });
          world.networks.set(network.id, network);
          remember(marker, network.id);
          return network;
        },
        async update(id, change) {
          enter("networks.update");
          const network = { ...find(world.networks, id, "network", owns), ...change };
          world.networks.set(id, network);
          return network;
        },
        async delete(id) {
          enter("networks.delete");
          const { subnetIds } = find(world.networks, id, "network", owns);
          for (const subnetId of subnetIds) world.subnets.delete(subnetId);
          world.networks.delete(id);
        },
        findByMarker: async (marker) => byMarker(world.networks, marker),
      },
      subnets: {
        list: (query) =>
          list("subnets.list", world.subnets, (subnet) => {
            const isAsked = query?.networkIds?.includes(subnet.networkId) ?? query?.ids?.includes(subnet.id) ?? true;
            return isAsked && seesSubnet(subnet);
          }),
        async get(id) {
          enter("subnets.get");
          return find(world.subnets, id, "subnet", seesSubnet);
        },
        async create({ marker, gatewayIp, ...draft }) {
          enter("subnets.create");
          const network = find(world.networks, draft.networkId, "network", owns);
          const subnet = fakeSubnet({ id: freshId(), ...draft, gatewayIp: gatewayIp ?? undefined });
          world.subnets.set(subnet.id, subnet);
          world.networks.set(network.id, { ...network, subnetIds: [...network.subnetIds, subnet.id] });
          remember(marker, subnet.id);
          return subnet;
        },
        async delete(id) {
          enter("subnets.delete");
          find(world.subnets, id, "subnet", seesSubnet);
          world.subnets.delete(id);
        },
        findByMarker: async (marker) => byMarker(world.subnets, marker),
      },
      ports: {
        list: (query) =>
          list("ports.list", world.ports, (port) => {
            const { ids, deviceIds, networkIds, ofServers } = query ?? {};
            if (!owns(port) || ids?.includes(port.id) === false) return false;
            if (deviceIds?.includes(port.deviceId ?? "") === false) return false;
            if (networkIds?.includes(port.networkId) === false) return false;
            return ofServers !== true || (port.deviceOwner ?? "").startsWith("compute:");
          }),
        async get(id) {
          enter("ports.get");
          return find(world.ports, id, "port", owns);
        },
        async create({ marker, networkId, macAddress, fixedIps, vnicType, name }) {
          enter("ports.create");
          const more = { isOwned: true, ...(macAddress === undefined ? {} : { macAddress }) };
          const card = { ...more, ...(vnicType === undefined ? {} : { vnicType }), name: name ?? "" };
          const port = newPort(networkId, card, fixedIps?.[0]?.ipAddress);
          remember(marker, port.id);
          return port;
        },
        async delete(id) {
          enter("ports.delete");
          find(world.ports, id, "port", owns);
          world.ports.delete(id);
        },
        findByMarker: async (marker) => byMarker(world.ports, marker),
      },
      servers: {
        async *list() {
          for await (const server of list("servers.list", world.servers, owns)) yield whole(server);
        },
        async *names() {
          for await (const { id, name } of list("servers.names", world.servers, owns)) yield { id, name };
        },
        async get(id) {
          enter("servers.get");
          return whole(find(world.servers, id, "server", owns));
        },
        async create(draft) {
          enter("servers.create");
          world.draft = draft;
          const flavour = find(world.flavours, draft.flavourId, "flavour", () => true);
          const id = freshId();
          const server = fakeServer(flavour, { id, projectId, status: world.bornAs, ...copied(draft) });
          world.servers.set(id, server);
          remember(draft.marker, id);
          if (typeof draft.attachments !== "string") for (const attachment of draft.attachments) plug(id, attachment);
          return { id };
        },
        async update(id, change) {
          enter("servers.update");
          world.servers.set(id, { ...find(world.servers, id, "server", owns), ...change });
        },
        async act(id, action) {
          enter(`servers.act ${action}`);
          const server = find(world.servers, id, "server", owns);
          world.servers.set(id, { ...server, ...stateAfter(action) });
        },
        async delete(id) {
          enter("servers.delete");
          find(world.servers, id, "server", owns);
          world.servers.delete(id);
          for (const port of [...world.ports.values()].filter(({ deviceId }) => deviceId === id)) {
            if (port.isOwned) world.ports.set(port.id, { ...port, deviceId: undefined, deviceOwner: undefined });
            else world.ports.delete(port.id);
          }
        },
        async attach(id, attachment) {
          enter("servers.attach");
          find(world.servers, id, "server", owns);
          return { portId: plug(id, attachment) };
        },
        async detach(id, portId) {
          enter("servers.detach");
          const port = find(world.ports, portId, "port", ({ deviceId }) => deviceId === id);
          if (port.isOwned) world.ports.set(portId, { ...port, deviceId: undefined, deviceOwner: undefined });
          else world.ports.delete(portId);
        },
        findByMarker: async (marker) => {
          const server = byMarker(world.servers, marker);
          return server === undefined ? undefined : whole(server);
        },
      },
      detached: () => cloud,
    };
    return cloud;
  }
  return world;
}

function copied({ name, description, imageId, metadata, keyName, zone }: ServerDraft): Partial<Server> {
  return { name, description: description ?? "", imageId, metadata: metadata ?? {}, keyName, zone };
}

const AFTER: Readonly<Record<string, { status: ServerStatus; nativeStatus: string }>> = {
  stop: { status: "stopped", nativeStatus: "SHUTOFF" },
  pause: { status: "paused", nativeStatus: "PAUSED" },
  suspend: { status: "suspended", nativeStatus: "SUSPENDED" },
};

function stateAfter(action: string): { status: ServerStatus; nativeStatus: string } {
  return AFTER[action] ?? { status: "active", nativeStatus: "ACTIVE" };
}

export function fakeImage(more: Partial<Image> & Pick<Image, "id" | "name">): Image {
  return {
    status: "active",
    nativeStatus: "active",
    sizeBytes: 1,
    checksum: undefined,
    containerFormat: "bare",
    diskFormat: "qcow2",
    minDiskGiB: 0,
    minRamMiB: 0,
    visibility: "public",
    ownerId: undefined,
    isProtected: false,
    tags: [],
    properties: {},
    createdAt: EPOCH,
    updatedAt: EPOCH,
    ...more,
  };
}

export function fakeFlavour(more: Partial<Flavour> & Pick<Flavour, "id" | "vcpus" | "ramMiB" | "diskGiB">): Flavour {
  return {
    name: more.id,
    description: undefined,
    ephemeralGiB: 0,
    swapMiB: 0,
    isPublic: true,
    extraSpecs: {},
    ...more,
  };
}

export function fakeNetwork(more: Partial<Network> & Pick<Network, "id" | "name" | "projectId">): Network {
  return {
    description: "",
    status: "active",
    isAdminUp: true,
    isShared: false,
    isExternal: false,
    mtu: 1500,
    subnetIds: [],
    provider: undefined,
    zones: [],
    tags: [],
    ...more,
  };
}

export function fakeSubnet(more: Partial<Subnet> & Pick<Subnet, "id" | "networkId" | "cidr">): Subnet {
  return {
    name: "",
    description: "",
    ipVersion: 4,
    gatewayIp: undefined,
    isDhcpEnabled: true,
    pools: [],
    dnsServers: [],
    tags: [],
    ...more,
  };
}

export function fakeServer(
  flavour: Flavour,
  more: Partial<Server> & { readonly id: string; readonly projectId: string },
): FakeServer {
  const { interfaces: _, ...rest } = more;
  const status = more.status ?? "active";
  return {
    name: more.id,
    nativeStatus: status.toUpperCase(),
    task: undefined,
    fault: undefined,
    flavourId: flavour.id,
    flavourName: flavour.name,
    vcpus: flavour.vcpus,
    ramMiB: flavour.ramMiB,
    diskGiB: flavour.diskGiB,
    imageId: undefined,
    hostId: "h",
    zone: undefined,
    keyName: undefined,
    description: "",
    metadata: {},
    volumeIds: [],
    createdAt: EPOCH,
    updatedAt: EPOCH,
    ...rest,
    status,
  };
}
