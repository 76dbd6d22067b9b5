/** Cinder's part of the default world: two back ends, four types, and its second name in the catalogue. */
import type { Seed } from "../core/types.ts";
import { newId } from "../keystone/secrets.ts";
import { region } from "../keystone/seed.ts";
import { catalogServices, endpoints } from "../keystone/tables.ts";
import { backends, volumeTypes } from "./rows.ts";

const types = [
  ["__DEFAULT__", "Default Volume Type", {}],
  ["fast", "fast pretended disks", { volume_backend_name: "fast" }],
  ["standard", "standard pretended disks", { volume_backend_name: "standard" }],
  ["multiattach", null, { multiattach: "<is> True", volume_backend_name: "standard" }],
] as const;

/** Clients before 2025 look for `volumev3`, whose URL names the project. */
const older = { name: "cinderv3", type: "volumev3", url: "/volume/v3/%(project_id)s" };

export function seedCinder({ world, clock, ids }: Seed): void {
  for (const id of ["standard", "fast"])
    world.of(backends).put({ id, host: `controller@${id}#${id}`, service_uuid: ids.uuid() });
  for (const [index, [name, description, extra_specs]] of types.entries()) {
    const shared = { is_public: true, access: [], updated_at: null };
    // Lists are by age: each is older than the next.
    const created_at = clock.now() - (types.length - index) * 1000;
    world.of(volumeTypes).put({ id: ids.uuid(), name, description, extra_specs, ...shared, created_at });
  }
  const { name, type, url } = older;
  const service_id = newId(ids);
  world.of(catalogServices).put({ id: service_id, name, type, enabled: true, description: null });
  for (const kind of ["public", "internal", "admin"])
    world.of(endpoints).put({ id: newId(ids), interface: kind, region_id: region, service_id, url, enabled: true });
}
