import type { Cloud } from "./cloud.ts";
import { CloudError } from "./errors.ts";
import { type Flow, newMarker } from "./flow.ts";
import { DEFAULT_WAIT, settle } from "./operateServer.ts";
import { collect } from "./page.ts";
import type { Port, PortDraft, VnicType } from "./port.ts";
import type { Secret } from "./secret.ts";
import type { BlankVolume, BootVolume, Server, ServerAttachment, ServerDraft } from "./server.ts";
import { removeVolumes, volumesMadeFor } from "./serverVolumes.ts";
import { Undo } from "./undo.ts";
import { waitUntilGone } from "./wait.ts";

/** One network card that is wanted: an existing port, or a network or subnet with optional addresses. */
export interface InterfaceOrder {
  readonly portId?: string;
  readonly networkId?: string;
  readonly subnetId?: string;
  readonly ipAddress?: string;
  readonly macAddress?: string;
  readonly vnicType?: VnicType;
  readonly securityGroupIds?: readonly string[];
}

/** With whom it must share its host, and with whom it must not. */
export interface PlacementOrder {
  /** A group, whose policy the cloud keeps. */
  readonly groupId?: string;
  readonly together: readonly string[];
  readonly apart: readonly string[];
}

export interface ServerOrder {
  readonly name: string;
  readonly description?: string;
  readonly flavourId: string;
  readonly imageId?: string;
  readonly interfaces: readonly InterfaceOrder[] | "auto" | "none";
  readonly userData?: Secret;
  readonly configDrive?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly keyName?: string;
  readonly zone?: string;
  readonly bootVolume?: BootVolume;
  readonly volumes?: readonly BlankVolume[];
  /** Of every card that names none of its own. */
  readonly securityGroupIds?: readonly string[];
  /** Checked once it runs: a server in the wrong place is unmade. */
  readonly placement?: PlacementOrder;
  /** How long to wait until it is active, milliseconds; 0 = not at all. */
  readonly waitMs?: number;
}

/** Where a server is put can only be seen when it runs. */
export type LaunchOrder = Omit<ServerOrder, "placement" | "waitMs">;

/** How long an undo waits for a server to go, so that its ports can follow. */
const GONE_TIMEOUT = 60_000;

/** Makes a server with its ports and waits until it is active: all or nothing (house rule 2). */
export function provisionServer(cloud: Cloud, order: ServerOrder, flow: Flow): Promise<Server> {
  return ordered(cloud, order, flow, async (id) => {
    const server = await settle(cloud, id, ["active"], flow, order.waitMs ?? DEFAULT_WAIT);
    if (order.placement !== undefined) await checkPlacement(cloud, server, order.placement);
    return server;
  });
}

/** The same for who waits for nothing, and looks at it later or never: the server's id, as soon as the cloud has accepted it. */
export function launchServer(cloud: Cloud, order: LaunchOrder, flow: Flow): Promise<string> {
  return ordered(cloud, order, flow, async (id) => id);
}

