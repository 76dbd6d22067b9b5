import type { Cloud } from "./cloud.ts";
import { CloudError } from "./errors.ts";
import type { Marker } from "./marker.ts";
import { collect } from "./page.ts";
import type { Port, PortDraft, VnicType } from "./port.ts";
import type { Clock, Ids, Log } from "./runtime.ts";
import type { Secret } from "./secret.ts";
import type { Server, ServerAction, ServerAttachment, ServerStatus } from "./server.ts";
import { Undo } from "./undo.ts";
import { waitFor, waitUntilGone } from "./wait.ts";

/** What a write of several steps needs beside the cloud. */
export interface Flow {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** One network card that is wanted: an existing port, or a network or subnet with optional addresses. */
export interface InterfaceOrder {
  readonly portId?: string;
  readonly networkId?: string;
  readonly subnetId?: string;
  readonly ipAddress?: string;
  readonly macAddress?: string;
  readonly vnicType?: VnicType;
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
  /** How long to wait until it is active, milliseconds; 0 = not at all. */
  readonly waitMs?: number;
}

/** How long an undo waits for a server to go, so that its ports can follow. */
const GONE_TIMEOUT = 60_000;
const DEFAULT_WAIT = 30_000;

export function newMarker(flow: Flow): Marker {
  return { value: flow.ids.uuid(), since: new Date(flow.clock.now()) };
}

/** Makes a server with its ports and waits until it is active: all or nothing (house rule 2). */
export async function provisionServer(cloud: Cloud, order: ServerOrder, flow: Flow): Promise<Server> {
  const undo = new Undo(flow.log);
  try {
    const attachments = await prepareAttachments(cloud, order.interfaces, flow, undo);
    const marker = newMarker(flow);
    let serverId: string | undefined;
    undo.enter(
      () => ({ kind: "server", id: serverId ?? `marked ${marker.value}` }),
      async () => {
        const rescue = cloud.detached();
        const id = serverId ?? (await rescue.servers.findByMarker(marker, order.name))?.id;
        if (id === undefined) return;
        await rescue.servers.delete(id);
        await waitUntilGone(flow.clock, () => rescue.servers.get(id), GONE_TIMEOUT);
      },
    );
    const { interfaces: _, waitMs, ...draft } = order;
    ({ id: serverId } = await cloud.servers.create({ ...draft, attachments, marker }));
    return await settle(cloud, serverId, ["active"], flow, waitMs ?? DEFAULT_WAIT);
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Ports are made first only where the compute service cannot say it: a MAC, a subnet, a kind of card. */
async function prepareAttachments(
  cloud: Cloud,
  interfaces: ServerOrder["interfaces"],
  flow: Flow,
  undo: Undo,
): Promise<readonly ServerAttachment[] | "auto" | "none"> {
  if (typeof interfaces === "string") return interfaces;
  const attachments: ServerAttachment[] = [];
  for (const order of interfaces) {
    const simple = simpleAttachment(order);
    attachments.push(simple ?? { portId: (await createPort(cloud, order, flow, undo)).id });
  }
  return attachments;
}

function simpleAttachment(order: InterfaceOrder): ServerAttachment | undefined {
  if (order.portId !== undefined) return { portId: order.portId };
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

/** What a server must be in before an action, and what it is in afterwards. */
const ACTIONS: Readonly<Record<ServerAction, { from: readonly ServerStatus[]; to: ServerStatus }>> = {
  start: { from: ["stopped"], to: "active" },
  stop: { from: ["active", "error", "rescued"], to: "stopped" },
  pause: { from: ["active", "rescued"], to: "paused" },
  unpause: { from: ["paused"], to: "active" },
  suspend: { from: ["active", "rescued"], to: "suspended" },
  resume: { from: ["suspended"], to: "active" },
  "reboot-soft": { from: ["active"], to: "active" },
  "reboot-hard": { from: ["active", "stopped", "paused", "suspended", "error", "rescued"], to: "active" },
};

/** The actions that a server in this state allows (nova stable/zed: nova/compute/api.py check_instance_state). */
export function possibleActions(server: Pick<Server, "status" | "task">): readonly ServerAction[] {
  if (server.task !== undefined) return [];
  return ACTION_NAMES.filter((action) => ACTIONS[action].from.includes(server.status));
}

export const ACTION_NAMES = Object.keys(ACTIONS).filter((name): name is ServerAction => name in ACTIONS);

/** Acts on a server and waits until it has become what the action makes of it. */
export async function operateServer(
  cloud: Cloud,
  id: string,
  action: ServerAction,
  flow: Flow,
  waitMs: number = DEFAULT_WAIT,
): Promise<Server> {
  const server = await cloud.servers.get(id);
  const { from, to } = ACTIONS[action];
  if (!from.includes(server.status)) {
    throw new CloudError(
      "STATE_CONFLICT",
      `${action} needs a server that is ${from.join(" or ")}; it is ${server.status}`,
    );
  }
  await cloud.servers.act(id, action);
  return settle(cloud, id, [to], flow, waitMs);
}

async function settle(
  cloud: Cloud,
  id: string,
  wanted: readonly ServerStatus[],
  flow: Flow,
  timeout: number,
): Promise<Server> {
  const { item, isDone } = await waitFor({
    clock: flow.clock,
    timeout,
    read: () => cloud.servers.get(id),
    done: ({ status, task }) => task === undefined && (wanted.includes(status) || status === "error"),
  });
  // An error may also be what the server comes from, while the cloud is still at work on it.
  if (isDone && item.status === "error") {
    const noHost = /no valid host/i.test(item.fault ?? "");
    throw new CloudError(
      noHost ? "NO_VALID_HOST" : "RESOURCE_FAILED",
      `the server ended in error: ${item.fault ?? "the cloud does not say why"}`,
    );
  }
  return item;
}
