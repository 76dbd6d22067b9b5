import { hash } from "node:crypto";
import { type Cloud, CloudError, collect, type Server, Undo } from "../../cloud/index.ts";
import { INFRASTRUCTURE } from "../category.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import type { Context, Row } from "../table.ts";
import { LINK, SOURCE, TARGET } from "./core.ts";
import { COMPUTES, mustExist, SECURITY_GROUPS, sourceServer } from "./ends.ts";
import { isDefault } from "./securitygroup.ts";

/** A compute is in a security group when one of its cards is; a link puts all of them there. */

export interface GroupLinkModel {
  readonly serverId: string;
  readonly groupId: string;
  /** Whether it is the cloud's own default; where that was looked up. */
  readonly isGiven?: boolean;
}

interface Draft {
  readonly source: string;
  readonly target: string;
}

type Cards = Pick<Server, "id"> & {
  readonly interfaces: readonly { readonly portId: string; readonly securityGroupIds: readonly string[] }[];
};

/** A namespace of our own; the link has no id in the cloud (RFC 9562 §5.5; house, "Ids"). */
const NAMESPACE = Buffer.from("3a0f6c1e9d1b4c6c8f55f0f1b6a2d7e4", "hex");

/** Of links that were seen lately: to make one costs as much as to show the rest of the link. */
const LINK_IDS = new Map<string, string>();
const MOST_LINK_IDS = 1000;

function linkId({ serverId, groupId }: GroupLinkModel): string {
  const ends = `${serverId}/${groupId}`;
  const known = LINK_IDS.get(ends);
  if (known !== undefined) return known;
  const id = hashedId(ends);
  if (LINK_IDS.size >= MOST_LINK_IDS) LINK_IDS.clear();
  LINK_IDS.set(ends, id);
  return id;
}

