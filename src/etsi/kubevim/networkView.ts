import { IPVersion, NetworkType, OperationalState } from "../../../generated/ts/kubevim/common.ts";
import type { NetworkSubnet, VirtualNetwork } from "../../../generated/ts/kubevim/network.ts";
import type { Network, Subnet } from "../../cloud/index.ts";

/** Neutron's segment types that are networks of the data centre itself. */
const UNDERLAY_TYPES = new Set(["flat", "vlan"]);

export function encodeNetwork(network: Network): VirtualNetwork {
  const { provider } = network;
  const [zone] = network.zones;
  return {
    networkResourceId: { value: network.id },
    networkResourceName: network.name,
    subnetId: network.subnetIds.map((value) => ({ value })),
    networkPort: [],
    bandwidth: 0,
    networkType: UNDERLAY_TYPES.has(provider?.type ?? "")
      ? NetworkType.NETWORK_TYPE_UNDERLAY
      : NetworkType.NETWORK_TYPE_OVERLAY,
    providerNetwork: provider?.physicalNetwork,
    segmentationId: provider?.segmentationId,
    networkQos: [],
    isShared: network.isShared,
    zoneId: zone === undefined ? undefined : { value: zone },
    operationalState:
      network.isAdminUp && network.status === "active" ? OperationalState.ENABLED : OperationalState.DISABLED,
    metadata: {
      fields: {
        external: String(network.isExternal),
        ...(network.mtu === undefined ? {} : { mtu: String(network.mtu) }),
        ...(network.tags.length === 0 ? {} : { tags: network.tags.join(",") }),
      },
    },
    connectedNetworks: [],
  };
}

export function encodeSubnet(subnet: Subnet): NetworkSubnet {
  return {
    resourceId: { value: subnet.id },
    networkId: { value: subnet.networkId },
    ipVersion: subnet.ipVersion === 6 ? IPVersion.IPV6 : IPVersion.IPV4,
    // Upstream's REST client requires the member: a subnet without a gateway sends an empty address.
    gatewayIp: { ip: subnet.gatewayIp ?? "" },
    cidr: { cidr: subnet.cidr },
    isDhcpEnabled: subnet.isDhcpEnabled,
    addressPool: subnet.pools.map(({ start, end }) => ({ startIp: { ip: start }, endIp: { ip: end } })),
    metadata: { fields: { name: subnet.name } },
  };
}
