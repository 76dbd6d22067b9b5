import {
  CloudError,
  newMarker,
  type SecurityGroup,
  type SecurityGroupChange,
  type SecurityGroupRule,
  Undo,
} from "../../cloud/index.ts";
import type { Item } from "../attribute.ts";
import { invalid } from "../check.ts";
import type { Definition, Store } from "../definition.ts";
import type { Context, Row } from "../table.ts";
import { RESOURCE, SUMMARY, TITLE } from "./core.ts";
import { keyOfRule, RULES, type RuleOrder, readRules, showRule } from "./securityRules.ts";

/** A security group (an extension of rOCCI-core, in no document of OCCI). */

interface Draft {
  readonly title: string;
  readonly summary: string;
  readonly rules: readonly Item[];
}

interface Change extends SecurityGroupChange {
  readonly rules?: readonly Item[];
}

const ROWS: readonly Row<SecurityGroup, Draft, Change>[] = [
  {
    ...TITLE,
    type: "string",
    read: ({ name }) => name || undefined,
    write: (title) => ({ title }),
    // A group always has a name; without a title it keeps its own.
    change: (title) => (title === undefined ? {} : { name: title }),
  },
  {
    ...SUMMARY,
    type: "string",
    read: ({ description }) => description || undefined,
    write: (summary) => ({ summary }),
    change: (summary) => ({ description: summary ?? "" }),
  },
  {
    name: RULES,
    type: "array",
    description: "Objects with type, protocol, port, range",
    read: ({ rules }) => rules.map(showRule),
    write: (rules) => ({ rules }),
    change: (rules) => ({ rules: rules ?? [] }),
  },
  {
    name: "occi.securitygroup.state",
    type: "string",
    immutable: true,
    description: "State of the group",
    values: ["active", "inactive", "error"],
    read: () => "active",
    outcome: "active",
  },
  {
    name: "occi.securitygroup.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ rules }) => `${rules.length} rules`,
  },
];

/** Every tenant has one of this name, made by the cloud, that nobody can delete. */
export function isDefault({ name }: Pick<SecurityGroup, "name">): boolean {
  return name === "default";
}

async function addRules(context: Context, groupId: string, orders: readonly RuleOrder[], undo: Undo): Promise<void> {
  const { call, flow } = context;
  for (const order of orders) {
    let ruleId: string | undefined;
    undo.enter(
      () => ({ kind: "security group rule", id: ruleId ?? `${groupId} ${keyOfRule(order)}` }),
      async () => {
        const { securityGroups } = call.cloud.detached();
        const { rules } = await securityGroups.get(groupId);
        const id = ruleId ?? rules.find((rule) => keyOfRule(rule) === keyOfRule(order))?.id;
        if (id !== undefined) await securityGroups.removeRule(id);
      },
    );
    ({ id: ruleId } = await call.cloud.securityGroups.addRule(groupId, { ...order, marker: newMarker(flow) }));
  }
}

async function removeRules({ call, flow }: Context, rules: readonly SecurityGroupRule[], undo: Undo): Promise<void> {
  for (const rule of rules) {
    const { id, groupId } = rule;
    undo.enter(
      () => ({ kind: "security group rule", id }),
      async () => {
        const { securityGroups } = call.cloud.detached();
        const present = await securityGroups.get(groupId);
        if (present.rules.some((one) => one.id === id)) return;
        await securityGroups.addRule(groupId, { ...orderOf(rule), marker: newMarker(flow) });
      },
    );
    await call.cloud.securityGroups.removeRule(id);
  }
}

function orderOf({ direction, ipVersion, protocol, portMin, portMax, remoteCidr, remoteGroupId }: SecurityGroupRule) {
  return {
    direction,
    ipVersion,
    ...(protocol === undefined ? {} : { protocol }),
    ...(portMin === undefined ? {} : { portMin }),
    ...(portMax === undefined ? {} : { portMax }),
    ...(remoteCidr === undefined ? {} : { remoteCidr }),
    ...(remoteGroupId === undefined ? {} : { remoteGroupId }),
  };
}

