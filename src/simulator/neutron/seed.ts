/** Neutron's part of the default world: an outside, and for each project a network with a router to it. */

import type { Seed } from "../core/types.ts";
import { projectNamed } from "../keystone/seed.ts";
import { begin } from "./parts.ts";
import { newPort, type PortDraft } from "./port-making.ts";
import { routerGateway, routerInterface } from "./port-owners.ts";
import { ensureDefaultGroup } from "./security-groups.ts";
import { type Network, networks, ports, routers, type Subnet, subnets } from "./tables.ts";

/** Name, range and owner; the last octets leave room for neighbours. */
const tenants = [
  { project: "admin", cidr: "10.10.0.0/20", prefix: "10.10" },
  { project: "demo", cidr: "10.11.0.0/20", prefix: "10.11" },
  { project: "other", cidr: "10.12.0.0/20", prefix: "10.12" },
] as const;

function network(seed: Seed, projectId: string, name: string, more: Partial<Network>): Network {
  const context = { world: seed.world, ids: seed.ids, now: seed.clock.now() };
  ensureDefaultGroup(context, projectId);
  return seed.world.of(networks).put({
    ...begin({ name }, context, projectId, 2),
    admin_state_up: true,
    status: "ACTIVE",
    mtu: 1442,
    shared: false,
    external: false,
    is_default: false,
    port_security_enabled: true,
    dns_domain: "",
    network_type: "geneve",
    physical_network: null,
    segmentation_id: seed.world.of(networks).size + 1,
    qos_policy_id: null,
    ...more,
  });
}

function subnet(
  seed: Seed,
  on: Network,
  name: string,
  more: Pick<Subnet, "cidr" | "gateway_ip" | "allocation_pools"> & Partial<Subnet>,
): Subnet {
  const context = { ids: seed.ids, now: seed.clock.now() };
  return seed.world.of(subnets).put({
    ...begin({ name }, context, on.project_id, 0),
    network_id: on.id,
    subnetpool_id: null,
    ip_version: 4,
    enable_dhcp: true,
    dns_nameservers: [],
    host_routes: [],
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    service_types: [],
    dns_publish_fixed_ip: false,
    ...more,
  });
}

/** A router from a subnet to the outside, its ports plugged in. */
function router(seed: Seed, inside: Network, on: Subnet, outside: Network, name: string): void {
  const context = { world: seed.world, ids: seed.ids, now: seed.clock.now() };
  const base = begin({ name }, context, inside.project_id, 3);
  const port = (draft: PortDraft) => seed.world.of(ports).put({ ...newPort(context, draft), status: "ACTIVE" });
  const gateway = port({ network: outside, projectId: "", deviceId: base.id, deviceOwner: routerGateway });
  seed.world.of(routers).put({
    ...base,
    admin_state_up: true,
    status: "ACTIVE",
    gateway_port_id: gateway.id,
    enable_snat: true,
    routes: [],
  });
  port({
    network: inside,
    projectId: inside.project_id,
    deviceId: base.id,
    deviceOwner: routerInterface,
    wanted: [{ subnetId: on.id, address: on.gateway_ip ?? "" }],
  });
}

export function seedNeutron(seed: Seed): void {
  const outside = network(seed, projectNamed(seed, "admin"), "public", {
    external: true,
    mtu: 1500,
    network_type: "flat",
    physical_network: "physnet1",
    segmentation_id: null,
  });
  subnet(seed, outside, "public-subnet", {
    cidr: "203.0.113.0/24",
    gateway_ip: "203.0.113.1",
    allocation_pools: [{ start: "203.0.113.10", end: "203.0.113.250" }],
    enable_dhcp: false,
  });
  for (const { project, cidr, prefix } of tenants) {
    const own = network(seed, projectNamed(seed, project), `${project}-net`, {});
    const inside = subnet(seed, own, `${project}-subnet`, {
      cidr,
      gateway_ip: `${prefix}.0.1`,
      allocation_pools: [{ start: `${prefix}.0.2`, end: `${prefix}.15.254` }],
      dns_nameservers: ["192.0.2.53"],
    });
    router(seed, own, inside, outside, `${project}-router`);
  }
}
