/** Which services a simulator has, and what differs by profile. */
import { cinder } from "./cinder/index.ts";
import type { Service } from "./core/types.ts";
import { glance } from "./glance/index.ts";
import { keystone } from "./keystone/index.ts";
import { neutron } from "./neutron/index.ts";
import { nova } from "./nova/index.ts";

/** Which release it pretends to be: Zed (2022), or what the newest clients ask for. */
export type Profile = "zed" | "modern";

/** All services, in the order in which they are seeded. */
const services: readonly Service[] = [keystone, glance, neutron, cinder, nova];

/** Names of the services, in their order: keystone, glance, … */
export const serviceNames: readonly string[] = services.map(({ name }) => name);

export function servicesOf(profile: Profile): readonly Service[] {
  return profile === "zed" ? services : services.map((service) => ({ ...service, ...service.modern }));
}
