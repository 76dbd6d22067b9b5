import {
  type Cloud,
  CloudError,
  collect,
  type FloatingIp,
  type FloatingIpQuery,
  type Network,
  newMarker,
  type Pages,
  type Port,
  pagesOf,
  type Server,
  Undo,
} from "../../cloud/index.ts";
import type { Context } from "../table.ts";

/**
 * A network interface to an external network is a floating address that leads to one of the compute's cards (ooi, rOCCI;
 * house: id = floating IP id). An external network that is shared takes cards itself (as Infomaniak's ext-net1 does),
 * and is a network like any other here.
 */

export interface FloatingOrder {
  readonly networkId: string;
  /** A wish that most clouds grant to administrators only. */
  readonly ipAddress?: string;
  /** One that is reserved already. */
  readonly reserved?: FloatingIp;
}

/** An address that leads to a card of a server. */
export interface FloatingLink {
  readonly address: FloatingIp;
  readonly serverId: string;
}

/** Says of an address that it was made as a link, and lives as long as that; one that was reserved otherwise does not. */
const MADE_AS_LINK = "made as an OCCI networkinterface";

export function isMadeAsLink({ description }: FloatingIp): boolean {
  return description === MADE_AS_LINK;
}

export function givesAddresses({ isExternal, isShared }: Network): boolean {
  return isExternal && !isShared;
}

/** A cloud without routers has none. */
async function* addresses(cloud: Cloud, query: FloatingIpQuery): Pages<FloatingIp> {
  try {
    for await (const page of pagesOf(cloud.floatingIps.list(query))) yield page;
  } catch (thrown) {
    if (!CloudError.is(thrown, "NOT_FOUND", "UNSUPPORTED", "MISSING_SERVICE")) throw thrown;
  }
}

/** All addresses of the tenant that lead somewhere, or to one of these cards. */
export async function* ledAddresses(
  cloud: Cloud,
  portIds?: readonly string[],
): AsyncIterable<FloatingIp & { readonly portId: string }> {
  if (portIds?.length === 0) return;
  for await (const page of addresses(cloud, portIds === undefined ? {} : { portIds })) {
    for (const address of page) {
      const { portId } = address;
      if (portId !== undefined) yield { ...address, portId };
    }
  }
}

/** Most tenants have fewer; their addresses can be asked for before it is known which cards they lead to. */
const FEW = 20;

/** All addresses of the tenant, unless there are many. */
export async function fewAddresses(cloud: Cloud): Promise<readonly FloatingIp[] | undefined> {
  const found: FloatingIp[] = [];
  for await (const page of addresses(cloud, { pageSize: FEW })) if (found.push(...page) >= FEW) return undefined;
  return found;
}

/** The same by the card that they lead to; a card has one or none for each of its own addresses. */
export async function ledByPort(cloud: Cloud): Promise<ReadonlyMap<string, readonly FloatingIp[]>> {
  const byPort = new Map<string, FloatingIp[]>();
  for await (const address of ledAddresses(cloud)) {
    const others = byPort.get(address.portId);
    if (others === undefined) byPort.set(address.portId, [address]);
    else others.push(address);
  }
  return byPort;
}

/** The addresses of one server's cards: among the tenant's, if these are few. */
export async function floatingOfServer(
  cloud: Cloud,
  server: Server,
  few: ReturnType<typeof fewAddresses>,
): Promise<readonly FloatingLink[]> {
  const portIds = server.interfaces.map(({ portId }) => portId);
  if (portIds.length === 0) return [];
  const known = (await few)?.filter(({ portId }) => portId !== undefined && portIds.includes(portId));
  const led = known ?? (await collect(ledAddresses(cloud, portIds)));
  return led.map((address) => ({ address, serverId: server.id }));
}

const isOfServer = ({ deviceOwner }: Port): boolean => (deviceOwner ?? "").startsWith("compute:");

/** The server that an address leads to; nothing when it leads elsewhere or nowhere. */
export async function floatingLink(cloud: Cloud, address: FloatingIp): Promise<FloatingLink | undefined> {
  if (address.portId === undefined) return undefined;
  const port = await cloud.ports.get(address.portId);
  return isOfServer(port) && port.deviceId !== undefined ? { address, serverId: port.deviceId } : undefined;
}

/** Makes an address that leads to the first card that has none and that the external network can reach. */
export async function addFloating(
  { call, flow }: Context,
  serverId: string,
  { networkId, ipAddress, reserved }: FloatingOrder,
  undo: Undo,
): Promise<FloatingLink> {
  const { cloud } = call;
  const cards = (await collect(cloud.ports.list({ deviceIds: [serverId] }))).filter(isOfServer);
  const taken = new Set<string>();
  for await (const { portId } of ledAddresses(
    cloud,
    cards.map(({ id }) => id),
  ))
    taken.add(portId);
  let refused: CloudError | undefined;
  for (const { id: portId, fixedIps } of cards) {
    const [fixed] = fixedIps.filter(({ ipAddress: own }) => !own.includes(":"));
    if (taken.has(portId) || fixed === undefined) continue;
    const marker = newMarker(flow);
    const target = { portId, fixedIp: fixed.ipAddress };
    const wish = ipAddress === undefined ? {} : { ipAddress };
    let made: FloatingIp | undefined;
    undo.enter(
      () => ({ kind: "floating address", id: reserved?.id ?? made?.id ?? `marked ${marker.value}` }),
      async () => {
        const { floatingIps } = cloud.detached();
        if (reserved !== undefined) return void (await floatingIps.associate(reserved.id, undefined));
        const id = made?.id ?? (await floatingIps.findByMarker(marker))?.id;
        if (id !== undefined) await floatingIps.delete(id);
      },
    );
    try {
      made =
        reserved === undefined
          ? await cloud.floatingIps.create({ networkId, description: MADE_AS_LINK, target, marker, ...wish })
          : await cloud.floatingIps.associate(reserved.id, target);
      return { address: made, serverId };
    } catch (thrown) {
      // No router leads from this card to that network; another card's may.
      if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
      refused = thrown;
    }
  }
  throw new CloudError(
    "STATE_CONFLICT",
    refused === undefined
      ? `compute ${serverId} has no card that is free for a floating address`
      : `no card of compute ${serverId} reaches the network: ${refused.message}`,
    refused === undefined ? {} : { cause: refused },
  );
}

/** An address that was made as a link goes back to the cloud; one that was reserved otherwise is only freed. */
export async function removeFloating(cloud: Cloud, address: FloatingIp): Promise<void> {
  if (isMadeAsLink(address)) await cloud.floatingIps.delete(address.id);
  else await cloud.floatingIps.associate(address.id, undefined);
}

/** Says what is going to be given back when that which it leads to has gone. */
export function intendRelease({ call }: Context, addresses: readonly FloatingIp[]): void {
  const made = addresses.filter(isMadeAsLink);
  call.cloud.intend?.(made.map(({ id }) => ({ kind: "floating address", id })));
}

/** Gives back what was made as links to something that is gone; the cloud frees the others itself. */
export async function releaseFloating({ call }: Context, addresses: readonly FloatingIp[]): Promise<void> {
  const { floatingIps } = call.cloud.detached();
  const undo = new Undo(call.log);
  for (const { id, description } of addresses) {
    if (description !== MADE_AS_LINK) continue;
    undo.enter(
      () => ({ kind: "floating address", id }),
      () => floatingIps.delete(id),
    );
  }
  const outcome = await undo.rollback(new CloudError("RESOURCE_FAILED", "it is gone, its floating addresses are not"));
  if (outcome.leftBehind.length > 0) throw outcome;
}
