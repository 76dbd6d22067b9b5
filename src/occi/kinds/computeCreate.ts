import {
  CloudError,
  launchServer,
  provisionServer,
  removeServer,
  type Server,
  settle,
  Undo,
} from "../../cloud/index.ts";
import { type Category, INFRASTRUCTURE } from "../category.ts";
import { templateCategory } from "../definition.ts";
import type { Context } from "../table.ts";
import { provideFlavour } from "./computeFlavour.ts";
import { type AddedLinks, addLinks, NO_LINKS } from "./computeLinks.ts";
import { planOf } from "./computeOrder.ts";
import type { ComputeDraft } from "./computeRows.ts";
import { OS_FAMILY, osTemplate, RESOURCE_FAMILY, resourceTemplate } from "./computeTemplates.ts";
import { dropTemporaryKey, keyOrder, provideKey } from "./keys.ts";
import { giveRanges } from "./range.ts";
import { groupsOfNew } from "./securitygrouplink.ts";

/** Nova plugs volumes only into what it has built (nova stable/zed: nova/compute/api.py attach_volume), and then its cards are there. */
const BOOT_WAIT = 90_000;

interface Made extends AddedLinks {
  readonly id: string;
  /** As it was seen last; nothing when nobody had to look. */
  readonly server: Server | undefined;
}

/**
 * A server with its key and its volumes: all or nothing. A request is answered when the cloud has accepted it; clients watch
 * `occi.compute.state`.
 */
export async function createServer(context: Context, draft: Partial<ComputeDraft>, isShown: boolean): Promise<Made> {
  const { call, flow } = context;
  const { interfaces, bare, groups, ...later } = draft.links ?? NO_LINKS;
  const key = keyOrder(context, draft);
  const plan = await planOf(context, draft, interfaces);
  const undo = new Undo(call.log);
  try {
    if (key !== undefined) await provideKey(context, key, undo);
    await giveRanges(context, bare, undo);
    const isLinked = later.volumes.length + later.floating.length > 0;
    const named = key === undefined ? {} : { keyName: key.name };
    const securityGroupIds = groups.length === 0 ? undefined : await groupsOfNew(call.cloud, groups);
    const order = plan.order(await provideFlavour(context, plan.choice, undo));
    const wish = { ...order, ...named, ...(securityGroupIds === undefined ? {} : { securityGroupIds }) };
    const linked = isLinked ? await provisionServer(call.cloud, { ...wish, waitMs: BOOT_WAIT }, flow) : undefined;
    const id = linked?.id ?? (await launchServer(call.cloud, wish, flow));
    undo.enter(
      () => ({ kind: "server", id }),
      () => removeServer(call.cloud.detached(), id, flow),
    );
    if (linked !== undefined && linked.status !== "active") {
      throw new CloudError("DEADLINE_EXCEEDED", "the compute was not built in time for its links");
    }
    const server = linked ?? (isShown ? await lookAt(context, id) : undefined);
    const added = await addLinks(context, id, { interfaces: [], bare: [], groups: [], ...later }, undo);
    if (key !== undefined) await dropTemporaryKey(context, key);
    return { id, server, ...added };
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Not waited for, but a failure that shows already is the create's own. */
export function lookAt({ call, flow }: Context, id: string): Promise<Server> {
  return settle(call.cloud, id, [], flow, 0);
}

/** What a create would decide, with its checks; nothing is made. The templates that the compute would have. */
export async function rehearseServer(context: Context, draft: Partial<ComputeDraft>): Promise<readonly Category[]> {
  keyOrder(context, draft);
  const { interfaces } = draft.links ?? NO_LINKS;
  const { image, choice } = await planOf(context, draft, interfaces);
  const applies = `${INFRASTRUCTURE}compute`;
  const os = templateCategory(OS_FAMILY, osTemplate(image), applies);
  if (choice.by !== "make") {
    context.call.warn(`flavour ${choice.flavour.name} would be taken: ${choice.by}`);
    return [os, templateCategory(RESOURCE_FAMILY, resourceTemplate(choice.flavour), applies)];
  }
  const { vcpus, ramMiB, diskGiB } = choice.make;
  context.call.warn(`a flavour of ${vcpus} cores, ${ramMiB} MiB and ${diskGiB} GiB of disk would be made`);
  return [os];
}
