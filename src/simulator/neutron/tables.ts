/** The rows Neutron keeps. What is shown under another name than the column says so in the resource's attributes. */
import type { JsonObject, Row } from "../core/json.ts";
import { defineTable } from "../world.ts";

/** What every resource of Neutron has (neutron stable/zed: db/standard_attr.py). */
export interface Standard extends Row {
  readonly project_id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** ISO 8601 with seconds and `Z`. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly revision_number: number;
}

export interface Network extends Standard {
  readonly admin_state_up: boolean;
  readonly status: string;
  readonly mtu: number;
  readonly shared: boolean;
  readonly external: boolean;
  readonly is_default: boolean;
  readonly port_security_enabled: boolean;
  readonly dns_domain: string;
  readonly network_type: string;
  readonly physical_network: string | null;
  readonly segmentation_id: number | null;
  readonly qos_policy_id: string | null;
}

export interface Pool extends Readonly<Record<string, string>> {
  readonly start: string;
  readonly end: string;
}

export interface HostRoute extends Readonly<Record<string, string>> {
  readonly destination: string;
  readonly nexthop: string;
}

export interface SubnetPool extends Standard {
  readonly prefixes: readonly string[];
  readonly ip_version: number;
  readonly default_prefixlen: number;
  readonly min_prefixlen: number;
  readonly max_prefixlen: number;
  readonly is_default: boolean;
  readonly shared: boolean;
  readonly default_quota: number | null;
  readonly address_scope_id: string | null;
}

export interface Subnet extends Standard {
  readonly network_id: string;
  /** The pool it was cut from. */
  readonly subnetpool_id: string | null;
  readonly ip_version: number;
  readonly cidr: string;
  readonly gateway_ip: string | null;
  readonly allocation_pools: readonly Pool[];
  readonly enable_dhcp: boolean;
  readonly dns_nameservers: readonly string[];
  readonly host_routes: readonly HostRoute[];
  readonly ipv6_ra_mode: string | null;
  readonly ipv6_address_mode: string | null;
  readonly service_types: readonly string[];
  readonly dns_publish_fixed_ip: boolean;
}

export interface FixedIp extends Readonly<Record<string, string>> {
  readonly subnet_id: string;
  readonly ip_address: string;
}

export interface AddressPair extends Readonly<Record<string, string>> {
  readonly mac_address: string;
  readonly ip_address: string;
}

export interface DhcpOption extends Readonly<Record<string, string | number>> {
  readonly opt_name: string;
  readonly opt_value: string;
  readonly ip_version: number;
}

export interface Port extends Standard {
  readonly network_id: string;
  readonly mac_address: string;
  readonly admin_state_up: boolean;
  readonly status: string;
  readonly device_id: string;
  readonly device_owner: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly allowed_address_pairs: readonly AddressPair[];
  readonly security_groups: readonly string[];
  readonly port_security_enabled: boolean;
  readonly vnic_type: string;
  readonly host_id: string;
  readonly vif_type: string;
  /** What an administrator tells the host's driver. */
  readonly profile: JsonObject;
  readonly dns_name: string;
  readonly extra_dhcp_opts: readonly DhcpOption[];
  readonly qos_policy_id: string | null;
  /** `immediate`, or `none` when it was made without addresses. */
  readonly ip_allocation: string;
  /** Whether Nova made it for a server, and so deletes it with the server (Nova's own `preserve_on_delete`, negated). */
  readonly made_for_device: boolean;
}

export interface SecurityGroup extends Standard {
  readonly stateful: boolean;
}

export interface SecurityGroupRule extends Standard {
  readonly security_group_id: string;
  readonly ethertype: string;
  readonly direction: string;
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
}

export interface Router extends Standard {
  readonly admin_state_up: boolean;
  readonly status: string;
  /** Its port on the external network; null without a gateway. */
  readonly gateway_port_id: string | null;
  readonly enable_snat: boolean;
  readonly routes: readonly HostRoute[];
}

export interface FloatingIp extends Standard {
  readonly floating_network_id: string;
  readonly floating_ip_address: string;
  /** The hidden port that holds the address on the external network. */
  readonly floating_port_id: string;
  /** The port it leads to, the address there, and the router in between; all null while it leads nowhere. */
  readonly port_id: string | null;
  readonly fixed_ip_address: string | null;
  readonly router_id: string | null;
  readonly status: string;
}

/** Ports of a floating address that lead to a port inside; the ends of both ranges are included. */
export interface PortForwarding extends Row {
  readonly floatingip_id: string;
  readonly protocol: string;
  readonly internal_port_id: string;
  readonly internal_ip_address: string;
  readonly internal: readonly [number, number];
  readonly external: readonly [number, number];
  readonly description: string;
}

export const networks = defineTable<Network>("neutron.networks", ["project_id"]);
export const subnetPools = defineTable<SubnetPool>("neutron.subnet_pools", ["project_id"]);
export const subnets = defineTable<Subnet>("neutron.subnets", ["project_id", "network_id"]);
/** What a port is found under on a network. */
export const macKey = (network: string, mac: string): string => `${network} ${mac.toLowerCase()}`;
export const addressKey = ({ subnet_id, ip_address }: FixedIp): string => `${subnet_id} ${ip_address}`;

export const ports = defineTable<Port>("neutron.ports", ["project_id", "network_id", "device_id"], {
  mac: { keys: ({ network_id, mac_address }) => [macKey(network_id, mac_address)] },
  address: { keys: ({ fixed_ips }) => fixed_ips.map(addressKey) },
});
export const securityGroups = defineTable<SecurityGroup>("neutron.security_groups", ["project_id"]);
export const securityGroupRules = defineTable<SecurityGroupRule>("neutron.security_group_rules", [
  "project_id",
  "security_group_id",
]);
export const routers = defineTable<Router>("neutron.routers", ["project_id"]);
export const portForwardings = defineTable<PortForwarding>("neutron.port_forwardings", [
  "floatingip_id",
  "internal_port_id",
]);
export const floatingIps = defineTable<FloatingIp>("neutron.floating_ips", ["project_id", "port_id", "router_id"]);
