/** The rows of QoS policies and their rules. */
import type { JsonObject, Row } from "../core/json.ts";
import { defineTable } from "../world.ts";
import type { Standard } from "./tables.ts";

export interface QosPolicy extends Standard {
  readonly shared: boolean;
  readonly is_default: boolean;
}

export interface QosRule extends Row {
  readonly policy_id: string;
  readonly kind: string;
  /** Its own members, as it is shown. */
  readonly values: JsonObject;
}

export const qosPolicies = defineTable<QosPolicy>("neutron.qos_policies", ["project_id"]);
export const qosRules = defineTable<QosRule>("neutron.qos_rules", ["policy_id"]);
