/** Security groups: Neutron's security groups and their rules. */
import type {
  SecurityGroup,
  SecurityGroupChange,
  SecurityGroupDraft,
  SecurityGroupQuery,
  SecurityGroupRule,
  SecurityGroupRuleDraft,
  SecurityGroups,
} from "../../../cloud/index.ts";
import {
  asObject,
  asObjects,
  asText,
  flag,
  type JsonObject,
  numberOrNone,
  textOrEmpty,
  textOrNone,
  texts,
} from "../json.ts";
import { describeAgain, describeMarked, readDescription, withoutReserved } from "../marker.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";
import { queriesOf } from "./filters.ts";
import { findFirst, listAll } from "./lists.ts";

const GROUPS = "security-groups";
const RULES = "security-group-rules";

export function openSecurityGroups(session: Session): SecurityGroups {
  const get = async (id: string): Promise<JsonObject> => {
    const path = [GROUPS, id];
    const body = await session.ask({ service: "network", name: "securityGroups.get", method: "GET", path });
    return asObject(body.security_group, "security_group");
  };
  return {
    list: (query = {}) => listAll(session, "security_groups", filtersOf(query), decodeSecurityGroup),
    get: async (id) => decodeSecurityGroup(await get(id)),
    findByMarker: (marker, name) => {
      const queries = queriesOf(filtersOf(name === undefined ? {} : { name }));
      return findFirst(session, "security_groups", queries, marker, decodeSecurityGroup);
    },
    create: async (draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "securityGroups.create",
          method: "POST",
          path: [GROUPS],
          body: { security_group: encodeSecurityGroup(draft) },
        },
        read: (body) => decodeSecurityGroup(asObject(body.security_group, "security_group")),
        find: (detached) => openSecurityGroups(detached).findByMarker(draft.marker, draft.name),
      }),
    update: async (id, change) => {
      // The marker lives in the description, and a new one must not lose it.
      const present = change.description === undefined ? "" : textOrEmpty((await get(id)).description);
      const body = await session.ask({
        service: "network",
        name: "securityGroups.update",
        method: "PUT",
        path: [GROUPS, id],
        body: { security_group: encodeChange(change, present) },
      });
      return decodeSecurityGroup(asObject(body.security_group, "security_group"));
    },
    delete: async (id) => {
      await session.send({ service: "network", name: "securityGroups.delete", method: "DELETE", path: [GROUPS, id] });
    },
    addRule: async (groupId, draft) =>
      once(session, {
        operation: {
          service: "network",
          name: "securityGroups.addRule",
          method: "POST",
          path: [RULES],
          body: { security_group_rule: encodeRule(groupId, draft) },
        },
        read: (body) => decodeRule(asObject(body.security_group_rule, "security_group_rule")),
        find: (detached) => {
          const queries = queriesOf({ security_group_id: [groupId] });
          return findFirst(detached, "security_group_rules", queries, draft.marker, decodeRule);
        },
      }),
    removeRule: async (ruleId) => {
      const path = [RULES, ruleId];
      await session.send({ service: "network", name: "securityGroups.removeRule", method: "DELETE", path });
    },
  };
}

function filtersOf({ ids, name }: SecurityGroupQuery) {
  return { id: ids, name: name === undefined ? undefined : [name] };
}

export function decodeSecurityGroup(json: JsonObject): SecurityGroup {
  return {
    id: asText(json.id, "security_group.id"),
    name: textOrEmpty(json.name),
    description: readDescription(textOrEmpty(json.description)),
    isStateful: flag(json.stateful, true),
    rules: asObjects(json.security_group_rules ?? [], "security_group.security_group_rules").map(decodeRule),
    projectId: textOrNone(json.project_id) ?? textOrEmpty(json.tenant_id),
    tags: withoutReserved(texts(json.tags)),
  };
}

export function decodeRule(json: JsonObject): SecurityGroupRule {
  return {
    id: asText(json.id, "security_group_rule.id"),
    groupId: asText(json.security_group_id, "security_group_rule.security_group_id"),
    description: readDescription(textOrEmpty(json.description)),
    direction: json.direction === "egress" ? "egress" : "ingress",
    ipVersion: json.ethertype === "IPv6" ? 6 : 4,
    protocol: textOrNone(json.protocol),
    portMin: numberOrNone(json.port_range_min),
    portMax: numberOrNone(json.port_range_max),
    remoteCidr: textOrNone(json.remote_ip_prefix),
    remoteGroupId: textOrNone(json.remote_group_id),
  };
}

export function encodeSecurityGroup({ name, description, isStateful, marker }: SecurityGroupDraft): JsonObject {
  return {
    name,
    description: describeMarked(description ?? "", marker),
    ...(isStateful === undefined ? {} : { stateful: isStateful }),
  };
}

export function encodeRule(groupId: string, draft: SecurityGroupRuleDraft): JsonObject {
  return {
    security_group_id: groupId,
    description: describeMarked(draft.description ?? "", draft.marker),
    direction: draft.direction,
    ethertype: `IPv${draft.ipVersion}`,
    ...(draft.protocol === undefined ? {} : { protocol: draft.protocol }),
    ...(draft.portMin === undefined ? {} : { port_range_min: draft.portMin }),
    ...(draft.portMax === undefined ? {} : { port_range_max: draft.portMax }),
    ...(draft.remoteCidr === undefined ? {} : { remote_ip_prefix: draft.remoteCidr }),
    ...(draft.remoteGroupId === undefined ? {} : { remote_group_id: draft.remoteGroupId }),
  };
}

function encodeChange({ name, description }: SecurityGroupChange, present: string): JsonObject {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description: describeAgain(description, present) }),
  };
}