function hashedId(ends: string): string {
  const hex = hash("sha1", Buffer.concat([NAMESPACE, Buffer.from(ends)]), "hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return parts.join("-");
}

const ROWS: readonly Row<GroupLinkModel, Draft, never>[] = [
  { ...SOURCE, type: "string", read: ({ serverId }) => COMPUTES + serverId, write: (source) => ({ source }) },
  { ...TARGET, type: "string", read: ({ groupId }) => SECURITY_GROUPS + groupId, write: (target) => ({ target }) },
  {
    name: "occi.securitygrouplink.state",
    type: "string",
    immutable: true,
    description: "State of the link",
    values: ["active", "inactive", "error"],
    read: () => "active",
    outcome: "active",
  },
  {
    name: "occi.securitygrouplink.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
  },
];

/** The links of a server, from its cards: no request per server. */
export function groupLinksOf({ id, interfaces }: Cards): readonly GroupLinkModel[] {
  const groups = new Set(interfaces.flatMap(({ securityGroupIds }) => securityGroupIds));
  return [...groups].map((groupId) => ({ serverId: id, groupId }));
}

/** The group that a draft of a link wants. */
export async function groupWish(context: Context, { target = "" }: Partial<Draft>): Promise<string> {
  const groupId = context.idAt(target, SECURITY_GROUPS);
  if (groupId === undefined) throw invalid(TARGET.name, `"${target}" is no security group of this server`);
  await mustExist(TARGET.name, context.call.cloud.securityGroups.get(groupId));
  return groupId;
}

/** What the cards of a new server are in: the wished groups beside the default one, as after linking them later. */
export async function groupsOfNew(cloud: Cloud, groupIds: readonly string[]): Promise<readonly string[]> {
  const [given] = (await collect(cloud.securityGroups.list({ name: "default" }))).filter(isDefault);
  return [...new Set([...(given === undefined ? [] : [given.id]), ...groupIds])];
}

/** Puts every card of a server into a group, or takes it out; `undo` knows what each was in before. */
async function regroup(
  cloud: Cloud,
  { interfaces }: Cards,
  change: (groups: readonly string[]) => readonly string[],
  undo: Undo,
): Promise<void> {
  for (const { portId, securityGroupIds: before } of interfaces) {
    const after = change(before);
    if (after.length === before.length) continue;
    undo.enter(
      () => ({ kind: "port", id: portId }),
      async () => {
        await cloud.detached().ports.update(portId, { securityGroupIds: before });
      },
    );
    await cloud.ports.update(portId, { securityGroupIds: after });
  }
}

export async function linkGroup(cloud: Cloud, server: Cards, groupId: string, undo: Undo): Promise<void> {
  const { id, interfaces } = server;
  if (interfaces.length === 0)
    throw new CloudError("STATE_CONFLICT", `compute ${id} has no card that could be in a group`);
  if (interfaces.every(({ securityGroupIds }) => securityGroupIds.includes(groupId))) {
    throw new CloudError("ALREADY_EXISTS", `compute ${id} is linked to security group ${groupId} already`);
  }
  await regroup(cloud, server, (groups) => [...new Set([...groups, groupId])], undo);
}

async function* list({ call }: Context): AsyncIterable<GroupLinkModel> {
  const given = new Set<string>();
  for await (const group of call.cloud.securityGroups.list()) if (isDefault(group)) given.add(group.id);
  const byServer = new Map<string, { portId: string; securityGroupIds: readonly string[] }[]>();
  for await (const { id: portId, deviceId, securityGroupIds } of call.cloud.ports.list({ ofServers: true })) {
    if (deviceId === undefined || deviceId === "") continue;
    const known = byServer.get(deviceId);
    if (known === undefined) byServer.set(deviceId, [{ portId, securityGroupIds }]);
    else known.push({ portId, securityGroupIds });
  }
  for (const [id, interfaces] of byServer) {
    for (const link of groupLinksOf({ id, interfaces })) yield { ...link, isGiven: given.has(link.groupId) };
  }
}

async function endsOf(context: Context, draft: Partial<Draft>) {
  const serverId = await sourceServer(context, draft.source ?? "");
  return { serverId, groupId: await groupWish(context, draft) };
}

const store: Store<GroupLinkModel, Draft, never> = {
  list,
  // The id is made of both ends, which it does not tell.
  async get(context, id) {
    for await (const link of list(context)) if (linkId(link) === id) return link;
    throw new CloudError("NOT_FOUND", `there is no security group link ${id}`);
  },
  async rehearse(context, draft) {
    await endsOf(context, draft);
    return [];
  },
  async create(context, draft) {
    const { cloud, log } = context.call;
    const { serverId, groupId } = await endsOf(context, draft);
    const undo = new Undo(log);
    try {
      await linkGroup(cloud, await cloud.servers.get(serverId), groupId, undo);
      return { serverId, groupId };
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  update: () => {
    throw new CloudError("INTERNAL", "no row of a security group link can be changed");
  },
  async remove({ call }, { serverId, groupId }) {
    const undo = new Undo(call.log);
    try {
      const server = await call.cloud.servers.get(serverId);
      await regroup(call.cloud, server, (groups) => groups.filter((id) => id !== groupId), undo);
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  act: () => {
    throw new CloudError("INTERNAL", "a security group link has no actions");
  },
};

export const SECURITY_GROUP_LINK: Definition<GroupLinkModel, Draft, never> = {
  term: "securitygrouplink",
  title: "Security group link",
  parent: LINK,
  location: "/securitygrouplink/",
  needs: ["securityGroup.read", "port.read"],
  rows: ROWS,
  actions: [],
  mixins: [],
  templates: [],
  idOf: linkId,
  isGiven: ({ isGiven = false }) => isGiven,
  endKinds: { source: [`${INFRASTRUCTURE}compute`], target: [`${INFRASTRUCTURE}securitygroup`] },
  ends: ({ serverId, groupId }) => ({
    source: { path: COMPUTES + serverId, kind: `${INFRASTRUCTURE}compute` },
    target: { path: SECURITY_GROUPS + groupId, kind: `${INFRASTRUCTURE}securitygroup` },
  }),
  store,
};