/** What is missing is added first, so that nobody is locked out while the rules change. */
async function setRules(
  context: Context,
  { id, rules }: SecurityGroup,
  wanted: readonly RuleOrder[],
  keep: (rule: SecurityGroupRule) => boolean,
  undo: Undo,
): Promise<void> {
  const present = new Set(rules.map(keyOfRule));
  const asked = new Set(wanted.map(keyOfRule));
  const added = wanted.filter((order) => !present.has(keyOfRule(order)));
  await addRules(context, id, added, undo);
  const removed = rules.filter((rule) => !asked.has(keyOfRule(rule)) && !keep(rule));
  await removeRules(context, removed, undo);
}

/** What a draft means: its name, and the cloud's rules. */
function wishOf({ flow }: Context, { title, rules = [] }: Partial<Draft>) {
  const wanted = readRules(rules);
  const name = title ?? `securitygroup-${flow.ids.uuid().slice(0, 8)}`;
  if (isDefault({ name })) throw invalid(TITLE.name, "every tenant has a group of this name already");
  return { name, wanted };
}

const store: Store<SecurityGroup, Draft, Change> = {
  list: ({ call }) => call.cloud.securityGroups.list(),
  get: ({ call }, id) => call.cloud.securityGroups.get(id),
  async rehearse(context, draft) {
    wishOf(context, draft);
    return [];
  },
  async create(context, draft) {
    const { call, flow } = context;
    const { summary } = draft;
    const { name, wanted } = wishOf(context, draft);
    const marker = newMarker(flow);
    const undo = new Undo(call.log);
    let made: SecurityGroup | undefined;
    undo.enter(
      () => ({ kind: "security group", id: made?.id ?? `marked ${marker.value}` }),
      async () => {
        const { securityGroups } = call.cloud.detached();
        const id = made?.id ?? (await securityGroups.findByMarker(marker, name))?.id;
        if (id !== undefined) await securityGroups.delete(id);
      },
    );
    try {
      const description = summary === undefined ? {} : { description: summary };
      made = await call.cloud.securityGroups.create({ name, ...description, marker });
      // The cloud lets everything out of a new group; that stays unless the client says itself what may go out.
      const isOutSaid = wanted.some(({ direction }) => direction === "egress");
      await setRules(context, made, wanted, ({ direction }) => direction === "egress" && !isOutSaid, undo);
      return await call.cloud.securityGroups.get(made.id);
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  async update(context, group, { rules, ...change }) {
    const { call } = context;
    const { id, name, description } = group;
    const wanted = rules === undefined ? undefined : readRules(rules);
    const undo = new Undo(call.log);
    try {
      if (Object.keys(change).length > 0) {
        undo.enter(
          () => ({ kind: "security group", id }),
          async () => {
            await call.cloud.detached().securityGroups.update(id, { name, description });
          },
        );
        await call.cloud.securityGroups.update(id, change);
      }
      if (wanted !== undefined) await setRules(context, group, wanted, () => false, undo);
      return await call.cloud.securityGroups.get(id);
    } catch (thrown) {
      throw await undo.rollback(thrown);
    }
  },
  remove: ({ call }, { id }) => call.cloud.securityGroups.delete(id),
  act: () => {
    throw new CloudError("INTERNAL", "a security group has no actions");
  },
};

export const SECURITY_GROUP: Definition<SecurityGroup, Draft, Change> = {
  term: "securitygroup",
  title: "Security group",
  parent: RESOURCE,
  location: "/securitygroup/",
  needs: ["securityGroup.read"],
  rows: ROWS,
  actions: [],
  mixins: [],
  templates: [],
  idOf: ({ id }) => id,
  isGiven: isDefault,
  linksOf: () => [],
  store,
};
