import { describe, expect, test } from "vitest";
import {
  AllocateNetworkRequest,
  NetworkSubnetData,
  VirtualNetworkData,
} from "../../../generated/ts/kubevim/network.ts";
import { CloudError } from "../../../src/cloud/index.ts";
import { decodeNetwork, decodeSubnet, refuseNetworkExtras } from "../../../src/etsi/kubevim/networkOrder.ts";

/** IFA 006 §7.4.1.2: every input of an allocation is honoured or refused by name. */

type Network = Parameters<typeof VirtualNetworkData.fromPartial>[0];
type Subnet = Parameters<typeof NetworkSubnetData.fromPartial>[0];
const CIDR = { cidr: "10.0.0.0/24" };

const network = (data: Network) => decodeNetwork(VirtualNetworkData.fromPartial(data), "net");
const subnet = (data: Subnet) => decodeSubnet(NetworkSubnetData.fromPartial({ cidr: CIDR, ...data }), "sub", "at");
const fault = (act: () => unknown): [string, string | undefined] => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CloudError) return [thrown.reason, thrown.field];
  }
  throw new Error("not refused");
};

describe("networks", () => {
  test("subnets are named after their network", () => {
    const one = network({ layer3Attributes: [{ cidr: CIDR }] });
    expect(one.subnets.map(({ name }) => name)).toEqual(["net-subnet"]);
    const two = network({
      layer3Attributes: [{ cidr: CIDR }, { cidr: { cidr: "fd00::/64" }, metadata: { fields: { name: "six" } } }],
    });
    expect(two.subnets.map(({ name, ipVersion }) => [name, ipVersion])).toEqual([
      ["net-subnet-1", 4],
      ["six", 6],
    ]);
  });

  test("segments: an underlay is flat or a VLAN, an overlay is the cloud's", () => {
    expect(network({ networkType: "UNDERLAY", providerNetwork: "physnet1" }).provider).toEqual({
      type: "flat",
      physicalNetwork: "physnet1",
      segmentationId: undefined,
    });
    expect(network({ providerNetwork: "physnet1", segmentationId: 7 }).provider).toMatchObject({
      type: "vlan",
      segmentationId: 7,
    });
    expect(network({ networkType: "NETWORK_TYPE_OVERLAY" })).not.toHaveProperty("provider");
    expect(network({ isShared: true }).isShared).toBe(true);
  });

  const refused: readonly [Network, string, string][] = [
    [{ networkType: "NETWORK_TYPE_SRIOV" }, "UNSUPPORTED", "typeNetworkData.networkType"],
    [{ networkType: "UNDERLAY" }, "MISSING_VALUE", "typeNetworkData.providerNetwork"],
    [{ networkType: "OVERLAY", providerNetwork: "p" }, "INVALID_VALUE", "typeNetworkData.providerNetwork"],
    [{ segmentationId: 7 }, "INVALID_VALUE", "typeNetworkData.segmentationId"],
    [{ networkQos: [{ qosName: "a", qosValue: "b" }] }, "UNSUPPORTED", "typeNetworkData.networkQoS"],
    [{ metadata: { fields: { a: "b" } } }, "UNSUPPORTED", "typeNetworkData.metadata"],
    [
      { layer3Attributes: [{ cidr: CIDR, networkId: { value: "x" } }] },
      "INVALID_VALUE",
      "typeNetworkData.layer3Attributes[0].networkId",
    ],
    [{ layer3Attributes: [{ cidr: CIDR }, {}] }, "MISSING_VALUE", "typeNetworkData.layer3Attributes[1].cidr"],
  ];
  test.each(refused)("%j is refused", (data, reason, field) => {
    expect(fault(() => network(data))).toEqual([reason, field]);
  });

  const extras: readonly [Parameters<typeof AllocateNetworkRequest.fromPartial>[0], string][] = [
    [{ affinityOrAntiAffinityConstraints: [{}] }, "affinityOrAntiAffinityConstraints"],
    [{ locationConstraintsForNetwork: "here" }, "locationConstraintsForNetwork"],
    [{ metaData: { fields: { a: "b" } } }, "metaData"],
    [{ typeNetworkPortData: {} }, "typeNetworkPortData"],
    [{ typeTrunkData: {} }, "typeTrunkData"],
  ];
  test("a reservation that nobody made is not found", () => {
    const request = AllocateNetworkRequest.fromPartial({ reservationId: { value: "x" } });
    expect(fault(() => refuseNetworkExtras(request))).toEqual(["NOT_FOUND", "reservationId"]);
  });

  test.each(extras)("%j is refused", (request, field) => {
    expect(fault(() => refuseNetworkExtras(AllocateNetworkRequest.fromPartial(request)))).toEqual([
      "UNSUPPORTED",
      field,
    ]);
  });
});

describe("subnets", () => {
  test("the protocol follows from the prefix; absence is kept apart from emptiness", () => {
    expect(subnet({})).toEqual({ name: "sub", ipVersion: 4, cidr: "10.0.0.0/24" });
    expect(subnet({ gatewayIp: { ip: "" } }).gatewayIp).toBeNull();
    expect(
      subnet({
        gatewayIp: { ip: "10.0.0.9" },
        isDhcpEnabled: false,
        addressPool: { startIp: { ip: "10.0.0.10" }, endIp: { ip: "10.0.0.20" } },
      }),
    ).toMatchObject({
      gatewayIp: "10.0.0.9",
      isDhcpEnabled: false,
      pools: [{ start: "10.0.0.10", end: "10.0.0.20" }],
    });
  });

  const refused: readonly [Subnet, string, string][] = [
    [{ cidr: { cidr: "10.0.0.0" } }, "INVALID_VALUE", "at.cidr.cidr"],
    [{ cidr: { cidr: "10.0.0.0/33" } }, "INVALID_VALUE", "at.cidr.cidr"],
    [{ cidr: { cidr: "fd00::/129" } }, "INVALID_VALUE", "at.cidr.cidr"],
    [{ cidr: { cidr: "10.0.0.0/24/1" } }, "INVALID_VALUE", "at.cidr.cidr"],
    [{ ipVersion: "IPV6" }, "INVALID_VALUE", "at.ipVersion"],
    [{ gatewayIp: { ip: "fd00::1" } }, "INVALID_VALUE", "at.gatewayIp.ip"],
    [
      { addressPool: { startIp: { ip: "x" }, endIp: { ip: "10.0.0.2" } } },
      "INVALID_VALUE",
      "at.addressPool.startIP.ip",
    ],
    [{ addressPool: { startIp: { ip: "10.0.0.2" } } }, "INVALID_VALUE", "at.addressPool.endIP.ip"],
    [{ metadata: { fields: { colour: "blue" } } }, "UNSUPPORTED", "at.metadata"],
  ];
  test.each(refused)("%j is refused", (data, reason, field) => {
    expect(fault(() => subnet(data))).toEqual([reason, field]);
  });
});
