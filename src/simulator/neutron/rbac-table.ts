/** Who may use what others own (extension rbac-policies): the rows, and the question that resources ask them. */
import type { Row } from "../core/json.ts";
import { defineTable, type World } from "../world.ts";

export type RbacAction = "access_as_shared" | "access_as_external";

export interface RbacPolicy extends Row {
  readonly project_id: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly action: RbacAction;
  /** A project, or `*` for all. */
  readonly target: string;
}

export const rbacPolicies = defineTable<RbacPolicy>("neutron.rbac_policies", ["project_id", "object_id"]);

/** Whether a policy gives the object to the project. */
export function isGiven(world: World, objectId: string, projectId: string, action?: RbacAction): boolean {
  return world
    .of(rbacPolicies)
    .by("object_id", objectId)
    .some((one) => (one.target === projectId || one.target === "*") && (action === undefined || one.action === action));
}

/** An object goes with what was said of it. */
export function forget(world: World, objectId: string): void {
  for (const { id } of world.of(rbacPolicies).by("object_id", objectId)) world.of(rbacPolicies).delete(id);
}
