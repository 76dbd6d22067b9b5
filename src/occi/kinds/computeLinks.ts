import {
  attachInterface,
  CloudError,
  detachInterface,
  type InterfaceOrder,
  type Network,
  type Undo,
} from "../../cloud/index.ts";
import { CORE, INFRASTRUCTURE, identityOf, parseIdentity } from "../category.ts";
import { invalid } from "../check.ts";
import type { Definition } from "../definition.ts";
import { draftOf, isEndKind, unknownCategory } from "../draft.ts";
import type { LinkMessage } from "../message.ts";
import type { Context } from "../table.ts";
import { ID, SOURCE, TARGET, TARGET_KIND } from "./core.ts";
import { addFloating, type FloatingLink, type FloatingOrder } from "./floating.ts";
import { interfaceWish, NETWORK_INTERFACE } from "./networkinterface.ts";
import { plugVolume, type VolumeOrder } from "./plug.ts";
import { giveRanges } from "./range.ts";
import { groupWish, linkGroup, SECURITY_GROUP_LINK } from "./securitygrouplink.ts";
import { STORAGE_LINK, type StorageLinkModel, volumeOrder } from "./storagelink.ts";

/** The links inside of a compute's message (GFD.185 §3.4.4). */

export interface ComputeLinks {
  readonly interfaces: readonly InterfaceOrder[];
  /** Networks that get a range before the first card goes in. */
  readonly bare: readonly Network[];
  readonly floating: readonly FloatingOrder[];
  readonly volumes: readonly VolumeOrder[];
  /** Security groups. */
  readonly groups: readonly string[];
}

export const NO_LINKS: ComputeLinks = { interfaces: [], bare: [], floating: [], volumes: [], groups: [] };

/** What the links mean, every end looked up before anything is made; the server is known unless it is only to be made. */
export async function readLinks(
  context: Context,
  links: readonly LinkMessage[],
  serverId?: string,
): Promise<ComputeLinks> {
  const interfaces: InterfaceOrder[] = [];
  const bare: Network[] = [];
  const floating: FloatingOrder[] = [];
  const volumes: VolumeOrder[] = [];
  const groups: string[] = [];
  for (const link of links) {
    const identity = kindOf(context, link);
    if (identity === identityIn(NETWORK_INTERFACE)) {
      const wish = await interfaceWish(
        context,
        await draftOf(context, NETWORK_INTERFACE, saidBy(context, NETWORK_INTERFACE, link)),
      );
      if ("floating" in wish) floating.push(wish.floating);
      else {
        interfaces.push(wish.card);
        if (wish.bare !== undefined) bare.push(wish.bare);
      }
    } else if (identity === identityIn(STORAGE_LINK)) {
      const order = await volumeOrder(
        context,
        await draftOf(context, STORAGE_LINK, saidBy(context, STORAGE_LINK, link)),
        serverId,
      );
      if (volumes.some(({ volumeId }) => volumeId === order.volumeId)) {
        throw new CloudError("ALREADY_EXISTS", `two links lead to volume ${order.volumeId}`, { field: "link" });
      }
      volumes.push(order);
    } else if (identity === identityIn(SECURITY_GROUP_LINK)) {
      groups.push(
        await groupWish(
          context,
          await draftOf(context, SECURITY_GROUP_LINK, saidBy(context, SECURITY_GROUP_LINK, link)),
        ),
      );
    } else {
      throw invalid(identity, "no link of a compute");
    }
  }
  return { interfaces, bare, floating, volumes, groups };
}

function identityIn<Model, Draft, Change>({ term }: Definition<Model, Draft, Change>): string {
  return INFRASTRUCTURE + term;
}

/** The kind in `category` decides. */
function kindOf(context: Context, { categories }: LinkMessage): string {
  const kinds = categories.filter((name) => name.class === "kind" || context.classOf(name) === "kind");
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const unknown = categories.find((name) => context.classOf(name) === undefined);
    if (unknown !== undefined) throw unknownCategory(unknown);
    throw invalid("link", "a link names exactly one kind in its category");
  }
  if (context.classOf(kind) === undefined) throw unknownCategory(kind);
  return identityOf(kind);
}

/** Ids and sources of inline links are made up by clients (grycap/im) and mean nothing. */
function saidBy<Model, Draft, Change>(
  context: Context,
  definition: Definition<Model, Draft, Change>,
  link: LinkMessage,
): LinkMessage {
  for (const identity of link.rel) {
    const name = parseIdentity(identity);
    if (name === undefined || context.classOf(name) !== "kind" || name.scheme === CORE) continue;
    // Some clients name the link's own kind there.
    if (identity !== identityIn(definition)) isEndKind(definition, TARGET_KIND, identity);
  }
  const attributes = new Map([...link.attributes].filter(([name]) => name !== ID.name && name !== SOURCE.name));
  const target = attributes.get(TARGET.name);
  if (target !== undefined && target !== link.target)
    throw invalid(TARGET.name, "the link itself names another target");
  attributes.set(SOURCE.name, "").set(TARGET.name, link.target);
  return { ...link, attributes };
}

/** Links that are no part of the server itself. */
export interface AddedLinks {
  readonly floatingLinks: readonly FloatingLink[];
  readonly storageLinks: readonly StorageLinkModel[];
}

/** Links a server that runs to networks and volumes; what was linked before a failure is entered to be undone. What is shown of them comes back. */
export async function addLinks(
  context: Context,
  serverId: string,
  { interfaces, bare, floating, volumes, groups }: ComputeLinks,
  undo: Undo,
): Promise<AddedLinks> {
  const { call, flow } = context;
  await giveRanges(context, bare, undo);
  for (const order of interfaces) {
    const port = await attachInterface(call.cloud, serverId, order, flow);
    undo.enter(
      () => ({ kind: "port", id: port.id }),
      () => detachInterface(call.cloud.detached(), serverId, port.id, flow),
    );
  }
  for (const groupId of groups) await linkGroup(call.cloud, await call.cloud.servers.get(serverId), groupId, undo);
  const floatingLinks: FloatingLink[] = [];
  for (const order of floating) floatingLinks.push(await addFloating(context, serverId, order, undo));
  const storageLinks: StorageLinkModel[] = [];
  for (const order of volumes) {
    const { attachment, volume } = await plugVolume(context, serverId, order, undo);
    storageLinks.push({ ...attachment, volumeStatus: volume.status });
  }
  return { floatingLinks, storageLinks };
}
