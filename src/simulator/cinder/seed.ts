/** Cinder's part of the default world: two back ends and four types. */
import type { Seed } from "../core/types.ts";
import { backends, volumeTypes } from "./rows.ts";

const types = [
  ["__DEFAULT__", "Default Volume Type", {}],
  ["fast", "fast pretended disks", { volume_backend_name: "fast" }],
  ["standard", "standard pretended disks", { volume_backend_name: "standard" }],
  ["multiattach", null, { multiattach: "<is> True", volume_backend_name: "standard" }],
] as const;

export function seedCinder({ world, clock, ids }: Seed): void {
  for (const id of ["standard", "fast"])
    world.of(backends).put({ id, host: `controller@${id}#${id}`, service_uuid: ids.uuid() });
  for (const [index, [name, description, extra_specs]] of types.entries()) {
    const shared = { is_public: true, access: [], qos_specs_id: null, updated_at: null };
    // Lists are by age: each is older than the next.
    const created_at = clock.now() - (types.length - index) * 1000;
    world.of(volumeTypes).put({ id: ids.uuid(), name, description, extra_specs, ...shared, created_at });
  }
}
