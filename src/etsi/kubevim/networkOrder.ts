import { isIP } from "node:net";
import { IPVersion, NetworkType } from "../../../generated/ts/kubevim/common.ts";
import type {
  AllocateNetworkRequest,
  NetworkSubnetData,
  VirtualNetworkData,
} from "../../../generated/ts/kubevim/network.ts";
import { CloudError, type NetworkOrder, type ProviderSegment, type SubnetOrder } from "../../cloud/index.ts";
import { hasEntries, invalid, refuseGiven } from "./refuse.ts";

const NO_FIELDS = "kube-vim-api alpha.15 gives its data no fields";

/** What every allocation of a network resource refuses, whatever its type. */
export function refuseNetworkExtras(request: AllocateNetworkRequest): void {
  if (request.reservationId !== undefined) {
    throw new CloudError("NOT_FOUND", "there is no such reservation: this cloud keeps none", {
      field: "reservationId",
    });
  }
  refuseGiven("affinityOrAntiAffinityConstraints", request.affinityOrAntiAffinityConstraints.length > 0, NO_FIELDS);
  refuseGiven(
    "locationConstraintsForNetwork",
    Boolean(request.locationConstraintsForNetwork),
    "networks are not placed",
  );
  refuseGiven("metaData", hasEntries(request.metaData), "networks and subnets carry no free keys");
  refuseGiven("typeNetworkPortData", request.typeNetworkPortData !== undefined, NO_FIELDS);
  refuseGiven("typeTrunkData", request.typeTrunkData !== undefined, NO_FIELDS);
}

export function decodeNetwork(data: VirtualNetworkData, name: string): NetworkOrder {
  const at = "typeNetworkData";
  refuseGiven(`${at}.networkQoS`, data.networkQos.length > 0, "no quality can be promised");
  refuseGiven(`${at}.metadata`, hasEntries(data.metadata), "networks carry no free keys");
  const provider = decodeProvider(data, at);
  return {
    name,
    ...(data.isShared === undefined ? {} : { isShared: data.isShared }),
    ...(provider === undefined ? {} : { provider }),
    subnets: data.layer3Attributes.map((subnet, index) => {
      const field = `${at}.layer3Attributes[${index}]`;
      if (subnet.networkId !== undefined)
        throw invalid(`${field}.networkId`, "the subnet belongs to the network that is made with it");
      const suffix = data.layer3Attributes.length === 1 ? "" : `-${index + 1}`;
      return decodeSubnet(subnet, `${name}-subnet${suffix}`, field);
    }),
  };
}

function decodeProvider(data: VirtualNetworkData, at: string): ProviderSegment | undefined {
  const { networkType, providerNetwork: physicalNetwork, segmentationId } = data;
  refuseGiven(
    `${at}.networkType`,
    networkType === NetworkType.NETWORK_TYPE_SRIOV,
    "ask for SR-IOV at the machine's card",
  );
  const isUnderlay = networkType === NetworkType.NETWORK_TYPE_UNDERLAY || networkType === NetworkType.UNDERLAY;
  if (!isUnderlay && networkType !== undefined && physicalNetwork !== undefined) {
    throw invalid(`${at}.providerNetwork`, "an overlay has no physical network");
  }
  if (physicalNetwork === undefined) {
    if (isUnderlay)
      throw new CloudError("MISSING_VALUE", "an underlay needs its physical network", {
        field: `${at}.providerNetwork`,
      });
    if (segmentationId !== undefined)
      throw invalid(`${at}.segmentationId`, "the cloud chooses the segments of overlays");
    return undefined;
  }
  return { type: segmentationId === undefined ? "flat" : "vlan", physicalNetwork, segmentationId };
}

/** A subnet as an order; `name` serves requests without one, `at` is where it stands in the request. */
export function decodeSubnet(data: NetworkSubnetData, name: string, at: string): SubnetOrder {
  const cidr = data.cidr?.cidr;
  if (cidr === undefined) throw new CloudError("MISSING_VALUE", "is required", { field: `${at}.cidr` });
  const ipVersion = versionOf(cidr, `${at}.cidr.cidr`);
  if (data.ipVersion !== undefined && (data.ipVersion === IPVersion.IPV6) !== (ipVersion === 6)) {
    throw invalid(`${at}.ipVersion`, "contradicts the prefix");
  }
  const gateway = data.gatewayIp?.ip;
  if (gateway !== undefined && gateway !== "") checkAddress(gateway, ipVersion, `${at}.gatewayIp.ip`);
  const { name: givenName, ...otherKeys } = data.metadata?.fields ?? {};
  refuseGiven(`${at}.metadata`, Object.keys(otherKeys).length > 0, "subnets carry no free keys but name");
  return {
    name: givenName ?? name,
    ipVersion,
    cidr,
    ...(gateway === undefined ? {} : { gatewayIp: gateway === "" ? null : gateway }),
    ...(data.isDhcpEnabled === undefined ? {} : { isDhcpEnabled: data.isDhcpEnabled }),
    ...(data.addressPool === undefined
      ? {}
      : { pools: [decodePool(data.addressPool, ipVersion, `${at}.addressPool`)] }),
  };
}

function decodePool(
  pool: NonNullable<NetworkSubnetData["addressPool"]>,
  ipVersion: 4 | 6,
  at: string,
): { start: string; end: string } {
  const [start, end] = [pool.startIp?.ip ?? "", pool.endIp?.ip ?? ""];
  checkAddress(start, ipVersion, `${at}.startIP.ip`);
  checkAddress(end, ipVersion, `${at}.endIP.ip`);
  return { start, end };
}

function versionOf(cidr: string, field: string): 4 | 6 {
  const [address = "", length = "", ...more] = cidr.split("/");
  const version = isIP(address);
  const isLength = /^\d{1,3}$/.test(length) && Number(length) <= (version === 6 ? 128 : 32);
  if (more.length > 0 || !isLength || (version !== 4 && version !== 6))
    throw invalid(field, "is not a prefix (address/length)");
  return version;
}

function checkAddress(address: string, ipVersion: 4 | 6, field: string): void {
  if (isIP(address) !== ipVersion) throw invalid(field, `is not an IPv${ipVersion} address`);
}
