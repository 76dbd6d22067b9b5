import {
  type AffinityOrAntiAffinityConstraintForCompute as Constraint,
  ScopeOfAffinityOrAntiAffinityConstraintForCompute as Scope,
  TypeOfAffinityOrAntiAffinityConstraint as Type,
} from "../../../generated/ts/kubevim/compute.ts";
import { type Cloud, CloudError, type PlacementOrder, type ServerGroupPolicy } from "../../cloud/index.ts";
import { invalid, referred } from "./refuse.ts";

/** Affinity and anti-affinity of machines (IFA 006 §8.4.8). */

export const POLICY: Readonly<Record<Type, ServerGroupPolicy>> = {
  AFFINITY: "affinity",
  ANTI_AFFINITY: "anti-affinity",
  UNRECOGNIZED: "affinity",
};

/** A cloud is one point of presence: everything is together in it, and nothing can be apart. */
export function checkScope(field: string, type: Type, scope: Scope | undefined): void {
  if (scope === Scope.NFVI_POP && type === Type.ANTI_AFFINITY) {
    throw new CloudError("UNSUPPORTED", "one cloud is one point of presence: machines cannot be apart by it", {
      field,
    });
  }
}

/** The constraints of an allocation as a placement; nothing when there are none that say anything. */
export async function decodePlacement(
  cloud: Cloud,
  constraints: readonly Constraint[],
): Promise<PlacementOrder | undefined> {
  let groupId: string | undefined;
  const together: string[] = [];
  const apart: string[] = [];
  for (const [index, { type, scope, constraint }] of constraints.entries()) {
    const field = `affinityOrAntiAffinityConstraints[${index}]`;
    checkScope(`${field}.scope`, type, scope);
    if (constraint === undefined)
      throw new CloudError("MISSING_VALUE", "needs a group or a list of machines", { field });
    if (scope === Scope.NFVI_POP) continue;
    if (constraint.$case === "affinityOrAntiAffinityResourceGroupId") {
      const at = `${field}.affinityOrAntiAffinityResourceGroupId`;
      if (groupId !== undefined) throw invalid(at, "a machine can be in one group");
      const group = await referred(at, "group", () => cloud.serverGroups.get(constraint.value.value));
      if (group.policy !== POLICY[type]) throw invalid(`${field}.type`, `the group's policy is ${group.policy}`);
      groupId = group.id;
      continue;
    }
    const list = constraint.value.resourceId;
    for (const [position, { value }] of list.entries()) {
      const at = `${field}.affinityOrAntiAffinityResourceList.resourceId[${position}]`;
      await referred(at, "machine", () => cloud.servers.get(value));
      (type === Type.ANTI_AFFINITY ? apart : together).push(value);
    }
  }
  if (groupId === undefined && together.length === 0 && apart.length === 0) return undefined;
  return { ...(groupId === undefined ? {} : { groupId }), together, apart };
}