async function ordered<Outcome>(
  cloud: Cloud,
  order: ServerOrder,
  flow: Flow,
  accepted: (serverId: string) => Promise<Outcome>,
): Promise<Outcome> {
  const undo = new Undo(flow.log);
  try {
    const attachments = await prepareAttachments(cloud, order, flow, undo);
    const volumeIds: string[] = [];
    undo.enter(
      () => ({ kind: "volume", id: volumeIds.join(", ") }),
      () => removeVolumes(cloud.detached(), volumeIds, flow.clock, GONE_TIMEOUT),
    );
    const marker = newMarker(flow);
    let serverId: string | undefined;
    undo.enter(
      () => ({ kind: "server", id: serverId ?? `marked ${marker.value}` }),
      async () => {
        const rescue = cloud.detached();
        const id = serverId ?? (await rescue.servers.findByMarker(marker, order.name))?.id;
        if (id === undefined) return;
        volumeIds.push(...(await volumesMadeFor(rescue, id, order)));
        await rescue.servers.delete(id);
        await waitUntilGone(flow.clock, () => rescue.servers.get(id), GONE_TIMEOUT);
      },
    );
    const { interfaces, waitMs: _, placement, securityGroupIds, ...rest } = order;
    // Where the cards are named, each has its groups already.
    const draft = interfaces === "auto" && securityGroupIds !== undefined ? { ...rest, securityGroupIds } : rest;
    ({ id: serverId } = await cloud.servers.create({ ...draft, ...hintsOf(placement), attachments, marker }));
    return await accepted(serverId);
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

function hintsOf(placement: PlacementOrder | undefined): Partial<ServerDraft> {
  if (placement === undefined) return {};
  const { groupId, together, apart } = placement;
  return {
    ...(groupId === undefined ? {} : { groupId }),
    ...(together.length === 0 ? {} : { sameHostAs: together }),
    ...(apart.length === 0 ? {} : { differentHostFrom: apart }),
  };
}

/** Clouds may ignore hints without a word; the host tells. */
async function checkPlacement(cloud: Cloud, server: Server, placement: PlacementOrder): Promise<void> {
  const group = placement.groupId === undefined ? undefined : await cloud.serverGroups.get(placement.groupId);
  const members = group?.serverIds.filter((id) => id !== server.id) ?? [];
  const together = [...placement.together, ...(group?.policy === "affinity" ? members : [])];
  const apart = [...placement.apart, ...(group?.policy === "anti-affinity" ? members : [])];
  for (const id of [...together, ...apart]) {
    const { hostId } = await cloud.servers.get(id);
    const isTogether = hostId !== "" && hostId === server.hostId;
    if (isTogether !== together.includes(id)) {
      throw new CloudError(
        "NO_VALID_HOST",
        `the cloud put the server ${isTogether ? "on the host of" : "on another host than"} ${id}, against the constraint`,
      );
    }
  }
}

/** Ports are made first only where the compute service cannot say it: a MAC, a subnet, a kind of card, groups. */
async function prepareAttachments(
  cloud: Cloud,
  { interfaces, securityGroupIds }: ServerOrder,
  flow: Flow,
  undo: Undo,
): Promise<readonly ServerAttachment[] | "auto" | "none"> {
  if (typeof interfaces === "string") return interfaces;
  const attachments: ServerAttachment[] = [];
  for (const card of interfaces) {
    const order = securityGroupIds === undefined ? card : { securityGroupIds, ...card };
    const simple = simpleAttachment(order);
    attachments.push(simple ?? { portId: (await createPort(cloud, order, flow, undo)).id });
  }
  return attachments;
}

function simpleAttachment(order: InterfaceOrder): ServerAttachment | undefined {
  if (order.portId !== undefined) {
    if (order.securityGroupIds === undefined) return { portId: order.portId };
    throw new CloudError("INVALID_VALUE", `port ${order.portId} keeps its security groups; no others can be given`);
  }
  if (order.securityGroupIds !== undefined) return undefined;
  if (order.networkId === undefined || order.macAddress !== undefined || order.subnetId !== undefined) return undefined;
  if (order.vnicType !== undefined && order.vnicType !== "normal") return undefined;
  return { networkId: order.networkId, ...(order.ipAddress === undefined ? {} : { fixedIp: order.ipAddress }) };
}

async function createPort(cloud: Cloud, order: InterfaceOrder, flow: Flow, undo: Undo): Promise<Port> {
  const networkId =
    order.networkId ?? (order.subnetId === undefined ? undefined : (await cloud.subnets.get(order.subnetId)).networkId);
  if (networkId === undefined) throw new CloudError("MISSING_VALUE", "a network, a subnet or a port must be named");
  const address = {
    ...(order.ipAddress === undefined ? {} : { ipAddress: order.ipAddress }),
    ...(order.subnetId === undefined ? {} : { subnetId: order.subnetId }),
  };
  const draft: PortDraft = {
    networkId,
    ...(Object.keys(address).length === 0 ? {} : { fixedIps: [address] }),
    ...(order.macAddress === undefined ? {} : { macAddress: order.macAddress }),
    ...(order.vnicType === undefined ? {} : { vnicType: order.vnicType }),
    ...(order.securityGroupIds === undefined ? {} : { securityGroupIds: order.securityGroupIds }),
    marker: newMarker(flow),
  };
  let portId: string | undefined;
  undo.enter(
    () => ({ kind: "port", id: portId ?? `marked ${draft.marker.value}` }),
    async () => {
      const rescue = cloud.detached();
      const id = portId ?? (await rescue.ports.findByMarker(draft.marker))?.id;
      if (id !== undefined) await rescue.ports.delete(id);
    },
  );
  const port = await cloud.ports.create(draft);
  portId = port.id;
  return port;
}

/** Plugs one more card into a server; a port that was made for it does not survive a refusal. */
export async function attachInterface(
  cloud: Cloud,
  serverId: string,
  order: InterfaceOrder,
  flow: Flow,
): Promise<Port> {
  const undo = new Undo(flow.log);
  try {
    const attachment = simpleAttachment(order) ?? { portId: (await createPort(cloud, order, flow, undo)).id };
    const { portId } = await cloud.servers.attach(serverId, attachment);
    return await cloud.ports.get(portId);
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Unplugs a card; a port that the gateway made for it goes too. */
export async function detachInterface(cloud: Cloud, serverId: string, portId: string, flow: Flow): Promise<void> {
  const port = await cloud.ports.get(portId);
  if (port.isOwned) cloud.intend?.([{ kind: "port", id: portId }]);
  await cloud.servers.detach(serverId, portId);
  // The write is under way and must end whole, whatever becomes of the caller.
  const rest = cloud.detached();
  // Nova detaches in the background, and deletes the port if it made it.
  const isPlugged = async (): Promise<void> => {
    const { deviceId } = await rest.ports.get(portId);
    if (deviceId !== serverId) throw new CloudError("NOT_FOUND", "the port is free");
  };
  await waitUntilGone(flow.clock, isPlugged, GONE_TIMEOUT);
  if (port.isOwned) await removePorts(rest, [port], flow);
}

/** Deletes a server, and the ports that the gateway made for it once it is gone. */
export async function removeServer(cloud: Cloud, id: string, flow: Flow): Promise<void> {
  const owned = (await collect(cloud.ports.list({ deviceIds: [id] }))).filter((port) => port.isOwned);
  cloud.intend?.(owned.map((port) => ({ kind: "port", id: port.id })));
  await cloud.servers.delete(id);
  // The write is under way and must end whole, whatever becomes of the caller.
  const rest = cloud.detached();
  await waitUntilGone(flow.clock, () => rest.servers.get(id), GONE_TIMEOUT);
  await removePorts(rest, owned, flow);
}

async function removePorts(cloud: Cloud, ports: readonly Port[], flow: Flow): Promise<void> {
  const undo = new Undo(flow.log);
  for (const { id } of ports) {
    undo.enter(
      () => ({ kind: "port", id }),
      () => cloud.ports.delete(id),
    );
  }
  const outcome = await undo.rollback(new CloudError("RESOURCE_FAILED", "the server is gone, its ports are not"));
  if (outcome.leftBehind.length > 0) throw outcome;
}
