/** Which services a simulator has, and what differs by profile. */
import { cinder } from "./cinder/index.ts";
import type { Service } from "./core/types.ts";
import { glance } from "./glance/index.ts";
import { keystone } from "./keystone/index.ts";
import { withV2 } from "./keystone/v2.ts";
import { neutron } from "./neutron/index.ts";
import { nova } from "./nova/index.ts";

/** Which release it pretends to be: Zed (2022), or what the newest clients ask for. */
export type Profile = "zed" | "modern";

/** All services, in the order in which they are seeded. */
const services: readonly Service[] = [keystone, glance, neutron, cinder, nova];

/** Types whose default world is needed by any other: nobody could sign in, and no volume be made. */
export const needed: ReadonlySet<string> = new Set(["identity", "block-storage"]);

/** The services of a release; with Keystone's v2.0 if that is wanted. */
export function servicesOf(profile: Profile, identityV2: boolean): readonly Service[] {
  return services.map((service) => {
    const own = profile === "zed" ? service : { ...service, ...service.modern };
    return identityV2 && own.type === "identity" ? withV2(own) : own;
  });
}
