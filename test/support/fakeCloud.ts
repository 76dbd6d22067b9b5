import {
  type Capabilities,
  type Cloud,
  CloudError,
  FEATURES,
  type Feature,
  type Flavour,
  type FloatingIp,
  type Image,
  type Network,
  type Router,
  type SecurityGroup,
  type Server,
  type ServerAttachment,
  type ServerDraft,
  type ServerInterface,
  type ServerStatus,
  SUPPORTED,
  type Subnet,
  type Verdict,
} from "../../src/cloud/index.ts";
import { addressing } from "./fakeAddressing.ts";
import { computing, type FakeKeyPair, type FakeServerGroup } from "./fakeCompute.ts";
import { type FakePort, networking, toolsOf } from "./fakeNetworking.ts";
import { type FakeVolume, type FakeVolumeBackup, type FakeVolumeSnapshot, storing } from "./fakeStorage.ts";
import { copied, type FakeServer, fakeServer, stateAfter } from "./fakeThings.ts";

/**
 * A cloud in memory behind the neutral ports, for tests of doors: what one tenant makes another cannot see, creates are
 * found by their markers, and states follow the actions at once. It is no OpenStack; the simulator is.
 */
export interface FakeWorld {
  readonly images: Map<string, Image>;
  readonly flavours: Map<string, Flavour>;
  readonly networks: Map<string, Network>;
  readonly subnets: Map<string, Subnet>;
  readonly ports: Map<string, FakePort>;
  readonly servers: Map<string, FakeServer>;
  /** What was uploaded, by the image's id. */
  readonly imageData: Map<string, Uint8Array>;
  /** By name. */
  readonly keyPairs: Map<string, FakeKeyPair>;
  readonly serverGroups: Map<string, FakeServerGroup>;
  readonly securityGroups: Map<string, SecurityGroup>;
  readonly floatingIps: Map<string, FloatingIp>;
  readonly routers: Map<string, Router>;
  readonly volumes: Map<string, FakeVolume>;
  readonly volumeSnapshots: Map<string, FakeVolumeSnapshot>;
  readonly volumeBackups: Map<string, FakeVolumeBackup>;
  /** Every call so far, `servers.create` and the like. */
  readonly calls: string[];
  /** The last draft, to see what a door asked for. */
  draft: ServerDraft | undefined;
  /** Thrown by the next call of that name. */
  readonly failures: Map<string, CloudError>;
  /** What a new server is in; `active` unless a test wants to look at the others. */
  bornAs: ServerStatus;
  /** What every tenant's cloud does; all of it unless a test says otherwise. */
  readonly verdicts: Map<Feature, Verdict>;
  /** The cloud as a tenant sees it. */
  cloudOf(projectId: string): Cloud;
}

/** Waits for the confirmation, as Nova does. */
const resized = { status: "resized", nativeStatus: "VERIFY_RESIZE" } as const;

export function fakeWorld(): FakeWorld {
  const world: FakeWorld = {
    images: new Map(),
    flavours: new Map(),
    networks: new Map(),
    subnets: new Map(),
    ports: new Map(),
    servers: new Map(),
    imageData: new Map(),
    keyPairs: new Map(),
    serverGroups: new Map(),
    securityGroups: new Map(),
    floatingIps: new Map(),
    routers: new Map(),
    volumes: new Map(),
    volumeSnapshots: new Map(),
    volumeBackups: new Map(),
    calls: [],
    draft: undefined,
    failures: new Map(),
    bornAs: "active",
    verdicts: new Map(),
    cloudOf,
  };

  const tools = toolsOf(world);
  const { freshId, enter, find, list, remember, byMarker } = tools;

  function cloudOf(projectId: string): Cloud {
    const owns = (item: { readonly projectId: string }) => item.projectId === projectId;
    const { newPort, networks, subnets, ports } = networking(world, projectId, tools);
    const { snapshot, ...parts } = computing(world, projectId, tools);
    const { volumes, volumeSnapshots, volumeBackups, unplugAll, ...volumesOfServers } = storing(
      world,
      projectId,
      tools,
    );
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
            securityGroupIds: port.securityGroupIds,
            status: port.status,
          }),
        ),
    });

    const cloud: Cloud = {
      name: "fake",
      region: "here",
      tenant: { projectId, projectName: projectId, userId: "u", userName: "user", roles: ["member"] },
      ...parts,
      ...addressing(world, projectId, tools, newPort),
      networks,
      subnets,
      ports,
      volumes,
      volumeSnapshots,
      volumeBackups,
      servers: {
        ...volumesOfServers,
        snapshot,
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
        async resize(id, flavourId) {
          enter("servers.resize");
          const { vcpus, ramMiB, diskGiB, name } = find(world.flavours, flavourId, "flavour", () => true);
          const sizes = { flavourId, flavourName: name, vcpus, ramMiB, diskGiB };
          world.servers.set(id, { ...find(world.servers, id, "server", owns), ...sizes, ...resized });
        },
        async confirmResize(id) {
          enter("servers.confirmResize");
          world.servers.set(id, { ...find(world.servers, id, "server", owns), ...stateAfter("confirm") });
        },
        async revertResize(id) {
          enter("servers.revertResize");
          world.servers.set(id, { ...find(world.servers, id, "server", owns), ...stateAfter("revert") });
        },
        async rebuild(id, imageId) {
          enter("servers.rebuild");
          find(world.images, imageId, "image", () => true);
          world.servers.set(id, { ...find(world.servers, id, "server", owns), ...stateAfter("rebuild"), imageId });
        },
        async delete(id) {
          enter("servers.delete");
          find(world.servers, id, "server", owns);
          unplugAll(id);
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
      async capabilities() {
        const verdicts = FEATURES.map((feature) => [feature, world.verdicts.get(feature) ?? SUPPORTED]);
        return Object.fromEntries(verdicts) as Capabilities;
      },
      detached: () => cloud,
    };
    return cloud;
  }
  return world;
}
