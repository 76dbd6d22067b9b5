import type { Flavour, Image, Network, Server, ServerDraft, ServerStatus, Subnet } from "../../src/cloud/index.ts";

/** Whole things for tests that care about two of their fields. */

export type FakeServer = Omit<Server, "interfaces"> & { readonly projectId: string };

const EPOCH = new Date("2026-01-02T03:04:05Z");

export function copied({ name, description, imageId, metadata, keyName, zone }: ServerDraft): Partial<Server> {
  return { name, description: description ?? "", imageId, metadata: metadata ?? {}, keyName, zone };
}

const AFTER: Readonly<Record<string, { status: ServerStatus; nativeStatus: string }>> = {
  stop: { status: "stopped", nativeStatus: "SHUTOFF" },
  pause: { status: "paused", nativeStatus: "PAUSED" },
  suspend: { status: "suspended", nativeStatus: "SUSPENDED" },
};

export function stateAfter(action: string): { status: ServerStatus; nativeStatus: string } {
  return AFTER[action] ?? { status: "active", nativeStatus: "ACTIVE" };
}

export function fakeImage(more: Partial<Image> & Pick<Image, "id" | "name">): Image {
  return {
    status: "active",
    nativeStatus: "active",
    sizeBytes: 1,
    virtualSizeBytes: undefined,
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
    volumeSnapshotIds: [],
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
