import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudError, type Flow, silentLog } from "../../src/cloud/index.ts";
import type { Admit } from "../../src/gateway/operation.ts";
import { createOcciDoor, type FinishedEvent, OCCI_SERVER_OPTIONS, type OcciDoorOptions } from "../../src/occi/index.ts";
import { openStore } from "../../src/store/index.ts";
import { type FakeWorld, fakeWorld } from "./fakeCloud.ts";
import { fakeVolume } from "./fakeStorage.ts";
import { fakeFlavour, fakeImage, fakeNetwork, fakeServer, fakeSubnet } from "./fakeThings.ts";
import { type HeaderList, type Reply, sendOcci } from "./occiClient.ts";
import { virtualClock } from "./virtualClock.ts";
import { memoryWrites } from "./writes.ts";

export type { HeaderList, Reply };

/** A door of its own on a free port, in front of a cloud in memory, and the least HTTP client that sends what it is told. */
export interface TestOcci {
  readonly world: FakeWorld;
  readonly base: string;
  readonly finished: FinishedEvent[];
  send(line: string, headers?: HeaderList, body?: string | Buffer): Promise<Reply>;
  close(): Promise<void>;
}

/** Project of the token; any other token is nobody's. */
const TOKENS: Readonly<Record<string, string>> = { good: "p1", other: "p2" };

export const admitFake =
  (world: FakeWorld): Admit =>
  async ({ header, operation, requestId, signal }) => {
    const project = TOKENS[header("x-auth-token") ?? ""];
    if (project === undefined) throw new CloudError("UNAUTHENTICATED", "sign in first");
    return { operation, requestId, signal, cloud: world.cloudOf(project), log: silentLog, warn: () => {} };
  };

export async function startOcci(options: Partial<OcciDoorOptions> = {}, world = smallWorld()): Promise<TestOcci> {
  let count = 0;
  const fresh = () => {
    count += 1;
    return `0000000${count}-aaaa-4aaa-8aaa-${count.toString().padStart(12, "0")}`;
  };
  const flow: Flow = { clock: virtualClock(0), ids: { uuid: fresh }, log: silentLog };
  const finished: FinishedEvent[] = [];
  const store = options.store ?? (await openStore({ kind: "memory", clock: flow.clock, ids: { uuid: randomUUID } }));
  const writes = await memoryWrites(flow.clock);
  const door = createOcciDoor({
    admit: admitFake(world),
    signInUrl: () => "https://keystone.example:5000",
    flow,
    store,
    writes,
    presence: writes.presence,
    version: "1.2.3",
    newRequestId: () => `req-${fresh()}`,
    onFinished: (event) => finished.push(event),
    ...options,
  });
  const server = createServer(OCCI_SERVER_OPTIONS, door);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    world,
    base: `http://127.0.0.1:${port}`,
    finished,
    send: (line, headers = [], body) => sendOcci(port, "good", line, headers, body),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export const WEB1 = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a1001";
export const WEB2 = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a1002";
export const LAN0 = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a2001";
export const CARD = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a4001";
export const FREE_VOLUME = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3001";
export const USED_VOLUME = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3002";
export const ATTACHMENT = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a5001";

/** Two servers, one linked to the only network and to one of two volumes; two images, two flavours. */
export function smallWorld(): FakeWorld {
  const world = fakeWorld();
  const projectId = "p1";
  const small = fakeFlavour({ id: "small1", vcpus: 1, ramMiB: 1024, diskGiB: 10 });
  for (const flavour of [small, fakeFlavour({ id: "medium2", vcpus: 2, ramMiB: 4096, diskGiB: 20 })]) {
    world.flavours.set(flavour.id, flavour);
  }
  world.images.set("cirros-0-6", fakeImage({ id: "cirros-0-6", name: "CirrOS 0.6" }));
  world.images.set("debian-12", fakeImage({ id: "debian-12", name: "Debian 12" }));
  const subnet = fakeSubnet({ id: "s1", networkId: LAN0, cidr: "192.0.2.0/24", gatewayIp: "192.0.2.1" });
  world.subnets.set(subnet.id, subnet);
  world.networks.set(LAN0, fakeNetwork({ id: LAN0, name: "lan0", projectId, subnetIds: [subnet.id] }));
  const imageId = "cirros-0-6";
  const metadata = { "occi.compute.hostname": "foo 7 bar" };
  const volumeIds = [USED_VOLUME];
  world.servers.set(WEB1, fakeServer(small, { id: WEB1, name: "web1", projectId, imageId, volumeIds }));
  world.volumes.set(FREE_VOLUME, fakeVolume({ id: FREE_VOLUME, projectId, name: "vol1", sizeGiB: 20 }));
  const attachment = { id: ATTACHMENT, volumeId: USED_VOLUME, serverId: WEB1, device: "/dev/vdb" };
  const used = {
    name: "vol2",
    sizeGiB: 5,
    status: "in-use",
    nativeStatus: "in-use",
    attachments: [attachment],
  } as const;
  world.volumes.set(USED_VOLUME, fakeVolume({ id: USED_VOLUME, projectId, ...used }));
  const web2 = {
    id: WEB2,
    name: "web2",
    projectId,
    imageId,
    metadata,
    status: "stopped",
    nativeStatus: "SHUTOFF",
  } as const;
  world.servers.set(WEB2, fakeServer(small, web2));
  world.ports.set(CARD, {
    id: CARD,
    name: "",
    networkId: LAN0,
    macAddress: "fa:16:3e:aa:bb:cc",
    fixedIps: [{ ipAddress: "192.0.2.11", subnetId: subnet.id }],
    deviceId: WEB1,
    deviceOwner: "compute:nova",
    isAdminUp: true,
    status: "active",
    vnicType: "normal",
    securityGroupIds: [],
    tags: [],
    isOwned: false,
    projectId,
  });
  return world;
}
